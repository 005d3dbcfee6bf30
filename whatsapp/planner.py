"""From facts to intentions: each event of an appointment becomes the messages it asks for.

The constraint `messages_planned_once` is the referee: planning twice plans once.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from scheduling.events import By, record
from scheduling.models import Appointment, AppointmentEvent, Client, EventKind
from scheduling.undo import UNDOABLE, undoable_until
from tenants.models import Company
from tenants.security import Origin
from tenants.violations import constraint_of
from whatsapp import preferences, timing
from whatsapp.messages import KINDS
from whatsapp.models import Direction, Message, MessageStatus, Reason
from whatsapp.timing import Planned, Rules

logger = logging.getLogger("atendo.planner")

BATCH = 100

# What an event makes of the messages that still wait.
DROPPED_BY = {
    EventKind.MOVED: Reason.MOVED,
    EventKind.CANCELLED: Reason.CANCELLED,
}
# Once answered, the question is not repeated.
ANSWERED_BY = frozenset({EventKind.CONFIRMED, EventKind.MOVE_REQUESTED})
# The notices of a step, which are no longer true once it is undone.
TOLD_OF = {
    undone: [kind.name for kind in KINDS.values() if kind.on == (undone,)] for undone in UNDOABLE
}
QUESTIONS = [kind.name for kind in KINDS.values() if kind.automatic and kind.answers_expected]


def plan_new_events(company: Company, *, now: datetime) -> int:
    """Turn the company's unread events into messages.  Returns how many events were read."""
    total = 0
    while read := _plan_batch(company, now):
        total += read
    return total


@transaction.atomic
def _plan_batch(company: Company, now: datetime) -> int:
    events = list(
        AppointmentEvent.objects.filter(dispatched_at=None)
        .select_related("appointment__client")
        .select_for_update(skip_locked=True, of=("self",))
        .order_by("id")[:BATCH]
    )
    rules = preferences.of(company).rules if events else Rules()
    for event in events:
        if event.kind == EventKind.UNDONE:
            _take_back(event, company, rules, now)
        else:
            _drop_what_it_makes_useless(event)
            _plan(event, company, rules, now)
    AppointmentEvent.objects.filter(pk__in=[event.pk for event in events]).update(
        dispatched_at=now
    )
    return len(events)


def _plan(event: AppointmentEvent, company: Company, rules: Rules, now: datetime) -> None:
    """Plan for the appointment as it is now; an event of an earlier revision plans nothing."""
    if event.kind == EventKind.CONFIRMATION_ASKED_FOR:
        return
    if event.revision != event.appointment.revision:
        return
    if event.origin == Origin.WEBHOOK:  # the client did it himself and was answered
        return
    until = undoable_until(event)
    _plan_for(event.appointment, event.kind, company, rules, now, settled=until)


def _plan_for(
    appointment: Appointment,
    kind: str,
    company: Company,
    rules: Rules,
    now: datetime,
    *,
    settled: datetime,
) -> None:
    """`settled` is when the step can no longer be undone: nobody is told of what may be taken
    back, unless it would be too late by then."""
    for planned in timing.plan(
        event=kind,
        now=now,
        starts_at=appointment.starts_at,
        status=appointment.status,
        zone=company.zone,
        rules=rules,
    ):
        waits = planned.due_at < settled < planned.expires_at
        write(replace(planned, due_at=settled) if waits else planned, appointment)


def write(planned: Planned, appointment: Appointment) -> None:
    """Put an automatic message in the queue, unless it stands there already."""
    opted_out = appointment.client.opted_out_at is not None
    _forget_taken_back(planned, appointment)
    message = Message(
        direction=Direction.OUT,
        client=appointment.client,
        appointment=appointment,
        kind=planned.kind,
        automatic=True,
        revision=appointment.revision,
        phone=appointment.client.phone,
        status=MessageStatus.DROPPED if opted_out else MessageStatus.WAITING,
        reason=Reason.OPTED_OUT if opted_out else Reason.NONE,
        due_at=planned.due_at,
        expires_at=planned.expires_at,
    )
    try:
        with transaction.atomic():
            message.save()
    except IntegrityError as error:
        if constraint_of(error) != "messages_planned_once":
            raise


