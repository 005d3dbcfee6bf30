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
    """`sentence` may use %(who)s; %(where)s and, of a move, %(sides)s with their space before; and
    %(what)s was undone."""

    sentence: _StrPromise
    icon: str
    mark: str = ""


FACTS: dict[str, Fact] = {
    EventKind.SCHEDULED: Fact(_("%(who)s marcou%(where)s."), "calendar-plus"),
    EventKind.MOVED: Fact(_("%(who)s remarcou%(where)s.%(sides)s"), "calendar-time"),
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
    EventKind.UNDONE: Fact(_("%(who)s desfez %(what)s%(where)s."), "arrow-back-up"),
}
UNDONE: dict[str, _StrPromise] = {
    EventKind.MOVED: _("a remarcação"),
    EventKind.CONFIRMED: _("a confirmação"),
    EventKind.CANCELLED: _("o cancelamento"),
    EventKind.ARRIVED: _("a marca de chegada"),
    EventKind.COMPLETED: _("a marca de atendido"),
    EventKind.NO_SHOW: _("a marca de falta"),
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
    fact: AppointmentEvent


def history(appointment: Appointment) -> list[Line]:
    """Return what happened, newest first.  One query."""
    events = appointment.events.select_related("actor").order_by("-id")
    return [line(event, client=appointment.client.first_name) for event in events]


def line(event: AppointmentEvent, *, client: str) -> Line:
    fact = FACTS[event.kind]
    values = {
        "who": _who(event, client),
        "where": PLACES[event.origin],
        "sides": _sides(event),
        "what": UNDONE.get(event.data.get("undone", ""), gettext("o último passo")),
    }
    sentence = fact.sentence % values
    reason = event.data.get("reason", "")
    return Line(sentence, fact.icon, fact.mark, event.created_at, reason, event)


def _who(event: AppointmentEvent, client: str) -> str:
    if event.actor is not None:
        return event.actor.get_short_name()
    if event.origin == Origin.WEBHOOK:
        return client
    return "Atendo" if event.origin == Origin.JOB else gettext("Alguém")


def _sides(event: AppointmentEvent) -> str:
    """What a move changed, in the active zone; older facts know only what the time was."""
    values = {side: _side(event, side) for side in ("from", "to")}
    if not values["to"]:
        return gettext(" Era %(from)s.") % values if values["from"] else ""
    return gettext(" Era %(from)s, ficou %(to)s.") % values


def _side(event: AppointmentEvent, side: str) -> str:
    """Return "hoje, 16:30", or "hoje, 16:30 com Bia" where somebody else attends."""
    at, name = event.data.get(side), event.data.get(f"{side}_name")
    if not at:
        return ""
    when = day_and_time(datetime.fromisoformat(at), now=event.created_at)
    return gettext("%(when)s com %(name)s") % {"when": when, "name": name} if name else when


def current_version(appointment_id: int) -> int:
    """Return a number that grows with every fact, 0 before the first.  One query."""
    events = AppointmentEvent.objects.filter(appointment_id=appointment_id)
    newest: int | None = events.order_by("-id").values_list("id", flat=True).first()
    return newest or 0
