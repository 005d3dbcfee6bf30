"""The day as columns: for each professional what fills the time, from the first hour to the last.

Pure: a column is cut into blocks that follow each other without a gap, so that a page needs only
their heights.  Moments are seconds, as in `availability`; heights are counted in UNITs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from scheduling.availability import Span, merged

UNIT = 300  # seconds
HOUR = 3600


class Kind(Enum):
    VISIT = "visit"
    BUFFER = "buffer"
    ABSENCE = "absence"
    OFF = "off"
    PAST = "past"
    FREE = "free"


@dataclass(frozen=True, slots=True)
class Visit:
    """An appointment in a column: its time, and the longer one that it keeps busy."""

    number: int
    time: Span
    busy: Span


@dataclass(frozen=True, slots=True)
class Block:
    """`number` is of the visit or of the absence that fills it, -1 for none."""

    kind: Kind
    start: int
    end: int
    number: int = -1

    @property
    def height(self) -> int:
        return self.end // UNIT - self.start // UNIT


@dataclass(frozen=True, slots=True)
class Filling:
    """What a column is made of; absences ascend, visits neither touch each other's time."""

    hours: Sequence[Span]
    visits: Sequence[Visit]
    absences: Sequence[Span]


def frame(fillings: Iterable[Filling], usual: Span) -> Span:
    """Return from which full hour to which the columns reach; the usual one where all is empty."""
    times = [span for each in fillings for span in [*each.hours, *(v.time for v in each.visits)]]
    if not times:
        return usual
    first, last = min(start for start, _ in times), max(end for _, end in times)
    return first - first % HOUR, -(-last // HOUR) * HOUR


def blocks_of(filling: Filling, whole: Span, now: int) -> list[Block]:
    """Return what fills a column from top to bottom.  What is thinner than a unit is left out."""
    found: list[Block] = []
    at = whole[0]
    for visit in sorted(filling.visits, key=lambda visit: visit.time):
        found += _between((at, visit.time[0]), filling, now)
        found.append(Block(Kind.VISIT, *visit.time, visit.number))
        at = max(at, visit.time[1])
    found += _between((at, whole[1]), filling, now)
    return [block for block in found if block.height]


def _between(gap: Span, filling: Filling, now: int) -> Iterator[Block]:
    """Cut the time between two visits where something begins or ends, and join what is alike."""
    if gap[0] >= gap[1]:
        return
    hours = merged(filling.hours)
    edges = {*gap, now} | {edge for span in (*hours, *filling.absences) for edge in span}
    edges |= {edge for visit in filling.visits for edge in visit.busy}
    cuts = sorted(edge for edge in edges if gap[0] <= edge <= gap[1])
    kinds = [(*_kind(piece, filling, hours, now), piece) for piece in pairwise(cuts)]
    while kinds:
        kind, number, (start, end) = kinds.pop(0)
        while kinds and kinds[0][:2] == (kind, number):
            end = kinds.pop(0)[2][1]
        yield Block(kind, start, end, number)


def _kind(piece: Span, filling: Filling, hours: Sequence[Span], now: int) -> tuple[Kind, int]:
    """What a piece is, which nothing begins or ends inside of."""
    for number, absence in enumerate(filling.absences):
        if _holds(absence, piece):
            return Kind.ABSENCE, number
    for visit in filling.visits:
        if _holds(visit.busy, piece):
            return Kind.BUFFER, visit.number
    if not any(_holds(open_, piece) for open_ in hours):
        return Kind.OFF, -1
    return (Kind.PAST if piece[1] <= now else Kind.FREE), -1


def _holds(outer: Span, inner: Span) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]
