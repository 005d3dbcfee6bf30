"""The next three hours, and the first time that is still free today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from scheduling.agenda import bounds
from scheduling.free_times import Diary, moment_of
from scheduling.models import Appointment, Professional, Status
from scheduling.own_terms import Terms
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


def first_free(
    now: datetime, zone: ZoneInfo, *, lasting: timedelta, step: int
) -> FirstFree | None:
    """Return the first start left today for something of this length, and with whom; None when
    the day is full or nobody works.  `step` is in minutes.  Four queries."""
    today = now.astimezone(zone).date()
    people = {each.pk: each for each in Professional.objects.filter(is_active=True)}
    diary = Diary(people, first=today, last=today, zone=zone)
    terms = Terms(lasting, timedelta(0), timedelta(0), None)
    starts = {
        pk: diary.free(pk, terms, step=step, earliest=now) for pk in people if diary.has_hours(pk)
    }
    found = min(((free[0], pk) for pk, free in starts.items() if free), default=None)
    return FirstFree(moment_of(found[0]), people[found[1]]) if found else None
