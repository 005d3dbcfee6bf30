"""Free time of one professional: pure, in moments that can be compared (all aware)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple


class Interval(NamedTuple):
    """[start, end): two intervals that touch do not overlap."""

    start: datetime
    end: datetime


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """Return the same time as few intervals, ascending, none touching another."""
    result: list[Interval] = []
    for interval in sorted(intervals):
        if interval.end <= interval.start:
            continue
        if result and interval.start <= result[-1].end:
            result[-1] = Interval(result[-1].start, max(result[-1].end, interval.end))
        else:
            result.append(interval)
    return result


def fits(wanted: Interval, hours: Iterable[Interval]) -> bool:
    """Whether the opening hours hold the whole of `wanted`."""
    return any(open_.start <= wanted.start and wanted.end <= open_.end for open_ in merged(hours))


def without(hours: Iterable[Interval], busy: Iterable[Interval]) -> list[Interval]:
    """Return what is left of the hours when the busy time is taken out, ascending."""
    free = merged(hours)
    for taken in merged(busy):
        free = [
            piece
            for whole in free
            for piece in (
                Interval(whole.start, min(whole.end, taken.start)),
                Interval(max(whole.start, taken.end), whole.end),
            )
            if piece.start < piece.end
        ]
    return free


def free_starts(
    hours: Iterable[Interval], busy: Iterable[Interval], *, duration: timedelta, step: timedelta
) -> list[datetime]:
    """Return when something of this duration can begin: at the start of each free stretch and
    every `step` after it, ascending."""
    starts = []
    for free in without(hours, busy):
        start = free.start
        while start + duration <= free.end:
            starts.append(start)
            start += step
    return starts


def nearest(starts: Iterable[datetime], wanted: datetime, *, count: int) -> list[datetime]:
    """Return the `count` starts closest to `wanted`, ascending."""
    return sorted(sorted(starts, key=lambda start: abs(start - wanted))[:count])
