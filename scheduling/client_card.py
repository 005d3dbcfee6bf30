"""What is known of a client: the visits in a few numbers, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Avg, Count, Max, Min, Q

from scheduling.client_list import MISSED_WITHIN
from scheduling.models import OPEN, Appointment, Client, Status

BEEN = Q(status=Status.COMPLETED)
# One visit tells nothing about how often somebody comes.
FEWEST_VISITS = 2


@dataclass(frozen=True, slots=True)
class Glance:
    """What one should know of a client while booking."""

    client: Client
    visits: int
    last: datetime | None
    missed: int
    ahead: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """`ticket` and `interval` (in days) are None while there is too little to tell."""

    visits: int
    last: datetime | None
    missed: int
    ticket: Decimal | None
    interval: int | None
    favourite: str = ""
    by_favourite: int = 0


def glance_at(client: Client, *, now: datetime) -> Glance:
    """One query."""
    ahead = Count("pk", filter=Q(status__in=OPEN, starts_at__gt=now))
    return Glance(client, **_counted(client, now, ahead=ahead))


def numbers_of(client: Client, *, now: datetime) -> Numbers:
    """Two queries."""
    first, ticket = Min("starts_at", filter=BEEN), Avg("price", filter=BEEN)
    found = _counted(client, now, first=first, ticket=ticket)
    first, visits = found.pop("first"), found["visits"]
    if visits < FEWEST_VISITS:
        return Numbers(**{**found, "ticket": None}, interval=None)
    name, times = _favourite(client)
    days = round((found["last"] - first).total_seconds() / 86400 / (visits - 1))
    return Numbers(**found, interval=days or None, favourite=name, by_favourite=times)


def _counted(client: Client, now: datetime, **more: Any) -> dict[str, Any]:
    """Return visits, the last of them, the no-shows within MISSED_WITHIN, and what is wanted
    more."""
    no_show = Q(status=Status.NO_SHOW, starts_at__gt=now - MISSED_WITHIN)
    counted: dict[str, Any] = client.appointments.order_by().aggregate(
        visits=Count("pk", filter=BEEN),
        last=Max("starts_at", filter=BEEN),
        missed=Count("pk", filter=no_show),
        **more,
    )
    return counted


def _favourite(client: Client) -> tuple[str, int]:
    """Return the professional who attended most often, and how often."""
    been = client.appointments.filter(BEEN).order_by()
    counted = been.values_list("professional__name").annotate(times=Count("pk"))
    name, times = counted.order_by("-times", "professional__name")[0]
    return name, times


def upcoming_of(client: Client, *, now: datetime) -> Any:
    return _with_service(client).filter(ends_at__gt=now).order_by("starts_at", "id")


def past_of(client: Client, *, now: datetime) -> Any:
    return _with_service(client).filter(ends_at__lte=now).order_by("-starts_at", "-id")


def next_of(upcoming: list[Appointment]) -> Appointment | None:
    """Return the first that has neither ended nor been called off."""
    over = {Status.CANCELLED, Status.NO_SHOW, Status.COMPLETED}
    return next((row for row in upcoming if row.status not in over), None)


def _with_service(client: Client) -> Any:
    return client.appointments.select_related("service", "professional")
