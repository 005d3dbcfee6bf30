"""What a client's message does: whose it is, what it means, which appointment it is about.

Nothing here looks beyond the company that received the message: the sender must be a client of
that company and the appointment must be that client's.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from scheduling import services
from scheduling.events import By
from scheduling.models import (
    Appointment,
    AppointmentEvent,
    Client,
    ClientIdentity,
    EventKind,
    Status,
)
from scheduling.phone import InvalidPhone, normalize, same_person_key
from tenants import security
from tenants.models import Company
from tenants.security import Origin
from whatsapp import planner, replies
from whatsapp.evolution.events import MessageReceived
from whatsapp.messages import option
from whatsapp.models import Direction, Message, MessageStatus, Outcome
from whatsapp.replies import Intent

logger = logging.getLogger("atendo.conversation")

# The client's clock and ours may differ by so much.
CLOCK_SKEW = timedelta(minutes=2)
CHOICE_LASTS = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Said:
    """A message of a client, understood, with the row that keeps it."""

    event: MessageReceived
    message: Message
    client: Client
    intent: Intent
    now: datetime

    def needs_a_person(self) -> None:
        self.message.needs_attention = True
        self.message.save(update_fields=["needs_attention"])

    def is_about(self, appointment: Appointment) -> None:
        self.message.appointment = appointment
        self.message.intent = self.intent.value
        self.message.save(update_fields=["appointment", "intent"])


def receive(event: MessageReceived, *, now: datetime) -> Outcome:
    """Store the message once and do what it says.  Part of the caller's transaction."""
    if event.is_group_or_status or Message.objects.filter(key_id=event.key_id).exists():
        return Outcome.IGNORED
    client = find_client(event)
    if event.from_me:
        _store(event, client, direction=Direction.OUT, status=MessageStatus.SENT)
        return Outcome.APPLIED
    message = _store(event, client, direction=Direction.IN, status=MessageStatus.RECEIVED)
    if client is None:
        return _from_a_stranger(event, message)
    reply = replies.understand(text=event.text, button_id=event.button_id, reaction=event.reaction)
    said = Said(event, message, client, reply.intent, now)
    if reply.appointment_id is not None:
        return _button(said, reply.appointment_id)
    if reply.intent in {Intent.OPT_OUT, Intent.OPT_IN}:
        return _opt(said)
    if event.reaction is not None:
        return _reaction(said)
    return _words(said)


def find_client(event: MessageReceived) -> Client | None:
    """Return this company's client behind the sender: by phone, else by hidden number."""
    client: Client | None = None
    if event.phone:
        client = Client.objects.filter(phone_key=same_person_key(event.phone)).first()
        if client is not None and event.lid:
            _remember_lid(client, event.lid)
    if client is None and event.lid:
        known = ClientIdentity.objects.filter(kind=ClientIdentity.Kind.LID, value=event.lid)
        identity = known.select_related("client").first()
        client = identity.client if identity is not None else None
    return client


def _remember_lid(client: Client, lid: str) -> None:
    ClientIdentity.objects.update_or_create(
        kind=ClientIdentity.Kind.LID, value=lid[:80], defaults={"client": client}
    )


def _store(
    event: MessageReceived, client: Client | None, *, direction: str, status: str
) -> Message:
    message = Message(
        direction=direction,
        status=status,
        client=client,
        phone=_phone(event),
        text=event.text or "",
        key_id=event.key_id,
        quoted_key_id=event.quoted_id or event.reaction_to or "",
        happened_at=event.sent_at,
        data={"media": event.media} if event.media else {},
    )
    message.save()
    return message


def _phone(event: MessageReceived) -> str:
    try:
        return normalize(f"+{event.phone}") if event.phone else (event.lid or "")[:40]
    except InvalidPhone:
        return f"+{event.phone}"[:40]


def _from_a_stranger(event: MessageReceived, message: Message) -> Outcome:
    """No client of this company.  With a button it is worth a line in the security log."""
    if event.button_id is not None:
        security.record(
            "button_from_stranger",
            origin=Origin.WEBHOOK,
            phone=security.masked(message.phone),
            button=event.button_id[:40],
        )
    elif event.phone is None:  # perhaps a client whose number WhatsApp hides
        message.needs_attention = True
        message.save(update_fields=["needs_attention"])
    return Outcome.CLIENT_NOT_FOUND


