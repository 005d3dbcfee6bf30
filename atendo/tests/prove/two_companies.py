"""Two companies with a row in every table, for the walker, and everybody who may ask.

The rows of a company are numbered from a number of its own, the same in all tables: one id is a
client, an appointment, a message and whatever else an address may ask for.  Whatever is the
rival's says so: CANARY finds it wherever it shows up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client as Browser
from django.utils import timezone

from atendo.tests.prove.census import count_ids_from
from atendo.tests.prove.walker import Actor
from scheduling import phone, services
from scheduling.events import By
from scheduling.models import (
    Absence,
    Client,
    ClientIdentity,
    ClientImport,
    ImportStatus,
    Outcome,
    Professional,
    ProfessionalService,
    Weekday,
    WorkingHours,
)
from scheduling.tests import factories
from tenants import scope, security
from tenants.middleware import SESSION_KEY
from tenants.models import ApiToken, Company, Invitation, Membership, Role, SupportVisit, User
from tenants.models.invitation import proof_of
from tenants.models.membership import digest_of
from tenants.security import KINDS, Origin
from whatsapp.models import (
    Direction,
    Instance,
    InstanceStatus,
    Message,
    MessageSetting,
    MessageStatus,
)
from whatsapp.tests.factories import an_instance, stored, upsert


@dataclass(frozen=True)
class Marks:
    """By what a company is known: the id of its first row of any kind, a name that is also the
    owner's e-mail and password, a phone."""

    id: int
    name: str
    phone: str

    @property
    def slug(self) -> str:
        return self.name.partition("@")[2].partition(".")[0]

    @property
    def token(self) -> str:
        """The text of the owner's API token."""
        return self.token_of(Role.OWNER)

    def token_of(self, role: str) -> str:
        return f"atd_{self.id}_{self.secret_of(role)}"

    def secret_of(self, role: str) -> str:
        return f"segredo-{role}-{self.slug}"

    @property
    def file(self) -> str:
        return f"{self.slug}.csv"

    @property
    def invitation(self) -> str:
        """The company's id with the secret and the proof of our invitation.  Who holds the
        rival's own link is invited there; what is tried is ours, turned to the rival."""
        return f"{self.id}.{INVITED}.{proof_of(INVITED)}"

    @property
    def places(self) -> dict[str, object]:
        """What goes into the placeholders of an address."""
        return {
            name: getattr(self, name) for name in ("id", "slug", "token", "file", "invitation")
        }

    def in_each(self, names: list[str], kind: str) -> dict[str, object]:
        """The names as fields, each with the value of that kind."""
        return dict.fromkeys(names, getattr(self, kind))

    def spellings(self, kind: str) -> list[str]:
        """How a page may show a value that it was asked for."""
        value = str(getattr(self, kind))
        quoted = quote(value, safe="")
        found = [value, quoted, quote(quoted), quote(value, safe="@")]
        if kind == "phone":
            found += [phone.display(value), security.masked(value)]
        return found


KINDS_OF_MARK = ("id", "name", "phone", "slug", "token", "file", "invitation")
INVITED = "segredo-do-nosso-convite"

OURS = Marks(5100000001, "dona@araucar.example", "+5531988770522")
RIVALS = Marks(7100000001, "dona@quetzal.example", "+5531988740917")
NOBODYS = Marks(7100900001, "dona@quatzal.example", "+5531988740918")
CANARY = re.compile(r"quetzal|(?<!\d)71000000\d\d(?!\d)|40917|4-0917", re.IGNORECASE)
MANY = 1000  # more rows than a test makes between the two houses
FIRST_NEW_ID, NEW_IDS = 5200000001, r"(?<!\d)52\d{8}(?!\d)"


@dataclass(frozen=True)
class House:
    marks: Marks
    company: Company
    members: dict[str, User]


def open_house(marks: Marks) -> House:
    count_ids_from(marks.id)
    with scope.every_company("test"):
        company = Company.objects.create(name=marks.name, slug=marks.slug, address=marks.name)
    with scope.company(company.pk):
        house = _people(company, marks)
        _agenda(marks, house)
        _import(marks, house)
        _whatsapp(marks)
        _log(marks)
        _visit(marks, house)
        _invitation(marks, house)
        default_storage.save(marks.file, ContentFile(marks.name))
    count_ids_from(FIRST_NEW_ID if marks is OURS else FIRST_NEW_ID + MANY)
    return house


