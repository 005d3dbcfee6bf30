"""A company with people, and its rival with people of the same names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client as Browser

from scheduling import services
from scheduling.events import By
from scheduling.models import Appointment, Client, Professional, Service
from tenants import scope
from tenants.middleware import SESSION_KEY
from tenants.models import Company, Membership, Role, User
from tenants.security import Origin


@dataclass
class Shop:
    """One company at work.  Bia has a login of her own; Denise has none."""

    company: Company
    members: dict[str, Membership]
    bia: Professional
    denise: Professional
    cut: Service
    camila: Client
    now: datetime

    def browser(self, role: str = Role.OWNER) -> Browser:
        browser = Browser()
        browser.force_login(self.members[role].user)
        session = browser.session
        session[SESSION_KEY] = self.company.pk
        session.save()
        return browser

    def book(self, *, hours: float = 3, **changes: Any) -> Appointment:
        """Book Camila with Bia so many hours from now."""
        values: dict[str, Any] = {
            "client": self.camila,
            "professional": self.bia,
            "service": self.cut,
            "starts_at": self.now + timedelta(hours=hours),
            "by": By(Origin.WEB, self.members[Role.OWNER].user),
            "now": self.now - timedelta(days=30),
        }
        with scope.company(self.company.pk, switch=True):
            return services.book(**{**values, **changes})

    def fresh(self, row: Any) -> Any:
        with scope.company(self.company.pk, switch=True):
            return type(row).objects.get(pk=row.pk)

    def count(self, model: Any) -> int:
        with scope.company(self.company.pk, switch=True):
            return model.objects.count()


def open_shop(company: Company, now: datetime, *, phone: str) -> Shop:
    domain = company.slug
    members = {}
    with scope.company(company.pk):
        for role in Role.values:
            user = User.objects.create_user(
                f"{role}@{domain}.example", "x" * 12, name="Renata Aguiar"
            )
            members[role] = Membership.objects.create(user=user, role=role)
        bia = Professional.objects.create(name="Bia", membership=members[Role.PROFESSIONAL])
        denise = Professional.objects.create(name="Denise")
        cut = Service.objects.create(name="Corte", duration_minutes=40, price=85)
        camila = Client.objects.create(name="Camila Prates", phone=phone)
    return Shop(company, members, bia, denise, cut, camila, now)


@pytest.fixture
def clock(monkeypatch, now):
    """The views' clock stands at `now`, a Tuesday, 09:00 in São Paulo."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    return now


@pytest.fixture
def salon(company, clock):
    return open_shop(company, clock, phone="+5531987651247")


@pytest.fixture
def barber(rival, clock):
    """The rival: its rows would be seen if anything leaked."""
    return open_shop(rival, clock, phone="+5531987651247")
