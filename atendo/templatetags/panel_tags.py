"""How the panel says days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from scheduling import wording
from scheduling.models import Appointment

register = template.Library()


@register.simple_tag
def long_day(day: date) -> str:
    """ "terça, 24 de novembro" """
    date_in_words = date_format(day, r"j \d\e F").lower()
    return f"{wording.weekday(day)}, {date_in_words}"


@register.simple_tag
def period(first: date, last: date, today: date) -> str:
    """ "De dom, 1 nov a seg, 30 nov"; one day by its name"""
    if first == last:
        name = wording.day_name(first, today=today)
        return name[:1].upper() + name[1:]
    return _("De %(first)s a %(last)s") % {
        "first": wording.short_date(first, today=today),
        "last": wording.short_date(last, today=today),
    }


@dataclass(frozen=True, slots=True)
class DayRows:
    day: date
    appointments: list[Appointment]


@register.filter
def by_day(appointments: Iterable[Appointment]) -> list[DayRows]:
    """The appointments under their days in the active zone."""
    days = groupby(appointments, key=lambda each: timezone.localdate(each.starts_at))
    return [DayRows(day, list(rows)) for day, rows in days]
