"""The buttons that change an appointment in one step: one row a button."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from scheduling import services
from scheduling.models import OPEN, Appointment, Status

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

HALF_A_DAY = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Step:
    """`slug` stands in the address; `sources` are the statuses that `apply` accepts.

    The pages offer the button from `opens` before the start on, or always.
    """

    slug: str
    label: _StrPromise
    icon: str
    done: _StrPromise
    apply: Callable[..., Any]
    sources: frozenset[str]
    opens: timedelta | None = None


STEPS = (
    Step(
        "confirmar",
        _("Confirmar"),
        "check",
        _("Horário de %(client)s confirmado."),
        services.confirm,
        frozenset({Status.SCHEDULED}),
    ),
    Step(
        "chegou",
        _("Chegou"),
        "door-enter",
        _("Chegada de %(client)s marcada."),
        services.mark_arrived,
        OPEN,
        opens=HALF_A_DAY,
    ),
    Step(
        "atendido",
        _("Atendido"),
        "checks",
        _("Atendimento de %(client)s marcado."),
        services.mark_completed,
        OPEN | {Status.ARRIVED},
        opens=HALF_A_DAY,
    ),
    Step(
        "faltou",
        _("Faltou"),
        "user-x",
        _("Falta de %(client)s marcada."),
        services.mark_no_show,
        OPEN,
        opens=timedelta(0),
    ),
)
BY_SLUG = {step.slug: step for step in STEPS}


def offered(appointment: Appointment, *, now: datetime) -> list[Step]:
    """Return the buttons that make sense now."""
    ahead = appointment.starts_at - now
    return [
        step
        for step in STEPS
        if appointment.status in step.sources and (step.opens is None or ahead <= step.opens)
    ]


def quick(appointment: Appointment, *, now: datetime) -> list[Step]:
    """Return the one or two buttons of a row in the day's list: the next thing to happen."""
    if appointment.status == Status.ARRIVED:
        wanted = {"atendido"}
    elif appointment.ends_at <= now:
        wanted = {"atendido", "faltou"}
    else:
        wanted = {"chegou", "faltou"}
    return [step for step in offered(appointment, now=now) if step.slug in wanted]