def _drop_what_it_makes_useless(event: AppointmentEvent) -> None:
    waiting = Message.objects.filter(
        appointment_id=event.appointment_id, status=MessageStatus.WAITING, revision__isnull=False
    )
    if reason := DROPPED_BY.get(EventKind(event.kind)):
        waiting.filter(revision__lte=event.revision).exclude(
            revision=event.appointment.revision, kind__in=_planned_by(event)
        ).update(status=MessageStatus.DROPPED, reason=reason)
    elif event.kind in ANSWERED_BY:
        waiting.filter(kind__in=QUESTIONS).update(
            status=MessageStatus.DROPPED, reason=Reason.ANSWERED
        )


def _take_back(event: AppointmentEvent, company: Company, rules: Rules, now: datetime) -> None:
    """Drop what the undone step planned, and let what it dropped wait again."""
    appointment, undone = event.appointment, EventKind(event.data["undone"])
    theirs = Message.objects.filter(appointment=appointment, automatic=True)
    waiting = theirs.filter(status=MessageStatus.WAITING)
    useless = Q(revision__gt=event.revision) | Q(kind__in=TOLD_OF[undone])
    waiting.filter(useless).update(status=MessageStatus.DROPPED, reason=Reason.UNDONE)
    if event.revision != appointment.revision:  # it has been moved again
        return
    own = theirs.filter(revision=event.revision)
    own.filter(
        status=MessageStatus.DROPPED,
        reason=DROPPED_BY.get(undone, Reason.ANSWERED),
        expires_at__gt=now,
    ).update(status=MessageStatus.WAITING, reason=Reason.NONE)
    if not own.exists():  # undone before anybody had planned for the booking
        booked = EventKind.MOVED if event.revision > 1 else EventKind.SCHEDULED
        _plan_for(appointment, booked, company, rules, now, settled=now)


def _forget_taken_back(planned: Planned, appointment: Appointment) -> None:
    """A message of the same revision and kind that was dropped because the step was undone makes
    room: the step has been taken again."""
    Message.objects.filter(
        appointment=appointment,
        revision=appointment.revision,
        kind=planned.kind,
        automatic=True,
        status=MessageStatus.DROPPED,
        reason=Reason.UNDONE,
    ).delete()


def _planned_by(event: AppointmentEvent) -> list[str]:
    """Messages of the same revision that the event itself asks for, planned by another run."""
    return [kind.name for kind in KINDS.values() if event.kind in kind.on]


@transaction.atomic
def ask_confirmation(appointment: Appointment, *, by: By, now: datetime) -> Message:
    """A person asks for the confirmation: a message that leaves at once, at any hour."""
    kind = KINDS["manual_confirmation"]
    message = Message(
        direction=Direction.OUT,
        client=appointment.client,
        appointment=appointment,
        kind=kind.name,
        revision=appointment.revision,
        phone=appointment.client.phone,
        status=MessageStatus.WAITING,
        due_at=now,
        expires_at=timing.expires_at(kind, due_at=now, starts_at=appointment.starts_at),
    )
    message.save()
    record(appointment, EventKind.CONFIRMATION_ASKED_FOR, by=by, now=now)
    logger.info(
        "confirmation asked for",
        extra={
            "message_id": message.pk,
            "appointment_id": appointment.pk,
            "client_id": appointment.client_id,
        },
    )
    return message


def answer(
    kind: str,
    client: Client,
    *,
    now: datetime,
    appointment: Appointment | None = None,
    **data: object,
) -> Message:
    """A short answer to a client who has just written; it leaves at once."""
    message = Message(
        direction=Direction.OUT,
        client=client,
        appointment=appointment,
        kind=KINDS[kind].name,
        phone=client.phone,
        status=MessageStatus.WAITING,
        due_at=now,
        expires_at=timing.expires_at(KINDS[kind], due_at=now, starts_at=None),
        data=data,
    )
    message.save()
    return message


def drop_automatic(client: Client) -> None:
    """The client said PARAR: nothing automatic that waits will leave."""
    Message.objects.filter(client=client, automatic=True, status=MessageStatus.WAITING).update(
        status=MessageStatus.DROPPED, reason=Reason.OPTED_OUT
    )


def revive_automatic(client: Client, *, now: datetime) -> None:
    """The client said VOLTAR: what was dropped for PARAR and is still of use waits again."""
    Message.objects.filter(
        client=client,
        automatic=True,
        status=MessageStatus.DROPPED,
        reason=Reason.OPTED_OUT,
        expires_at__gt=now,
    ).update(status=MessageStatus.WAITING, reason=Reason.NONE)
