"""Bodies as Evolution API 2.3.6 writes them. Pure: no state changes here."""

from __future__ import annotations

import json
import secrets
import time
from datetime import UTC, datetime
from typing import Any

from whatsapp.simulator import codes
from whatsapp.simulator.state import Instance, Json

_EVENTS = (
    "APPLICATION_STARTUP QRCODE_UPDATED MESSAGES_SET MESSAGES_UPSERT MESSAGES_EDITED "
    "MESSAGES_UPDATE MESSAGES_DELETE SEND_MESSAGE SEND_MESSAGE_UPDATE CONTACTS_SET "
    "CONTACTS_UPSERT CONTACTS_UPDATE PRESENCE_UPDATE CHATS_SET CHATS_UPSERT CHATS_UPDATE "
    "CHATS_DELETE GROUPS_UPSERT GROUP_UPDATE GROUP_PARTICIPANTS_UPDATE CONNECTION_UPDATE "
    "LABELS_EDIT LABELS_ASSOCIATION CALL TYPEBOT_START TYPEBOT_CHANGE_STATUS REMOVE_INSTANCE "
    "LOGOUT_INSTANCE INSTANCE_CREATE INSTANCE_DELETE STATUS_INSTANCE"
)
EVENTS = _EVENTS.split()
DEFAULT_SETTINGS: Json = {
    "rejectCall": False,
    "msgCall": "",
    "groupsIgnore": False,
    "alwaysOnline": False,
    "readMessages": False,
    "readStatus": False,
    "syncFullHistory": False,
    "wavoipToken": "",
}
_DEVICE_REMOVED: Json = {
    "data": {
        "tag": "stream:error",
        "attrs": {"code": "401"},
        "content": [{"tag": "conflict", "attrs": {"type": "device_removed"}}],
    },
    "isBoom": True,
    "isServer": False,
    "output": {
        "statusCode": 401,
        "payload": {
            "statusCode": 401,
            "error": "Unauthorized",
            "message": "Stream Errored (conflict)",
        },
        "headers": {},
    },
}


