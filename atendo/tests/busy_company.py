"""A company after years of work, or with a few rows of everything: for counting queries and for
measuring pages.

`ROWS` says for each table how many rows a busy company has, and how to make the n-th.  The first
row of every table has the same id, and its page is one with a lot to show: half of all visits and
messages are the first client's, and more happened to the first appointment than to any other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import models
from django.test import Client as Browser

from scheduling import phone
from scheduling.models import (
    Absence,
    Appointment,
    AppointmentEvent,
    Client,
    ClientIdentity,
    ClientImport,
    ClientImportRow,
    EventKind,
    Hue,
    ImportStatus,
    Outcome,
    Professional,
    ProfessionalService,
    Service,
    Status,
    WorkingHours,
)
from scheduling.models.client import ConsentSource
from tenants import scope
from tenants.middleware import SESSION_KEY
from tenants.models import (
    ApiToken,
    Company,
    Invitation,
    Membership,
    Role,
    SecurityEvent,
    SupportVisit,
    User,
)
from tenants.security import Origin
from whatsapp.evolution.envelope import instance_name_of
from whatsapp.messages import WITH_TEXT
from whatsapp.models import (
    Direction,
    Instance,
    InstanceStatus,
    Message,
    MessageSetting,
    MessageStatus,
    WebhookEvent,
)

ALL: Final = 1_000_000  # more than any table has

A_DAY: Final = 10  # appointments of each professional
A_STORY: Final = 30  # what happened to the first appointment, and the messages about it
OVER: Final = (Status.CANCELLED, Status.COMPLETED, Status.COMPLETED, Status.NO_SHOW)
AHEAD: Final = (Status.SCHEDULED, Status.CONFIRMED)
NAMES: Final = ("Camila", "Juliana", "Marcos", "Zuleica", "Iracema", "Ângela", "Rafael")
SURNAMES: Final = ("Prates", "Matos", "Vilela", "Prado", "Dorneles", "Conceição", "Nunes")


@dataclass
class BusyCompany:
    """Rows are numbered from `first` on in each table; none has more than `at_most`."""

    first: int
    at_most: int
    now: datetime
    company: Company = field(init=False)
    owner: User = field(init=False)
    made: dict[type[models.Model], list[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        name = f"Empresa {self.first}"
        with scope.every_company("busy company"):
            self.company = Company.objects.create(pk=self.first, name=name, slug=str(self.first))
        with scope.company(self.first):
            for model, (count, make) in ROWS.items():
                self._fill(model, min(count, self.at_most), make)
            self.owner = self.one(User, 0) if self.made[User] else self._lonely_owner()

    def _fill(self, model: Any, count: int, make: Callable[[BusyCompany, int], Any]) -> None:
        rows = [make(self, number) for number in range(count)]
        for number, row in enumerate(rows):
            row.pk = self.first + number
        self.made[model] = model.objects.bulk_create(rows, batch_size=1000)

    def _lonely_owner(self) -> User:
        """Nobody but the one who looks at the page."""
        user = User.objects.create_user(f"{self.first}@so.example", name="Dona Só")
        Membership.objects.create(user=user, role=Role.OWNER)
        return user

    def one(self, model: Any, number: int) -> Any:
        """The row with this number; it starts again from the first where there are fewer."""
        rows = self.made[model]
        return rows[number % len(rows)]

    def often_the_first(self, model: Any, number: int) -> Any:
        """Every second time the first row, else another one."""
        return self.one(model, number if number % 2 else 0)

    @property
    def link(self) -> str:
        """What the address of the first invitation ends in."""
        rows = self.made[Invitation]
        return rows[0].token if rows else "nada"

    def browser(self) -> Browser:
        """A browser in which the owner works in the company."""
        browser = Browser(SERVER_NAME="localhost")
        browser.force_login(self.owner)
        session = browser.session
        session[SESSION_KEY] = self.first
        session.save()
        return browser


def user(busy: BusyCompany, n: int) -> User:
    return User(email=f"pessoa{n}@{busy.first}.example", name=f"{NAMES[n % 7]} {n}", password="!")


def membership(busy: BusyCompany, n: int) -> Membership:
    role = Role.PROFESSIONAL if n else Role.OWNER
    return Membership(user=busy.one(User, n), role=role)


def api_token(busy: BusyCompany, n: int) -> ApiToken:
    owner = busy.one(Membership, 0)
    return ApiToken(membership=owner, name=f"Programa {n}", digest=f"{n:064}")


def invitation(busy: BusyCompany, n: int) -> Invitation:
    """An open one."""
    row = Invitation(
        email=f"convite{n}@{busy.first}.example",
        role=Role.RECEPTIONIST,
        invited_by=busy.one(User, n),
    )
    row.renew(now=busy.now)
    return row


def security_event(busy: BusyCompany, n: int) -> SecurityEvent:
    """Somebody logged in; half the time another one."""
    return SecurityEvent(
        kind="logged_in", origin=Origin.WEB, actor=busy.often_the_first(User, n), data={}
    )


def support_visit(busy: BusyCompany, n: int) -> SupportVisit:
    """One that is over."""
    came = busy.now - timedelta(days=1 + n)
    left = came + timedelta(minutes=15)
    return SupportVisit(
        user=busy.one(User, 0), reason="Chamado", started_at=came, expires_at=left, ended_at=left
    )


def professional(busy: BusyCompany, n: int) -> Professional:
    """The owner's login belongs to nobody, for who has one sees only his own agenda."""
    login = busy.one(Membership, n) if n else None
    return Professional(name=f"Profissional {n}", membership=login, color=Hue.values[n % 12])


