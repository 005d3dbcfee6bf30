"""When messages leave: what an event plans, and how that is moved into the company's hours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Final
from zoneinfo import ZoneInfo

from whatsapp.messages import BOOKED, HOUR, KINDS, OPEN, UNANSWERED, MessageKind, Sending

DAY: Final = timedelta(days=1)
# Closer to the start nobody is asked to confirm any more.
LATEST_QUESTION: Final = 3 * HOUR
# What is moved to the end of the hours is due a little before it, so that the pace of one
# message every 8 to 25 seconds still lets a queue of seventy leave in time.
LAST_CALL: Final = timedelta(minutes=30)
SATURDAY_UNTIL: Final = time(12)
ANSWER_LASTS: Final = 12 * HOUR
SUNDAY: Final = 6


@dataclass(frozen=True, slots=True)
class SendingHours:
    """Local times between which automatic messages leave: from `opens` on, before `closes`.

    Raises ValueError unless `opens` comes before `closes`.
    """

    opens: time = time(8)
    closes: time = time(20)
    sundays: bool = False

    def __post_init__(self) -> None:
        if self.opens >= self.closes:
            raise ValueError("opens must come before closes")

    @property
    def last_call(self) -> time:
        """The moment of the day for what would otherwise be due after closing."""
        closes = datetime.combine(date.min, self.closes)
        opens = datetime.combine(date.min, self.opens)
        return (closes - min(LAST_CALL, closes - opens)).time()

    def allow(self, moment: datetime, *, zone: ZoneInfo, on_sundays: bool = False) -> bool:
        local = moment.astimezone(zone)
        open_day = self.sundays or on_sundays or local.weekday() != SUNDAY
        return open_day and self.opens <= local.time() < self.closes


# The notices that a company may switch off.  `receipt_with_question` is two of them in one.
SWITCHES: Final = (
    *("receipt", "confirmation_request", "second_request", "reminder"),
    *("rescheduled_notice", "cancelled_notice"),
)
# What may be chosen, in hours; a request less than LATEST_QUESTION before would never leave.
REQUEST_HOURS: Final = (4, 12, 24, 48, 72)
SECOND_HOURS: Final = (2, 4, 8, 12, 24)
REMINDER_HOURS: Final = (1, 2, 3, 4, 6)


@dataclass(frozen=True, slots=True)
class Rules:
    """Which notices a company sends, and when."""

    hours: SendingHours = SendingHours()
    off: frozenset[str] = frozenset()
    """Of SWITCHES."""
    request_lead: timedelta = DAY
    """How long before the start the client is asked to confirm."""
    second_after: timedelta = 4 * HOUR
    """How long after that he is asked again."""
    reminder_lead: timedelta = 2 * HOUR

    def sends(self, name: str) -> bool:
        """Whether a kind leaves at all; what is no switch always does."""
        return name not in self.off


@dataclass(frozen=True, slots=True)
class Planned:
    kind: str
    due_at: datetime
    expires_at: datetime


def next_allowed(
    moment: datetime, *, zone: ZoneInfo, hours: SendingHours, on_sundays: bool = False
) -> datetime:
    """Return `moment`, or the next opening where it falls outside the hours. In UTC."""
    if hours.allow(moment, zone=zone, on_sundays=on_sundays):
        return moment.astimezone(UTC)
    today = moment.astimezone(zone).date()
    openings = (_instant(today + days * DAY, hours.opens, zone) for days in count())
    return next(
        opening
        for opening in openings
        if opening > moment and hours.allow(opening, zone=zone, on_sundays=on_sundays)
    )


def previous_allowed(
    moment: datetime, *, zone: ZoneInfo, hours: SendingHours, on_sundays: bool = False
) -> datetime:
    """Return `moment`, or the last call before it where it falls outside the hours. In UTC."""
    if hours.allow(moment, zone=zone, on_sundays=on_sundays):
        return moment.astimezone(UTC)
    today = moment.astimezone(zone).date()
    calls = (_instant(today - days * DAY, hours.last_call, zone) for days in count())
    return next(
        call
        for call in calls
        if call < moment and hours.allow(call, zone=zone, on_sundays=on_sundays)
    )


def leaves_at(
    kind: MessageKind,
    *,
    moment: datetime,
    starts_at: datetime,
    zone: ZoneInfo,
    hours: SendingHours,
) -> datetime:
    """Return when a message that is ready at `moment` may leave, `moment` at the earliest.

    The planner dates messages with it; the sender asks again, since a queue or a lost
    connection may have carried the message past closing time. Opt-out is not looked at.
    """
    if not kind.automatic:
        return moment.astimezone(UTC)
    allowed = next_allowed(moment, zone=zone, hours=hours, on_sundays=kind.on_sundays)
    if kind.cannot_wait and starts_at - allowed < LATEST_QUESTION:
        return moment.astimezone(UTC)
    return allowed


def expires_at(kind: MessageKind, *, due_at: datetime, starts_at: datetime | None) -> datetime:
    """Return the moment from which on the message is useless and must not leave."""
    if kind.sending is Sending.ANSWER or starts_at is None:
        return due_at + ANSWER_LASTS
    return starts_at.astimezone(UTC) - kind.useless


def plan(
    *,
    event: str,
    now: datetime,
    starts_at: datetime,
    status: str,
    zone: ZoneInfo,
    rules: Rules,
) -> list[Planned]:
    """Return what to send because of one event of an appointment, the earliest first, in UTC.

    `event` is an AppointmentEvent kind, `status` the appointment's; an event that plans nothing
    gives an empty list, and so does an appointment that has begun. What depends on the answer
    (second request, reminder) is planned all the same: its `statuses` decide when it leaves.

    Raises ValueError for a time without a zone.
    """
    appointment = _Appointment(_utc(now), _utc(starts_at), status, zone, rules)
    return _worth_sending(_moments(event, appointment), appointment)


def plan_again(
    *,
    now: datetime,
    starts_at: datetime,
    status: str,
    zone: ZoneInfo,
    rules: Rules,
    asked_at: datetime | None,
) -> list[Planned]:
    """Return what is still to send to somebody who was told long ago, as the rules are now.

    `asked_at` is when the client was asked to confirm, if he was: then he is not asked a first
    time, and a second time so long after that.

    Raises ValueError for a time without a zone.
    """
    appointment = _Appointment(_utc(now), _utc(starts_at), status, zone, rules)
    if status not in OPEN:
        return []
    if asked_at is None:
        questions = [*_questions(appointment, first="")]
    else:
        questions = [*_second_request(appointment, _utc(asked_at))]
    return _worth_sending([*questions, *_late_reminder(appointment)], appointment)


def _utc(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError("now and starts_at need a time zone")
    return moment.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class _Appointment:
    now: datetime
    starts_at: datetime
    status: str
    zone: ZoneInfo
    rules: Rules

    def leaves_at(self, name: str, moment: datetime) -> datetime:
        return leaves_at(
            KINDS[name],
            moment=moment,
            starts_at=self.starts_at,
            zone=self.zone,
            hours=self.rules.hours,
        )


def _worth_sending(
    moments: Iterable[tuple[str, datetime]], appointment: _Appointment
) -> list[Planned]:
    starts_at = appointment.starts_at
    planned = [
        Planned(name, due, expires_at(KINDS[name], due_at=due, starts_at=starts_at))
        for name, due in moments
        if appointment.rules.sends(name)
    ]
    return sorted((p for p in planned if p.due_at < p.expires_at), key=lambda p: p.due_at)


def _moments(event: str, appointment: _Appointment) -> Iterator[tuple[str, datetime]]:
    now = appointment.now
    if event not in BOOKED:
        for kind in KINDS.values():
            if event in kind.on and appointment.status in kind.statuses:
                yield kind.name, appointment.leaves_at(kind.name, now)
        return
    if appointment.status not in OPEN:
        return
    first = "receipt" if event == "scheduled" else "rescheduled_notice"
    questions = dict(_questions(appointment, first=first))
    if "receipt_with_question" not in questions:
        yield first, appointment.leaves_at(first, now)
    yield from questions.items()
    yield from _reminder(appointment)


def _questions(appointment: _Appointment, *, first: str) -> Iterator[tuple[str, datetime]]:
    """The request and its repetition; the request within the receipt where it comes as early.

    `first` is what tells of the appointment, "" where that was done.
    """
    rules, latest = appointment.rules, appointment.starts_at - LATEST_QUESTION
    first_at = appointment.leaves_at("receipt_with_question", appointment.now)
    asks = rules.sends("confirmation_request") and appointment.status == UNANSWERED
    if not asks or first_at > latest:
        return
    request_at = _request_at(appointment)
    at_once = appointment.starts_at - first_at < rules.request_lead or request_at <= first_at
    asked_at = first_at if at_once else request_at
    merged = at_once and first and rules.sends(first)
    yield "receipt_with_question" if merged else "confirmation_request", asked_at
    yield from _second_request(appointment, asked_at)


def _second_request(
    appointment: _Appointment, asked_at: datetime
) -> Iterator[tuple[str, datetime]]:
    wanted = max(asked_at + appointment.rules.second_after, appointment.now)
    second_at = appointment.leaves_at("second_request", wanted)
    if appointment.status == UNANSWERED and second_at <= appointment.starts_at - LATEST_QUESTION:
        yield "second_request", second_at


def _request_at(appointment: _Appointment) -> datetime:
    """24 h before, or as the rules say; else the next opening, unless that is too late; for
    Mondays on Saturday."""
    zone, hours = appointment.zone, appointment.rules.hours
    wanted = appointment.starts_at - appointment.rules.request_lead
    if wanted.astimezone(zone).weekday() == SUNDAY and not hours.sundays:
        return _on_saturday(wanted, zone, hours)
    opening = next_allowed(wanted, zone=zone, hours=hours)
    if appointment.starts_at - opening >= LATEST_QUESTION:
        return opening
    return previous_allowed(wanted, zone=zone, hours=hours)


def _on_saturday(sunday: datetime, zone: ZoneInfo, hours: SendingHours) -> datetime:
    local = sunday.astimezone(zone)
    latest = max(hours.opens, min(SATURDAY_UNTIL, hours.last_call))
    at = min(max(local.time(), hours.opens), latest)
    return previous_allowed(_instant(local.date() - DAY, at, zone), zone=zone, hours=hours)


def _reminder(appointment: _Appointment) -> Iterator[tuple[str, datetime]]:
    """None for somebody who is told of the appointment so shortly before."""
    first_at = appointment.leaves_at("receipt", appointment.now)
    told_at = first_at if first_at < appointment.starts_at else appointment.now
    if appointment.starts_at - told_at >= LATEST_QUESTION:
        wanted = appointment.starts_at - appointment.rules.reminder_lead
        yield from _reminder_near(wanted, appointment, after=told_at)


def _late_reminder(appointment: _Appointment) -> Iterator[tuple[str, datetime]]:
    wanted = appointment.starts_at - appointment.rules.reminder_lead
    just_before = appointment.now - timedelta.resolution
    yield from _reminder_near(max(wanted, appointment.now), appointment, after=just_before)


def _reminder_near(
    wanted: datetime, appointment: _Appointment, *, after: datetime
) -> Iterator[tuple[str, datetime]]:
    """Two hours before, or as the rules say; else at opening; else at the last call of the same
    day; else not."""
    starts_at, zone, hours = appointment.starts_at, appointment.zone, appointment.rules.hours
    due = appointment.leaves_at("reminder", wanted)
    if due > starts_at - KINDS["reminder"].useless:
        due = previous_allowed(wanted, zone=zone, hours=hours, on_sundays=True)
    same_day = due.astimezone(zone).date() == starts_at.astimezone(zone).date()
    if same_day and due > after:
        yield "reminder", due


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)
