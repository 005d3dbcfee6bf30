"""The rows of a list under headings: the parts of one day, or the days of a period."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scheduling import wording
from scheduling.models import Appointment

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

PARTS_OF_DAY = ((12, _("Manhã")), (18, _("Tarde")), (24, _("Noite")))


@dataclass(frozen=True, slots=True)
class Group:
    """`ahead` is how many rows come before the line of the present; None for no line."""

    label: _StrPromise | str
    rows: list[Appointment]
    ahead: int | None = None


def part_of_day(at: datetime) -> _StrPromise:
    """Return the word for the part of the day, in the active zone."""
    hour = timezone.localtime(at).hour
    return next(label for end, label in PARTS_OF_DAY if hour < end)


def groups_of(rows: Iterable[Appointment], is_period: bool, now: datetime) -> list[Group]:
    """Return the rows by day, or those of one day by part of it, in the active zone."""
    return by_day(rows, now) if is_period else by_part(rows, now)


def by_day(rows: Iterable[Appointment], now: datetime) -> list[Group]:
    today = timezone.localdate(now)
    days = groupby(rows, key=lambda each: timezone.localdate(each.starts_at))
    return [Group(wording.day_title(day, today=today), list(of_day)) for day, of_day in days]


def by_part(rows: Iterable[Appointment], now: datetime) -> list[Group]:
    parts = groupby(rows, key=lambda each: part_of_day(each.starts_at))
    groups = [(label, list(of_part)) for label, of_part in parts]
    line = _first_ahead([each for _label, of_part in groups for each in of_part], now)
    return [Group(label, of_part, _place(line, of_part)) for label, of_part in groups]


def _first_ahead(rows: list[Appointment], now: datetime) -> Appointment | None:
    """Return the appointment above which now is, where the day is today."""
    if not rows or timezone.localdate(rows[0].starts_at) != timezone.localdate(now):
        return None
    return next((each for each in rows if each.starts_at > now), None)


def _place(line: Appointment | None, rows: list[Appointment]) -> int | None:
    return rows.index(line) if line in rows else None
