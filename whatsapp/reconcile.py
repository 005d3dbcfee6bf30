"""Messages of which we cannot know whether they left: a time-out, a worker that died.

`sendText` has no idempotency key.  We look before a retry: at the `send.message` webhook
(`settle`), then at `chat/findMessages`.  What stays undecided is shown to a person.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from scheduling import phone
from whatsapp.evolution.answers import SentMessage, StoredMessage
from whatsapp.evolution.client import EvolutionClient
from whatsapp.evolution.errors import EvolutionError
from whatsapp.evolution.events import MessageSent
from whatsapp.models import Instance, Message, MessageStatus, Reason
from whatsapp.sender import record_sent

logger = logging.getLogger("atendo.reconcile")

LOOK_EVERY = timedelta(seconds=10)
# The server itself waits up to 60 s for WhatsApp: before that, "not there" decides nothing.
DECIDE_AFTER = timedelta(seconds=90)
GIVE_UP_AFTER = timedelta(minutes=15)
CLOCK_SKEW = timedelta(seconds=60)
LIMIT = 100


def dead_sender_after() -> timedelta:
    """How long a live sender may hold a message: both time-outs and some room."""
    return timedelta(seconds=settings.EVOLUTION_READ_TIMEOUT + 45)


def doubt_dead_senders(*, now: datetime) -> None:
    """A message that is `sending` for too long was left by a worker that died."""
    Message.objects.filter(
        status=MessageStatus.SENDING, claimed_at__lt=now - dead_sender_after()
    ).update(status=MessageStatus.UNKNOWN, due_at=now)


def settle(event: MessageSent, *, now: datetime) -> bool:
    """The webhook says that a message left.  Returns whether it was one we wondered about."""
    if Message.objects.filter(key_id=event.key_id).exists():
        return False
    open_ones = Message.objects.filter(
        status__in=[MessageStatus.SENDING, MessageStatus.UNKNOWN],
        text=event.text or "",
        key_id="",
    )
    for message in open_ones.order_by("claimed_at"):
        if event.phone is None or _same_person(message.phone, event.phone):
            record_sent(message.pk, _as_sent(event.key_id, event.sent_at), now=now)
            return True
    return False


def look_up_unknown(gateway: EvolutionClient, *, now: datetime) -> None:
    """Ask the server about each message of the company whose fate is unknown."""
    instance = Instance.objects.first()
    unknown = Message.objects.filter(status=MessageStatus.UNKNOWN, due_at__lte=now)
    for message in unknown.order_by("claimed_at")[:LIMIT] if instance else ():
        Message.objects.filter(pk=message.pk).update(due_at=now + LOOK_EVERY)
        try:
            _decide(message, _stored(gateway, instance.name, message), now=now)
        except EvolutionError as error:
            logger.warning("cannot look up a message: %s", error, extra={"message_id": message.pk})
            _give_up_when_old(message, now=now)


def _stored(
    gateway: EvolutionClient, instance: str, message: Message
) -> list[StoredMessage] | None:
    """Return the messages since the claim, or None when there may be more than we were told."""
    since = _claimed_at(message) - CLOCK_SKEW
    found = gateway.find_messages(instance, from_me=True, since=since, limit=LIMIT)
    return found if len(found) < LIMIT else None


def _decide(message: Message, stored: list[StoredMessage] | None, *, now: datetime) -> None:
    found = next((one for one in stored or () if _is_it(one, message)), None)
    if found is not None:
        record_sent(message.pk, _as_sent(found.key_id, found.timestamp), now=now)
    elif stored is not None and now - _claimed_at(message) >= DECIDE_AFTER:
        _send_again(message, now=now)
    else:
        _give_up_when_old(message, now=now)


def _is_it(stored: StoredMessage, message: Message) -> bool:
    return (
        stored.text == message.text
        and (stored.phone is None or _same_person(stored.phone, message.phone))
        and stored.timestamp >= _claimed_at(message) - CLOCK_SKEW
        and not Message.objects.filter(key_id=stored.key_id).exists()
    )


@transaction.atomic
def _send_again(message: Message, *, now: datetime) -> None:
    """The server has no such message: it did not leave."""
    changed = Message.objects.filter(pk=message.pk, status=MessageStatus.UNKNOWN).update(
        status=MessageStatus.WAITING, due_at=now
    )
    if changed:
        logger.info("message did not leave, will be sent again", extra={"message_id": message.pk})


def _give_up_when_old(message: Message, *, now: datetime) -> None:
    if now - _claimed_at(message) < GIVE_UP_AFTER:
        return
    Message.objects.filter(pk=message.pk, status=MessageStatus.UNKNOWN).update(
        status=MessageStatus.FAILED, reason=Reason.UNDECIDED, needs_attention=True
    )


def _claimed_at(message: Message) -> datetime:
    """Every message that was ever handed over has it; another is as old as its row."""
    return message.claimed_at or message.created_at


def _same_person(one: str, other: str) -> bool:
    return phone.same_person_key(one) == phone.same_person_key(other)


def _as_sent(key_id: str, at: datetime) -> SentMessage:
    return SentMessage(key_id=key_id, remote_jid=None, sent_at=at)