def _people(company: Company, marks: Marks) -> House:
    """The first membership is not the owner's, whose access nobody may change; the first token
    is his."""
    members, memberships = {}, {}
    for role in Role.values:
        email = marks.name if role == Role.OWNER else f"{role}-{marks.name}"
        members[role] = User.objects.create_user(email, marks.name, name=marks.name)
    for role in (Role.RECEPTIONIST, Role.MANAGER, Role.PROFESSIONAL, Role.OWNER):
        memberships[role] = Membership.objects.create(user=members[role], role=role)
    for role in Role.values:
        digest = digest_of(marks.secret_of(role))
        ApiToken.objects.create(membership=memberships[role], name=marks.name, digest=digest)
    return House(marks, company, members)


def _invitation(marks: Marks, house: House) -> None:
    """The one that is open."""
    invitation = Invitation(
        email=f"convite-{marks.name}",
        role=Role.PROFESSIONAL,
        invited_by=house.members[Role.OWNER],
    )
    invitation.renew(now=timezone.now())
    invitation.digest = digest_of(INVITED if marks is OURS else f"{INVITED}-{marks.name}")
    invitation.save()


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
    service = factories.a_service(marks.name)
    service.category = marks.name
    service.save()
    ProfessionalService.objects.create(professional=professional, service=service, price=90)
    away = now + timedelta(days=30)
    Absence.objects.create(
        professional=professional,
        starts_at=away,
        ends_at=away + timedelta(days=1),
        reason=marks.name,
    )
    visit = {"client": client, "service": service, "notes": marks.name}
    others = factories.a_professional(f"Outra {marks.name}")
    for days, who in enumerate((professional, professional, others), start=1):
        when = now + timedelta(days=days)
        services.book(**visit, professional=who, starts_at=when, by=by, now=now)
    factories.a_client(f"Sem horário {marks.name}", marks.phone.replace("9887", "9886"))


def _import(marks: Marks, house: House) -> None:
    """A file that waits to be imported: one row is refused."""
    made = ClientImport.objects.create(
        file_name=marks.name,
        status=ImportStatus.CHECKED,
        table=[[1, ["Nome", "Celular"]], [2, [marks.name, marks.phone]], [3, [marks.name, ""]]],
        columns={"name": 0, "phone": 1},
        created_by=house.members[Role.OWNER],
        created_at=timezone.now(),
    )
    client = Client.objects.get(pk=marks.id)
    known = {"phone": client.phone, "phone_key": client.phone_key, "client": client}
    refused = {"problem": "empty", "outcome": Outcome.REFUSED}
    for number, fields in ((2, known), (3, refused)):
        made.rows.create(number=number, name=marks.name, notes=marks.name, **fields)


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
    MessageSetting.objects.create(kind="receipt", text=f"Oi, {{primeiro_nome}}! {marks.name}")


def _visit(marks: Marks, house: House) -> None:
    """A visit of the staff that is over."""
    now = timezone.now()
    SupportVisit.objects.create(
        user=house.members[Role.OWNER],
        reason=marks.name,
        may_change=True,
        started_at=now - timedelta(hours=1),
        expires_at=now - timedelta(minutes=30),
    )


def _log(marks: Marks) -> None:
    words = (
        "phone",
        "button",
        "number",
        "path",
        "name",
        "person",
        "role",
        "reason",
        "until",
        "access",
        "rows",
        "message",
        *("before", "after", "email", "inviter", "changes"),
    )
    for kind in KINDS:
        security.record(kind, origin=Origin.WEB, **dict.fromkeys(words, marks.name))


def actors_of(house: House) -> dict[str, Actor]:
    """Nobody, a person of no company, the staff, and for each role its session and its token."""
    found = [
        Actor("stranger"),
        *map(_a_person, ("of no company", "staff", "staff without rights")),
    ]
    for role, user in house.members.items():
        token = {"Authorization": f"Bearer {house.marks.token_of(role)}"}
        found += [
            Actor(role, session_of(user, house.company)),
            Actor(f"token of {role}", headers=token),
        ]
    return {actor.name: actor for actor in found}


def _a_person(name: str) -> Actor:
    """Somebody who belongs to no company."""
    rights = {"is_staff": name.startswith("staff"), "is_superuser": name == "staff"}
    email = f"{name.replace(' ', '-')}@so.example"
    return Actor(name, session_of(User.objects.create_user(email, name="Só", **rights)))


def session_of(user: User, company: Company | None = None) -> dict[str, str]:
    """The cookies of a browser in which the person works in the company."""
    browser = Browser()
    browser.force_login(user)
    if company is not None:
        session = browser.session
        session[SESSION_KEY] = company.pk
        session.save()
    return {name: morsel.value for name, morsel in browser.cookies.items()}
