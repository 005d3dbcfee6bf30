"""What happened in the demo's companies before today, and what today and tomorrow bring.

The same for everybody who looks on the same day: chance comes from the company and the date.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import transaction

from scheduling.models import (
    Appointment,
    AppointmentEvent,
    Client,
    EventKind,
    Professional,
    Service,
    Status,
)
from tenants import scope
from tenants.models import Company
from tenants.security import Origin
from whatsapp.models import Direction, Message, MessageStatus, Reason

WEEKS: Final = 8
OPENS, CLOSES = time(8), time(19)
HALF_A_DAY: Final = timedelta(hours=12)
# What waits for a person waits at least as long, so that it can be tried out.
TIME_TO_TRY: Final = timedelta(minutes=20)
# How many of a hundred did not come, eight weeks ago and now: the reminders help.
MISSED: Final = (17, 6)
LOURDES, PATRICIA, CAMILA, JULIANA = (
    *("Lourdes Tavares", "Patrícia Nunes", "Camila Prates", "Juliana Matos"),
)
PEOPLE: Final = (
    *(LOURDES, PATRICIA, "Fernanda Coelho", "Rosana Pires", "Beatriz Lemos", "Cláudia Viana"),
    *("Daniela Souto", "Elisa Moraes", "Gabriela Reis", "Helena Duarte", "Íris Campelo"),
    *("Joana Furtado", "Larissa Bastos", "Márcia Teles", "Nathália Brito", "Olívia Serra"),
)


@dataclass
class Shop:
    company: Company
    now: datetime
    clients: list[Client]
    professionals: list[Professional]
    services: list[Service]

    @property
    def zone(self) -> ZoneInfo:
        return self.company.zone

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def client(self, name: str) -> Client | None:
        return next((client for client in self.clients if client.name == name), None)


def add(companies: Iterable[Company], now: datetime) -> None:
    """Fill the days that have nothing yet: the past once, today and tomorrow on each new day."""
    for company in companies:
        with scope.company(company.pk), transaction.atomic():
            _add(company, now)


def _add(company: Company, now: datetime) -> None:
    _more_clients()
    shop = Shop(
        company=company,
        now=now,
        clients=list(Client.objects.order_by("pk")),
        professionals=list(Professional.objects.filter(is_active=True).order_by("pk")),
        services=list(Service.objects.filter(is_active=True).order_by("pk")),
    )
    first = shop.today - timedelta(days=shop.today.weekday(), weeks=WEEKS - 1)
    past = [first + timedelta(days=number) for number in range((shop.today - first).days)]
    ahead = [shop.today, shop.today + timedelta(days=1)]
    made = _made([row for day in past for row in _day(shop, day, _over)], shop)
    made += _made([row for day in ahead for row in _day(shop, day, _around_now)], shop)
    if made:
        _conversations(shop)


def _more_clients() -> None:
    for number, name in enumerate(PEOPLE):
        phone = f"+5531988780{number:03}"
        Client.objects.get_or_create(name=name, defaults={"phone": phone})


# Appointments ----------------------------------------------------------------------------------


def _day(shop: Shop, day: date, status: Any) -> Iterator[Appointment]:
    """The day of each professional, unless anything is there or it is a Sunday."""
    start, end = _hours(shop, day)
    taken = Appointment.objects.filter(starts_at__lt=end, ends_at__gt=start)
    if (day.weekday() == 6 and day != shop.today) or taken.exists():
        return
    chance = random.Random(f"{shop.company.slug} {day}")  # noqa: S311 -- no secret
    clients = chance.sample(shop.clients, len(shop.clients))
    pauses = (10, 20, 40) if day == shop.today else (20, 40, 70, 100)
    for professional in shop.professionals:
        at = start
        while clients and at < end:
            service = chance.choice(shop.services)
            row = Appointment(
                client=clients.pop(),
                professional=professional,
                service=service,
                starts_at=at,
                ends_at=at + service.duration,
                price=service.price,
            )
            status(shop, row, chance)
            yield row
            at = row.ends_at + timedelta(minutes=chance.choice(pauses))


def _hours(shop: Shop, day: date) -> tuple[datetime, datetime]:
    """The opening hours; today those around now, for who tries the demo at night."""
    opens = datetime.combine(day, OPENS, shop.zone)
    closes = datetime.combine(day, CLOSES, shop.zone)
    if day != shop.today or opens + timedelta(hours=2) < shop.now < closes - timedelta(hours=3):
        return opens, closes
    hour = shop.now.astimezone(shop.zone).replace(minute=0, second=0, microsecond=0)
    midnight = datetime.combine(day, time(), shop.zone)
    return max(midnight, hour - timedelta(hours=4)), hour + timedelta(hours=6)


def _over(shop: Shop, row: Appointment, chance: random.Random) -> None:
    weeks_ago = (shop.now - row.starts_at) / timedelta(weeks=1)
    then, today = MISSED
    missed = today + (then - today) * weeks_ago / WEEKS
    if chance.random() * 100 < 6:
        row.status = Status.CANCELLED
    else:
        row.status = Status.NO_SHOW if chance.random() * 100 < missed else Status.COMPLETED


def _around_now(shop: Shop, row: Appointment, chance: random.Random) -> None:
    if row.ends_at <= shop.now:
        _over(shop, row, chance)
    elif row.starts_at <= shop.now:
        row.status = Status.ARRIVED
    elif chance.random() < 0.6:
        row.status, row.asked_at = Status.CONFIRMED, shop.now - timedelta(hours=20)
    elif chance.random() < 0.6:
        row.asked_at = shop.now - timedelta(hours=20)
    row.whatsapp_sent = row.asked_at is not None


def _made(rows: list[Appointment], shop: Shop) -> list[Appointment]:
    """Write the rows with their history.  Its events are read already: nothing is sent again."""
    Appointment.objects.bulk_create(rows)
    events = [event for row in rows for event in _events(row, shop)]
    AppointmentEvent.objects.bulk_create(events)
    return rows


def _events(row: Appointment, shop: Shop) -> Iterator[AppointmentEvent]:
    story = [(EventKind.SCHEDULED, Origin.JOB, row.starts_at - timedelta(days=4))]
    if row.asked_at:
        story.append((EventKind.ASKED, Origin.JOB, row.asked_at))
    if row.status == Status.CONFIRMED:
        story.append((EventKind.CONFIRMED, Origin.WEBHOOK, shop.now - timedelta(hours=18)))
    elif row.status != Status.SCHEDULED:
        story.append((EventKind(row.status), Origin.JOB, min(row.starts_at, shop.now)))
    for kind, origin, at in story:
        yield AppointmentEvent(
            appointment=row,
            kind=kind,
            origin=origin,
            revision=row.revision,
            created_at=at,
            dispatched_at=at,
        )


# What waits for a person -----------------------------------------------------------------------


def _conversations(shop: Shop) -> None:
    """One wants another time, one was not understood, one cannot be reached, one is silent."""
    ahead = Appointment.objects.filter(
        starts_at__gt=shop.now + TIME_TO_TRY, status__in=["scheduled", "confirmed"]
    )
    today = list(
        ahead.filter(starts_at__lt=shop.now + timedelta(hours=3)).order_by("starts_at")[:3]
    )
    midnight = datetime.combine(shop.today + timedelta(days=1), time(), shop.zone)
    later = ahead.filter(starts_at__gt=max(midnight, shop.now + timedelta(hours=3)))
    for scene, row in zip((_not_understood, _silent, _wants_to_move), today, strict=False):
        scene(shop, row)
    if (tomorrow := later.order_by("starts_at").first()) is not None:
        _unreachable(shop, tomorrow)


def _becomes(row: Appointment, client: Client | None, **changes: Any) -> None:
    """Change the row; who has been somebody else's client that day changes places with him."""
    if client is not None:
        near = row.starts_at - HALF_A_DAY, row.starts_at + HALF_A_DAY
        same_day = Appointment.objects.filter(client=client, starts_at__range=near)
        same_day.exclude(pk=row.pk).update(client=row.client)
        changes["client"] = client
    for name, value in changes.items():
        setattr(row, name, value)
    row.save(update_fields=[*changes])


