"""Two companies with people, clients and a few appointments, for the demo and the story."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from django.db import transaction

from atendo import demo_conversations
from scheduling import services
from scheduling.agenda import days_between
from scheduling.events import By
from scheduling.models import (
    Absence,
    Client,
    Hue,
    Professional,
    ProfessionalService,
    Service,
    WorkingHours,
)
from tenants import scope
from tenants.models import Company, Invitation, Letter, Membership, Role, User

PASSWORD: Final = "atendo-demo-2026"  # noqa: S105 -- printed by `make demo`
STAFF_EMAIL: Final = "equipe@atendo.example"


@dataclass(frozen=True, slots=True)
class Person:
    email: str
    name: str
    role: str


class Offer(NamedTuple):
    """A service: `around` is what it needs before and after, in minutes."""

    name: str
    minutes: int
    price: str
    category: str
    around: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class DemoCompany:
    name: str
    slug: str
    segment: str
    address: str
    phone: str
    people: tuple[Person, ...]
    professionals: tuple[str, ...]
    services: tuple[Offer, ...]
    clients: tuple[tuple[str, str], ...]


COLOURS: Final = (Hue.PLUM, Hue.TEAL)

# A person who is a client of both companies.
BOTH: Final = ("Marcos Vilela", "+5531987654321")
MANAGER_OF_BOTH: Final = Person("sara@consultoria.example", "Sara Consultora", Role.MANAGER)

NOTES: Final = {
    "Camila Prates": "Prefere secador morno. Costuma chegar 5 minutos antes.",
    "Marcos Vilela": "Vem sempre depois do trabalho.",
}

COMPANIES: Final = (
    DemoCompany(
        name="Salão Flor de Ipê",
        slug="flor-de-ipe",
        segment="salon",
        address="Rua dos Ipês, 120",
        phone="+5531999004400",
        people=(
            Person("renata@flordeipe.example", "Renata Aguiar", Role.OWNER),
            Person("lia@flordeipe.example", "Lia Campos", Role.RECEPTIONIST),
            Person("bia@flordeipe.example", "Bia Moura", Role.PROFESSIONAL),
            MANAGER_OF_BOTH,
        ),
        professionals=("Bia Moura", "Denise Rocha"),
        services=(
            Offer("Corte", 40, "70", "Cabelo"),
            Offer("Escova", 50, "85", "Cabelo", around=(0, 10)),
            Offer("Manicure", 30, "45", "Unhas", around=(5, 5)),
        ),
        clients=(
            ("Camila Prates", "+5531988771247"),
            ("Juliana Matos", "+5531988773311"),
            BOTH,
        ),
    ),
    DemoCompany(
        name="Barbearia Prosa & Navalha",
        slug="prosa-e-navalha",
        segment="barber",
        address="Av. do Contorno, 900",
        phone="+5531999115500",
        people=(
            Person("otavio@prosanavalha.example", "Otávio Reis", Role.OWNER),
            Person("nina@prosanavalha.example", "Nina Prado", Role.RECEPTIONIST),
            MANAGER_OF_BOTH,
        ),
        professionals=("Téo Lima",),
        services=(
            Offer("Corte masculino", 30, "55", "Cabelo"),
            Offer("Barba", 30, "40", "Barba", around=(0, 5)),
        ),
        clients=(("Rafael Nunes", "+5531988772200"), BOTH),
    ),
)

# Who has been invited to a team and has not answered yet.
INVITED: Final = {"flor-de-ipe": "paula@flordeipe.example"}


def make(now: datetime) -> list[Company]:
    """Make what is missing; on a second run nothing changes.  Returns the companies."""
    _staff()
    return [_company(demo, now) for demo in COMPANIES]


def _staff() -> None:
    if not User.objects.filter(email=STAFF_EMAIL).exists():
        User.objects.create_superuser(STAFF_EMAIL, PASSWORD, name="Equipe Atendo")


@transaction.atomic
def _company(demo: DemoCompany, now: datetime) -> Company:
    company: Company
    with scope.every_company("demo data"):
        company, created = Company.objects.get_or_create(
            slug=demo.slug,
            defaults={
                "name": demo.name,
                "segment": demo.segment,
                "address": demo.address,
                # At any hour somebody may try the demo.
                "message_hours_start": time(0, 0),
                "message_hours_end": time(23, 59),
                "pace_seconds": 2,
            },
        )
    if created:
        with scope.company(company.pk):
            _fill(demo, company, now)
    return company


def _fill(demo: DemoCompany, company: Company, now: datetime) -> None:
    memberships = {person.name: _member(person) for person in demo.people}
    professionals = [
        _professional(name, hue, memberships)
        for name, hue in zip(demo.professionals, COLOURS, strict=False)
    ]
    offered = [_service(offer) for offer in demo.services]
    clients = [
        Client.objects.create(name=name, phone=phone, notes=NOTES.get(name, ""))
        for name, phone in demo.clients
    ]
    _exceptions(demo, company, professionals, offered, now)
    _invitation(demo, memberships[demo.people[0].name], now)
    _appointments(company, clients, professionals, offered, now)
    demo_conversations.make(clients, now)


def _invitation(demo: DemoCompany, owner: Membership, now: datetime) -> None:
    """Somebody has an e-mail to answer; its link is in no one's hands."""
    email = INVITED.get(demo.slug)
    if email:
        invitation = Invitation(email=email, role=Role.RECEPTIONIST, invited_by=owner.user)
        invitation.renew(now=now)
        invitation.letter = Letter.SENT
        invitation.save()


