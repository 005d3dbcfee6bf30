"""What the panel counts: today, tomorrow, the month and eight weeks, as a member may see it.

Every figure is the number of rows of a list; `atendo/panel/shown.py` knows which.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Case, Count, Exists, OuterRef, Q, Sum, Value, When

from atendo.panel.attendance import WEEK, Week, mondays, month_of
from scheduling.agenda import days_between
from scheduling.models import Status
from scheduling.situations import FILTER_BY_SLUG
from whatsapp.models import Message, Reason

ATTENDED, MISSED = Q(status=Status.COMPLETED), Q(status=Status.NO_SHOW)


def within(first: date, last: date, zone: ZoneInfo) -> Q:
    """What starts on one of these days, as they pass in the zone."""
    span = days_between(first, last, zone)
    return Q(starts_at__gte=span.start, starts_at__lt=span.end)


def unreachable() -> Exists:
    """Whether the client's number, as it is now, has no WhatsApp."""
    tried = Message.objects.filter(appointment=OuterRef("pk"), reason=Reason.NO_WHATSAPP)
    return Exists(tried.filter(phone=OuterRef("client__phone")))


# The situations of the agenda, and those that only the messages tell: these divide "agendados".
NOT_ASKED = FILTER_BY_SLUG["agendados"].where
SITUATIONS = {chip.slug: chip.where for chip in FILTER_BY_SLUG.values()} | {
    "sem-pergunta": NOT_ASKED & Q(unreachable=False),
    "sem-whatsapp": NOT_ASKED & Q(unreachable=True),
}
OF_TODAY = ("horarios", "atendidos", "aguardando")
OF_TOMORROW = (
    *("horarios", "confirmados", "aguardando", "remarcar", "sem-pergunta", "sem-whatsapp"),
    *("chegaram", "atendidos", "faltou"),
)


@dataclass(frozen=True, slots=True)
class Figures:
    """Today and tomorrow by situation, today's money, eight weeks (the oldest first), and how
    often clients did not come this month."""

    today: dict[str, int]
    tomorrow: dict[str, int]
    expected: Decimal
    earned: Decimal
    weeks: list[Week]
    missed_this_month: int


def figures(appointments: Any, today: date, zone: ZoneInfo) -> Figures:
    """Count the appointments from eight weeks back, or the first of the month, until tomorrow, or
    the last of the month.  One query."""
    tomorrow = today + timedelta(days=1)
    starts, month = mondays(today), month_of(today)
    wanted = {
        **_named("today", within(today, today, zone), OF_TODAY),
        **_named("tomorrow", within(tomorrow, tomorrow, zone), OF_TOMORROW),
        **_money(within(today, today, zone)),
        **_weeks(starts, zone),
        "month": Count("pk", filter=MISSED & within(*month, zone)),
    }
    first, last = min(starts[0], month[0]), max(tomorrow, starts[-1] + WEEK, month[1])
    # Counting needs neither order nor people; only tomorrow's rows ask for the messages.
    rows = appointments.select_related(None).order_by().filter(within(first, last, zone))
    found = rows.annotate(
        unreachable=Case(
            When(within(tomorrow, tomorrow, zone) & NOT_ASKED, then=unreachable()),
            default=Value(False),
        )
    ).aggregate(**wanted)
    return Figures(
        today={name: found[f"today_{name}"] for name in OF_TODAY},
        tomorrow={name: found[f"tomorrow_{name}"] for name in OF_TOMORROW},
        expected=found["expected"] or Decimal(0),
        earned=found["earned"] or Decimal(0),
        weeks=[
            Week(monday, found[f"attended_{number}"], found[f"missed_{number}"])
            for number, monday in enumerate(starts)
        ],
        missed_this_month=found["month"],
    )


def _named(prefix: str, days: Q, names: tuple[str, ...]) -> dict[str, Count]:
    return {f"{prefix}_{name}": Count("pk", filter=days & SITUATIONS[name]) for name in names}


def _money(day: Q) -> dict[str, Sum]:
    return {
        "expected": Sum("price", filter=day & SITUATIONS["horarios"]),
        "earned": Sum("price", filter=day & ATTENDED),
    }


def _weeks(starts: list[date], zone: ZoneInfo) -> dict[str, Count]:
    wanted = {}
    for number, monday in enumerate(starts):
        week = within(monday, monday + WEEK - timedelta(days=1), zone)
        wanted[f"attended_{number}"] = Count("pk", filter=ATTENDED & week)
        wanted[f"missed_{number}"] = Count("pk", filter=MISSED & week)
    return wanted