def iso(at: float) -> str:
    """Return a moment (epoch seconds) as JavaScript prints it, in UTC with milliseconds."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def long(value: int, *, unsigned: bool = False) -> Json:
    """Return a 64-bit integer as protobuf.js prints it; `low` may be negative."""
    low = value & 0xFFFFFFFF
    return {
        "low": low if low < 1 << 31 else low - (1 << 32),
        "high": value >> 32,
        "unsigned": unsigned,
    }


def random_bytes(length: int) -> Json:
    """Return bytes as JSON prints a Uint8Array: an object with numeric keys."""
    return {str(index): byte for index, byte in enumerate(secrets.token_bytes(length))}


def envelope(instance: Instance, event: str, data: Any, *, server_url: str) -> Json:
    body: Json = {
        "event": event,
        "instance": instance.name,
        "data": data,
        "destination": instance.webhook.url if instance.webhook else "",
        "date_time": iso(time.time()),
    }
    if instance.live.wuid:
        body["sender"] = instance.live.wuid
    return body | {"server_url": server_url, "apikey": instance.token}


def state(instance: Instance) -> Json:
    """`state` is missing while the instance is in the database but not in memory."""
    answer = {"instanceName": instance.name}
    if instance.live.loaded:
        answer["state"] = instance.live.state
    return {"instance": answer}


def qr(instance: Instance) -> Json:
    """The answer of connect; only `{"count": n}` until there was a first code."""
    live = instance.live
    if live.qr_code is None:
        return {"count": live.qr_count}
    return _qr_fields(instance) | {"count": live.qr_count}


def _qr_fields(instance: Instance) -> Json:
    code = instance.live.qr_code or ""
    return {
        "pairingCode": instance.live.pairing_code,
        "code": code,
        "base64": codes.qr_image(code),
    }


def qr_updated(instance: Instance) -> Json:
    return {"qrcode": {"instance": instance.name} | _qr_fields(instance)}


def qr_limit_reached() -> Json:
    return {"message": "QR code limit reached, please login again", "statusCode": 500}


def connection(instance: Instance, name: str, reason: int) -> Json:
    """connection.update: `open` tells the own JID, `refused` only when it was once paired."""
    data: Json = {"instance": instance.name}
    if name in {"open", "refused"} and instance.live.wuid:
        data |= {"wuid": instance.live.wuid, "profileName": instance.profile_name}
    return data | {"state": name, "statusReason": reason}


def disconnection_object(at: float) -> str:
    return json.dumps({"error": _DEVICE_REMOVED, "date": iso(at)}, separators=(",", ":"))


def closed(instance: Instance) -> Json:
    """status.instance"""
    return {
        "instance": instance.name,
        "status": "closed",
        "disconnectionAt": _iso_or_none(instance.disconnected_at),
        "disconnectionReasonCode": instance.disconnection_code,
        "disconnectionObject": instance.disconnection_object,
    }


def _iso_or_none(at: float | None) -> str | None:
    return None if at is None else iso(at)


def identity(instance: Instance) -> Json:
    return {"instanceName": instance.name, "instanceId": instance.id}


def created(instance: Instance, asked: Json) -> Json:
    """The answer of create, without `qrcode`; what was not asked for is left out."""
    names = {
        "webhookUrl": "url",
        "webhookHeaders": "headers",
        "webhookByEvents": "byEvents",
        "webhookBase64": "base64",
    }
    return {
        "instance": {
            **identity(instance),
            "integration": instance.integration,
            "webhookWaBusiness": None,
            "accessTokenWaBusiness": "",
            "status": instance.live.state,
        },
        "hash": instance.token,
        "webhook": {name: asked[key] for name, key in names.items() if key in asked},
        "websocket": {},
        "rabbitmq": {},
        "nats": {},
        "sqs": {},
        "settings": instance.settings,
    }


def webhook_row(instance: Instance) -> Json | None:
    hook = instance.webhook
    if hook is None:
        return None
    return {
        "id": hook.id,
        "url": hook.url,
        "headers": hook.headers,
        "enabled": hook.enabled,
        "events": hook.events,
        "webhookByEvents": hook.by_events,
        "webhookBase64": hook.base64,
        "createdAt": iso(hook.created_at),
        "updatedAt": iso(hook.updated_at),
        "instanceId": instance.id,
    }


def instance_row(instance: Instance) -> Json:
    """One row of fetchInstances."""
    times = {"createdAt": iso(instance.created_at), "updatedAt": iso(instance.updated_at)}
    integrations = ("Chatwoot", "Proxy", "Rabbitmq", "Nats", "Sqs", "Websocket")
    setting = {"id": instance.setting_id, **instance.settings, **times, "instanceId": instance.id}
    chats = {row["key"]["remoteJid"] for row in instance.records}
    return {
        "id": instance.id,
        "name": instance.name,
        "connectionStatus": instance.db_status,
        "ownerJid": instance.owner_jid,
        "profileName": instance.profile_name,
        "profilePicUrl": None,
        "integration": instance.integration,
        "number": instance.number,
        "businessId": None,
        "token": instance.token,
        "clientName": "evolution_exchange",
        "disconnectionReasonCode": instance.disconnection_code,
        "disconnectionObject": instance.disconnection_object,
        "disconnectionAt": _iso_or_none(instance.disconnected_at),
        **times,
        **dict.fromkeys(integrations),
        "Setting": setting,
        "_count": {
            "Message": len(instance.records),
            "Contact": len(instance.contacts),
            "Chat": len(chats),
        },
    }


def context(at: int) -> Json:
    """The contextInfo of every own 1:1 message."""
    return {
        "mentionedJid": [],
        "groupMentions": [],
        "ephemeralSettingTimestamp": long(at - 172800),
        "disappearingMode": {"initiator": 0},
    }


def sent(instance: Instance, *, key: Json, message: Json, kind: str, context: Json | None) -> Json:
    """The 201 body of every send route, and the data of send.message."""
    body: Json = {"key": key, "pushName": "Você", "status": "PENDING", "message": message}
    if context is not None:
        body["contextInfo"] = context
    return body | {
        "messageType": kind,
        "messageTimestamp": int(time.time()),
        "instanceId": instance.id,
        "source": "web",
    }


def update(instance: Instance, row: Json, status: str) -> Json:
    """messages.update"""
    return {
        "keyId": row["key"]["id"],
        "remoteJid": row["key"]["remoteJid"],
        "fromMe": row["key"]["fromMe"],
        "status": status,
        "instanceId": instance.id,
        "messageId": row["id"],
    }


def buttons_message(body: Json) -> Json:
    """What sendButtons makes: a viewOnce wrapper that phones do not show."""
    text = f"*{body.get('title', 'undefined')}*"
    if body.get("description"):
        text += f"\n\n{body['description']}\n"
    parameters = {"from": "api", "templateId": codes.token().lower()}
    interactive = {
        "body": {"text": text},
        "footer": {"text": body["footer"]} if "footer" in body else {},
        "nativeFlowMessage": {
            "buttons": [_native_button(button) for button in body["buttons"]],
            "messageParamsJson": json.dumps(parameters, separators=(",", ":")),
        },
    }
    return {"viewOnceMessage": {"message": {"interactiveMessage": interactive}}}


def _native_button(button: Json) -> Json:
    fields = {
        "reply": ("quick_reply", {"id": "id"}),
        "copy": ("cta_copy", {"copy_code": "copyCode"}),
        "url": ("cta_url", {"url": "url", "merchant_url": "url"}),
        "call": ("cta_call", {"phone_number": "phoneNumber"}),
        "pix": ("payment_info", {"currency": "currency", "key": "key"}),
    }
    name, asked = fields[button["type"]]
    values = {"display_text": button.get("displayText")}
    values |= {field: button.get(source) for field, source in asked.items()}
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return {"name": name, "buttonParamsJson": text}


def contact(instance: Instance, jid: str, name: str) -> Json:
    return {"remoteJid": jid, "pushName": name, "instanceId": instance.id}