def _service(offer: Offer) -> Service:
    before, after = offer.around
    service: Service = Service.objects.create(
        name=offer.name,
        category=offer.category,
        duration_minutes=offer.minutes,
        price=Decimal(offer.price),
        buffer_before_minutes=before,
        buffer_after_minutes=after,
    )
    return service


def _member(person: Person) -> Membership:
    user = User.objects.filter(email=person.email).first()
    user = user or User.objects.create_user(person.email, PASSWORD, name=person.name)
    membership: Membership = Membership.objects.create(user=user, role=person.role)
    return membership


def _professional(name: str, hue: Hue, memberships: dict[str, Membership]) -> Professional:
    professional: Professional = Professional.objects.create(
        name=name, color=hue, membership=memberships.get(name)
    )
    for weekday in range(6):
        WorkingHours.objects.create(
            professional=professional, weekday=weekday, starts=time(8), ends=time(20)
        )
    return professional


def _exceptions(
    demo: DemoCompany,
    company: Company,
    professionals: list[Professional],
    offered: list[Service],
    now: datetime,
) -> None:
    """What differs from the rule: one has a price and time of her own, does not do a service, and
    will be away; the company has a day on which it is closed."""
    first, last = professionals[0], professionals[-1]
    ProfessionalService.objects.create(
        professional=first,
        service=offered[0],
        duration_minutes=offered[0].duration_minutes + 10,
        price=Decimal(demo.services[0].price) + 20,
    )
    if first != last:
        ProfessionalService.objects.create(
            professional=last, service=offered[-1], is_offered=False
        )
    today = now.astimezone(company.zone).date()
    for days, length, who, reason in (
        (20, 5, last, "Férias"),
        (30, 1, None, "Reforma" if company.segment == "salon" else "Inventário"),
    ):
        day = today + timedelta(days=days)
        span = days_between(day, day + timedelta(days=length - 1), company.zone)
        Absence.objects.create(
            professional=who, starts_at=span.start, ends_at=span.end, reason=reason
        )


def _appointments(
    company: Company,
    clients: list[Client],
    professionals: list[Professional],
    offered: list[Service],
    now: datetime,
) -> None:
    """One for each client, the day after tomorrow or on Monday: soon, and not in the way."""
    local = now.astimezone(company.zone) + timedelta(days=2)
    day = local + timedelta(days=1) if local.weekday() == 6 else local
    for number, client in enumerate(clients):
        at = datetime.combine(day.date(), time(9 + 2 * number), company.zone)
        services.book(
            client=client,
            professional=professionals[number % len(professionals)],
            service=offered[number % len(offered)],
            starts_at=at,
            by=By.atendo(),
            now=now,
        )
