"""The pacer: one message at a time per company, only while its instance is open.

Claim, commit, call, record.  No transaction is open while the gateway is called.
"""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from scheduling import phone, services
from scheduling.models import Appointment
from tenants.models import Company
from whatsapp import messages, preferences, timing
from whatsapp.evolution.answers import ReplyButton, SentMessage
from whatsapp.evolution.client import EvolutionClient
from whatsapp.evolution.errors import EvolutionError, NumberNotOnWhatsApp, Outcome
from whatsapp.messages import KINDS, MessageKind
from whatsapp.models import Instance, Message, MessageStatus, Reason
from whatsapp.preferences import Preferences
from whatsapp.words import fill

logger = logging.getLogger("atendo.sender")

LONGEST_WAIT = timedelta(seconds=60)
JITTER = 3  # a pause lasts between pace_seconds and three times that


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What the gateway is handed: values, so that it cannot reach the database."""

    message_id: int
    instance: str
    number: str
    text: str
    buttons: tuple[ReplyButton, ...] = ()


def send_next(company: Company, gateway: EvolutionClient) -> bool:
    """Send the next due message.  Returns False when none may leave now."""
    outgoing = claim(company, now=timezone.now())
    if outgoing is None:
        return False
    try:
        sent = _call(gateway, outgoing)
    except EvolutionError as error:
        record_failure(outgoing.message_id, error, now=timezone.now())
    else:
        record_sent(outgoing.message_id, sent, now=timezone.now())
    return True


def _call(gateway: EvolutionClient, outgoing: Outgoing) -> SentMessage:
    if not outgoing.buttons:
        return gateway.send_text(outgoing.instance, number=outgoing.number, text=outgoing.text)
    title, _, description = outgoing.text.partition("\n")
    return gateway.send_buttons(
        outgoing.instance,
        number=outgoing.number,
        title=title,
        description=description.strip(),
        footer="",
        buttons=outgoing.buttons,
    )


@transaction.atomic
def claim(company: Company, *, now: datetime) -> Outgoing | None:
    """Take the next due message, with its words as they read now.

    The lock on the instance keeps a company's senders in a row; should two still claim at once,
    the constraint `messages_one_sending` refuses the second.
    """
    instance = Instance.objects.select_for_update(of=("self",)).first()
    if instance is None or not instance.is_open or _is_sending():
        return None
    chosen = preferences.of(company)
    while message := _next_due(instance, now):
        kind = KINDS[message.kind]
        if reason := _why_not(message, kind, chosen, now):
            _drop(message, reason)
        elif (later := _leaves_at(message, kind, company, now)) > now:
            message.due_at = later
            message.save(update_fields=["due_at"])
        else:
            return _take(message, chosen, instance, company, now)
    return None


def _is_sending() -> bool:
    return bool(Message.objects.filter(status=MessageStatus.SENDING).exists())


def _next_due(instance: Instance, now: datetime) -> Message | None:
    due = Message.objects.due(now)
    if instance.next_send_at is not None and now < instance.next_send_at:
        due = due.filter(automatic=False)
    found: Message | None = (
        due.select_related("client", "appointment__service", "appointment__professional")
        .select_for_update(of=("self",))
        .first()
    )
    return found


def _why_not(message: Message, kind: MessageKind, chosen: Preferences, now: datetime) -> str:
    """Return the reason for which the message must not leave any more, or ''."""
    appointment = message.appointment
    if message.expires_at is not None and now >= message.expires_at:
        return Reason.EXPIRED
    if not chosen.rules.sends(message.kind):
        return Reason.SWITCHED_OFF
    if kind.automatic and message.client is not None and message.client.opted_out_at is not None:
        return Reason.OPTED_OUT
    if appointment is None or kind.sending is messages.Sending.ANSWER:
        return ""
    if message.revision != appointment.revision:
        return Reason.MOVED
    if appointment.status in kind.statuses:
        return ""
    if appointment.status == "cancelled":
        return Reason.CANCELLED
    return Reason.NOT_CONFIRMED if appointment.status == "scheduled" else Reason.ANSWERED


def _leaves_at(message: Message, kind: MessageKind, company: Company, now: datetime) -> datetime:
    starts_at = message.appointment.starts_at if message.appointment is not None else now
    return timing.leaves_at(
        kind,
        moment=now,
        starts_at=starts_at,
        zone=company.zone,
        hours=preferences.hours_of(company),
    )


def _drop(message: Message, reason: str) -> None:
    message.status, message.reason = MessageStatus.DROPPED, reason
    message.save(update_fields=["status", "reason"])
    _log("message dropped", message, outcome=str(reason))


def _take(
    message: Message, chosen: Preferences, instance: Instance, company: Company, now: datetime
) -> Outgoing:
    kind = KINDS[message.kind]
    message.text = words(message, chosen, company, now)
    message.status, message.claimed_at = MessageStatus.SENDING, now
    message.attempts += 1
    message.save(update_fields=["text", "status", "claimed_at", "attempts"])
    if kind.automatic:
        pause = company.pace_seconds * random.uniform(1, JITTER)  # noqa: S311 -- no secret
        instance.next_send_at = now + timedelta(seconds=pause)
        instance.save(update_fields=["next_send_at"])
    return Outgoing(
        message_id=message.pk,
        instance=instance.name,
        number=phone.whatsapp_number(message.phone),
        text=message.text,
        buttons=_buttons(message, kind, company),
    )


def words(message: Message, chosen: Preferences, company: Company, now: datetime) -> str:
    """Return the text as it reads at `now` ("hoje", "amanhã"), in the words that the company has
    at that moment."""
    kind = KINDS[message.kind]
    if kind.typed:
        return message.text
    client, appointment = message.client, message.appointment
    options = message.data.get("options", [])
    values = {"opcoes": "\n".join(f"{number} {text}" for number, text in options)}
    name = client.name if client is not None else ""
    values |= messages.about_people(client=name, company=company.name)
    if appointment is not None and client is not None:
        values |= messages.variables(
            client=client.name,
            company=company.name,
            service=appointment.service.name,
            professional=appointment.professional.name,
            address=company.address,
            starts_at=appointment.starts_at,
            now=now,
            zone=company.zone,
        )
    return fill(chosen.text_of(kind), values)


def _buttons(message: Message, kind: MessageKind, company: Company) -> tuple[ReplyButton, ...]:
    if not (company.use_buttons and kind.answers_expected and message.appointment_id):
        return ()
    return (
        ReplyButton(id=f"confirm_{message.appointment_id}", text="Confirmo"),
        ReplyButton(id=f"reschedule_{message.appointment_id}", text="Preciso remarcar"),
        ReplyButton(id=f"cancel_{message.appointment_id}", text="Não vou conseguir"),
    )


@transaction.atomic
def record_sent(message_id: int, sent: SentMessage, *, now: datetime) -> None:
    """The gateway took it.  The webhook may have said so before, with the same key id."""
    message = _locked(message_id)
    if message.status in {MessageStatus.SENDING, MessageStatus.UNKNOWN}:
        message.status = MessageStatus.SENT
        message.happened_at = sent.sent_at or now
        message.key_id = sent.key_id
        message.save(update_fields=["status", "happened_at", "key_id"])
        _remember_on_appointment(message, now)
        _log("message sent", message)


def _remember_on_appointment(message: Message, now: datetime) -> None:
    appointment = message.appointment
    if appointment is None:
        return
    Appointment.objects.filter(pk=appointment.pk, whatsapp_sent=False).update(whatsapp_sent=True)
    asks = KINDS[message.kind].answers_expected and message.revision is not None
    if asks and appointment.revision == message.revision:
        services.mark_asked(appointment, now=now)


@transaction.atomic
def record_failure(message_id: int, error: EvolutionError, *, now: datetime) -> None:
    """Retry what surely did not leave; leave the rest to `reconcile` or to a person."""
    message = _locked(message_id)
    if message.status != MessageStatus.SENDING:
        return
    if error.outcome is Outcome.SENT:
        message.status, message.happened_at = MessageStatus.SENT, now
        _remember_on_appointment(message, now)
    elif error.outcome is Outcome.UNKNOWN:
        message.status = MessageStatus.UNKNOWN
        message.due_at = now + wait_after(message.attempts)
    elif error.permanent:
        no_whatsapp = isinstance(error, NumberNotOnWhatsApp)
        message.status = MessageStatus.FAILED
        message.reason = Reason.NO_WHATSAPP if no_whatsapp else Reason.REFUSED
    else:
        message.status, message.due_at = MessageStatus.WAITING, now + wait_after(message.attempts)
    message.save(update_fields=["status", "reason", "due_at", "happened_at"])
    logger.warning("message not sent: %s", error, extra=_about(message))


def wait_after(attempts: int) -> timedelta:
    """2, 4, 8 ... seconds, at most a minute: the message's own expiry ends the tries."""
    return min(timedelta(seconds=2.0 ** min(attempts, 6)), LONGEST_WAIT)


def _locked(message_id: int) -> Message:
    rows = Message.objects.select_for_update(of=("self",)).select_related("appointment__client")
    message: Message = rows.get(pk=message_id)
    return message


def _about(message: Message) -> dict[str, Any]:
    return {
        "message_id": message.pk,
        "appointment_id": message.appointment_id,
        "client_id": message.client_id,
        "attempts": message.attempts,
    }


def _log(what: str, message: Message, **extra: object) -> None:
    logger.info(what, extra=_about(message) | extra)
