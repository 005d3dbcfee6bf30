"""Facts about appointments, and the slot in which an upper app hears that one was recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scheduling.models import Appointment, AppointmentEvent
from tenants.models import User
from tenants.security import Origin


@dataclass(frozen=True, slots=True)
class By:
    """Who did it and from where.  `user` is None for a client and for Atendo itself."""

    origin: str
    user: User | None = None

    @classmethod
    def client(cls) -> By:
        return cls(Origin.WEBHOOK)

    @classmethod
    def atendo(cls) -> By:
        return cls(Origin.JOB)


Listener = Callable[[AppointmentEvent], None]
_listeners: list[Listener] = []


def subscribe(listener: Listener) -> None:
    """Call `listener` for each event, inside the transaction that records it."""
    if listener not in _listeners:
        _listeners.append(listener)


def record(
    appointment: Appointment, kind: str, *, by: By, now: datetime, **data: Any
) -> AppointmentEvent:
    """Write a fact; part of the caller's transaction."""
    event = AppointmentEvent(
        appointment=appointment,
        kind=kind,
        origin=by.origin,
        actor=by.user,
        revision=appointment.revision,
        data=data,
        created_at=now,
    )
    event.save()
    for listener in _listeners:
        listener(event)
    return event
