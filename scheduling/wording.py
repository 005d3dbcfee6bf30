"""What a page says in a few words: days and times in the active zone, lengths, lists, money."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _


def weekday(day: date) -> str:
    """Return "terça", not "terça-feira"."""
    return date_format(day, "l").lower().removesuffix("-feira")


def short_date(day: date, *, today: date) -> str:
    """Return "ter, 24 nov", with the year when it is not this one."""
    text = f"{weekday(day)[:3]}, {day.day} {date_format(day, 'b').lower()}"
    return text if day.year == today.year else f"{text} {day.year}"


def day_name(day: date, *, today: date) -> str:
    """Return "hoje", "amanhã" or "ontem", else the short date."""
    near = {0: _("hoje"), 1: _("amanhã"), -1: _("ontem")}
    return near.get((day - today).days) or short_date(day, today=today)


def near_day(day: date, *, today: date) -> str:
    """Return "hoje", "amanhã", "quarta" within the week, else the short date."""
    if 1 < (day - today).days < 7:
        return weekday(day)
    return day_name(day, today=today)


def day_title(day: date, *, today: date) -> str:
    """Return "Hoje, ter, 24 nov" where the day has a name of its own, else "Ter, 24 nov"."""
    name, short = day_name(day, today=today), short_date(day, today=today)
    return capital(name if name == short else f"{name}, {short}")


def period(since: date | None, until: date | None, *, today: date) -> str:
    """Return "De ter, 24 nov a qua, 25 nov", or one side where the other is open."""
    first, last = (day and short_date(day, today=today) for day in (since, until))
    if first and last:
        return _("De %(first)s a %(last)s") % {"first": first, "last": last}
    if first:
        return _("Desde %(first)s") % {"first": first}
    return _("Até %(last)s") % {"last": last}


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def day_and_time(at: datetime, *, now: datetime) -> str:
    """Return "hoje, 16:30" or "ter, 24 nov, 16:30"."""
    local, today = timezone.localtime(at), timezone.localdate(now)
    return f"{day_name(local.date(), today=today)}, {local:%H:%M}"


def span(starts_at: datetime, ends_at: datetime, *, now: datetime) -> str:
    """Return "Hoje, terça, 16:30 às 17:20", or "Ter, 24 nov, 16:30 às 17:20"."""
    start, end = timezone.localtime(starts_at), timezone.localtime(ends_at)
    today = timezone.localdate(now)
    day = day_name(start.date(), today=today)
    if abs((start.date() - today).days) <= 1:
        day = f"{day}, {weekday(start.date())}"
    return _("%(day)s, %(start)s às %(end)s") % {
        "day": capital(day),
        "start": f"{start:%H:%M}",
        "end": f"{end:%H:%M}",
    }


def length(duration: timedelta) -> str:
    """Return "50 min", "1 h" or "1 h 30"."""
    hours, minutes = divmod(int(duration.total_seconds()) // 60, 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {minutes:02d}" if minutes else f"{hours} h"


def listed(words: Sequence[str]) -> str:
    """Return "a", "a e b" or "a, b e c"."""
    if len(words) < 2:
        return "".join(words)
    values = {"some": ", ".join(words[:-1]), "last": words[-1]}
    return _("%(some)s e %(last)s") % values


def money(amount: Decimal | None) -> str:
    """Return "R$ 85" or "R$ 1.240,50"; "" where there is no price."""
    if amount is None:
        return ""
    text = f"{amount:,.2f}".translate(str.maketrans(",.", ".,")).removesuffix(",00")
    return f"R$\N{NO-BREAK SPACE}{text}"


def initials(name: str) -> str:
    """Return the first letters of the first and the last name."""
    words = name.split()
    return "".join(word[0] for word in words[:: max(len(words) - 1, 1)][:2]).upper()
