"""What happened to an appointment, in sentences: one row a kind of fact, one a place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scheduling.models import Appointment, AppointmentEvent, EventKind
from scheduling.wording import day_and_time
from tenants.security import Origin

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True, slots=True)
class Fact:
    """`sentence` may use %(who)s, %(where)s (with its space before) and %(was)s."""

    sentence: _StrPromise
    icon: str
    mark: str = ""


FACTS: dict[str, Fact] = {
    EventKind.SCHEDULED: Fact(_("%(who)s marcou%(where)s."), "calendar-plus"),
    EventKind.MOVED: Fact(_("%(who)s mudou o horário%(where)s. Era %(was)s."), "calendar-time"),
    EventKind.ASKED: Fact(_("%(who)s pediu a confirmação."), "send"),
    EventKind.CONFIRMED: Fact(_("%(who)s confirmou%(where)s."), "check", "at-mark-good"),
    EventKind.MOVE_REQUESTED: Fact(
        _("%(who)s pediu para remarcar%(where)s."), "arrows-exchange", "at-mark-move"
    ),
    EventKind.CANCELLED: Fact(_("%(who)s cancelou%(where)s."), "x", "at-mark-bad"),
    EventKind.ARRIVED: Fact(_("%(who)s marcou a chegada%(where)s."), "door-enter"),
    EventKind.COMPLETED: Fact(_("%(who)s marcou o atendimento%(where)s."), "checks"),
    EventKind.NO_SHOW: Fact(_("%(who)s marcou a falta%(where)s."), "user-x", "at-mark-bad"),
    EventKind.CONFIRMATION_ASKED_FOR: Fact(
        _("%(who)s mandou pedir a confirmação%(where)s."), "message-question"
    ),
}

PLACES: dict[str, _StrPromise | str] = {
    Origin.WEB: _(" pelo balcão"),
    Origin.API: _(" pela API"),
    Origin.WEBHOOK: _(" pelo WhatsApp"),
    Origin.ADMIN: _(" pela administração"),
    Origin.JOB: "",
}


@dataclass(frozen=True, slots=True)
class Line:
    sentence: str
    icon: str
    mark: str
    at: datetime
    reason: str


def history(appointment: Appointment) -> list[Line]:
    """Return what happened, newest first.  One query."""
    events = appointment.events.select_related("actor").order_by("-id")
    return [line(event, client=appointment.client.first_name) for event in events]


def line(event: AppointmentEvent, *, client: str) -> Line:
    fact = FACTS[event.kind]
    values = {"who": _who(event, client), "where": PLACES[event.origin], "was": _was(event)}
    sentence = fact.sentence % values
    return Line(sentence, fact.icon, fact.mark, event.created_at, event.data.get("reason", ""))


def _who(event: AppointmentEvent, client: str) -> str:
    if event.actor is not None:
        return event.actor.get_short_name()
    if event.origin == Origin.WEBHOOK:
        return client
    return "Atendo" if event.origin == Origin.JOB else gettext("Alguém")


def _was(event: AppointmentEvent) -> str:
    """The time before a move, in the active zone."""
    before = event.data.get("from")
    if not before:
        return ""
    return day_and_time(datetime.fromisoformat(before), now=event.created_at)


def current_version(appointment_id: int) -> int:
    """Return a number that grows with every fact, 0 before the first.  One query."""
    events = AppointmentEvent.objects.filter(appointment_id=appointment_id)
    newest: int | None = events.order_by("-id").values_list("id", flat=True).first()
    return newest or 0
