"""What the server reports about a connection becomes the status that the page shows."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from scheduling.phone import InvalidPhone, from_jid, normalize
from tenants import security
from tenants.security import Origin
from whatsapp.evolution.answers import QrCode
from whatsapp.evolution.events import (
    ConnectionChanged,
    InstanceClosed,
    LoggedOut,
    QrCodeIssued,
    QrLimitReached,
)
from whatsapp.models import Instance, InstanceStatus, Problem, Wanted

Report = ConnectionChanged | InstanceClosed | LoggedOut | QrCodeIssued | QrLimitReached | QrCode

UNPAIRED = frozenset({401})
REFUSED = frozenset({402, 403, 406})
WAITING_FOR_SCAN = frozenset({InstanceStatus.CREATING, InstanceStatus.READY_TO_SCAN})


@transaction.atomic
def apply(report: Report, *, now: datetime) -> bool:
    """Apply a report from the webhook or from an answer.  Returns whether it changed anything."""
    instance = Instance.objects.select_for_update(of=("self",)).first()
    if instance is None or instance.wanted == Wanted.DISCONNECT:
        return False
    changed = _apply(instance, report, now)
    if changed:
        instance.save()
    return changed


def _apply(instance: Instance, report: Report, now: datetime) -> bool:
    match report:
        case QrCode() | QrCodeIssued():
            return _code(instance, report, now)
        case QrLimitReached():
            return _lost(instance, Problem.CODE_LIMIT, now)
        case LoggedOut():
            return _closed(instance, 401, now)
        case InstanceClosed(reason=reason):
            return _closed(instance, reason, now)
        case ConnectionChanged(state="open"):
            return opened(instance, report.owner_jid, report.profile_name, now)
        case ConnectionChanged(state="connecting"):
            return _connecting(instance)
        case ConnectionChanged(reason=reason):
            return _closed(instance, reason, now)


def _code(instance: Instance, code: QrCode | QrCodeIssued, now: datetime) -> bool:
    """A late code does not undo a connection."""
    if not (code.code or code.image) or instance.is_open:
        return False
    if instance.status not in WAITING_FOR_SCAN and not instance.wanted:
        return False
    instance.status = InstanceStatus.READY_TO_SCAN
    instance.qr_code, instance.qr_image = code.code or "", code.image or ""
    instance.pairing_code = code.pairing_code or ""
    instance.code_issued_at = now
    if instance.problem != Problem.WEBHOOK_SILENT:
        instance.problem = Problem.NONE
    return True


def opened(instance: Instance, jid: str | None, profile: str | None, now: datetime) -> bool:
    """The number is paired.  The caller saves."""
    was_open = instance.is_open
    instance.status, instance.wanted = InstanceStatus.CONNECTED, Wanted.NOTHING
    instance.problem, instance.problem_detail = Problem.NONE, ""
    instance.qr_code = instance.qr_image = instance.pairing_code = ""
    instance.phone = _owner_phone(jid) or instance.phone
    instance.profile_name = (profile or instance.profile_name)[:120]
    instance.disconnected_at = None
    if not was_open:
        if instance.connected_at is None:
            _record_connected(instance)
        instance.connected_at = instance.connected_at or now
    return True


def _owner_phone(jid: str | None) -> str:
    """The number behind the JID, with the ninth digit that WhatsApp leaves out."""
    digits = from_jid(jid) if jid else None
    try:
        return normalize(f"+{digits}") if digits else ""
    except InvalidPhone:
        return f"+{digits}"[:20]


def _record_connected(instance: Instance) -> None:
    phone = security.masked(instance.phone)
    security.record("whatsapp_connected", origin=Origin.WEBHOOK, phone=phone)


def _connecting(instance: Instance) -> bool:
    """Evolution reconnects by itself after most drops; while it shows a code, the code counts."""
    if instance.status != InstanceStatus.CONNECTED:
        return False
    instance.status = InstanceStatus.CONNECTING
    return True


def _closed(instance: Instance, reason: int | None, now: datetime) -> bool:
    if reason in REFUSED:
        return _lost(instance, Problem.REFUSED_BY_WHATSAPP, now)
    was_paired = instance.status in {InstanceStatus.CONNECTED, InstanceStatus.CONNECTING}
    if reason in UNPAIRED and was_paired:
        return _lost(instance, Problem.UNPAIRED, now)
    if was_paired:
        return _lost(instance, Problem.NONE, now)
    # The code cycle ended (428, or 408 on 2.4); a 401 here is the echo of an earlier logout.
    if instance.status == InstanceStatus.READY_TO_SCAN and reason not in UNPAIRED:
        return _lost(instance, Problem.CODE_LIMIT, now)
    return False


def _lost(instance: Instance, problem: str, now: datetime) -> bool:
    refused = problem == Problem.REFUSED_BY_WHATSAPP
    was_connected = instance.connected_at is not None
    instance.status = InstanceStatus.RESTRICTED if refused else InstanceStatus.DISCONNECTED
    instance.problem, instance.wanted = problem, Wanted.NOTHING
    instance.qr_code = instance.qr_image = instance.pairing_code = ""
    instance.connected_at, instance.disconnected_at = None, now
    if was_connected:
        why = str(Problem(problem).label) if problem else _("A conexão caiu")
        reason = why[:1].lower() + why[1:]  # inside a sentence
        security.record("whatsapp_disconnected", origin=Origin.WEBHOOK, reason=reason)
    return True


def lost(instance: Instance, now: datetime) -> None:
    """The server says that the socket is closed, and no webhook said why.  The caller saves."""
    _lost(instance, Problem.NONE, now)
