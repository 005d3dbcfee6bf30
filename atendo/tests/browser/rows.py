"""Rows for the pages to show: a company with a lot, one with thousands, one with nothing, one for
each situation of the connection.  Run as a program in the stack's environment; prints what a test
needs to know."""

from __future__ import annotations

import json
import sys
from datetime import datetime, time, timedelta
from itertools import cycle
from typing import Any

import django

PERSON = "todas@situacoes.example"
NEWCOMER = "nova@clinica.example"
CROWDED, LONELY = "muitas@pessoas.example", "uma@pessoa.example"
BUSY_ID = 5_000_000  # the company's, and in every table that of its first row
BUSY = f"pessoa0@{BUSY_ID}.example"
LONG = "Maria Aparecida do Perpétuo Socorro de Albuquerque e Vasconcelos Cavalcanti"
UNBROKEN = "Supercalifragilisticoexpialidoso" * 4
CODE = "2@" + "aB3xYz9/Kq" * 20
NUMBER = "+5531999006600"

# What an instance stores; `*_at` are hours ago, so the code issued at -1 stays fresh.
CONNECTIONS: dict[str, dict[str, Any] | None] = {
    "not-configured": None,
    "creating": {"status": "creating", "wanted": "connect"},
    "ready-to-scan": {
        "status": "ready_to_scan",
        "qr_code": CODE,
        "code_issued_at": -1,
        "pairing_code": "ABCD1234",
        "wanted_number": NUMBER.lstrip("+"),
    },
    "code-expired": {"status": "ready_to_scan", "qr_code": CODE, "code_issued_at": 1},
    "connected": {"status": "connected", "phone": NUMBER, "connected_at": 30},
    "webhook-silent": {
        "status": "ready_to_scan",
        "problem": "webhook_silent",
        "qr_code": CODE,
        "code_issued_at": -1,
    },
    "server-away": {
        "status": "connected",
        "problem": "server_away",
        "problem_detail": "ConnectTimeout: " + "http://evolution.internal:8080/" * 5,
        "phone": NUMBER,
        "connected_at": 30,
    },
    "unpaired": {
        "status": "disconnected",
        "problem": "unpaired",
        "phone": NUMBER,
        "disconnected_at": 3,
    },
    "code-limit": {
        "status": "disconnected",
        "problem": "code_limit",
        "disconnected_at": 1,
    },
    "restricted": {
        "status": "restricted",
        "problem": "refused_by_whatsapp",
        "phone": NUMBER,
        "disconnected_at": 5,
    },
}


def main() -> None:
    django.setup()
    from django.utils import timezone

    from atendo import demo_data

    now = timezone.now()
    salon, barber = demo_data.make(now)
    person = a_user(PERSON, "Teresa Todas")
    for name, fields in CONNECTIONS.items():
        connection(name, fields, person, now)
    emptiness()
    known = salon_rows(salon, now) | {"foreign": foreign(barber)}
    thousands(now)
    json.dump(known | crowd(now) | loneliness(), sys.stdout)


def a_user(email: str, name: str) -> Any:
    from atendo.demo_data import PASSWORD
    from tenants.models import User

    return User.objects.create_user(email, PASSWORD, name=name)


def a_company(name: str, slug: str, **fields: Any) -> Any:
    from tenants import scope
    from tenants.models import Company

    with scope.every_company("rows for the browser tests"):
        return Company.objects.create(name=name, slug=slug, **fields)


def emptiness() -> None:
    from tenants import scope
    from tenants.models import Membership

    company = a_company("Clínica Nova", "clinica-nova")
    with scope.company(company.pk):
        Membership.objects.create(user=a_user(NEWCOMER, "Nádia Nova"), role="owner")


def thousands(now: datetime) -> None:
    from atendo.demo_data import PASSWORD
    from atendo.tests.busy_company import ALL, BusyCompany

    owner = BusyCompany(first=BUSY_ID, at_most=ALL, now=now).owner
    owner.set_password(PASSWORD)
    owner.save()


