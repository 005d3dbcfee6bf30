"""How an appointment is shown: one row a situation.  It is finer than the status, because
`scheduled` looks different once the client was asked or wants another time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from scheduling.models import Appointment, Status

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True, slots=True)
class Situation:
    """`name` ends the CSS class `at-st-<name>`; `where` finds the rows that look like this."""

    name: str
    word: _StrPromise
    icon: str
    where: Q
    over: bool = False


SITUATIONS = (
    Situation(
        "scheduled",
        _("Agendado"),
        "calendar",
        Q(status=Status.SCHEDULED, asked_at=None, move_requested_at=None),
    ),
    Situation(
        "waiting",
        _("Aguardando"),
        "clock-question",
        Q(status=Status.SCHEDULED, asked_at__isnull=False, move_requested_at=None),
    ),
    Situation(
        "move",
        _("Pediu remarcar"),
        "arrows-exchange",
        Q(status=Status.SCHEDULED, move_requested_at__isnull=False),
    ),
    Situation("confirmed", _("Confirmado"), "check", Q(status=Status.CONFIRMED)),
    Situation("arrived", _("Chegou"), "door-enter", Q(status=Status.ARRIVED)),
    Situation("completed", _("Atendido"), "checks", Q(status=Status.COMPLETED), over=True),
    Situation("cancelled", _("Cancelado"), "x", Q(status=Status.CANCELLED), over=True),
    Situation("no-show", _("Faltou"), "user-x", Q(status=Status.NO_SHOW), over=True),
)
BY_NAME = {situation.name: situation for situation in SITUATIONS}


def situation_of(appointment: Appointment) -> Situation:
    if appointment.status != Status.SCHEDULED:
        return BY_NAME[appointment.status.replace("_", "-")]
    if appointment.move_requested_at:
        return BY_NAME["move"]
    return BY_NAME["waiting" if appointment.asked_at else "scheduled"]


@dataclass(frozen=True, slots=True)
class Filter:
    """A chip above the list: `slug` stands in the address, the count beside the label.

    A quiet one is shown only while it is on: other pages lead to it.
    """

    slug: str
    label: _StrPromise
    names: tuple[str, ...]
    quiet: bool = False

    @property
    def where(self) -> Q:
        found = Q()
        for name in self.names:
            found |= BY_NAME[name].where
        return found


FILTERS = (
    Filter("agendados", _("Agendados"), ("scheduled",)),
    Filter("aguardando", _("Aguardando"), ("waiting",)),
    Filter("remarcar", _("Remarcar"), ("move",)),
    Filter("confirmados", _("Confirmados"), ("confirmed",)),
    Filter("chegaram", _("Chegaram"), ("arrived",)),
    Filter("atendidos", _("Atendidos"), ("completed",)),
    Filter("cancelados", _("Cancelados"), ("cancelled",)),
    Filter("faltou", _("Faltas"), ("no-show",)),
    Filter(
        "horarios",
        _("Todos menos os cancelados"),
        tuple(name for name in BY_NAME if name != "cancelled"),
        quiet=True,
    ),
)
FILTER_BY_SLUG = {chip.slug: chip for chip in FILTERS}
