"""How the pages show appointments: status, times, money, initials."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django import template
from django.contrib.messages.storage.base import Message
from django.utils import timezone
from django.utils.translation import ngettext

from scheduling import steps, wording
from scheduling.forms.client_imports import problem_of
from scheduling.forms.slot import SlotForm
from scheduling.models import Appointment
from scheduling.own_terms import Terms
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


@register.simple_tag
def weekday_name(day: date) -> str:
    """ "qua" """
    return wording.weekday(day)[:3]


@register.simple_tag
def period_of(summary: Any, now: datetime) -> str:
    """ "Hoje, terça, 16:30 às 17:20", of what would be booked"""
    if summary.ends_at is None:
        return wording.capital(wording.day_and_time(summary.starts_at, now=now))
    return wording.span(summary.starts_at, summary.ends_at, now=now)


@register.simple_tag
def free_count(form: SlotForm) -> str:
    """ "7 horários livres, qua, 25 nov", for who does not see the times appear"""
    if form.offers is None:
        return ""
    day = wording.day_title(form.shown_day, today=form.today)
    count = form.free_count
    words = ngettext(
        "%(count)s horário livre: %(day)s.", "%(count)s horários livres: %(day)s.", count
    )
    return words % {"count": count, "day": day}


@register.simple_tag
def own_terms(form: SlotForm, value: str) -> str:
    """ "45 min · R$ 90": what a professional does otherwise than the service says, else "" """
    usual: Terms | None = getattr(form, "usual_terms", None)
    own = form.terms(int(value)) if usual and value.isdigit() else None
    if own is None or usual is None or (own.duration, own.price) == (usual.duration, usual.price):
        return ""
    return " · ".join(filter(None, (wording.length(own.duration), wording.money(own.price))))


@register.filter
def row(rows: dict[int, Any], pk: str) -> Any:
    """The row of a RowChoice that a radio stands for."""
    return rows[int(pk)]


@dataclass(frozen=True, slots=True)
class Undo:
    appointment: int
    fact: int


@register.filter
def undo_of(message: Message) -> Undo | None:
    """What the button beside a sentence takes back; None for a sentence without one."""
    what, *numbers = (message.extra_tags or "").split()[:3] or [""]
    return Undo(*map(int, numbers)) if what == "undo" else None
