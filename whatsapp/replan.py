"""The company changed its notices: what still waits follows the new rules.

One transaction, under the same lock as the planner's job.  Doing it twice changes nothing, since
each message is moved to where the rules want it, not by how much they changed.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from scheduling.models import Appointment, AppointmentEvent
from tenants.models import Company
from whatsapp import planner, preferences, timing
from whatsapp.messages import BOOKED
from whatsapp.models import Message, MessageSetting, MessageStatus, Reason
from whatsapp.timing import Planned, Rules

logger = logging.getLogger("atendo.planner")

# What has a moment of its own; the others leave at once, and are not made up for later.
LATER = ("confirmation_request", "second_request", "reminder")
QUESTIONS = ("confirmation_request", "second_request")
MOVED_FIELDS = ("kind", "status", "reason", "due_at", "expires_at")
BATCH = 500
LEFT = frozenset({MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ})
LEAVING = LEFT | {MessageStatus.SENDING, MessageStatus.UNKNOWN}


@transaction.atomic
def replan(company: Company, *, now: datetime) -> int:
    """Date the company's waiting messages anew.  Returns how many changed."""
    changed = MessageSetting.objects.select_for_update().filter(replan=True)
    if not list(changed.values_list("pk", flat=True)):
        return 0
    rules = preferences.of(company).rules
    count = _drop_switched_off(rules)
    messages, moved = _messages_of_what_is_ahead(now), []
    for appointment in _ahead(now):
        plan = _Plan(appointment, messages[appointment.pk], rules, company, now)
        plan.apply()
        moved += plan.moved
        count += len(plan.moved) + plan.added
    Message.objects.bulk_update(moved, MOVED_FIELDS, batch_size=BATCH)
    MessageSetting.objects.filter(replan=True).update(replan=False)
    logger.info("queue planned anew", extra={"messages": count})
    return count


def _drop_switched_off(rules: Rules) -> int:
    waiting = Message.objects.filter(automatic=True, status=MessageStatus.WAITING)
    dropped: int = waiting.filter(kind__in=rules.off).update(
        status=MessageStatus.DROPPED, reason=Reason.SWITCHED_OFF
    )
    return dropped


def _ahead(now: datetime) -> list[Appointment]:
    """The open appointments whose making or moving the planner has treated already."""
    booked = AppointmentEvent.objects.filter(appointment=OuterRef("pk"), kind__in=BOOKED)
    unread = booked.filter(dispatched_at=None)
    rows = Appointment.objects.open_at(now).filter(~Exists(unread)).select_related("client")
    return list(rows)


def _messages_of_what_is_ahead(now: datetime) -> dict[int, list[Message]]:
    rows = Message.objects.filter(automatic=True, appointment__in=Appointment.objects.open_at(now))
    found: dict[int, list[Message]] = defaultdict(list)
    for message in rows.select_for_update(of=("self",)):
        found[message.appointment_id].append(message)
    return found


class _Plan:
    """One appointment: what there is, and what the rules want."""

    def __init__(
        self,
        appointment: Appointment,
        messages: list[Message],
        rules: Rules,
        company: Company,
        now: datetime,
    ) -> None:
        self.appointment, self.rules, self.now = appointment, rules, now
        self.moved: list[Message] = []
        self.added = 0
        current = [each for each in messages if each.revision == appointment.revision]
        self.kept = {message.kind: message for message in current}
        wanted = timing.plan_again(
            now=now,
            starts_at=appointment.starts_at,
            status=appointment.status,
            zone=company.zone,
            rules=rules,
            asked_at=self._asked_at(),
        )
        self.wanted = {planned.kind: planned for planned in wanted}
        if appointment.move_requested_at is not None:  # he has answered
            for kind in QUESTIONS:
                self.wanted.pop(kind, None)

    def apply(self) -> None:
        """Make the messages what the rules want: those that differ are then in `moved`."""
        split = self._split_receipt()
        for kind in LATER:
            if kind != split:
                self._bring(self.kept.get(kind), self.wanted.get(kind))

    def _asked_at(self) -> datetime | None:
        """When the client was asked, or is about to be by a message that stays."""
        if self.appointment.asked_at is not None:
            asked: datetime = self.appointment.asked_at
            return asked
        for kind in ("receipt_with_question", "confirmation_request"):
            message = self.kept.get(kind)
            if message is not None and self._stays(message):
                return message.happened_at or message.due_at
        return None

    def _stays(self, message: Message) -> bool:
        if message.status in LEAVING:
            return True
        waits = message.status == MessageStatus.WAITING
        if message.kind == "receipt_with_question":
            return waits and self.rules.sends("confirmation_request")
        return waits and self._is_due(message)

    def _is_due(self, message: Message) -> bool:
        return message.due_at is None or message.due_at <= self.now

    def _split_receipt(self) -> str:
        """A receipt that asks, while one of the two is off, becomes the other.

        Returns as what it now waits, at the moment that it had.
        """
        message = self.kept.get("receipt_with_question")
        if message is None or message.status != MessageStatus.WAITING:
            return ""
        tells = "receipt" if self.appointment.revision == 1 else "rescheduled_notice"
        sent = [kind for kind in (tells, "confirmation_request") if self.rules.sends(kind)]
        if len(sent) == 2:
            return ""
        if sent and sent[0] not in self.kept:
            message.kind = sent[0]
        else:
            message.status, message.reason = MessageStatus.DROPPED, Reason.SWITCHED_OFF
        self.moved.append(message)
        return message.kind

    def _bring(self, message: Message | None, wanted: Planned | None) -> None:
        """What is due already leaves as it is."""
        if message is None:
            if wanted is not None:
                planner.write(wanted, self.appointment)
                self.added += 1
        elif message.status == MessageStatus.WAITING and not self._is_due(message):
            self._redate(message, wanted)
        elif (message.status, message.reason) == (MessageStatus.DROPPED, Reason.SWITCHED_OFF):
            self._revive(message, wanted)

    def _redate(self, message: Message, wanted: Planned | None) -> None:
        if wanted is None:
            message.status, message.reason = MessageStatus.DROPPED, Reason.SWITCHED_OFF
        elif (message.due_at, message.expires_at) == (wanted.due_at, wanted.expires_at):
            return
        else:
            message.due_at, message.expires_at = wanted.due_at, wanted.expires_at
        self.moved.append(message)

    def _revive(self, message: Message, wanted: Planned | None) -> None:
        if wanted is not None:
            message.status, message.reason = MessageStatus.WAITING, Reason.NONE
            message.due_at, message.expires_at = wanted.due_at, wanted.expires_at
            self.moved.append(message)
