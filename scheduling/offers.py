"""Free times as a page offers them: by day and by what the clock shows, with who is free."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from scheduling.availability import nearest
from scheduling.free_times import Diary, moment_of, seconds_of
from scheduling.groups import part_of_day
from scheduling.own_terms import Terms

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

STRIP = 14  # days that are looked at
BEFORE = 3  # of them before a day that lies farther ahead


@dataclass(frozen=True, slots=True)
class Time:
    """A start, and who is free then in the order in which they are asked."""

    at: datetime
    professionals: tuple[int, ...]

    @property
    def clock(self) -> str:
        return f"{self.at:%H:%M}"


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    count: int


@dataclass(frozen=True, slots=True)
class Part:
    label: _StrPromise
    times: list[Time]


class Offers:
    """The free times of one or several professionals around a day."""

    def __init__(
        self,
        diary: Diary,
        terms: Callable[[int], Terms],
        *,
        step: int,
        now: datetime,
        zone: ZoneInfo,
    ) -> None:
        self.diary = diary
        self._zone = zone
        self._who: dict[int, list[int]] = {}
        for pk in diary.professionals:
            for start in diary.free(pk, terms(pk), step=step, earliest=_next_minute(now)):
                self._who.setdefault(start, []).append(pk)
        self._by_day = diary.days.split(sorted(self._who))

    def days(self) -> list[Day]:
        """Return every day that was looked at, with the number of its times."""
        return [Day(day, len(self.times(day))) for day in self._by_day]

    def times(self, day: date) -> list[Time]:
        """Return the times of a day.  One that the clocks show twice is offered once."""
        local = [
            Time(moment_of(start).astimezone(self._zone), tuple(self._who[start]))
            for start in self._by_day.get(day, ())
        ]
        return [time for time in local if not time.at.fold]

    def parts(self, day: date) -> list[Part]:
        """Return the times of a day by morning, afternoon and evening, in the active zone."""
        parts = groupby(self.times(day), key=lambda time: part_of_day(time.at))
        return [Part(label, list(times)) for label, times in parts]

    def soonest(self) -> Time | None:
        """Return the first time of all."""
        days = (self.times(day) for day in self._by_day)
        return next((times[0] for times in days if times), None)

    def free_at(self, start: datetime) -> list[int]:
        """Return who is free at this moment."""
        return self._who.get(seconds_of(start), [])

    def near(self, start: datetime, *, count: int = 3) -> list[datetime]:
        """Return the free starts of that day closest to `start`, in the zone."""
        day = start.astimezone(self._zone).date()
        starts = [seconds_of(time.at) for time in self.times(day)]
        found = nearest(starts, seconds_of(start), count=count)
        return [moment_of(start).astimezone(self._zone) for start in found]


def strip(day: date | None, *, today: date) -> tuple[date, date]:
    """Return the first and the last day to look at: two weeks from today on, or around a day
    that lies outside of them."""
    first = today
    if day is not None and not today <= day < today + timedelta(days=STRIP):
        first = day - timedelta(days=BEFORE)
    return first, first + timedelta(days=STRIP - 1)


def _next_minute(now: datetime) -> datetime:
    """What begins in this very minute has begun."""
    return now + timedelta(microseconds=1)