def _button(said: Said, appointment_id: int) -> Outcome:
    """The id must be an appointment of this client in this company; nobody looks elsewhere."""
    own = Appointment.objects.filter(pk=appointment_id, client=said.client)
    appointment = own.with_people().first()
    if appointment is None:
        security.record(
            "button_refused",
            origin=Origin.WEBHOOK,
            phone=security.masked(said.message.phone),
            button=(said.event.button_id or "")[:40],
        )
        return Outcome.UNAUTHORIZED
    return _act(said, appointment)


def _opt(said: Said) -> Outcome:
    if said.intent is Intent.OPT_OUT:
        services.opt_out(said.client, now=said.now, by=By.client())
        planner.drop_automatic(said.client)
        planner.answer("answer_opted_out", said.client, now=said.now)
        return Outcome.OPTED_OUT
    services.opt_in(said.client)
    services.note_consent(said.client, by=By.client(), now=said.now)
    planner.revive_automatic(said.client, now=said.now)
    planner.answer("answer_opted_in", said.client, now=said.now)
    return Outcome.OPTED_IN


def _reaction(said: Said) -> Outcome:
    """Only a confirming reaction to a question of ours counts; nothing else deserves an answer."""
    appointment = _quoted_appointment(said)
    if said.intent is not Intent.CONFIRM or appointment is None:
        return Outcome.IGNORED
    return _act(said, appointment)


def _words(said: Said) -> Outcome:
    if chosen := _choice_from_our_list(said):
        return chosen
    quoted = _quoted_appointment(said)
    candidates = [quoted] if quoted is not None else open_questions(said.client, said)
    if said.intent in {Intent.UNKNOWN, Intent.ASK_AGAIN}:
        return _not_understood(said, candidates)
    if said.intent is Intent.CONFIRM and len(candidates) > 1:
        # "sim" answers what is still to be answered.
        waiting = [a for a in candidates if a.status == Status.SCHEDULED]
        candidates = waiting or candidates[:1]
    if not candidates:
        said.needs_a_person()
        return Outcome.NOT_FOUND
    if len(candidates) > 1:
        return _ask_which_one(said, candidates)
    return _act(said, candidates[0])


def open_questions(client: Client, said: Said) -> list[Appointment]:
    """The client's future appointments about which we had asked when the message was written."""
    asked = Appointment.objects.filter(
        client=client, asked_at__lte=said.event.sent_at + CLOCK_SKEW
    )
    rows = asked.open_at(said.now).with_people().order_by("starts_at")
    return [
        appointment for appointment in rows if not _changed_by_a_person_since(appointment, said)
    ]


def _changed_by_a_person_since(appointment: Appointment, said: Said) -> bool:
    """A late duplicate never undoes what a person did after it was written."""
    by_people = AppointmentEvent.objects.filter(
        appointment=appointment,
        origin__in=[Origin.WEB, Origin.API, Origin.ADMIN],
        created_at__gt=said.event.sent_at + CLOCK_SKEW,
    )
    return bool(by_people.exclude(kind=EventKind.CONFIRMATION_ASKED_FOR).exists())


def _quoted_appointment(said: Said) -> Appointment | None:
    """The appointment of our message that the client quotes or reacts to, if it is his."""
    key_id = said.message.quoted_key_id
    if not key_id:
        return None
    ours = Message.objects.filter(
        direction=Direction.OUT, key_id=key_id, client=said.client
    ).exclude(appointment=None)
    message = ours.select_related("appointment").first()
    if message is None:
        return None
    found: Appointment | None = (
        Appointment.objects.filter(pk=message.appointment_id, client=said.client)
        .with_people()
        .first()
    )
    return found


