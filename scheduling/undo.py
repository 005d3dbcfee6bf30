"""Taking back the last step of a person at the desk, for a few minutes and while nothing else has
happened.  What is undone stays in the history, and so does who undid it.

Messages to the client about a step that can be undone wait until it no longer can.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from scheduling.events import By, record
from scheduling.models import Appointment, AppointmentEvent, EventKind, Professional, Status
from scheduling.services import locked, save_or_slot_taken
from tenants.security import Origin

UNDO_FOR = timedelta(minutes=3)
UNDOABLE = frozenset(
    {
        EventKind.MOVED,
        EventKind.CONFIRMED,
        EventKind.CANCELLED,
        EventKind.ARRIVED,
        EventKind.COMPLETED,
        EventKind.NO_SHOW,
    }
)


class NotUndoable(Exception):
    """It is too late, or something else has happened since."""


def undoable_until(event: AppointmentEvent) -> datetime:
    """Return until when the step can be undone; the moment it was made where it never could.

    Only what was done in a page: a client who cancels by WhatsApp was told so at once.
    """
    steps = event.origin == Origin.WEB and event.kind in UNDOABLE and "before" in event.data
    return event.created_at + UNDO_FOR if steps else event.created_at


def can_undo(event: AppointmentEvent | None, *, now: datetime) -> bool:
    """Whether the newest fact of an appointment can be undone now."""
    return event is not None and now < undoable_until(event)


@transaction.atomic
def undo(appointment: Appointment, fact: int, *, by: By, now: datetime) -> None:
    """Put the appointment back to what it was before this fact, its newest.

    Raises NotUndoable, or SlotTaken where the time has gone to somebody else.
    """
    current = locked(appointment, Status.values)
    event = current.events.order_by("-id").first()
    if event is None or event.pk != fact or not can_undo(event, now=now):
        raise NotUndoable(f"fact {fact} of appointment {appointment.pk}")
    _restore(current, event.data["before"])
    save_or_slot_taken(current)
    record(current, EventKind.UNDONE, by=by, now=now, undone=event.kind)
    appointment.refresh_from_db()


def _restore(appointment: Appointment, before: dict[str, Any]) -> None:
    for name, value in before.items():
        field: Any = Appointment._meta.get_field(name.removesuffix("_id"))
        setattr(appointment, name, value if value is None else field.to_python(value))
    professional = Professional.objects.filter(pk=appointment.professional_id)
    if not professional.exists():
        raise NotUndoable("the professional has been deleted")
