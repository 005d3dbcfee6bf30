"""The demo's companies at the moment of the pictures, one connected to WhatsApp, the other one
about to be.  Run as a program in the stack's environment; prints the ids that addresses name."""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta
from typing import Any

import django

CODE = "2@" + "aB3xYz9/Kq" * 20


def main() -> None:
    django.setup()
    from atendo import demo_data, demo_days
    from atendo.tests.browser.moment import NOW

    salon, barber = demo_data.make(NOW)
    demo_days.add([salon, barber], NOW)
    connection(salon, phone="+5531999004400", status="connected", connected_at=NOW)
    connection(barber, status="ready_to_scan", qr_code=CODE, code_issued_at=NOW)
    json.dump(ids(salon, NOW), sys.stdout)


def connection(company: Any, **fields: Any) -> None:
    from atendo.tests.browser.moment import NOW
    from tenants import scope
    from tenants.models import Membership
    from whatsapp.models import Instance

    with scope.company(company.pk):
        owner = Membership.objects.get(role="owner").user
        Instance.objects.create(
            name=f"company_{company.pk}_whatsapp",
            webhook_secret="not a secret",
            risk_accepted_at=NOW,
            risk_accepted_by=owner,
            started_at=NOW,
            webhook_seen_at=NOW,
            **fields,
        )


def ids(company: Any, now: datetime) -> dict[str, int]:
    from scheduling.models import Appointment, Client, Professional, Service
    from tenants import scope

    with scope.company(company.pk):
        ahead = Appointment.objects.open_at(now).with_people().order_by("starts_at", "id")
        with_story = ["Patrícia Nunes", "Camila Prates", "Juliana Matos", "Lourdes Tavares"]
        plain = ahead.exclude(client__name__in=with_story)
        confirmed = plain.filter(status="confirmed").first()
        answered(confirmed)
        return {
            "confirmed": confirmed.pk,
            "open": plain.filter(starts_at__gt=now + timedelta(hours=20)).first().pk,
            "client": Client.objects.get(name="Camila Prates").pk,
            "conversation": Client.objects.get(name="Lourdes Tavares").pk,
            "professional": Professional.objects.get(name="Bia Moura").pk,
            "service": Service.objects.get(name="Corte").pk,
            "import": an_import(now),
        }


def an_import(now: datetime) -> int:
    """A spreadsheet that was checked, with two rows to correct."""
    from scheduling import client_imports, tables
    from tenants.models import User

    lines = (
        *("Nome;Celular;Observações", "Marisa Lacerda;(31) 98123-4501;Alérgica a amônia"),
        *("Regina Fontes;(31) 98123-4502;", "Camila Prates;(31) 98877-1247;", "Sem celular;;"),
        *("Tânia Morais;(31) 98123-4503;Prefere de manhã", "Vera Lúcia;31 2345;"),
    )
    received = client_imports.receive(
        tables.read("\n".join(lines).encode()),
        file_name="clientes-do-caderno.csv",
        by=User.objects.get(email="renata@flordeipe.example"),
        now=now,
    )
    choices = client_imports.Choices(columns=received.columns, area="31", with_consent=True)
    client_imports.check(received, choices)
    return received.pk


def answered(appointment: Any) -> None:
    """The question, read, and the client's answer."""
    from whatsapp.models import Message

    about = {
        "client": appointment.client,
        "appointment": appointment,
        "phone": appointment.client.phone,
    }
    asked = appointment.asked_at
    starts = appointment.starts_at.astimezone(appointment.company.zone)
    question = (
        f"Olá, {appointment.client.first_name}! Passando para lembrar do seu horário:"
        f"\n*{appointment.service.name}* com {appointment.professional.name},"
        f" {starts:%d/%m} às {starts:%H:%M}.\n\nResponda só com o número:\n1 Confirmo"
        "\n2 Preciso remarcar\n3 Cancelar"
    )
    Message.objects.create(
        **about,
        direction="out",
        kind="confirmation_request",
        status="read",
        text=question,
        due_at=asked,
        happened_at=asked,
        delivered_at=asked + timedelta(minutes=1),
        read_at=asked + timedelta(minutes=30),
    )
    Message.objects.create(
        **about,
        direction="in",
        status="received",
        text="1",
        intent="confirm",
        happened_at=asked + timedelta(hours=2),
    )


if __name__ == "__main__":
    main()
