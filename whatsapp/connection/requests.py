"""What a person asks of the connection: an intention on the row, and a job to fulfil it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from scheduling.events import By
from tenants import scope, security
from whatsapp.evolution.envelope import instance_name_of
from whatsapp.models import Instance, InstanceStatus, Problem, Wanted
from whatsapp.models.instance import new_webhook_secret


class RiskNotAccepted(Exception):
    """Nobody of the company has accepted the risk for its number yet."""


def current_instance() -> Instance | None:
    """The company's instance, or None before the first connection."""
    instance: Instance | None = Instance.objects.select_related("risk_accepted_by").first()
    return instance


@transaction.atomic
def accept_risk(*, by: By, now: datetime) -> Instance:
    """Keep who accepted the risk for the number, and when; the security log has it too."""
    instance = _row()
    instance.risk_accepted_at, instance.risk_accepted_by = now, by.user
    instance.save(update_fields=["risk_accepted_at", "risk_accepted_by"])
    security.record("risk_accepted", origin=by.origin, actor=by.user)
    return instance


@transaction.atomic
def connect(*, by: By, now: datetime, number: str = "") -> Instance:
    """Ask for a code to scan; with `number` (digits) also for a pairing code.

    An open connection stays as it is.  Raises RiskNotAccepted.
    """
    instance = _row()
    if instance.risk_accepted_at is None:
        raise RiskNotAccepted
    if instance.is_open:
        return instance
    again = instance.status in {InstanceStatus.DISCONNECTED, InstanceStatus.RESTRICTED}
    waiting = instance.status in {InstanceStatus.READY_TO_SCAN, InstanceStatus.CREATING}
    if waiting and number == instance.wanted_number:
        return instance
    # A pairing code is given only by an instance that shows no code yet.
    fresh = again or (waiting and bool(number))
    _want(instance, Wanted.RECONNECT if fresh else Wanted.CONNECT, number=number, now=now)
    instance.status = InstanceStatus.CREATING
    instance.save()
    security.record("whatsapp_requested", origin=by.origin, actor=by.user)
    return instance


@transaction.atomic
def disconnect(*, by: By, now: datetime) -> Instance:
    """Unpair the number.  What waits in the queue stays there until the next connection."""
    instance = _row()
    _want(instance, Wanted.DISCONNECT, number="", now=now)
    instance.status = InstanceStatus.DISCONNECTED
    instance.disconnected_at = now
    instance.save()
    security.record("whatsapp_disconnect_requested", origin=by.origin, actor=by.user)
    return instance


def _row() -> Instance:
    company_id = scope.one_company_id()
    defaults = {
        "name": instance_name_of(company_id),
        "webhook_secret": new_webhook_secret(),
    }
    Instance.objects.get_or_create(company_id=company_id, defaults=defaults)
    row: Instance = Instance.objects.select_for_update(of=("self",)).get()
    return row


def _want(instance: Instance, wanted: str, *, number: str, now: datetime) -> None:
    instance.wanted, instance.wanted_at, instance.wanted_number = wanted, now, number
    instance.problem, instance.problem_detail = Problem.NONE, ""
    instance.qr_code = instance.qr_image = instance.pairing_code = ""
    instance.code_issued_at = instance.started_at = instance.webhook_seen_at = None
    instance.checked_at = None  # the next tick looks at it
