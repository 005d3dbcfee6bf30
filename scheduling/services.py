"""What can be done with an appointment.  Each verb writes the change and the fact together.

The verbs are the same for pages, the REST API and answers from WhatsApp.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from scheduling import phone
from scheduling.events import By, record
from scheduling.models import (
    Appointment,
    Client,
    ConsentSource,
    EventKind,
    Professional,
    Service,
    Status,
)
from tenants.security import Origin
from tenants.violations import constraint_of

logger = logging.getLogger("atendo.scheduling")

OPEN = frozenset({Status.SCHEDULED, Status.CONFIRMED})


class SlotTaken(Exception):
    """The professional has another appointment at that time."""


class NotChangeable(Exception):
    """The appointment is not in a status from which this step is possible."""


class InThePast(Exception):
    """The asked time is over."""


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
    """Book a client in the company in scope, for the length and price of the service.

    Raises SlotTaken or InThePast; nothing is written then.
    """
    if starts_at <= now:
        raise InThePast
    appointment = Appointment(
        client=client,
        professional=professional,
        service=service,
        starts_at=starts_at,
        ends_at=starts_at + service.duration,
        price=service.price,
        notes=notes,
    )
    _save_or_slot_taken(appointment)
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
    """Move an open appointment; it counts as unconfirmed again, under a new revision.

    Raises SlotTaken, InThePast or NotChangeable; nothing is written then.
    """
    if starts_at <= now:
        raise InThePast
    current = _locked(appointment, OPEN)
    was = {"from": current.starts_at.isoformat()}
    current.ends_at = starts_at + (current.ends_at - current.starts_at)
    current.starts_at = starts_at
    current.professional = professional or current.professional
    current.status = Status.SCHEDULED
    current.asked_at = current.move_requested_at = None
    current.revision += 1
    _save_or_slot_taken(current)
    record(current, EventKind.MOVED, by=by, now=now, **was)
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
    current = _locked(appointment, OPEN)
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
    """Compare-and-set: of two answers at once exactly one wins."""
    same_state = Appointment.objects.filter(pk=appointment.pk, status__in=sources)
    if same_state.update(status=target, **changes) != 1:
        raise NotChangeable(f"appointment {appointment.pk} cannot become {target}")
    appointment.refresh_from_db()
    record(appointment, EventKind(target.value), by=by, now=now, **(data or {}))
    _log(f"appointment {target}", appointment)


def _locked(appointment: Appointment, sources: frozenset[Status]) -> Appointment:
    rows = Appointment.objects.select_for_update(of=("self",))
    current: Appointment | None = rows.filter(pk=appointment.pk, status__in=sources).first()
    if current is None:
        raise NotChangeable(f"appointment {appointment.pk} is not open")
    return current


def _save_or_slot_taken(appointment: Appointment) -> None:
    """The constraint is the referee: no SELECT before it could be."""
    try:
        with transaction.atomic():
            appointment.save()
    except IntegrityError as error:
        if constraint_of(error) == "appointments_no_overlap":
            raise SlotTaken from error
        raise


def _log(what: str, appointment: Appointment) -> None:
    logger.info(what, extra={"appointment_id": appointment.pk, "client_id": appointment.client_id})
