"""What can be done with an appointment.  Each verb writes the change and the fact together.

The verbs are the same for pages, the REST API and answers from WhatsApp.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from scheduling import phone
from scheduling.events import By, record
from scheduling.models import (
    OPEN,
    Appointment,
    Client,
    ConsentSource,
    EventKind,
    Professional,
    Service,
    Status,
)
from scheduling.own_terms import Terms, terms_of
from tenants.security import Origin
from tenants.violations import constraint_of

logger = logging.getLogger("atendo.scheduling")

MINUTE = timedelta(minutes=1)
# What a step may change, and what a move changes besides: a fact keeps it as it was.
CHANGED_BY_A_STEP = ("status", "asked_at", "move_requested_at")
MOVABLE = (*CHANGED_BY_A_STEP, "starts_at", "ends_at", "professional_id", "revision")


class SlotTaken(Exception):
    """The professional has another appointment at that time."""


class NotChangeable(Exception):
    """The appointment is not in a status from which this step is possible."""


class InThePast(Exception):
    """The asked time is over."""


class NotOffered(Exception):
    """The professional does not do this service."""


# What speaks against a time that somebody asked for.
REFUSALS = (SlotTaken, InThePast, NotOffered)


@transaction.atomic
def book(
    *,
    client: Client,
    professional: Professional,
    service: Service,
    starts_at: datetime,
    by: By,
    now: datetime,
    notes: str = "",
) -> Appointment:
    """Book a client in the company in scope, on the professional's terms for the service.

    Hours, absences and buffers are advice: who asks is to look at them before.
    Raises SlotTaken, InThePast or NotOffered; nothing is written then.
    """
    if starts_at <= now:
        raise InThePast
    terms = _terms_of(professional, service)
    appointment = Appointment(
        client=client,
        professional=professional,
        service=service,
        starts_at=starts_at,
        ends_at=starts_at + terms.duration,
        buffer_before_minutes=terms.before // MINUTE,
        buffer_after_minutes=terms.after // MINUTE,
        price=terms.price,
        notes=notes,
    )
    save_or_slot_taken(appointment)
    record(appointment, EventKind.SCHEDULED, by=by, now=now)
    _log("appointment booked", appointment)
    return appointment


@transaction.atomic
def move(
    appointment: Appointment,
    *,
    starts_at: datetime,
    professional: Professional | None = None,
    by: By,
    now: datetime,
) -> None:
    """Move an open appointment; it keeps its length, price and buffers, whoever attends, and
    counts as unconfirmed again, under a new revision.

    Raises SlotTaken, InThePast, NotOffered or NotChangeable; nothing is written then.
    """
    if starts_at <= now:
        raise InThePast
    current = locked(appointment, OPEN)
    data = {"from": current.starts_at.isoformat(), "to": starts_at.isoformat()}
    before = state(current, *MOVABLE)
    if professional is not None and professional != current.professional:
        _terms_of(professional, current.service)
        data |= {"from_name": current.professional.name, "to_name": professional.name}
        current.professional = professional
    current.ends_at = starts_at + (current.ends_at - current.starts_at)
    current.starts_at = starts_at
    current.status = Status.SCHEDULED
    current.asked_at = current.move_requested_at = None
    current.revision += 1
    save_or_slot_taken(current)
    record(current, EventKind.MOVED, by=by, now=now, before=before, **data)
    appointment.refresh_from_db()
    _log("appointment moved", appointment)


def confirm(appointment: Appointment, *, by: By, now: datetime) -> None:
    """Raises NotChangeable unless the appointment is still to be confirmed."""
    changes: dict[str, Any] = {"move_requested_at": None}
    _change(appointment, {Status.SCHEDULED}, Status.CONFIRMED, by=by, now=now, **changes)


def cancel(appointment: Appointment, *, by: By, now: datetime, reason: str = "") -> None:
    """Free the time.  Raises NotChangeable when it is cancelled or over already."""
    data = {"reason": reason} if reason else {}
    _change(appointment, OPEN, Status.CANCELLED, by=by, now=now, data=data, move_requested_at=None)


def mark_arrived(appointment: Appointment, *, by: By, now: datetime) -> None:
    _change(appointment, OPEN, Status.ARRIVED, by=by, now=now)


def mark_completed(appointment: Appointment, *, by: By, now: datetime) -> None:
    _change(appointment, OPEN | {Status.ARRIVED}, Status.COMPLETED, by=by, now=now)


def mark_no_show(appointment: Appointment, *, by: By, now: datetime) -> None:
    _change(appointment, OPEN, Status.NO_SHOW, by=by, now=now)


@transaction.atomic
def request_move(appointment: Appointment, *, by: By, now: datetime) -> None:
    """The client wants another time: the appointment stands until a person moves it.

    Raises NotChangeable unless the appointment is open.
    """
    current = locked(appointment, OPEN)
    current.status, current.move_requested_at = Status.SCHEDULED, now
    current.save(update_fields=["status", "move_requested_at"])
    record(current, EventKind.MOVE_REQUESTED, by=by, now=now)
    appointment.refresh_from_db()
    _log("move requested", appointment)


@transaction.atomic
def mark_asked(appointment: Appointment, *, now: datetime) -> None:
    """The confirmation request left: from now on an answer is awaited, unless it was moved."""
    asked = Appointment.objects.filter(pk=appointment.pk, revision=appointment.revision)
    if asked.update(asked_at=now):
        record(appointment, EventKind.ASKED, by=By.atendo(), now=now)


def find_or_create_client(*, name: str, phone_number: str) -> tuple[Client, bool]:
    """Return the client with this phone, in any spelling, and whether it is new.

    Raises phone.InvalidPhone.
    """
    e164 = phone.normalize(phone_number)
    key = phone.same_person_key(e164)
    defaults = {"name": name.strip(), "phone": e164}
    client, created = Client.objects.get_or_create(phone_key=key, defaults=defaults)
    return client, created


def opt_out(client: Client, *, now: datetime, by: By | None = None) -> None:
    """From now on nothing automatic goes to this client."""
    wanted = Client.objects.filter(pk=client.pk, opted_out_at=None)
    wanted.update(opted_out_at=now, opted_out_from=by.origin if by else "")
    client.refresh_from_db()


def opt_in(client: Client) -> None:
    Client.objects.filter(pk=client.pk).update(opted_out_at=None, opted_out_from="")
    client.refresh_from_db()


def note_consent(client: Client, *, by: By, now: datetime) -> None:
    """The client agrees to get notices: said so by WhatsApp, or to the person who notes it."""
    said_it_here = by.origin == Origin.WEBHOOK
    Client.objects.filter(pk=client.pk).update(
        notices_consent_at=now,
        notices_consent_from=ConsentSource.WHATSAPP if said_it_here else ConsentSource.PERSON,
        notices_consent_by=by.user,
    )
    client.refresh_from_db()


def forget_consent(client: Client) -> None:
    """It was noted by mistake, or is no longer so."""
    Client.objects.filter(pk=client.pk).update(
        notices_consent_at=None, notices_consent_from="", notices_consent_by=None
    )
    client.refresh_from_db()


@transaction.atomic
def _change(
    appointment: Appointment,
    sources: set[Status] | frozenset[Status],
    target: Status,
    *,
    by: By,
    now: datetime,
    data: dict[str, str] | None = None,
    **changes: Any,
) -> None:
    """Under a lock: of two answers at once exactly one wins."""
    current = locked(appointment, frozenset(sources))
    before = state(current, *CHANGED_BY_A_STEP)
    for field, value in {"status": target, **changes}.items():
        setattr(current, field, value)
    current.save(update_fields=["status", *changes])
    appointment.refresh_from_db()
    kind = EventKind(target.value)
    record(appointment, kind, by=by, now=now, before=before, **(data or {}))
    _log(f"appointment {target}", appointment)


def state(appointment: Appointment, *fields: str) -> dict[str, Any]:
    """Return what the appointment is now, as a fact can keep it and `undo` takes it back."""
    values = {field: getattr(appointment, field) for field in fields}
    return {
        field: value.isoformat() if isinstance(value, datetime) else value
        for field, value in values.items()
    }


def locked(appointment: Appointment, sources: Iterable[str]) -> Appointment:
    """Return the row as it is, which nobody else changes now.  Raises NotChangeable."""
    rows = Appointment.objects.with_people().select_for_update(of=("self",))
    current: Appointment | None = rows.filter(pk=appointment.pk, status__in=sources).first()
    if current is None:
        raise NotChangeable(f"appointment {appointment.pk} is in another status")
    return current


def save_or_slot_taken(appointment: Appointment) -> None:
    """The constraint is the referee: no SELECT before it could be."""
    try:
        with transaction.atomic():
            appointment.save()
    except IntegrityError as error:
        if constraint_of(error) == "appointments_no_overlap":
            raise SlotTaken from error
        raise


def _terms_of(professional: Professional, service: Service) -> Terms:
    terms = terms_of(professional, service)
    if not terms.is_offered:
        raise NotOffered(f"professional {professional.pk}, service {service.pk}")
    return terms


def _log(what: str, appointment: Appointment) -> None:
    logger.info(what, extra={"appointment_id": appointment.pk, "client_id": appointment.client_id})
