"""The next three hours, and the first time that is still free today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from scheduling.agenda import STEP, bounds
from scheduling.availability import Interval, free_starts
from scheduling.models import Appointment, Professional, Status, WorkingHours
from scheduling.services import OPEN

AHEAD = timedelta(hours=3)
MOST = 50


@dataclass(frozen=True, slots=True)
class Soon:
    """`late` are over and nobody has said how they ended."""

    late: list[Appointment]
    next: list[Appointment]

    @property
    def empty(self) -> bool:
        return not (self.late or self.next)


def soon(appointments: Any, now: datetime, zone: ZoneInfo) -> Soon:
    """Return what is to be marked today until three hours from now.  One query."""
    start = bounds(now.astimezone(zone).date(), zone).start
    rows = appointments.filter(status__in=[*OPEN, Status.ARRIVED]).between(start, now + AHEAD)
    found = list(rows.order_by("starts_at", "pk")[:MOST])
    return Soon(
        late=[row for row in found if row.ends_at <= now],
        next=[row for row in found if row.ends_at > now],
    )


@dataclass(frozen=True, slots=True)
class FirstFree:
    at: datetime
    professional: Professional


def first_free(now: datetime, zone: ZoneInfo, *, lasting: timedelta) -> FirstFree | None:
    """Return the first start left today for something of this length, and with whom; None when
    the day is full or nobody works.  Two queries."""
    today = now.astimezone(zone).date()
    busy = _busy(bounds(today, zone))
    found = [
        FirstFree(start, professional)
        for professional, hours in _hours(today, zone).items()
        for start in free_starts(hours, busy.get(professional.pk, []), duration=lasting, step=STEP)
        if start > now
    ]
    return min(found, key=lambda free: (free.at, free.professional.pk), default=None)


def _hours(today: date, zone: ZoneInfo) -> dict[Professional, list[Interval]]:
    rows = WorkingHours.objects.filter(weekday=today.weekday(), professional__is_active=True)
    found: dict[Professional, list[Interval]] = {}
    for row in rows.select_related("professional"):
        span = Interval(
            datetime.combine(today, row.starts, tzinfo=zone),
            datetime.combine(today, row.ends, tzinfo=zone),
        )
        found.setdefault(row.professional, []).append(span)
    return found


def _busy(day: Interval) -> dict[int, list[Interval]]:
    rows = Appointment.objects.exclude(status=Status.CANCELLED).filter(
        starts_at__lt=day.end, ends_at__gt=day.start
    )
    found: dict[int, list[Interval]] = {}
    for pk, start, end in rows.order_by().values_list("professional_id", "starts_at", "ends_at"):
        found.setdefault(pk, []).append(Interval(start, end))
    return found
