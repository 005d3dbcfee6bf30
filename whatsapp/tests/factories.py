"""Rows and webhook bodies for tests, in the company in scope."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.utils import timezone

from scheduling import services
from scheduling.models import Appointment
from tenants import scope
from whatsapp.evolution.envelope import instance_name_of
from whatsapp.models import Instance, InstanceStatus, WebhookEvent

SECRET = "segredo-de-teste"


def an_instance(status: str = InstanceStatus.CONNECTED, **fields: Any) -> Instance:
    company_id = scope.company_id()
    defaults = {"phone": "+5531999004400", "webhook_secret": f"{SECRET}-{company_id}"}
    return Instance.objects.create(
        name=instance_name_of(company_id), status=status, **{**defaults, **fields}
    )


def asked(appointment: Appointment, now: datetime) -> Appointment:
    """As after the confirmation request has left."""
    services.mark_asked(appointment, now=now)
    appointment.refresh_from_db()
    return appointment


def upsert(phone: str, *, at: datetime, text: str = "", **data: Any) -> dict[str, Any]:
    """A messages.upsert body as 2.3.6 sends it, for the company in scope."""
    company_id = scope.company_id()
    message = data.pop("message", {"conversation": text})
    key = {
        "remoteJid": f"{phone.lstrip('+')}@s.whatsapp.net",
        "fromMe": False,
        "id": uuid.uuid4().hex.upper()[:20],
        "participant": "",
        "addressingMode": "pn",
        **data.pop("key", {}),
    }
    return {
        "event": "messages.upsert",
        "instance": instance_name_of(company_id),
        "data": {
            "key": key,
            "pushName": "Alguém",
            "message": message,
            "messageType": next(iter(message)),
            "messageTimestamp": int(at.timestamp()),
            **data,
        },
        "date_time": at.isoformat(),
        "sender": "5531999004400@s.whatsapp.net",
        "apikey": None,
    }


def button(button_id: str) -> dict[str, Any]:
    return {"buttonsResponseMessage": {"selectedButtonId": button_id, "type": 1}}


def stored(body: dict[str, Any]) -> WebhookEvent:
    import json

    return WebhookEvent.objects.create(
        event=body["event"],
        body=json.dumps(body),
        dedupe_key=uuid.uuid4().hex,
        received_at=timezone.now(),
    )
