"""Eight weeks of attendance and the shares of a bar: pure arithmetic over counts and days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

WEEKS = 8
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Week:
    """A week from Monday to Sunday: how many appointments were attended and how many missed."""

    monday: date
    attended: int
    missed: int

    @property
    def sunday(self) -> date:
        return self.monday + WEEK - timedelta(days=1)

    @property
    def total(self) -> int:
        return self.attended + self.missed

    @property
    def percent(self) -> int | None:
        """Attended of attended and missed; None for a week without either."""
        return rounded_percent(self.attended, self.total)


def rounded_percent(part: int, whole: int) -> int | None:
    """Return the per cent, halves upwards; 100 and 0 only where all or none is meant."""
    if whole == 0:
        return None
    if 0 < part < whole:
        return min(99, max(1, (200 * part + whole) // (2 * whole)))
    return 100 * part // whole


def mondays(today: date, count: int = WEEKS) -> list[date]:
    """Return the Mondays of the last weeks, oldest first; the last one is this week's."""
    this = today - timedelta(days=today.weekday())
    return [this - WEEK * back for back in reversed(range(count))]


def month_of(day: date) -> tuple[date, date]:
    """Return the first and the last day of the month."""
    first = day.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    return first, following - timedelta(days=1)


# Drawing ---------------------------------------------------------------------------------------

# Of the drawing: the height of the highest bar, where bars stand, and what one of them takes.
HIGHEST, GROUND, STRIDE, BAR = 70.0, 78.0, 35, 27
LEAST = 2.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One week in the drawing; without a height where the week has no figures."""

    week: Week
    x: int
    height: float | None
    newest: bool

    @property
    def y(self) -> float:
        return GROUND - (self.height or 0)

    @property
    def above(self) -> float:
        """Where the figure stands: on the bar, or on the ground without one."""
        return round(self.y - 6, 1)

    @property
    def middle(self) -> float:
        return self.x + BAR / 2


def bars(weeks: Sequence[Week]) -> list[Bar]:
    """Return the weeks as bars, oldest first; 100% is as high as the drawing goes."""
    return [
        Bar(
            week=week,
            x=4 + number * STRIDE,
            height=None if week.percent is None else max(LEAST, HIGHEST * week.percent / 100),
            newest=number == len(weeks) - 1,
        )
        for number, week in enumerate(weeks)
    ]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of a bar that lies: where it begins and how long it is."""

    x: float
    width: float


def stretches(
    counts: Sequence[int], *, width: float, gap: float = 3, least: float = 6
) -> list[Stretch]:
    """Share a bar of this width among the counts, none of which is 0.

    What is small stays visible: each piece has at least `least`, taken from the others.
    """
    if not counts:
        return []
    free = width - gap * (len(counts) - 1) - least * len(counts)
    total, found, x = sum(counts), [], 0.0
    for count in counts:
        piece = least + free * count / total
        found.append(Stretch(round(x, 2), round(piece, 2)))
        x += piece + gap
    return found
