"""What the panel counts: today, tomorrow, the month and eight weeks, as a member may see it.

Every figure is the number of rows of a list; `atendo/panel/shown.py` knows which.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, OuterRef, Q, Sum

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
class TwoDays:
    """Today and tomorrow by situation, and today's money."""

    today: dict[str, int]
    tomorrow: dict[str, int]
    expected: Decimal
    earned: Decimal


def two_days(appointments: Any, today: date, zone: ZoneInfo) -> TwoDays:
    """One query."""
    tomorrow = today + timedelta(days=1)
    now, then = within(today, today, zone), within(tomorrow, tomorrow, zone)
    wanted: dict[str, Any] = {
        f"today_{name}": Count("pk", filter=now & SITUATIONS[name]) for name in OF_TODAY
    }
    wanted |= {
        f"tomorrow_{name}": Count("pk", filter=then & SITUATIONS[name]) for name in OF_TOMORROW
    }
    wanted["expected"] = Sum("price", filter=now & SITUATIONS["horarios"])
    wanted["earned"] = Sum("price", filter=now & ATTENDED)
    rows = _bare(appointments).filter(within(today, tomorrow, zone))
    found = rows.annotate(unreachable=unreachable()).aggregate(**wanted)
    return TwoDays(
        today={name: found[f"today_{name}"] for name in OF_TODAY},
        tomorrow={name: found[f"tomorrow_{name}"] for name in OF_TOMORROW},
        expected=found["expected"] or Decimal(0),
        earned=found["earned"] or Decimal(0),
    )


@dataclass(frozen=True, slots=True)
class Past:
    """Eight weeks, oldest first, and how often clients did not come this month."""

    weeks: list[Week]
    missed_this_month: int


def past(appointments: Any, today: date, zone: ZoneInfo) -> Past:
    """One query."""
    starts = mondays(today)
    month = month_of(today)
    wanted = {"month": Count("pk", filter=MISSED & within(*month, zone))}
    for number, monday in enumerate(starts):
        week = within(monday, monday + WEEK - timedelta(days=1), zone)
        wanted[f"attended_{number}"] = Count("pk", filter=ATTENDED & week)
        wanted[f"missed_{number}"] = Count("pk", filter=MISSED & week)
    span = within(min(starts[0], month[0]), max(starts[-1] + WEEK, month[1]), zone)
    found = _bare(appointments).filter(span, ATTENDED | MISSED).aggregate(**wanted)
    weeks = [
        Week(monday, found[f"attended_{number}"], found[f"missed_{number}"])
        for number, monday in enumerate(starts)
    ]
    return Past(weeks, found["month"])


def _bare(appointments: Any) -> Any:
    """Counting needs neither order nor people."""
    return appointments.select_related(None).order_by()
