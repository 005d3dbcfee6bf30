"""The buttons that change an appointment in one step: one row a button."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from scheduling import services
from scheduling.models import Appointment, Status

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True, slots=True)
class Step:
    """`slug` stands in the address; `sources` are the statuses that `apply` accepts."""

    slug: str
    label: _StrPromise
    icon: str
    done: _StrPromise
    apply: Callable[..., Any]
    sources: frozenset[str]
    once_started: bool = False


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
        frozenset(services.OPEN),
    ),
    Step(
        "atendido",
        _("Atendido"),
        "checks",
        _("Atendimento de %(client)s marcado."),
        services.mark_completed,
        frozenset(services.OPEN | {Status.ARRIVED}),
    ),
    Step(
        "faltou",
        _("Faltou"),
        "user-x",
        _("Falta de %(client)s marcada."),
        services.mark_no_show,
        frozenset(services.OPEN),
        once_started=True,
    ),
)
BY_SLUG = {step.slug: step for step in STEPS}


def offered(appointment: Appointment, *, now: datetime) -> list[Step]:
    """Return the buttons that make sense now; nobody is late for what has not begun."""
    started = appointment.starts_at <= now
    return [
        step
        for step in STEPS
        if appointment.status in step.sources and (started or not step.once_started)
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
