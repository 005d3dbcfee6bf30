"""The next three hours, and the first time that is still free today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from scheduling.agenda import bounds
from scheduling.free_times import Diary, moment_of
from scheduling.models import OPEN, Appointment, Professional, Service, Status
from scheduling.own_terms import TermsByProfessional
from tenants.models import Company

AHEAD = timedelta(hours=3)
MOST = 50


@dataclass(frozen=True, slots=True)
class Soon:
    """`late` are over and nobody has said how they ended."""

    late: list[Appointment]
    next: list[Appointment]

    @property
    def empty(self) -> bool:
        return not (self.late or self.next)


def soon(appointments: Any, now: datetime, zone: ZoneInfo) -> Soon:
    """Return what is to be marked today until three hours from now.  One query."""
    start = bounds(now.astimezone(zone).date(), zone).start
    rows = appointments.filter(status__in=[*OPEN, Status.ARRIVED]).between(start, now + AHEAD)
    found = list(rows.order_by("starts_at", "pk")[:MOST])
    return Soon(
        late=[row for row in found if row.ends_at <= now],
        next=[row for row in found if row.ends_at > now],
    )


@dataclass(frozen=True, slots=True)
class FirstFree:
    """`at` is in the company's zone."""

    at: datetime
    professional: Professional
    service: Service


def first_free(company: Company, now: datetime) -> FirstFree | None:
    """Return the first start left today for the shortest service, and with whom; None when the
    day is full or nobody works.  Six queries."""
    service = Service.objects.filter(is_active=True).order_by("duration_minutes", "pk").first()
    if service is None:
        return None
    people = {each.pk: each for each in Professional.objects.filter(is_active=True)}
    today = now.astimezone(company.zone).date()
    diary = Diary(people, first=today, last=today, zone=company.zone)
    terms = TermsByProfessional(service)
    starts = [
        (diary.free(pk, terms.of(pk), step=company.slot_minutes, earliest=now)[:1], pk)
        for pk in people
        if diary.has_hours(pk) and terms.of(pk).is_offered
    ]
    if not (free := [(first[0], pk) for first, pk in starts if first]):
        return None
    at, pk = min(free)
    return FirstFree(moment_of(at).astimezone(company.zone), people[pk], service)
