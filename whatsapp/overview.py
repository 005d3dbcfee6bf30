"""What the connection page tells besides the connection itself: the queue, the team, the past."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q
from django.utils import timezone
from django.utils.translation import gettext

from tenants.models import Membership, SecurityEvent, User
from tenants.permissions import RIGHTS, Right
from whatsapp.models import Direction, Instance, Message, MessageStatus

LEFT = (MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ)
STORY = (
    "whatsapp_requested",
    "whatsapp_connected",
    "whatsapp_disconnect_requested",
    "whatsapp_disconnected",
)
STORY_ICONS = {
    "whatsapp_requested": "qrcode",
    "whatsapp_connected": "plug-connected",
    "whatsapp_disconnect_requested": "plug-connected-x",
    "whatsapp_disconnected": "wifi-off",
}
STORY_SHOWN = 5
# A call is better than a message that has so little time left to leave.
CLOSE = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Team:
    readers: int
    """How many people may read the messages of every client."""
    connectors: list[str]
    """The names of those who may connect and disconnect."""


def team() -> Team:
    """One query."""
    members = Membership.objects.filter(user__is_active=True).select_related("user")
    rows = list(members.order_by("user__name", "pk"))
    return Team(
        readers=sum(Right.SEE_AGENDA in RIGHTS[row.role] for row in rows),
        connectors=[row.user.name for row in rows if Right.CONNECT_WHATSAPP in RIGHTS[row.role]],
    )


@dataclass(frozen=True, slots=True)
class StoryLine:
    sentence: str
    icon: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Story:
    lines: list[StoryLine]
    ended_by: User | None
    """Who disconnected, when the last thing that happened is that somebody did."""


def story() -> Story:
    """Return what happened to the connection, newest first.  One query."""
    rows = SecurityEvent.objects.filter(kind__in=STORY).select_related("actor")
    events = list(rows.order_by("-created_at", "-id")[:STORY_SHOWN])
    lines = [StoryLine(row.sentence, STORY_ICONS[row.kind], row.created_at) for row in events]
    ended = bool(events) and events[0].kind == "whatsapp_disconnect_requested"
    return Story(lines, events[0].actor if ended else None)


def figures(now: datetime) -> dict[str, Any]:
    """Return today's counts and when the last messages left and came.  One query."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    out, today = Q(status__in=LEFT), Q(happened_at__gte=midnight)
    incoming = Q(direction=Direction.IN)
    counted: dict[str, Any] = Message.objects.order_by().aggregate(
        sent=Count("pk", filter=out & today),
        read=Count("pk", filter=today & Q(status=MessageStatus.READ)),
        received=Count("pk", filter=incoming & today),
        queued=Count("pk", filter=Q(status=MessageStatus.WAITING)),
        last_sent=Max("happened_at", filter=out),
        last_received=Max("happened_at", filter=incoming),
    )
    return counted


@dataclass(frozen=True, slots=True)
class NextSend:
    message: Message
    at: datetime | None
    """None: in a moment."""


def next_send(instance: Instance, now: datetime) -> NextSend | None:
    """Return the message that leaves next, or None with an empty queue.  One query."""
    waiting = Message.objects.filter(status=MessageStatus.WAITING).select_related("client")
    message: Message | None = waiting.order_by("due_at", "id").first()
    if message is None or message.due_at is None:
        return None
    pause = instance.next_send_at if message.automatic else None
    at = max(message.due_at, pause or message.due_at)
    return NextSend(message, at if at > now else None)


def queue() -> Any:
    """Return the messages that wait, those that expire first at the top."""
    waiting = Message.objects.filter(status=MessageStatus.WAITING)
    people = waiting.select_related(
        "client", "appointment__client", "appointment__service", "appointment__professional"
    )
    return people.order_by("expires_at", "id")


def to_read() -> Any:
    """Return the messages that want a person, newest first."""
    rows = Message.objects.filter(needs_attention=True)
    return rows.select_related("client", "appointment__client").order_by("-id")


def resolve(message: Message) -> None:
    """A person has seen to it."""
    Message.objects.filter(pk=message.pk).update(needs_attention=False)


def wants_a_call(message: Message, now: datetime) -> bool:
    return message.expires_at is not None and message.expires_at - now < CLOSE


def names(people: Sequence[str]) -> str:
    """Return "Ana", "Ana ou Bia", "Ana, Bia ou Caio"."""
    if len(people) < 2:
        return "".join(people)
    return gettext("%(others)s ou %(last)s") % {
        "others": ", ".join(people[:-1]),
        "last": people[-1],
    }
