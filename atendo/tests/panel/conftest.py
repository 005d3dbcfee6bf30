"""The company at work and its rival, as the tests of the agenda make them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scheduling.models import Appointment, Status
from scheduling.tests.conftest import barber, clock, salon
from tenants import scope

__all__ = ["barber", "clock", "salon"]


@pytest.fixture
def add():
    """Call it with a shop: an appointment with Bia in a status, past or ahead, free of rules."""

    def add(shop, *, hours=1.0, status=Status.SCHEDULED, minutes=30, **fields):
        at = shop.now + timedelta(hours=hours)
        values = {
            "client": shop.camila,
            "professional": shop.bia,
            "service": shop.cut,
            "starts_at": at,
            "ends_at": at + timedelta(minutes=minutes),
            "price": shop.cut.price,
            "status": status,
        }
        with scope.company(shop.company.pk, switch=True):
            return Appointment.objects.create(**{**values, **fields})

    return add
