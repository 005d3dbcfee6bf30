"""Rows for the tests of the pages, in a shop's company."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpResponse

from scheduling.models import Appointment
from scheduling.tests.conftest import Shop
from tenants import scope
from tenants.models import Role
from whatsapp.evolution.envelope import instance_name_of
from whatsapp.messages import KINDS
from whatsapp.models import Direction, Instance, Message, MessageStatus

HTMX = {"HX-Request": "true"}
CODE = "2@" + "Ab1/" * 50


def connected(shop: Shop, **changes: Any) -> Instance:
    """The shop's instance; connected for three days unless told otherwise."""
    values: dict[str, Any] = {
        "status": "connected",
        "phone": "+5531900004400",
        "profile_name": "Flor de Ipê",
        "connected_at": shop.now - timedelta(days=3),
        "risk_accepted_at": shop.now - timedelta(hours=2),
        "risk_accepted_by": shop.members[Role.MANAGER].user,
        "webhook_secret": "segredo",
    }
    with scope.company(shop.company.pk):
        name = instance_name_of(shop.company.pk)
        return Instance.objects.create(name=name, **values | changes)


def pairing(shop: Shop, **changes: Any) -> Instance:
    """An instance that shows a code and was never connected."""
    values: dict[str, Any] = {
        "status": "ready_to_scan",
        "qr_code": CODE,
        "code_issued_at": shop.now,
        "phone": "",
        "profile_name": "",
        "connected_at": None,
    }
    return connected(shop, **values | changes)


def message(shop: Shop, appointment: Appointment | None = None, **changes: Any) -> Message:
    """A message of ours that waits; about the appointment if there is one."""
    values: dict[str, Any] = {
        "direction": Direction.OUT,
        "client": shop.camila,
        "phone": shop.camila.phone,
        "appointment": appointment,
        "revision": appointment.revision if appointment else None,
        "kind": "confirmation_request",
        "status": MessageStatus.WAITING,
        "due_at": shop.now,
    } | changes
    kind = KINDS.get(values["kind"])
    values.setdefault("automatic", kind is not None and kind.automatic)
    with scope.company(shop.company.pk):
        return Message.objects.create(**values)


def reply(
    shop: Shop, text: str, appointment: Appointment | None = None, **changes: Any
) -> Message:
    """What Camila wrote."""
    values: dict[str, Any] = {
        "direction": Direction.IN,
        "kind": "",
        "revision": None,
        "status": MessageStatus.RECEIVED,
        "text": text,
        "due_at": None,
        "happened_at": shop.now,
    }
    return message(shop, appointment, **values | changes)


def words(response: HttpResponse) -> str:
    """The page's source with every run of white space as one blank."""
    return " ".join(response.content.decode().split())
