"""How the pages show appointments: status, times, money, initials."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django import template
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scheduling import steps, wording
from scheduling.models import Appointment, Professional, Weekday
from scheduling.situations import Situation, situation_of

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

register = template.Library()
register.filter(wording.money)
register.filter(wording.initials)

PARTS_OF_DAY = ((12, _("Manhã")), (18, _("Tarde")), (24, _("Noite")))


@register.inclusion_tag("scheduling/parts/status.html")
def status(appointment: Appointment) -> dict[str, Situation]:
    """The badge: icon, word and colour."""
    return {"situation": situation_of(appointment)}


@register.filter
def situation(appointment: Appointment) -> Situation:
    return situation_of(appointment)


@register.simple_tag
def when(appointment: Appointment, now: datetime) -> str:
    """ "Hoje, terça, 16:30 às 17:20" """
    return wording.span(appointment.starts_at, appointment.ends_at, now=now)


@register.simple_tag
def moment(at: datetime, now: datetime) -> str:
    """ "Hoje, 16:30" """
    text = wording.day_and_time(at, now=now)
    return text[:1].upper() + text[1:]


@register.simple_tag
def day_title(day: date, today: date) -> str:
    """ "Hoje, ter, 24 nov" where the day has a name of its own, else "Ter, 24 nov" """
    name, short = wording.day_name(day, today=today), wording.short_date(day, today=today)
    text = name if name == short else f"{name}, {short}"
    return text[:1].upper() + text[1:]


@register.filter
def duration(length: Appointment | timedelta) -> str:
    """ "50 min", of an appointment or of a length of time"""
    if isinstance(length, Appointment):
        length = length.ends_at - length.starts_at
    return wording.length(length)


@register.filter
def week(professional: Professional) -> str:
    """ "seg, ter, qua": the days on which somebody works.  Prefetch `hours`."""
    days = sorted({hours.weekday for hours in professional.hours.all()})
    return ", ".join(str(Weekday(day).label)[:3].lower() for day in days)


@register.simple_tag
def quick_steps(appointment: Appointment, now: datetime) -> list[steps.Step]:
    return steps.quick(appointment, now=now)


@register.simple_tag
def offered_steps(appointment: Appointment, now: datetime) -> list[steps.Step]:
    return steps.offered(appointment, now=now)


@dataclass(frozen=True, slots=True)
class PartOfDay:
    label: _StrPromise
    rows: list[Appointment]


@register.filter
def parts_of_day(appointments: Iterable[Appointment]) -> list[PartOfDay]:
    """Morning, afternoon and evening in the active zone, without the empty ones."""
    rows = [(timezone.localtime(each.starts_at).hour, each) for each in appointments]
    found, begin = [], 0
    for end, label in PARTS_OF_DAY:
        part = [each for hour, each in rows if begin <= hour < end]
        if part:
            found.append(PartOfDay(label, part))
        begin = end
    return found