def _choice_from_our_list(said: Said) -> Outcome | None:
    """The answer to "which one?": the number of a line of our own list."""
    number = replies.chosen_number(said.event.text)
    if number is None or said.message.quoted_key_id:
        return None
    last: Message | None = (
        Message.objects.outgoing()
        .filter(client=said.client, created_at__gt=said.now - CHOICE_LASTS)
        .exclude(status__in=[MessageStatus.DROPPED, MessageStatus.FAILED])
        .order_by("-id")
        .first()
    )
    if last is None or last.kind != "answer_which_one":
        return None
    choices: list[int] = last.data["choices"]
    if number > len(choices):
        return _not_understood(said, [])
    appointment = Appointment.objects.filter(pk=choices[number - 1], client=said.client)
    found = appointment.with_people().first()
    if found is None:
        return Outcome.NOT_FOUND
    return _act(
        Said(said.event, said.message, said.client, Intent(last.data["intent"]), said.now), found
    )


def _ask_which_one(said: Said, candidates: list[Appointment]) -> Outcome:
    company: Company = candidates[0].company
    options = [
        (number, _line(appointment, company))
        for number, appointment in enumerate(candidates[:9], start=1)
    ]
    planner.answer(
        "answer_which_one",
        said.client,
        now=said.now,
        options=options,
        choices=[appointment.pk for appointment in candidates[:9]],
        intent=said.intent.value,
    )
    return Outcome.WHICH_ONE_ASKED


def _line(appointment: Appointment, company: Company) -> str:
    return option(appointment.starts_at.astimezone(company.zone), appointment.service.name)


def _not_understood(said: Said, candidates: list[Appointment]) -> Outcome:
    """A person reads it; with a question open we ask once more, and only once a question."""
    said.needs_a_person()
    if len(candidates) == 1 and not _asked_again_already(candidates[0]):
        said.is_about(candidates[0])
        planner.answer(
            "answer_not_understood", said.client, now=said.now, appointment=candidates[0]
        )
    return Outcome.NOT_UNDERSTOOD


def _asked_again_already(appointment: Appointment) -> bool:
    earlier = Message.objects.filter(appointment=appointment, kind="answer_not_understood")
    if appointment.asked_at is not None:
        earlier = earlier.filter(created_at__gte=appointment.asked_at)
    return bool(earlier.exists())


def _confirm(appointment: Appointment, now: datetime) -> None:
    services.confirm(appointment, by=By.client(), now=now)


def _cancel(appointment: Appointment, now: datetime) -> None:
    services.cancel(appointment, by=By.client(), now=now)


def _request_move(appointment: Appointment, now: datetime) -> None:
    services.request_move(appointment, by=By.client(), now=now)


@dataclass(frozen=True, slots=True)
class Step:
    """What an intent does to an appointment, what we answer, and where it leads."""

    do: Callable[[Appointment, datetime], None]
    answer: str
    outcome: Outcome
    done: Q
    """When the appointment is there already, so that a repetition does nothing."""


STEPS: dict[Intent, Step] = {
    Intent.CONFIRM: Step(
        _confirm, "answer_confirmed", Outcome.CONFIRMED, Q(status=Status.CONFIRMED)
    ),
    Intent.CANCEL: Step(
        _cancel, "answer_cancelled", Outcome.CANCELLED, Q(status=Status.CANCELLED)
    ),
    Intent.RESCHEDULE: Step(
        _request_move,
        "answer_reschedule",
        Outcome.RESCHEDULE_REQUESTED,
        Q(move_requested_at__isnull=False),
    ),
}


def _act(said: Said, appointment: Appointment) -> Outcome:
    """Change the appointment by the same services that the pages use, and answer."""
    step = STEPS.get(said.intent)
    if step is None:
        return _not_understood(said, [appointment])
    said.is_about(appointment)
    if Appointment.objects.filter(step.done, pk=appointment.pk).exists():
        return step.outcome
    late = appointment.starts_at <= said.now or _changed_by_a_person_since(appointment, said)
    try:
        if late:
            raise services.NotChangeable
        step.do(appointment, said.now)
    except services.NotChangeable:
        said.needs_a_person()
        return Outcome.NOT_FOUND
    planner.answer(step.answer, said.client, now=said.now, appointment=appointment)
    logger.info(
        "client answered",
        extra={
            "appointment_id": appointment.pk,
            "client_id": said.client.pk,
            "outcome": step.outcome.value,
        },
    )
    return step.outcome
