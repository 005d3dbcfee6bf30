"""When somebody is free: pure, without a clock and without a database.

Moments are whole seconds since 1970, as `datetime.timestamp()` gives them: comparing, sorting and
stepping through thousands of them costs next to nothing, and no clock of a town that jumps twice
a year stands in between.  A span is [start, end): two that touch do not overlap.

A start is free when

* the service itself lies within one stretch of the opening hours;
* its block, which is the service with the time that it needs before and after, overlaps nothing
  that is taken: neither an absence nor another block.  A block may reach outside the hours;
* it is not before the earliest moment asked for.

Free starts are offered at the start of each opening and every step after it; and where something
taken ends in between, also at the first moment at which the service can begin after it.  So a day
begins in round times, and no gap between two appointments is lost to the grid.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

Span = tuple[int, int]
Moment = TypeVar("Moment", int, datetime)
DAY = 86400  # seconds, but where the clocks jump
# A time of day has no 24:00, so the last instant before it stands for the end of the day.
MIDNIGHT = time.max


class Interval(NamedTuple):
    """[start, end) in aware datetimes."""

    start: datetime
    end: datetime


class Weekly(NamedTuple):
    """Opening hours of one weekday, 0 for Monday, as a clock on the wall shows them."""

    weekday: int
    starts: time
    ends: time


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be placed, in seconds."""

    duration: int
    before: int = 0
    after: int = 0
    step: int = 600
    earliest: int = 0


def moment(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """Return the first moment at which the zone's clocks show at least this time of that day,
    in UTC.

    Where they are set back the same time comes twice, and the first one counts; where they are
    set forward and the time is left out, it is the moment of the jump.
    """
    local = datetime.combine(day, clock.replace(fold=0), tzinfo=zone)
    found = local.astimezone(UTC)
    second = local.replace(fold=1).astimezone(UTC)
    # Of a time that comes twice `second` is the later one; of one left out, the earlier.
    return found if second >= found else _jump_between(second, found, zone)


def _jump_between(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment between the two at which the clocks are set forward."""
    offset = after.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after


class Days:
    """The days from `first` to `last`, both included, as they pass in the zone.

    Day number n lasts from `starts[n]` to `starts[n + 1]`.
    """

    def __init__(self, first: date, last: date, zone: ZoneInfo) -> None:
        self.zone = zone
        self.dates = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        ends = [*self.dates, last + timedelta(days=1)]
        self.starts = [int(moment(day, time(), zone).timestamp()) for day in ends]

    @property
    def span(self) -> Span:
        return self.starts[0], self.starts[-1]

    def at(self, number: int, clock: time) -> int:
        """Return when the clocks of a day show this time: as `moment`, and nearly always by an
        addition.  MIDNIGHT is the end of the day."""
        start = self.starts[number]
        if clock == MIDNIGHT:
            return self.starts[number + 1]
        if self.starts[number + 1] - start == DAY:
            return start + clock.hour * 3600 + clock.minute * 60 + clock.second
        return int(moment(self.dates[number], clock, self.zone).timestamp())

    def split(self, starts: list[int]) -> dict[date, list[int]]:
        """Return ascending moments by the day to which they belong, every day being there."""
        places = [bisect_left(starts, start) for start in self.starts]
        return {
            day: starts[begin:end]
            for day, begin, end in zip(self.dates, places, places[1:], strict=False)
        }


def openings(week: Iterable[Weekly], days: Days) -> list[Span]:
    """Return the opening hours of all the days, ascending by day."""
    by_weekday: list[list[Weekly]] = [[] for _ in range(7)]
    for hours in week:
        by_weekday[hours.weekday].append(hours)
    return [
        (days.at(number, starts), days.at(number, ends))
        for number, day in enumerate(days.dates)
        for _weekday, starts, ends in by_weekday[day.weekday()]
    ]


def merged(spans: Iterable[tuple[Moment, Moment]]) -> list[tuple[Moment, Moment]]:
    """Return the same time as few spans, ascending, none touching another."""
    result: list[tuple[Moment, Moment]] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((start, end))
    return result


def fits(wanted: tuple[Moment, Moment], hours: Iterable[tuple[Moment, Moment]]) -> bool:
    """Whether one stretch of the opening hours holds the whole of `wanted`."""
    return any(start <= wanted[0] and wanted[1] <= end for start, end in merged(hours))


def overlapping(wanted: Span, taken: Iterable[Span]) -> bool:
    return any(start < wanted[1] and wanted[0] < end for start, end in taken)


def free_starts(hours: Iterable[Span], taken: Iterable[Span], wanted: Wanted) -> list[int]:
    """Return when the wanted can begin, ascending, in one sweep over what is sorted.

    Neither `hours` nor `taken` need to be sorted or apart.
    """
    blocks = merged(taken)
    starts: list[int] = []
    passed = 0
    for opens, closes in merged(hours):
        while passed < len(blocks) and blocks[passed][1] + wanted.before <= opens:
            passed += 1
        _sweep(starts, (opens, closes - wanted.duration), blocks, passed, wanted)
    return starts


def _sweep(
    starts: list[int], opening: Span, blocks: Sequence[Span], number: int, wanted: Wanted
) -> None:
    """Add the free starts of one opening, whose last possible start is `opening[1]`.

    `blocks` do not touch, and those before `number` end too early to matter.
    """
    opens, last = opening
    reach, step, earliest = wanted.duration + wanted.after, wanted.step, wanted.earliest
    begin, far, count = opens, last + reach, len(blocks)
    while begin <= last:
        is_blocked = number < count and blocks[number][0] < far
        end = blocks[number][0] - reach if is_blocked else last
        at = max(begin, earliest)
        if at <= end:
            on_grid = opens - (opens - at) // step * step
            if at == begin != on_grid:
                starts.append(begin)
            starts.extend(range(on_grid, end + 1, step))
        if not is_blocked:
            return
        after = blocks[number][1] + wanted.before
        begin = max(opens, after)
        number += 1


def nearest(starts: Iterable[int], wanted: int, *, count: int) -> list[int]:
    """Return the `count` starts closest to `wanted`, ascending."""
    return sorted(sorted(starts, key=lambda start: abs(start - wanted))[:count])
