"""What one should know of a client while booking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Q

from scheduling.client_list import MISSED_WITHIN
from scheduling.models import OPEN, Client, Status


@dataclass(frozen=True, slots=True)
class Facts:
    """`missed` counts those within MISSED_WITHIN."""

    client: Client
    visits: int
    last: datetime | None
    missed: int
    ahead: int


def facts_of(client: Client, *, now: datetime) -> Facts:
    """One query."""
    been, missed = Q(status=Status.COMPLETED), Q(status=Status.NO_SHOW)
    is_open = Q(status__in=OPEN, starts_at__gt=now)
    counted = client.appointments.order_by().aggregate(
        visits=Count("pk", filter=been),
        last=Max("starts_at", filter=been),
        missed=Count("pk", filter=missed & Q(starts_at__gt=now - MISSED_WITHIN)),
        ahead=Count("pk", filter=is_open),
    )
    return Facts(client, **counted)
