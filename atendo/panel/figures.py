"""What the panel counts: today, tomorrow, the month and eight weeks, as a member may see it.

Every figure is the number of rows of a list; `atendo/panel/shown.py` knows which.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, Sum, Value, When

from atendo.panel.attendance import WEEK, Week, mondays, month_of
from scheduling.agenda import bounds, days_between
from scheduling.situations import BY_NAME, FILTER_BY_SLUG, SITUATIONS
from whatsapp.models import Message, Reason

A_DAY = timedelta(days=1)
NOT_ASKED = BY_NAME["scheduled"].where


def within(first: date, last: date, zone: ZoneInfo) -> Q:
    """What starts on one of these days, as they pass in the zone."""
    span = days_between(first, last, zone)
    return Q(starts_at__gte=span.start, starts_at__lt=span.end)


def unreachable() -> Exists:
    """Whether the client's number, as it is now, has no WhatsApp."""
    tried = Message.objects.filter(appointment=OuterRef("pk"), reason=Reason.NO_WHATSAPP)
    return Exists(tried.filter(phone=F("client__phone")))


# By what the lists call it, the situations that it counts: those of the agenda's filters, and
# those that only the messages tell apart.
MUTE = "without-whatsapp"
COUNTED: dict[str, tuple[str, ...]] = {
    **{slug: chip.names for slug, chip in FILTER_BY_SLUG.items()},
    "sem-pergunta": ("scheduled",),
    "horarios": (*FILTER_BY_SLUG["horarios"].names, MUTE),
    "sem-whatsapp": (MUTE,),
}
OF_TODAY = ("horarios", "atendidos", "aguardando")
OF_TOMORROW = (
    *("horarios", "confirmados", "aguardando", "remarcar", "sem-pergunta", "sem-whatsapp"),
    *("chegaram", "atendidos", "faltou"),
)


@dataclass(frozen=True, slots=True)
class Piece:
    """So many appointments in a situation, in the days that begin with `first`."""

    first: date
    situation: str
    count: int
    money: Decimal


@dataclass(frozen=True, slots=True)
class Figures:
    """Today and tomorrow by what the lists call it, today's money, eight weeks (the oldest
    first), and how often clients did not come this month."""

    today: dict[str, int]
    tomorrow: dict[str, int]
    expected: Decimal
    earned: Decimal
    weeks: list[Week]
    missed_this_month: int


def figures(appointments: Any, today: date, zone: ZoneInfo) -> Figures:
    """One query, which counts between the days on which anything that is shown begins or ends."""
    tomorrow, starts, month = today + A_DAY, mondays(today), month_of(today)
    edges = {today, tomorrow, tomorrow + A_DAY, month[0], month[1] + A_DAY}
    edges |= {*starts, starts[-1] + WEEK}
    pieces = _pieces(appointments, sorted(edges), tomorrow, zone)
    return Figures(
        today={name: _sum(pieces, today, tomorrow, name) for name in OF_TODAY},
        tomorrow={name: _sum(pieces, tomorrow, tomorrow + A_DAY, name) for name in OF_TOMORROW},
        expected=_money(pieces, today, "horarios"),
        earned=_money(pieces, today, "atendidos"),
        weeks=[
            Week(
                monday,
                attended=_sum(pieces, monday, monday + WEEK, "atendidos"),
                missed=_sum(pieces, monday, monday + WEEK, "faltou"),
            )
            for monday in starts
        ],
        missed_this_month=_sum(pieces, month[0], month[1] + A_DAY, "faltou"),
    )


def _pieces(appointments: Any, edges: list[date], tomorrow: date, zone: ZoneInfo) -> list[Piece]:
    """Count the appointments from the first edge until the last, apart between two edges."""
    # Counting needs neither order nor people; only of tomorrow's rows the messages are asked.
    rows = (
        appointments.select_related(None)
        .order_by()
        .filter(within(edges[0], edges[-1] - A_DAY, zone))
    )
    mute = When(within(tomorrow, tomorrow, zone) & NOT_ASKED & Q(unreachable()), then=_text(MUTE))
    known = [When(each.where, then=_text(each.name)) for each in SITUATIONS]
    number = [
        When(starts_at__lt=bounds(edge, zone).start, then=Value(number))
        for number, edge in enumerate(edges[1:])
    ]
    counted = (
        rows.annotate(number=Case(*number), situation=Case(mute, *known, output_field=CharField()))
        .values_list("number", "situation")
        .annotate(count=Count("pk"), money=Sum("price"))
    )
    return [
        Piece(edges[number], situation, count, money or Decimal(0))
        for number, situation, count, money in counted
    ]


def _text(text: str) -> Value:
    return Value(text, output_field=CharField())


def _sum(pieces: list[Piece], first: date, end: date, name: str) -> int:
    return sum(piece.count for piece in _of(pieces, first, end, name))


def _money(pieces: list[Piece], day: date, name: str) -> Decimal:
    return sum((piece.money for piece in _of(pieces, day, day + A_DAY, name)), Decimal(0))


def _of(pieces: list[Piece], first: date, end: date, name: str) -> list[Piece]:
    """Return the pieces from `first` until before `end` that a list of this name holds."""
    return [
        piece
        for piece in pieces
        if first <= piece.first < end and piece.situation in COUNTED[name]
    ]
