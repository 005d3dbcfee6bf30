"""From stored webhook events to effects, in the scope of the company that received them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from whatsapp import conversation, reconcile
from whatsapp.connection import state as connection_state
from whatsapp.evolution import events
from whatsapp.evolution.envelope import AckStatus, MalformedEvent
from whatsapp.models import Direction, Message, MessageStatus, Outcome, Reason, WebhookEvent

logger = logging.getLogger("atendo.inbound")

TRIES = 5
# A tick may come before the answer that tells us the key of the message.
TICK_WAITS = timedelta(seconds=30)


class Postpone(Exception):
    """Too early to understand this event."""


def process_new_events(*, now: datetime) -> int:
    """Treat the company's unread events in their order.  Returns how many were done."""
    done, last = 0, 0
    while event := _next_event(after=last):
        last = event.pk
        done += process(event, now=now)
    return done


def _next_event(*, after: int) -> WebhookEvent | None:
    rows = WebhookEvent.objects.filter(processed_at=None, pk__gt=after)
    found: WebhookEvent | None = rows.order_by("pk").first()
    return found


def process(event: WebhookEvent, *, now: datetime) -> bool:
    """Treat one event: its effects and its outcome are one transaction.

    Returns whether it is done; an error is tried again, five times in all.
    """
    try:
        with transaction.atomic():
            locked = WebhookEvent.objects.select_for_update(skip_locked=True)
            current = locked.filter(pk=event.pk, processed_at=None).first()
            if current is None:
                return False
            outcome, detail = _effect(current, now)
            _finish(current, outcome, detail, now)
    except Postpone:
        return False
    except Exception:
        logger.exception("webhook event failed", extra={"webhook_event_id": event.pk})
        return _count_failure(event, now)
    logger.info("webhook event", extra={"webhook_event_id": event.pk, "outcome": outcome.value})
    return True


def _effect(event: WebhookEvent, now: datetime) -> tuple[Outcome, str]:
    try:
        parsed = events.parse_event(event.payload)
    except events.UnknownEvent:
        return Outcome.IGNORED, "unknown event"
    except MalformedEvent as error:
        return _show_to_a_person(event, str(error), now)
    handler = HANDLERS[type(parsed)]
    return handler(parsed, event, now), ""


def _show_to_a_person(event: WebhookEvent, why: str, now: datetime) -> tuple[Outcome, str]:
    """A client's message that we cannot read is not lost: a person sees that it came."""
    if event.event == "messages.upsert":
        Message(
            direction=Direction.IN,
            status=MessageStatus.RECEIVED,
            needs_attention=True,
            happened_at=event.received_at,
            data={"webhook_event_id": event.pk},
        ).save()
        return Outcome.NOT_UNDERSTOOD, why[:300]
    return Outcome.IGNORED, why[:300]


def _finish(event: WebhookEvent, outcome: Outcome, detail: str, now: datetime) -> None:
    event.outcome, event.detail, event.processed_at = outcome, detail, now
    event.attempts += 1
    event.save(update_fields=["outcome", "detail", "processed_at", "attempts"])


def _count_failure(event: WebhookEvent, now: datetime) -> bool:
    with transaction.atomic():
        current = WebhookEvent.objects.select_for_update().get(pk=event.pk)
        if current.attempts + 1 >= TRIES:
            _show_to_a_person(current, "failed", now)
            _finish(current, Outcome.FAILED, "the same error five times", now)
            return True
        current.attempts += 1
        current.save(update_fields=["attempts"])
        return False


def _message_received(
    parsed: events.MessageReceived, event: WebhookEvent, now: datetime
) -> Outcome:
    return conversation.receive(parsed, now=now)


def _message_sent(parsed: events.MessageSent, event: WebhookEvent, now: datetime) -> Outcome:
    return Outcome.APPLIED if reconcile.settle(parsed, now=now) else Outcome.IGNORED


def _acknowledged(
    parsed: events.MessageAcknowledged, event: WebhookEvent, now: datetime
) -> Outcome:
    if not parsed.from_me:
        return Outcome.IGNORED
    message = Message.objects.select_for_update().filter(key_id=parsed.key_id).first()
    if message is None:
        sending = Message.objects.filter(status__in=[MessageStatus.SENDING, MessageStatus.UNKNOWN])
        if now - event.received_at < TICK_WAITS and sending.exists():
            raise Postpone
        return Outcome.IGNORED
    return Outcome.APPLIED if _tick(message, parsed.status, now) else Outcome.IGNORED


# The status that a tick gives, and those it may replace: ticks never go back.
TICKS: dict[AckStatus, tuple[str, tuple[str, ...]]] = {
    AckStatus.DELIVERY_ACK: (MessageStatus.DELIVERED, (MessageStatus.SENT,)),
    AckStatus.READ: (MessageStatus.READ, (MessageStatus.SENT, MessageStatus.DELIVERED)),
    AckStatus.PLAYED: (MessageStatus.READ, (MessageStatus.SENT, MessageStatus.DELIVERED)),
    AckStatus.ERROR: (MessageStatus.FAILED, (MessageStatus.SENT,)),
}


def _tick(message: Message, ack: AckStatus, now: datetime) -> bool:
    status, replaces = TICKS.get(ack, ("", ()))
    if message.status not in replaces:
        return False
    message.status = status
    if status == MessageStatus.FAILED:
        message.reason = Reason.NOT_DELIVERED
    else:
        message.delivered_at = message.delivered_at or now
        message.read_at = now if status == MessageStatus.READ else None
    message.save(update_fields=["status", "reason", "delivered_at", "read_at"])
    return True


def _connection(parsed: Any, event: WebhookEvent, now: datetime) -> Outcome:
    changed = connection_state.apply(parsed, now=now)
    return Outcome.APPLIED if changed else Outcome.IGNORED


def _ignored(parsed: Any, event: WebhookEvent, now: datetime) -> Outcome:
    return Outcome.IGNORED


HANDLERS: dict[type, Callable[[Any, WebhookEvent, datetime], Outcome]] = {
    events.MessageReceived: _message_received,
    events.MessageSent: _message_sent,
    events.MessageAcknowledged: _acknowledged,
    events.QrCodeIssued: _connection,
    events.QrLimitReached: _connection,
    events.ConnectionChanged: _connection,
    events.InstanceClosed: _connection,
    events.LoggedOut: _connection,
    events.InstanceRemoved: _ignored,
    events.EventIgnored: _ignored,
}
