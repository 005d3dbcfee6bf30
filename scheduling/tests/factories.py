"""Rows for tests, in the company in scope: one function a model, without surprises."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

from scheduling import services
from scheduling.events import By
from scheduling.models import Appointment, Client, Professional, Service
from tenants.models import Membership, Role, User
from tenants.security import Origin

_number = count(1)

WEB = By(Origin.WEB)


def a_client(name: str = "Camila Prates", phone: str = "") -> Client:
    return Client.objects.create(name=name, phone=phone or f"+55319887{next(_number):05}")


def a_professional(name: str = "") -> Professional:
    return Professional.objects.create(name=name or f"Profissional {next(_number)}")


def a_service(name: str = "", *, minutes: int = 50) -> Service:
    return Service.objects.create(
        name=name or f"Serviço {next(_number)}", duration_minutes=minutes, price=85
    )


def an_appointment(
    now: datetime,
    *,
    client: Client | None = None,
    professional: Professional | None = None,
    ahead: timedelta = timedelta(days=5),
) -> Appointment:
    return services.book(
        client=client or a_client(),
        professional=professional or a_professional(),
        service=a_service(),
        starts_at=now + ahead,
        by=WEB,
        now=now,
    )


def a_user(email: str = "", *, staff: bool = False) -> User:
    email = email or f"pessoa{next(_number)}@exemplo.example"
    return User.objects.create_user(email, "senha-de-teste-1", name="Pessoa", is_staff=staff)


def a_member(role: str = Role.OWNER, user: User | None = None) -> Membership:
    return Membership.objects.create(user=user or a_user(), role=role)
