"""Two companies with a row in every table, for the walker.

The rows of a company are numbered from a number of its own, the same in all tables: one id is a
client, an appointment, a message and whatever else an address may ask for.  All that is the
rival's says so: CANARY finds it wherever it shows up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.test import Client as Browser
from django.utils import timezone

from atendo.tests.walker import Actor, count_ids_from
from scheduling import phone, services
from scheduling.models import ClientIdentity, Weekday, WorkingHours
from scheduling.tests import factories
from tenants import scope, security
from tenants.middleware import SESSION_KEY
from tenants.models import ApiToken, Company, Membership, Role, User
from tenants.security import KINDS, Origin
from whatsapp.models import Direction, InstanceStatus, Message, MessageStatus
from whatsapp.tests.factories import an_instance, stored, upsert

OURS, NEW, RIVALS, NEVER_USED = 5100000001, 5200000001, 7100000001, 7200000001
CANARY = re.compile(r"quetzal|(?<!\d)71000000\d\d(?!\d)|40917", re.IGNORECASE)
PASSWORD = "senha-de-teste-1"


@dataclass(frozen=True)
class House:
    company: Company
    members: dict[str, User]
    tokens: dict[str, str]


def open_house(name: str, digits: str, first_id: int) -> House:
    """A company named like everything in it, whose phones end in the digits."""
    count_ids_from(first_id)
    with scope.every_company("test"):
        company = Company.objects.create(name=name, slug=name.lower(), address=name)
    with scope.company(company.pk):
        house = _people(company, name)
        _agenda(name, digits, house)
        _messages(name, f"+55319887{digits}")
    count_ids_from(NEW)
    return house


def _people(company: Company, name: str) -> House:
    members, tokens = {}, {}
    for role in Role.values:
        user = User.objects.create_user(f"{role}@{name}.example", PASSWORD, name=f"{name} {role}")
        membership = Membership.objects.create(user=user, role=role)
        token = ApiToken(company=company, membership=membership, name=f"{name} {role}")
        members[role], tokens[role] = user, token.issue()
        token.save()
    return House(company, members, tokens)


def _agenda(name: str, digits: str, house: House) -> None:
    now = timezone.now()
    client = factories.a_client(name, f"+55319887{digits}")
    ClientIdentity.objects.create(client=client, kind="lid", value=f"{name}@lid")
    mine = Membership.objects.get(user=house.members[Role.PROFESSIONAL])
    professional = factories.a_professional(name)
    professional.membership = mine
    professional.save()
    for day in Weekday:
        WorkingHours.objects.create(
            professional=professional, weekday=day, starts="08:00", ends="20:00"
        )
    service = factories.a_service(name)
    by = services_by(house)
    for days in (1, 2):
        services.book(
            client=client,
            professional=professional,
            service=service,
            starts_at=now + timedelta(days=days),
            notes=name,
            by=by,
            now=now,
        )
    colleague = factories.a_professional(f"{name} colega")
    factories.an_appointment(now, client=client, professional=colleague)
    factories.a_client(f"{name} avulso", f"+55319886{digits}")


def services_by(house: House) -> Any:
    return factories.By(Origin.WEB, house.members[Role.OWNER])


def _messages(name: str, number: str) -> None:
    now = timezone.now()
    instance = an_instance(
        InstanceStatus.CONNECTED, phone=number, qr_code=name, profile_name=name
    )
    instance.webhook_secret = f"{name}-webhook"
    instance.risk_accepted_at, instance.connected_at = now, now
    instance.save()
    client = factories.Client.objects.order_by("pk").first()
    appointment = client.appointments.order_by("pk").first()
    common = {"client": client, "appointment": appointment, "phone": number, "text": name}
    said = {**common, "happened_at": now, "needs_attention": True, "key_id": f"{name}1"}
    Message.objects.create(direction=Direction.IN, status=MessageStatus.RECEIVED, **said)
    for status in (MessageStatus.SENT, MessageStatus.WAITING, MessageStatus.DROPPED):
        values = {**common, "kind": "receipt", "due_at": now, "key_id": f"{name}{status}"}
        Message.objects.create(direction=Direction.OUT, status=status, **values)
    stored(upsert(number, at=now, text=name))
    for kind in KINDS:
        words = ("phone", "button", "path", "name", "person", "role", "reason")
        security.record(kind, origin=Origin.WEB, **dict.fromkeys(words, name))


# Who asks --------------------------------------------------------------------------------------


def session_of(user: User, company: Company | None = None) -> dict[str, str]:
    browser = Browser()
    browser.force_login(user)
    if company is not None:
        session = browser.session
        session[SESSION_KEY] = company.pk
        session.save()
    return {name: morsel.value for name, morsel in browser.cookies.items()}


def actors(house: House) -> dict[str, Actor]:
    """Everybody who may ask: nobody, a person of no company, each role, each role's token."""
    found = [Actor("stranger"), Actor("of no company", session_of(factories.a_user("so@so.example")))]
    for role, user in house.members.items():
        found.append(Actor(role, session_of(user, house.company)))
        token = {"Authorization": f"Bearer {house.tokens[role]}"}
        found.append(Actor(f"token of {role}", headers=token))
    return {actor.name: actor for actor in found}


# What is asked for -----------------------------------------------------------------------------

TEXTS = ("Quetzalina", "Quatzalina")
NUMBERS = ("+5531988740917", "+5531988740918")

# By which pairs the walker asks: what is the rival's, and its like that never was.
PAIRS: dict[str, tuple[Any, Any]] = {
    "id": (RIVALS, NEVER_USED),
    "text": TEXTS,
    "phone": NUMBERS,
    "email": ("owner@quetzalina.example", "owner@quatzalina.example"),
}


def spellings(value: Any) -> list[str]:
    """How a page may show the value that was asked for."""
    text = str(value)
    if text.startswith("+"):
        return [text, text.strip("+"), phone.display(text), f"%2B{text.strip('+')}"]
    return [text, text.lower(), text.replace("@", "%40")]
