"""How the pages show professionals and services: hours, absences, buffers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _

from scheduling import absences, week, wording
from scheduling.availability import Interval
from scheduling.models import Absence, Professional, Service, Weekday

register = template.Library()


@register.filter
def hours_in_words(professional: Professional) -> str:
    """ "seg a sex, 09:00–18:00": prefetch `hours`"""
    return week.in_words(week.kept(professional))


@register.filter
def hours_by_day(professional: Professional) -> list[tuple[str, str]]:
    """For each weekday its name and its hours, "" where there are none.  Prefetch `hours`."""
    kept = week.kept(professional)
    return [
        (str(day.label), wording.listed([str(span) for span in kept.get(day, ())]))
        for day in Weekday
    ]


@register.simple_tag
def away(absence: Absence, now: datetime) -> str:
    """ "Ter, 24 nov a sex, 27 nov" """
    zone: Any = timezone.get_current_timezone()
    span = Interval(absence.starts_at, absence.ends_at)
    return wording.capital(absences.in_words(span, today=timezone.localdate(now), zone=zone))


@register.filter
def goes_on(absence: Absence, now: datetime) -> bool:
    return absence.starts_at <= now < absence.ends_at


@register.filter
def buffers(service: Service) -> str:
    """ "10 min antes e 5 min depois"; "" without any"""
    before, after = service.buffer_before_minutes, service.buffer_after_minutes
    said = []
    if before:
        said.append(_("%(length)s antes") % {"length": _length(before)})
    if after:
        said.append(_("%(length)s depois") % {"length": _length(after)})
    return wording.listed(said)


def _length(minutes: int) -> str:
    return wording.length(timedelta(minutes=minutes))
