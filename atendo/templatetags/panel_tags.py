"""How the panel says the day."""

from __future__ import annotations

from datetime import date

from django import template
from django.utils.formats import date_format

from scheduling import wording

register = template.Library()


@register.simple_tag
def long_day(day: date) -> str:
    """ "terça, 24 de novembro" """
    date_in_words = date_format(day, r"j \d\e F").lower()
    return f"{wording.weekday(day)}, {date_in_words}"
