"""Two companies with a row in every table, for the walker, and everybody who may ask.

The rows of a company are numbered from a number of its own, the same in all tables: one id is a
client, an appointment, a message and whatever else an address may ask for.  Whatever is the
rival's says so: CANARY finds it wherever it shows up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from django.test import Client as Browser
from django.utils import timezone

from atendo.tests.walker import Actor, count_ids_from
from scheduling import phone, services
from scheduling.events import By
from scheduling.models import Client, ClientIdentity, Professional, Weekday, WorkingHours
from scheduling.tests import factories
from tenants import scope, security
from tenants.middleware import SESSION_KEY
from tenants.models import ApiToken, Company, Membership, Role, User
from tenants.security import KINDS, Origin
from whatsapp.models import Direction, Instance, InstanceStatus, Message, MessageStatus
from whatsapp.tests.factories import an_instance, stored, upsert


@dataclass(frozen=True)
class Marks:
    """By what a company is known: the id of its first row of any kind, a name that is also the
    owner's e-mail and password, a phone."""

    id: int
    name: str
    phone: str

    @property
    def spellings(self) -> list[str]:
        """How a page may show what was asked for."""
        phones = (self.phone, phone.display(self.phone), security.masked(self.phone))
        quoted = (self.name.replace("@", "%40"), self.phone.replace("+", "%2B"))
        return [str(self.id), self.name, *phones, *quoted]


OURS = Marks(5100000001, "dona@araucar.example", "+5531988770522")
RIVALS = Marks(7100000001, "dona@quetzal.example", "+5531988740917")
NOBODYS = Marks(7100900001, "dona@quatzal.example", "+5531988740918")
CANARY = re.compile(r"quetzal|(?<!\d)71000000\d\d(?!\d)|40917|4-0917", re.IGNORECASE)
FIRST_NEW_ID, NEW_IDS = 5200000001, r"(?<!\d)52\d{8}(?!\d)"


@dataclass(frozen=True)
class House:
    company: Company
    members: dict[str, User]
    tokens: dict[str, str]


def open_house(marks: Marks) -> House:
    count_ids_from(marks.id)
    slug = marks.name.partition("@")[2].partition(".")[0]
    with scope.every_company("test"):
        company = Company.objects.create(name=marks.name, slug=slug, address=marks.name)
    with scope.company(company.pk):
        house = _people(company, marks)
        _agenda(marks, house)
        _whatsapp(marks)
        _log(marks)
    count_ids_from(FIRST_NEW_ID)
    return house


def _people(company: Company, marks: Marks) -> House:
    members, tokens = {}, {}
    for role in Role.values:
        email = marks.name if role == Role.OWNER else f"{role}-{marks.name}"
        user = User.objects.create_user(email, marks.name, name=marks.name)
        membership = Membership.objects.create(user=user, role=role)
        token = ApiToken(company=company, membership=membership, name=marks.name)
        members[role], tokens[role] = user, token.issue()
        token.save()
    return House(company, members, tokens)


def _agenda(marks: Marks, house: House) -> None:
    """Two appointments of the professional who has a login, and one of another."""
    now, by = timezone.now(), By(Origin.WEB, house.members[Role.OWNER])
    client = factories.a_client(marks.name, marks.phone)
    ClientIdentity.objects.create(client=client, kind="lid", value=f"{marks.name}@lid")
    mine = Membership.objects.get(user=house.members[Role.PROFESSIONAL])
    professional = Professional.objects.create(name=marks.name, membership=mine)
    for day in Weekday:
        WorkingHours.objects.create(
            professional=professional, weekday=day, starts="08:00", ends="20:00"
        )
    visit = {"client": client, "service": factories.a_service(marks.name), "notes": marks.name}
    others = factories.a_professional(f"Outra {marks.name}")
    for days, who in enumerate((professional, professional, others), start=1):
        when = now + timedelta(days=days)
        services.book(**visit, professional=who, starts_at=when, by=by, now=now)
    factories.a_client(f"Sem horário {marks.name}", marks.phone.replace("9887", "9886"))


def _whatsapp(marks: Marks) -> None:
    now, client = timezone.now(), Client.objects.get(pk=marks.id)
    moments = {"risk_accepted_at": now, "connected_at": now}
    an_instance(InstanceStatus.CONNECTED, phone=marks.phone, qr_code=marks.name, **moments)
    Instance.objects.update(webhook_secret=marks.name, profile_name=marks.name)
    about = {"client": client, "appointment": client.appointments.first(), "text": marks.name}
    for number, status in enumerate(MessageStatus.values):
        came = status == MessageStatus.RECEIVED
        Message.objects.create(
            **about,
            direction=Direction.IN if came else Direction.OUT,
            status=status,
            kind="" if came else "receipt",
            phone=marks.phone,
            key_id=f"{marks.name}{number}",
            due_at=now,
            needs_attention=not number,
        )
    stored(upsert(marks.phone, at=now, text=marks.name))


def _log(marks: Marks) -> None:
    words = ("phone", "button", "path", "name", "person", "role", "reason")
    for kind in KINDS:
        security.record(kind, origin=Origin.WEB, **dict.fromkeys(words, marks.name))


def actors_of(house: House) -> dict[str, Actor]:
    """Nobody, a person of no company, the staff, and for each role its session and its token."""
    lonely = User.objects.create_user("so@so.example", name="Só")
    staff = User.objects.create_superuser("equipe@so.example", name="Equipe")
    found = [Actor("stranger"), Actor("of no company", session_of(lonely))]
    found.append(Actor("staff", session_of(staff)))
    for role, user in house.members.items():
        token = {"Authorization": f"Bearer {house.tokens[role]}"}
        found += [
            Actor(f"{role}", session_of(user, house.company)),
            Actor(f"token of {role}", headers=token),
        ]
    return {actor.name: actor for actor in found}


def session_of(user: User, company: Company | None = None) -> dict[str, str]:
    """The cookies of a browser in which the person works in the company."""
    browser = Browser()
    browser.force_login(user)
    if company is not None:
        session = browser.session
        session[SESSION_KEY] = company.pk
        session.save()
    return {name: morsel.value for name, morsel in browser.cookies.items()}
