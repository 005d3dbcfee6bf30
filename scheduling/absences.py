"""Absences and closed days: who is away, which appointments fall into it, and when, in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from operator import or_
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils.translation import gettext as _

from scheduling.availability import Interval
from scheduling.models import OPEN, Absence, Appointment, Professional
from scheduling.wording import short_date

SHOWN = 50


def moments(
    first: date, starts: time | None, last: date, ends: time | None, zone: ZoneInfo
) -> Interval:
    """Return from when to when in UTC; a day without a time counts from its start or to its end.

    A time that the clock skips that day is the moment right after the jump.
    """
    until = last if ends else last + timedelta(days=1)
    return Interval(
        datetime.combine(first, starts or time(), tzinfo=zone).astimezone(UTC),
        datetime.combine(until, ends or time(), tzinfo=zone).astimezone(UTC),
    )


def parts(span: Interval, zone: ZoneInfo) -> tuple[date, time | None, date, time | None]:
    """Return what `moments` was given: first day, time, last day, time; None for whole days."""
    start, end = (at.astimezone(zone) for at in span)
    starts, ends = _time_of(start, zone), _time_of(end, zone)
    last = end.date() if ends else end.date() - timedelta(days=1)
    return start.date(), starts, last, ends


def _time_of(at: datetime, zone: ZoneInfo) -> time | None:
    """None at the beginning of a day, which is not always 00:00."""
    begins = datetime.combine(at.date(), time(), tzinfo=zone).astimezone(UTC)
    return None if at.astimezone(UTC) == begins else at.time()


def in_words(span: Interval, *, today: date, zone: ZoneInfo) -> str:
    """Return "ter, 24 nov", "ter, 24 nov, 14:00 às 16:00", "ter, 24 nov a sex, 27 nov", or
    "ter, 24 nov, 14:00 até sex, 27 nov, 12:00"."""
    first, starts, last, ends = parts(span, zone)
    day, other = short_date(first, today=today), short_date(last, today=today)
    if starts is None and ends is None:
        return day if first == last else _("%(day)s a %(other)s") % {"day": day, "other": other}
    begin, end = f"{starts or time():%H:%M}", f"{ends:%H:%M}" if ends else "24:00"
    if first == last:
        return _("%(day)s, %(begin)s às %(end)s") % {"day": day, "begin": begin, "end": end}
    return _("%(day)s, %(begin)s até %(other)s, %(end)s") % {
        "day": day,
        "begin": begin,
        "other": other,
        "end": end,
    }


def struck(spans: Iterable[Interval], professional: Professional | None, *, now: datetime) -> Any:
    """Return the open appointments ahead that fall into the spans; of everybody for None."""
    within = [Q(starts_at__lt=span.end, ends_at__gt=span.start) for span in spans]
    if not within:
        return Appointment.objects.none()
    rows = Appointment.objects.with_people().filter(
        reduce(or_, within), ends_at__gt=now, status__in=OPEN
    )
    return rows.filter(professional=professional) if professional else rows


def of(professional: Professional) -> Any:
    """Return the professional's absences and the company's closed time."""
    return Absence.objects.filter(Q(professional=professional) | Q(professional=None))


def next_of(professionals: Iterable[Professional], *, now: datetime) -> dict[int, Absence]:
    """Return for each professional the absence that goes on, else the next one.  One query."""
    people = [professional.pk for professional in professionals]
    rows = Absence.objects.filter(
        Q(professional__in=people) | Q(professional=None), ends_at__gt=now
    ).order_by("starts_at", "id")
    found: dict[int, Absence] = {}
    for absence in rows:
        whose = people if absence.professional_id is None else [absence.professional_id]
        for pk in whose:
            found.setdefault(pk, absence)
    return found