def _not_understood(shop: Shop, row: Appointment) -> None:
    asked = shop.now - timedelta(hours=20)
    _becomes(row, shop.client(LOURDES), status=Status.SCHEDULED, asked_at=asked)
    _question(row, asked)
    _message(
        row,
        direction=Direction.IN,
        status=MessageStatus.RECEIVED,
        text="acho que atraso uns 15 min",
        happened_at=shop.now - timedelta(minutes=25),
        needs_attention=True,
    )


def _silent(shop: Shop, row: Appointment) -> None:
    asked = shop.now - timedelta(hours=20)
    _becomes(row, shop.client(JULIANA), status=Status.SCHEDULED, asked_at=asked)
    _question(row, asked)


def _wants_to_move(shop: Shop, row: Appointment) -> None:
    asked, at = shop.now - timedelta(hours=20), shop.now - timedelta(minutes=50)
    client = shop.client(CAMILA)
    _becomes(row, client, status=Status.SCHEDULED, asked_at=asked, move_requested_at=at)
    _question(row, asked)
    answer = {"direction": Direction.IN, "status": MessageStatus.RECEIVED, "intent": "reschedule"}
    _message(row, **answer, text="2", happened_at=at)


def _unreachable(shop: Shop, row: Appointment) -> None:
    changes = {"status": Status.SCHEDULED, "asked_at": None, "whatsapp_sent": False}
    _becomes(row, shop.client(PATRICIA), **changes)
    _message(
        row,
        kind="confirmation_request",
        automatic=True,
        status=MessageStatus.FAILED,
        reason=Reason.NO_WHATSAPP,
        due_at=shop.now - timedelta(minutes=40),
    )


def _question(row: Appointment, at: datetime) -> None:
    text = "Tudo certo para o seu horário?\n\n1 Confirmo\n2 Preciso remarcar\n3 Não vou conseguir"
    _message(
        row,
        kind="confirmation_request",
        automatic=True,
        status=MessageStatus.READ,
        text=text,
        happened_at=at,
        delivered_at=at,
        read_at=at + timedelta(minutes=6),
    )


def _message(row: Appointment, **fields: Any) -> None:
    values = {"direction": Direction.OUT, "revision": row.revision, "phone": row.client.phone}
    Message.objects.create(appointment=row, client=row.client, **{**values, **fields})
