"""How companies are doing, for the platform's staff: as many queries for fifty as for one.

It looks at every company, in the scope that the admin has entered.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import Count, Min, OuterRef, Q, Subquery
from django.utils import timezone

from scheduling.models import Appointment, Status
from tenants.models import Company, Membership
from whatsapp.models import Direction, Instance, Message, MessageStatus, WebhookEvent
from whatsapp.overview import LEFT

A_DAY, A_WEEK = timedelta(days=1), timedelta(days=7)


@dataclass
class Health:
    """One company.  `queued` wait to leave, `failed` should have left within a day."""

    instance: Instance | None = None
    queued: int = 0
    oldest_due: datetime | None = None
    failed: int = 0
    last_event: datetime | None = None
    last_in: datetime | None = None
    last_out: datetime | None = None
    this_week: int = 0
    members: int = 0
    late: bool = field(default=False)
    """Whether something should have left long ago."""

    @property
    def since(self) -> datetime | None:
        """Since when the connection is as it is."""
        if self.instance is None:
            return None
        if self.instance.is_open:
            return self.instance.connected_at
        return self.instance.disconnected_at or self.instance.started_at


LATE = timedelta(hours=1)


def failures_since(now: datetime) -> datetime:
    """A day back, to the minute: a link says the same."""
    return now.replace(second=0, microsecond=0) - A_DAY


def health_of(companies: Collection[int], now: datetime) -> dict[int, Health]:
    """Return how each of the companies is doing.  Six queries."""
    found = {pk: Health() for pk in companies}
    of_these = Q(company_id__in=[*found])
    for instance in Instance.objects.filter(of_these).defer("qr_code", "qr_image"):
        found[instance.company_id].instance = instance
    for pk, count, oldest in _waiting(of_these):
        found[pk].queued, found[pk].oldest_due = count, oldest
        found[pk].late = oldest is not None and oldest < now - LATE
    for name, rows in (
        ("failed", _failed(of_these, now)),
        ("this_week", _booked(of_these, now)),
        ("members", Membership.objects.filter(of_these)),
    ):
        counted = rows.order_by().values_list("company_id").annotate(count=Count("pk"))
        for pk, count in counted:
            setattr(found[pk], name, count)
    for pk, event, came, left in _latest([*found]):
        found[pk].last_event, found[pk].last_in, found[pk].last_out = event, came, left
    return found


def _waiting(of_these: Q) -> Any:
    rows = Message.objects.filter(of_these, status=MessageStatus.WAITING).order_by()
    return rows.values_list("company_id").annotate(count=Count("pk"), oldest=Min("due_at"))


def _failed(of_these: Q, now: datetime) -> Any:
    return Message.objects.filter(
        of_these, status=MessageStatus.FAILED, due_at__gte=failures_since(now)
    )


def _booked(of_these: Q, now: datetime) -> Any:
    """The appointments of this week, which begins on Monday in the server's zone."""
    today = timezone.localdate(now)
    monday = datetime.combine(
        today - timedelta(days=today.weekday()), time(), timezone.get_current_timezone()
    )
    rows = Appointment.objects.filter(of_these).between(monday, monday + A_WEEK)
    return rows.exclude(status=Status.CANCELLED)


def _latest(companies: list[int]) -> Any:
    """When the last event came, and the last message in each direction; each by an index."""
    mine = {"company_id": OuterRef("pk")}
    events = WebhookEvent.objects.filter(**mine).order_by("-received_at")
    came = Message.objects.filter(**mine, direction=Direction.IN).order_by("-id")
    left = Message.objects.filter(**mine, direction=Direction.OUT, status__in=LEFT)
    wanted = {
        "event": Subquery(events.values("received_at")[:1]),
        "came": Subquery(came.values("happened_at")[:1]),
        "left": Subquery(left.order_by("-id").values("happened_at")[:1]),
    }
    rows = Company.objects.filter(pk__in=companies).annotate(**wanted).order_by()
    return rows.values_list("pk", *wanted)
