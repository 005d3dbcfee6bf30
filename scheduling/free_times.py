"""Free times of the company's professionals: what the engine needs, read from the database.

Three queries for any number of professionals and days, and moments come as the numbers that the
engine counts with: the server makes them faster than we could.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import BigIntegerField, F, Func, Q

from scheduling.availability import (
    Days,
    Span,
    Wanted,
    Weekly,
    fits,
    free_starts,
    merged,
    openings,
    overlapping,
)
from scheduling.models import Absence, Appointment, Status, WorkingHours
from scheduling.own_terms import Terms

# Of who has no weekly hours yet only these are offered; any other time may be booked.
USUAL_HOURS = [Weekly(weekday, time(8), time(20)) for weekday in range(6)]
# No appointment reaches farther with its buffers than this: 12 hours, and 4 more on each side.
LONGEST_BLOCK = timedelta(hours=20)
MINUTE = 60


def moment_of(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def seconds_of(at: datetime) -> int:
    return int(at.timestamp())


class Seconds(Func):
    """A moment as whole seconds since 1970.  `date_part` counts in floats, faster than `EXTRACT`,
    which counts in numerics."""

    template = "date_part('epoch', %(expressions)s)::bigint"
    output_field = BigIntegerField()


@dataclass(frozen=True, slots=True)
class Taken:
    """What is in the way of a professional: blocks with their buffers, and absences."""

    blocks: list[Span]
    absences: list[Span]

    @property
    def all(self) -> list[Span]:
        return self.blocks + self.absences


class Diary:
    """Opening hours and what is taken, of some professionals on some days.  Three queries."""

    def __init__(
        self,
        professionals: Iterable[int],
        *,
        first: date,
        last: date,
        zone: ZoneInfo,
        without: Appointment | None = None,
    ) -> None:
        """`without` is an appointment that does not stand in the way, for it is to be moved."""
        self.professionals = list(professionals)
        self.days = Days(first, last, zone)
        self._week = _weeks(self.professionals)
        absences = _absences(self.professionals, self.days.span)
        blocks = _blocks(self.professionals, self.days.span, without)
        self._taken = {
            pk: Taken(blocks.get(pk, []), absences[None] + absences[pk])
            for pk in self.professionals
        }

    def has_hours(self, professional: int) -> bool:
        """Whether weekly hours were ever given."""
        return professional in self._week

    def openings(self, professional: int) -> list[Span]:
        return openings(self._week.get(professional, USUAL_HOURS), self.days)

    def taken(self, professional: int) -> Taken:
        return self._taken[professional]

    def free(self, professional: int, terms: Terms, *, step: int, earliest: datetime) -> list[int]:
        """Return the free starts on the professional's own terms, ascending.

        `step` is in minutes, as `Company.slot_minutes`.
        """
        wanted = Wanted(
            duration=int(terms.duration.total_seconds()),
            before=int(terms.before.total_seconds()),
            after=int(terms.after.total_seconds()),
            step=step * MINUTE,
            earliest=-int(-earliest.timestamp() // 1),
        )
        return free_starts(self.openings(professional), self.taken(professional).all, wanted)

    def problem(self, professional: int, start: datetime, terms: Terms) -> str:
        """Return what speaks against a time: "hours", "absence", "buffer", or "" for nothing.

        An overlap with an appointment itself is not asked here: the constraint refuses it.
        """
        begin = seconds_of(start)
        service = begin, begin + int(terms.duration.total_seconds())
        block = (
            service[0] - int(terms.before.total_seconds()),
            service[1] + int(terms.after.total_seconds()),
        )
        taken = self.taken(professional)
        if self.has_hours(professional) and not fits(service, self.openings(professional)):
            return "hours"
        if overlapping(block, taken.absences):
            return "absence"
        return "buffer" if overlapping(block, taken.blocks) else ""

    def hours_on(self, professional: int) -> list[Span]:
        """Return the opening hours as few spans; for a diary of one day."""
        return merged(self.openings(professional))


def _weeks(professionals: Collection[int]) -> dict[int, list[Weekly]]:
    weeks: dict[int, list[Weekly]] = defaultdict(list)
    rows = WorkingHours.objects.filter(professional_id__in=professionals).order_by()
    for professional, *hours in rows.values_list("professional_id", "weekday", "starts", "ends"):
        weeks[professional].append(Weekly(*hours))
    return dict(weeks)


def _absences(professionals: Collection[int], span: Span) -> dict[int | None, list[Span]]:
    """Absences by professional; under None those of the whole company."""
    found: dict[int | None, list[Span]] = defaultdict(list)
    start, end = (moment_of(at) for at in span)
    rows = Absence.objects.filter(
        Q(professional=None) | Q(professional_id__in=professionals),
        ends_at__gt=start - LONGEST_BLOCK,
        starts_at__lt=end + LONGEST_BLOCK,
    ).order_by()
    for professional, *absence in rows.values_list(
        "professional_id", Seconds("starts_at"), Seconds("ends_at")
    ):
        found[professional].append((absence[0], absence[1]))
    return found


def _blocks(
    professionals: Collection[int], span: Span, without: Appointment | None
) -> dict[int, list[Span]]:
    """Appointments with their own buffers, by professional.  One row each: a row an appointment
    would cost more than all the rest."""
    start, end = (moment_of(at) for at in span)
    rows = Appointment.objects.filter(
        professional_id__in=professionals,
        starts_at__gt=start - 2 * LONGEST_BLOCK,
        starts_at__lt=end + LONGEST_BLOCK,
    ).exclude(status=Status.CANCELLED)
    if without is not None:
        rows = rows.exclude(pk=without.pk)
    begins = Seconds("starts_at") - MINUTE * F("buffer_before_minutes")
    ends = Seconds("ends_at") + MINUTE * F("buffer_after_minutes")
    grouped = rows.order_by().values("professional_id")
    by_professional = grouped.annotate(begin=ArrayAgg(begins), end=ArrayAgg(ends)).values_list(
        "professional_id", "begin", "end"
    )
    return {pk: list(zip(starts, stops, strict=True)) for pk, starts, stops in by_professional}
