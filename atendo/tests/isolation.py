"""Two shops for the tests of isolation.  The rival has more rows, under names of our own, so that
whatever leaks is seen."""

from __future__ import annotations

import copy
from dataclasses import dataclass

from asgiref.sync import async_to_sync
from django.db import connection, transaction

from scheduling.models import Appointment, AppointmentEvent, Client, Professional
from scheduling.tests import factories
from tenants import scope
from tenants.models import Company


@dataclass
class Shop:
    company: Company
    client: Client
    professional: Professional
    appointment: Appointment
    event: AppointmentEvent


def open_shop(company, now, *, clients):
    with scope.company(company.pk):
        rows = [factories.a_client(f"Cliente {n}", f"+551198765432{n}") for n in range(clients)]
        professional = factories.a_professional("Bia")
        appointment = factories.an_appointment(now, client=rows[0], professional=professional)
        return Shop(company, rows[0], professional, appointment, appointment.events.get())


def awaited(function, *args, **kwargs):
    async def call():
        return await function(*args, **kwargs)

    return async_to_sync(call)()


def committed(function):
    """Run it up to the moment at which a COMMIT asks the deferred keys."""
    with transaction.atomic():
        function()
        connection.check_constraints()


def stale(shop: Shop) -> Appointment:
    """Its appointment as some other scope left it: nothing is loaded yet."""
    row = copy.copy(shop.appointment)
    row._state.fields_cache.clear()
    return row


def rows_of(shop: Shop) -> dict:
    """All of a company's rows, as they stand."""
    with scope.company(shop.company.pk, switch=True):
        return {
            model: list(model.objects.order_by("pk").values())
            for model in (Client, Professional, Appointment, AppointmentEvent)
        }
