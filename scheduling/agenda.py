"""What a member sees of the agenda: whose appointments, of which day, and the time around them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count

from scheduling.availability import Interval, free_starts, nearest
from scheduling.models import Appointment, Client, Professional, Status
from scheduling.situations import FILTER_BY_SLUG, FILTERS
from tenants.http import CompanyRequest
from tenants.permissions import own_agenda_only

STEP = timedelta(minutes=10)
# Days that can be looked at, and how far ahead one can book.
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)
FARTHEST = timedelta(days=2 * 366)


def visible(request: CompanyRequest) -> Any:
    """Return the appointments that this member may see: all, or those he attends himself."""
    appointments = Appointment.objects.with_people()
    if own_agenda_only(request):
        return appointments.filter(professional__membership_id=request.membership.pk)
    return appointments


def bounds(day: date, zone: ZoneInfo) -> Interval:
    """Return the day as it passes in the zone; 23 or 25 hours where the clock changes."""
    start = datetime.combine(day, time(), tzinfo=zone)
    return Interval(start, datetime.combine(day + timedelta(days=1), time(), tzinfo=zone))


def days_between(first: date, last: date, zone: ZoneInfo) -> Interval:
    """Return the days as they pass in the zone, the last one included."""
    return Interval(bounds(first, zone).start, bounds(last, zone).end)


class Listing:
    """The appointments that start in a span, narrowed by client and professional; counted by
    situation."""

    def __init__(
        self,
        appointments: Any,
        span: Interval,
        *,
        text: str = "",
        professional: Professional | None = None,
    ) -> None:
        self._all = appointments.between(*span)
        if text:
            self._all = self._all.filter(client__in=Client.objects.matching(text))
        if professional:
            self._all = self._all.filter(professional=professional)

    def rows(self, situation: str) -> Any:
        """Return the appointments of a filter's slug; of an unknown slug, all."""
        chip = FILTER_BY_SLUG.get(situation)
        return self._all.filter(chip.where) if chip else self._all

    def counts(self) -> dict[str, int]:
        """Return how many rows each filter has, and all of them under "".  One query."""
        wanted = {chip.slug: Count("pk", filter=chip.where) for chip in FILTERS}
        counted: dict[str, int] = self._all.order_by().aggregate(total=Count("pk"), **wanted)
        counted[""] = counted.pop("total")
        return counted


def hours_on(professional: Professional, day: date, zone: ZoneInfo) -> list[Interval] | None:
    """Return the working hours of that day; None when no hours were ever given.  One query."""
    week = list(professional.hours.all())
    if not week:
        return None
    return [
        Interval(
            datetime.combine(day, hours.starts, tzinfo=zone),
            datetime.combine(day, hours.ends, tzinfo=zone),
        )
        for hours in week
        if hours.weekday == day.weekday()
    ]


def busy_between(professional: Professional, span: Interval) -> list[Interval]:
    """Return the times taken from a professional's day.  One query."""
    taken = Appointment.objects.exclude(status=Status.CANCELLED).filter(
        professional=professional, starts_at__lt=span.end, ends_at__gt=span.start
    )
    return [Interval(*row) for row in taken.order_by().values_list("starts_at", "ends_at")]


def free_near(
    professional: Professional,
    wanted: datetime,
    *,
    duration: timedelta,
    zone: ZoneInfo,
    now: datetime,
    count: int = 3,
) -> list[datetime]:
    """Return the free starts of that day closest to `wanted`, in the zone.  Two queries."""
    day = wanted.astimezone(zone).date()
    whole_day = bounds(day, zone)
    hours = hours_on(professional, day, zone)
    if hours is None:
        hours = [whole_day]
    starts = free_starts(
        hours, busy_between(professional, whole_day), duration=duration, step=STEP
    )
    ahead = [start.astimezone(zone) for start in starts if start > now]
    return nearest(ahead, wanted, count=count)
