"""Free times as a page offers them: by day and by what the clock shows, with who is free."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from scheduling.availability import nearest
from scheduling.free_times import MINUTE, Diary, moment_of, seconds_of
from scheduling.groups import part_of_day
from scheduling.own_terms import Terms

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

STRIP = 14  # days that are looked at
BEFORE = 3  # of them before a day that lies farther ahead
FEW = 12  # times of a day that are all offered at once
ROUND = 30  # minutes


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
    """`room` is how many more of the same kind would fit, one after the other."""

    day: date
    room: int


@dataclass(frozen=True, slots=True)
class Part:
    """`times` are offered at once: round ones, and those at which a free stretch begins; `more`
    are all the others."""

    label: _StrPromise
    times: list[Time]
    more: list[Time]


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
        self._zone, self._step = zone, step * MINUTE
        self._who: dict[int, list[int]] = {}
        self._room: Counter[date] = Counter()
        for pk in diary.professionals:
            own = terms(pk)
            starts = diary.free(pk, own, step=step, earliest=_next_minute(now))
            for start in starts:
                self._who.setdefault(start, []).append(pk)
            for day, of_day in diary.days.split(starts).items():
                self._room[day] += room(of_day, own)
        self._by_day = diary.days.split(sorted(self._who))

    def days(self) -> list[Day]:
        """Return every day that was looked at."""
        return [Day(day, self._room[day]) for day in self._by_day]

    def times(self, day: date) -> list[Time]:
        """Return the times of a day.  One that the clocks show twice is offered once."""
        local = [
            Time(moment_of(start).astimezone(self._zone), tuple(self._who[start]))
            for start in self._by_day.get(day, ())
        ]
        return [time for time in local if not time.at.fold]

    def parts(self, day: date, chosen: str = "") -> list[Part]:
        """Return the times of a day by morning, afternoon and evening, in the active zone.  The
        chosen one is among those that are offered at once."""
        times = self.times(day)
        if len(times) <= FEW:
            at_once = set(times)
        else:
            at_once = {time for time in times if self._stands_out(time) or time.clock == chosen}
        parts = groupby(times, key=lambda time: part_of_day(time.at))
        return [
            Part(
                label,
                [time for time in of_part if time in at_once],
                [time for time in of_part if time not in at_once],
            )
            for label, of_part in ((label, list(each)) for label, each in parts)
        ]

    def _stands_out(self, time: Time) -> bool:
        begins = seconds_of(time.at) - self._step not in self._who
        return begins or time.at.minute % ROUND == 0

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


def room(starts: Iterable[int], terms: Terms) -> int:
    """Return how many appointments on these terms fit one after the other at these starts."""
    block = int((terms.before + terms.duration + terms.after).total_seconds())
    count, free_from = 0, 0
    for start in starts:
        if start >= free_from:
            count, free_from = count + 1, start + block
    return count


def _next_minute(now: datetime) -> datetime:
    """What begins in this very minute has begun."""
    return now + timedelta(microseconds=1)
