"""How the pages show appointments: status, times, money, initials."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django import template
from django.utils import timezone

from scheduling import steps, wording
from scheduling.forms.client_imports import problem_of
from scheduling.models import Appointment
from scheduling.situations import Situation, situation_of

register = template.Library()
register.filter(wording.money)
register.filter(wording.initials)
register.filter(problem_of)


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
    return wording.capital(wording.day_and_time(at, now=now))


@register.simple_tag
def day_of(at: datetime, now: datetime) -> str:
    """ "hoje" or "ter, 27 out", inside a sentence"""
    return wording.day_name(timezone.localdate(at), today=timezone.localdate(now))


@register.simple_tag
def day_title(day: date, today: date) -> str:
    """ "Hoje, ter, 24 nov" where the day has a name of its own, else "Ter, 24 nov" """
    return wording.day_title(day, today=today)


@register.simple_tag
def period_title(since: date | None, until: date | None, today: date) -> str:
    """ "De ter, 24 nov a qua, 25 nov" """
    return wording.period(since, until, today=today)


@register.filter
def duration(length: Appointment | timedelta) -> str:
    """ "50 min", of an appointment or of a length of time"""
    if isinstance(length, Appointment):
        length = length.ends_at - length.starts_at
    return wording.length(length)


@register.simple_tag
def quick_steps(appointment: Appointment, now: datetime) -> list[steps.Step]:
    return steps.quick(appointment, now=now)


@register.simple_tag
def offered_steps(appointment: Appointment, now: datetime) -> list[steps.Step]:
    return steps.offered(appointment, now=now)
