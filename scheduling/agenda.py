"""What a member sees of the agenda: whose appointments, of which day, and the time around them."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count

from scheduling.availability import Interval, moment
from scheduling.models import Appointment, Client, Professional
from scheduling.situations import FILTER_BY_SLUG, FILTERS
from tenants.http import CompanyRequest
from tenants.permissions import own_agenda_only

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
    next_day = day + timedelta(days=1)
    return Interval(moment(day, time(), zone), moment(next_day, time(), zone))


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
