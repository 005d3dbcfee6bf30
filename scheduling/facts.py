"""What one should know of a client while booking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Q

from scheduling.models import Client, Status

A_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Facts:
    """`missed` counts the last twelve months."""

    client: Client
    visits: int
    last: datetime | None
    missed: int
    ahead: int


def facts_of(client: Client, *, now: datetime) -> Facts:
    """One query."""
    been, missed = Q(status=Status.COMPLETED), Q(status=Status.NO_SHOW)
    is_open = Q(status__in=[Status.SCHEDULED, Status.CONFIRMED], starts_at__gt=now)
    counted = client.appointments.order_by().aggregate(
        visits=Count("pk", filter=been),
        last=Max("starts_at", filter=been),
        missed=Count("pk", filter=missed & Q(starts_at__gte=now - A_YEAR)),
        ahead=Count("pk", filter=is_open),
    )
    return Facts(client, **counted)