def crowd(now: datetime) -> dict[str, int]:
    """60 professionals and 100 services; the first have long names, and differ in everything."""
    from scheduling.models import (
        Absence,
        Hue,
        Professional,
        ProfessionalService,
        Service,
        WorkingHours,
    )
    from tenants import scope
    from tenants.models import Membership

    company = a_company("Rede de Salões", "rede")
    with scope.company(company.pk):
        Membership.objects.create(user=a_user(CROWDED, "Marta Muitas"), role="owner")
        hues = cycle(Hue)
        people = [
            Professional.objects.create(name=name, color=next(hues), is_active=number < 55)
            for number, name in enumerate(
                [LONG, UNBROKEN[:120], *(f"Pessoa {n:02}" for n in range(58))]
            )
        ]
        offered = [
            Service.objects.create(
                name=LONG if not number else f"Serviço {number:03}",
                category=("", "Cabelo", "Unhas", UNBROKEN[:50])[number % 4],
                price=number * 37 or None,
                buffer_before_minutes=number % 3 * 5,
                buffer_after_minutes=number % 2 * 10,
                is_active=number < 95,
            )
            for number in range(100)
        ]
        for number, starts in enumerate(("07:15", "13:00", "19:30")):
            for day in range(number, 7):
                WorkingHours.objects.create(
                    professional=people[0],
                    weekday=day,
                    starts=starts,
                    ends=time(int(starts[:2]) + 3),
                )
        for service in offered[:10]:
            ProfessionalService.objects.create(
                professional=people[0], service=service, is_offered=bool(service.price), price=1999
            )
        for number, who in enumerate([None, *people]):
            starts_at = now + timedelta(days=number - 4, hours=number)
            Absence.objects.create(
                professional=who,
                starts_at=starts_at,
                ends_at=starts_at + timedelta(days=number % 5, hours=3),
                reason=("Férias", "", UNBROKEN[:100])[number % 3],
            )
        return {
            "long_professional": people[0].pk,
            "archived": people[-1].pk,
            "absence": Absence.objects.filter(professional=people[0]).get().pk,
            "long_service": offered[0].pk,
        }


def loneliness() -> dict[str, int]:
    """One professional without hours and no service; in another company a service of nobody's."""
    from scheduling.models import Professional, Service
    from tenants import scope
    from tenants.models import Membership

    alone = a_company("Ateliê", "atelie")
    with scope.company(alone.pk):
        Membership.objects.create(user=a_user(LONELY, "Uma Só"), role="owner")
        lonely = Professional.objects.create(name="Uma Só")
    with scope.every_company("rows for the browser tests"):
        newcomers = type(alone).objects.get(slug="clinica-nova")
    with scope.company(newcomers.pk):
        nobodys = Service.objects.create(name="Consulta", is_active=False)
    return {"lonely": lonely.pk, "nobodys": nobodys.pk}


def connection(name: str, fields: dict[str, Any] | None, person: Any, now: datetime) -> None:
    """A company named after its situation, with a queue, and messages that a person must read."""
    from tenants import scope
    from tenants.models import Membership
    from whatsapp.models import Instance

    company = a_company(name, name)
    with scope.company(company.pk):
        Membership.objects.create(user=person, role="owner")
        if fields is None:
            return
        client = a_client("Camila Prates", "+5531988771247")
        messages(client, now)
        stored = {
            key: now - timedelta(hours=value) if key.endswith("_at") else value
            for key, value in fields.items()
        }
        Instance.objects.create(
            name=f"company_{company.pk}_whatsapp",
            webhook_secret="not a secret",
            risk_accepted_at=now,
            risk_accepted_by=person,
            started_at=now,
            **stored,
        )


def a_client(name: str, phone: str, **fields: Any) -> Any:
    from scheduling.models import Client

    return Client.objects.create(name=name, phone=phone, **fields)


def messages(client: Any, now: datetime, appointment: Any = None) -> None:
    """One in every status, long texts, and some that wait for a person."""
    from whatsapp.models import Message, Reason

    kinds = cycle(["receipt", "confirmation_request", "second_request", "reminder"])
    reasons = {"failed": Reason.NO_WHATSAPP, "dropped": Reason.OPTED_OUT}
    statuses = ("waiting", "unknown", "sent", "delivered", "read", "failed", "dropped")
    for number, status in enumerate(statuses):
        left = status in {"sent", "delivered", "read"}
        Message.objects.create(
            direction="out",
            client=client,
            appointment=appointment,
            kind=next(kinds),
            status=status,
            reason=reasons.get(status, ""),
            phone=client.phone,
            text=f"Olá, {UNBROKEN}\n*Escova* amanhã às 16:30." if left else "",
            due_at=now + timedelta(minutes=number),
            expires_at=now + timedelta(hours=1 + number),
            happened_at=now - timedelta(minutes=30 - number) if left else None,
            delivered_at=now if status in {"delivered", "read"} else None,
            read_at=now if status == "read" else None,
            needs_attention=status == "failed",
        )
    for text in ("simples assim", UNBROKEN, ""):
        Message.objects.create(
            direction="in",
            client=client,
            appointment=appointment,
            status="received",
            phone=client.phone,
            text=text,
            happened_at=now,
            needs_attention=True,
        )


