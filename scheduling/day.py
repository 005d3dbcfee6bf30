"""The day's columns as the page shows them, from six queries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from scheduling.availability import Span
from scheduling.columns import UNIT, Block, Filling, Kind, Visit, blocks_of, frame
from scheduling.free_times import Diary, moment_of, seconds_of
from scheduling.models import Absence, Appointment, Professional, Status

USUAL = time(8), time(18)
MINUTE = 60
SLIM = 5  # units: below it there is room for one line
# The shortest appointment of a day, in units, decides how high a unit is drawn.
HIGH, HIGHER = 3, 2


@dataclass(frozen=True, slots=True)
class Piece:
    """A block with what it is about.  `starts_at` is when somebody could be booked into it."""

    block: Block
    appointment: Appointment | None = None
    reason: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    @property
    def kind(self) -> str:
        return self.block.kind.value

    @property
    def height(self) -> int:
        return self.block.height

    @property
    def is_slim(self) -> bool:
        return self.height < SLIM


@dataclass(frozen=True, slots=True)
class Column:
    professional: Professional
    pieces: list[Piece]
    visits: int
    cancelled: list[Appointment]


@dataclass(frozen=True, slots=True)
class Board:
    """`hours` are the full hours at the side; `now` is how many units of the day have passed,
    None on any other day."""

    columns: list[Column]
    hours: list[datetime]
    now: int | None
    scale: str

    @property
    def visits(self) -> int:
        return sum(column.visits for column in self.columns)


def board_of(
    professionals: Sequence[Professional],
    appointments: Any,
    *,
    day: date,
    zone: ZoneInfo,
    now: datetime,
    step: int,
) -> Board:
    """Return the columns of these professionals.  Five queries, whatever their number."""
    diary = Diary([each.pk for each in professionals], first=day, last=day, zone=zone)
    rows = list(appointments.between(*(moment_of(at) for at in diary.days.span)))
    absences = _absences(professionals, diary.days.span)
    makers = [_Maker(each, rows, absences, diary) for each in professionals]
    usual = (diary.days.at(0, USUAL[0]), diary.days.at(0, USUAL[1]))
    whole = frame([maker.filling for maker in makers], usual)
    at = seconds_of(now)
    is_today = whole[0] <= at < whole[1]
    return Board(
        columns=[maker.column(whole, at, step * MINUTE, zone) for maker in makers],
        hours=[moment_of(hour).astimezone(zone) for hour in range(*whole, 3600)],
        now=(at - whole[0]) // UNIT if is_today else None,
        scale=_scale(rows),
    )


def _absences(professionals: Sequence[Professional], span: Span) -> list[Absence]:
    rows = Absence.objects.filter(
        Q(professional=None) | Q(professional__in=[each.pk for each in professionals]),
        starts_at__lt=moment_of(span[1]),
        ends_at__gt=moment_of(span[0]),
    )
    return list(rows.order_by("starts_at", "pk"))


def _scale(rows: Sequence[Appointment]) -> str:
    """Return the class that makes the shortest appointment high enough for a finger."""
    live = [row for row in rows if row.status != Status.CANCELLED]
    units = (seconds_of(row.ends_at) - seconds_of(row.starts_at) for row in live)
    shortest = min(units, default=HIGH * UNIT) // UNIT
    return "" if shortest >= HIGH else "at-high" if shortest >= HIGHER else "at-higher"


class _Maker:
    """Sorts what belongs to one professional, and makes the column of it."""

    def __init__(
        self,
        professional: Professional,
        rows: Sequence[Appointment],
        absences: Sequence[Absence],
        diary: Diary,
    ) -> None:
        self.professional = professional
        own = [row for row in rows if row.professional_id == professional.pk]
        self.live = [row for row in own if row.status != Status.CANCELLED]
        self.cancelled = [row for row in own if row.status == Status.CANCELLED]
        self.absences = [
            each for each in absences if each.professional_id in {None, professional.pk}
        ]
        self.filling = Filling(
            hours=diary.openings(professional.pk),
            visits=[_visit(number, row) for number, row in enumerate(self.live)],
            absences=[
                (seconds_of(each.starts_at), seconds_of(each.ends_at)) for each in self.absences
            ],
        )

    def column(self, whole: Span, now: int, step: int, zone: ZoneInfo) -> Column:
        earliest = -(-(now + 1) // step) * step
        local = lambda at: moment_of(at).astimezone(zone)  # noqa: E731
        blocks = blocks_of(self.filling, whole, now)
        pieces = [self._piece(block, earliest, local) for block in blocks]
        return Column(self.professional, pieces, len(self.live), self.cancelled)

    def _piece(self, block: Block, earliest: int, local: Callable[[int], datetime]) -> Piece:
        if block.kind in {Kind.VISIT, Kind.BUFFER}:
            return Piece(block, appointment=self.live[block.number])
        if block.kind is Kind.ABSENCE:
            return Piece(block, reason=self.absences[block.number].reason)
        start = max(block.start, earliest)
        if block.kind is Kind.FREE and start < block.end:
            return Piece(block, starts_at=local(start), ends_at=local(block.end))
        return Piece(block)


def _visit(number: int, row: Appointment) -> Visit:
    start, end = seconds_of(row.starts_at), seconds_of(row.ends_at)
    before, after = row.buffer_before_minutes * MINUTE, row.buffer_after_minutes * MINUTE
    return Visit(number, (start, end), (start - before, end + after))
