"""The figures as the page shows them: each with its words, its colour and its list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from atendo.panel.attendance import Stretch, Week, bars, month_of, stretches
from atendo.panel.figures import Figures
from atendo.panel.soon import FirstFree
from scheduling.situations import FILTER_BY_SLUG

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

BAR_WIDTH = 280


def day_url(situation: str, day: date, *, today: date) -> str:
    """The day's list."""
    days = {} if day == today else {"dia": day.isoformat()}
    return f"{reverse('scheduling:appointments')}?{urlencode(days | {'situacao': situation})}"


def period_url(situation: str, first: date, last: date) -> str:
    said = {"situacao": situation, "de": first.isoformat(), "ate": last.isoformat()}
    return f"{reverse('scheduling:appointments')}?{urlencode(said)}"


def booking_url(free: FirstFree | None) -> str:
    """Novo agendamento at the first time that is free."""
    if free is None:
        return ""
    said = {
        "dia": f"{free.at:%Y-%m-%d}",
        "hora": f"{free.at:%H:%M}",
        "profissional": free.professional.pk,
        "servico": free.service.pk,
    }
    return f"{reverse('scheduling:appointment-new')}?{urlencode(said)}"


@dataclass(frozen=True, slots=True)
class Tile:
    key: str
    count: int
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Piece:
    """One colour of tomorrow's bar, and its line below.  `color` ends the class `c-<color>`."""

    key: str
    label: _StrPromise
    color: str
    count: int
    url: str
    stretch: Stretch


# Situation, words, colour.
PIECES = (
    ("confirmados", gettext_lazy("Confirmados"), "confirmed"),
    ("aguardando", gettext_lazy("Aguardando resposta"), "waiting"),
    ("remarcar", gettext_lazy("Pediram para remarcar"), "move"),
    ("sem-pergunta", gettext_lazy("Sem pergunta ainda"), "scheduled"),
    ("sem-whatsapp", gettext_lazy("Sem WhatsApp"), "none"),
    ("chegaram", gettext_lazy("Chegaram"), "arrived"),
    ("atendidos", gettext_lazy("Atendidos"), "completed"),
    ("faltou", gettext_lazy("Faltaram"), "no-show"),
)


def of_days(figures: Figures, today: date) -> dict[str, Any]:
    tomorrow = today + timedelta(days=1)
    return {
        "tiles": _tiles(figures, today),
        "pieces": _pieces(figures.tomorrow, tomorrow, today),
        "tomorrow": tomorrow,
        "tomorrow_total": figures.tomorrow["horarios"],
        "tomorrow_url": day_url("horarios", tomorrow, today=today),
        "expected": figures.expected,
        "earned": figures.earned,
        "expected_url": day_url("horarios", today, today=today),
        "earned_url": day_url("atendidos", today, today=today),
    }


def _tiles(figures: Figures, today: date) -> list[Tile]:
    labels = {
        "horarios": _("horários hoje"),
        "atendidos": _("já atendidos"),
        "aguardando": _("aguardando resposta"),
    }
    return [
        Tile(slug, figures.today[slug], label, day_url(slug, today, today=today))
        for slug, label in labels.items()
    ]


def _pieces(counts: dict[str, int], day: date, today: date) -> list[Piece]:
    found = [(row, counts[row[0]]) for row in PIECES if counts[row[0]]]
    shares = stretches([count for _row, count in found], width=BAR_WIDTH)
    return [
        Piece(name, label, color, count, _url(name, day, today), stretch)
        for ((name, label, color), count), stretch in zip(found, shares, strict=True)
    ]


def _url(situation: str, day: date, today: date) -> str:
    """The day's list where it knows the situation, else the panel's own."""
    if situation in FILTER_BY_SLUG:
        return day_url(situation, day, today=today)
    said = urlencode({"situacao": situation, "dia": day.isoformat()})
    return f"{reverse('panel:unasked')}?{said}"


@dataclass(frozen=True, slots=True)
class WeekLine:
    """A line of the table."""

    week: Week
    attended_url: str
    missed_url: str


def of_weeks(figures: Figures, today: date) -> dict[str, Any]:
    known = [week for week in figures.weeks if week.total]
    missed = Tile(
        "faltou",
        figures.missed_this_month,
        _("faltas no mês"),
        period_url("faltou", *month_of(today)),
    )
    return {
        "missed": missed,
        "bars": bars(figures.weeks) if known else [],
        "week_lines": [_line(week) for week in reversed(figures.weeks)],
        "latest": known[-1] if known else None,
        "oldest": known[0] if len(known) > 1 else None,
        "this_week": figures.weeks[-1],
    }


def _line(week: Week) -> WeekLine:
    return WeekLine(
        week,
        period_url("atendidos", week.monday, week.sunday),
        period_url("faltou", week.monday, week.sunday),
    )