def salon_rows(company: Any, now: datetime) -> dict[str, Any]:
    """A full day in every status, more clients than a page holds, a long log."""
    from scheduling.models import Client, Professional, Service, Status
    from tenants import scope, security

    with scope.company(company.pk):
        for number in range(60):
            one = a_client(f"Cliente Número {number:02}", f"+55319770{number:05}")
            said(one, f"Bom dia, tem vaga? {number}", now - timedelta(hours=number + 1))
        long = a_client(LONG + UNBROKEN, "+5531977990000", notes=UNBROKEN * 3, opted_out_at=now)
        known = Client.objects.get(name="Camila Prates")
        professional, service = Professional.objects.first(), Service.objects.first()
        today = now.astimezone(company.zone).date()
        midday = datetime.combine(today, time(8), company.zone)
        booked = [
            appointment(client, professional, service, midday + timedelta(hours=hour), status)
            for hour, (client, status) in enumerate(zip(cycle([known, long]), Status.values))
        ]
        later = midday + timedelta(days=1)
        open_one = appointment(long, professional, service, later, "scheduled", notes=UNBROKEN)
        messages(long, now, open_one)
        unknown = said(
            None, f"Quem é? {UNBROKEN}", now, phone="+5531988001122", needs_attention=True
        )
        written(known, now)
        for _time in range(60):
            security.record("button_refused", origin="webhook", phone="•••• 1247", button=UNBROKEN)
        return imports(company, now) | {
            "appointment": open_one.pk,
            "cancelled": booked[Status.values.index("cancelled")].pk,
            "client": known.pk,
            "long_client": long.pk,
            "professional": professional.pk,
            "service": service.pk,
            "unknown": unknown.pk,
            **invitations(company, now),
        }


def imports(company: Any, now: datetime) -> dict[str, int]:
    """A file whose columns are asked for, one that was checked, one at work, one that is done."""
    from scheduling import client_imports
    from scheduling.models import ClientImport, ImportStatus
    from scheduling.tables import Line
    from tenants.models import Membership

    owner = Membership.objects.filter(role="owner").first().user
    columns = {"name": 0, "phone": 1, "notes": 2}
    people = [[f"Pessoa {n}", f"31 96{n:07}", UNBROKEN if n % 9 == 0 else ""] for n in range(30)]
    wrong = [[LONG + UNBROKEN, "98877-0001 ramal", ""] for _number in range(60)]
    known = [["Camila P.", "31 98877-1247", ""]]
    cells = [["Nome", f"Celular {UNBROKEN}", ""], *people, *wrong, *known]
    found = {}
    for status in ImportStatus.values:
        made = client_imports.receive(
            [Line(number, row) for number, row in enumerate(cells, start=1)],
            file_name=f"clientes-{UNBROKEN}.xlsx",
            by=owner,
            now=now,
        )
        if status != ImportStatus.COLUMNS:
            client_imports.check(made, client_imports.Choices(columns))
        if status in {ImportStatus.DONE, ImportStatus.UNDONE}:
            client_imports.begin(made, by=owner)
            client_imports.go_on(lambda: False, now=lambda: now)
        found[f"import_{status}"] = made.pk
    for status in (ImportStatus.RUNNING, ImportStatus.UNDONE):
        ClientImport.objects.filter(pk=found[f"import_{status}"]).update(status=status)
    return found


def invitations(company: Any, now: datetime) -> dict[str, Any]:
    """One in each state, and the links of one that is open."""
    from tenants.models import Invitation, Membership

    owner, *others = Membership.objects.select_related("user").order_by("id")
    for letter in ("failed", "sent", "waiting"):
        email = f"{UNBROKEN}@{letter}.example".lower()
        made = Invitation(email=email, role="receptionist", invited_by=owner.user)
        made.renew(now=now if letter != "sent" else now - timedelta(days=4))
        made.letter = letter
        made.save()
    return {
        "invitation": made.mailed_token,
        "copied_invitation": made.token,
        "member": others[0].pk,
        "owner": owner.pk,
    }


def said(client: Any, text: str, at: datetime, **fields: Any) -> Any:
    """What a client wrote, or, of none, somebody."""
    from whatsapp.models import Message

    return Message.objects.create(
        direction="in", client=client, status="received", text=text, happened_at=at, **fields
    )


def written(client: Any, now: datetime) -> None:
    """What people wrote by hand to a client: it failed, left, and waits; and an old page of it."""
    from whatsapp.models import Message

    for number in range(55):
        said(client, f"Mensagem antiga {number}", now - timedelta(days=40 + number))
    base = {"direction": "out", "client": client, "kind": "written", "phone": client.phone}
    by = {"by": f"Lia Campos {LONG}"}
    for status, reason in (("failed", "refused"), ("read", ""), ("waiting", "")):
        left = now - timedelta(minutes=20) if status == "read" else None
        Message.objects.create(
            **base,
            status=status,
            reason=reason,
            text=f"Oi, Camila. {UNBROKEN if status == 'read' else 'Até já.'}",
            due_at=now - timedelta(minutes=30),
            happened_at=left,
            data=by,
        )


def appointment(
    client: Any, professional: Any, service: Any, at: datetime, status: str, **fields: Any
) -> Any:
    from scheduling.models import Appointment

    return Appointment.objects.create(
        client=client,
        professional=professional,
        service=service,
        starts_at=at,
        ends_at=at + service.duration,
        price=service.price,
        status=status,
        **fields,
    )


def foreign(company: Any) -> int:
    from scheduling.models import Appointment
    from tenants import scope

    with scope.company(company.pk):
        return Appointment.objects.first().pk


if __name__ == "__main__":
    main()