def working_hours(busy: BusyCompany, n: int) -> WorkingHours:
    """Two intervals on each day of the week."""
    morning = n // 7 % 2 == 0
    starts, ends = (time(8), time(12)) if morning else (time(13), time(18))
    who = busy.one(Professional, n // 14)
    return WorkingHours(professional=who, weekday=n % 7, starts=starts, ends=ends)


def service(busy: BusyCompany, n: int) -> Service:
    return Service(
        name=f"Serviço {n}",
        category=f"Grupo {n % 5}",
        duration_minutes=30 + n,
        price=Decimal(50 + n),
    )


def professional_service(busy: BusyCompany, n: int) -> ProfessionalService:
    """The first professional's own terms for every service, then the others'."""
    who, what = divmod(n, len(busy.made[Service]))
    return ProfessionalService(
        professional=busy.one(Professional, who),
        service=busy.one(Service, what),
        is_offered=n % 3 > 0 or not n,
        duration_minutes=45,
        price=Decimal(60),
    )


def absence(busy: BusyCompany, n: int) -> Absence:
    """In turns of the first professional, of the whole company, and of another one."""
    who = (busy.one(Professional, 0), None, busy.one(Professional, n))[n % 3]
    starts = busy.now + timedelta(days=n // 3, hours=3)
    return Absence(
        professional=who, starts_at=starts, ends_at=starts + timedelta(hours=1), reason="Curso"
    )


def client(busy: BusyCompany, n: int) -> Client:
    number = f"+55319{80000000 + n}"
    name = f"{NAMES[n % 7]} {SURNAMES[n // 7 % 7]} {n}"
    return Client(
        name=name,
        phone=number,
        phone_key=phone.same_person_key(number),
        notices_consent_at=busy.now,
        notices_consent_from=ConsentSource.PERSON,
        notices_consent_by=busy.one(User, n),
    )


def client_identity(busy: BusyCompany, n: int) -> ClientIdentity:
    who = busy.often_the_first(Client, n)
    return ClientIdentity(client=who, kind=ClientIdentity.Kind.LID, value=f"{n}@lid")


def client_import(busy: BusyCompany, n: int) -> ClientImport:
    """The first one is checked and waits, the others are done."""
    return ClientImport(
        file_name=f"clientes-{n}.csv",
        status=ImportStatus.DONE if n else ImportStatus.CHECKED,
        table=[[1, ["Nome", "Celular"]], [2, ["Camila Prates", "31 98877-1247"]]],
        columns={"name": 0, "phone": 1},
        area="31",
        created_by=busy.one(User, n),
        created_at=busy.now,
    )


def client_import_row(busy: BusyCompany, n: int) -> ClientImportRow:
    """In turns one that is good and one that is refused."""
    return ClientImportRow(
        client_import=busy.one(ClientImport, 0),
        number=2 + n,
        name=f"{NAMES[n % 7]} {n}",
        phone=f"+55319{70000000 + n}",
        phone_key=f"31{70000000 + n}",
        problem="no_name" if n % 2 else "",
        outcome=Outcome.REFUSED if n % 2 else Outcome.WAITING,
    )


def message_setting(busy: BusyCompany, n: int) -> MessageSetting:
    return MessageSetting(
        kind=[*WITH_TEXT][n], text="Olá, {cliente}!", updated_by=busy.one(User, n)
    )


def appointment(busy: BusyCompany, n: int) -> Appointment:
    """In pairs ahead of now and behind it, in full days; the first one is the next to come."""
    turn, who = divmod(n, len(busy.made[Professional]))
    day, hour = divmod(turn, A_DAY)
    away = timedelta(days=day, hours=1 + hour)
    ahead = n // 2 % 2 == 0
    hour_now = busy.now.replace(minute=0, second=0, microsecond=0)
    start = hour_now + away if ahead else hour_now - away
    return Appointment(
        client=busy.often_the_first(Client, n),
        professional=busy.one(Professional, who),
        service=busy.one(Service, n),
        starts_at=start,
        ends_at=start + timedelta(minutes=50),
        status=AHEAD[n % 2] if ahead else OVER[n % 4],
        price=Decimal(85),
    )


def appointment_event(busy: BusyCompany, n: int) -> AppointmentEvent:
    return AppointmentEvent(
        appointment=busy.one(Appointment, max(0, n - A_STORY)),
        kind=EventKind.MOVED if n else EventKind.SCHEDULED,
        origin=Origin.WEB,
        actor=busy.one(User, n),
        revision=1,
        data={"from": busy.now.isoformat(), "to": busy.now.isoformat()},
        created_at=busy.now - timedelta(minutes=n),
        dispatched_at=busy.now,
    )


def instance(busy: BusyCompany, n: int) -> Instance:
    return Instance(
        name=instance_name_of(busy.first),
        status=InstanceStatus.CONNECTED,
        phone="+5531999004400",
        connected_at=busy.now,
        risk_accepted_at=busy.now,
        webhook_secret="segredo",
    )


def message(busy: BusyCompany, n: int) -> Message:
    """In turns one of ours that was read, one that waits, and an answer for a person to read."""
    about = busy.one(Appointment, max(0, n - A_STORY))
    status = (MessageStatus.READ, MessageStatus.WAITING, MessageStatus.RECEIVED)[n % 3]
    came = status == MessageStatus.RECEIVED
    return Message(
        direction=Direction.IN if came else Direction.OUT,
        client=about.client,
        appointment=about,
        kind="" if came else "confirmation_request",
        phone=about.client.phone,
        text="Posso levar minha filha?" if came else "Olá! Confirma o horário de amanhã?",
        status=status,
        due_at=busy.now + timedelta(hours=n % 24),
        expires_at=busy.now + timedelta(days=2),
        happened_at=busy.now - timedelta(minutes=n),
        needs_attention=came,
        key_id=f"{busy.first}-{n}",
    )


def webhook_event(busy: BusyCompany, n: int) -> WebhookEvent:
    return WebhookEvent(
        event="messages.upsert",
        body="{}",
        dedupe_key=str(n),
        received_at=busy.now - timedelta(minutes=n),
        processed_at=busy.now,
    )


# In the order in which they can be made.
ROWS: Final[dict[type[models.Model], tuple[int, Callable[[BusyCompany, int], Any]]]] = {
    User: (12, user),
    Membership: (12, membership),
    ApiToken: (12, api_token),
    Invitation: (40, invitation),
    SecurityEvent: (2000, security_event),
    SupportVisit: (60, support_visit),
    Professional: (10, professional),
    WorkingHours: (140, working_hours),
    Service: (40, service),
    ProfessionalService: (200, professional_service),
    Absence: (60, absence),
    Client: (5000, client),
    ClientIdentity: (500, client_identity),
    ClientImport: (50, client_import),
    ClientImportRow: (500, client_import_row),
    MessageSetting: (len(WITH_TEXT), message_setting),
    Appointment: (5000, appointment),
    AppointmentEvent: (2000, appointment_event),
    Instance: (1, instance),
    Message: (5000, message),
    WebhookEvent: (200, webhook_event),
}
