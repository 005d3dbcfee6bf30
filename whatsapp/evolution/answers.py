"""Evolution API's answers as values: what the client returns, and how it reads them.

The readers accept the names of every version (contract 6.1). They raise UnreadableAnswer, which
the client turns into an error that knows the HTTP status.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from whatsapp.evolution.content import read_content
from whatsapp.evolution.wire import integer, jid, mapping, moment, phone_of, text


class UnreadableAnswer(Exception):
    """A successful answer that does not have the shape of its route."""


class ConnectionState(Enum):
    """UNKNOWN: the row exists but the server has not loaded it; sends will fail."""

    OPEN = "open"
    CONNECTING = "connecting"
    CLOSE = "close"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class QrCode:
    """A code to scan. All None: the server has none yet; it will come by webhook.

    `image` is a data URI. `pairing_code` only after connecting with a number.
    """

    code: str | None
    image: str | None
    pairing_code: str | None
    count: int


@dataclass(frozen=True, slots=True)
class CreatedInstance:
    """`token` is the instance's own API key."""

    name: str
    instance_id: str | None
    state: ConnectionState
    token: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class InstanceInfo:
    """A row of the server's database. Its `state` lags; ask `connection_state` for the truth.

    `disconnection_reason` is WhatsApp's code of the last final disconnect, e.g. 401.
    """

    name: str
    instance_id: str | None
    state: ConnectionState
    owner_jid: str | None
    profile_name: str | None
    disconnection_reason: int | None


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """`authorization` is the header that the server will send us; None when it sends none."""

    url: str
    enabled: bool
    by_events: bool
    base64: bool
    events: tuple[str, ...]
    authorization: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReplyButton:
    id: str
    text: str


@dataclass(frozen=True, slots=True)
class SentMessage:
    """Handed to WhatsApp's socket, not delivered. `remote_jid` may differ from the number."""

    key_id: str
    remote_jid: str | None
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """`phone` is None when only a hidden number (LID) is known; `timestamp` is aware UTC."""

    key_id: str
    remote_jid: str
    phone: str | None
    from_me: bool
    text: str | None
    timestamp: datetime


def read_state(value: object) -> ConnectionState:
    """Return the state by its name, UNKNOWN for a missing or new one."""
    known = {state.value: state for state in ConnectionState} | {"closed": ConnectionState.CLOSE}
    return (
        known.get(value, ConnectionState.UNKNOWN) if isinstance(value, str) else known["unknown"]
    )


def read_connection_state(body: object) -> ConnectionState:
    """Read connectionState, or the answer of connect and restart on an open instance."""
    node = mapping(body)
    inside = node.get("instance")
    if not isinstance(inside, dict) and "state" not in node:
        raise UnreadableAnswer("no instance in the answer")
    return read_state(mapping(inside).get("state") or node.get("state"))


def read_connection(body: object) -> QrCode | ConnectionState:
    """Read connect and restart: a state when there is nothing to scan, else a code."""
    node = mapping(body)
    if node.get("error"):  # HTTP 200 all the same (contract 1.2)
        raise UnreadableAnswer("the server reports an error: not loaded, or closed")
    if isinstance(node.get("instance"), dict):
        return read_connection_state(node)
    if body != {} and not node.keys() & {"code", "base64", "pairingCode", "count"}:
        raise UnreadableAnswer("neither a code nor a state")
    return QrCode(
        code=text(node.get("code")),
        image=text(node.get("base64")),
        pairing_code=text(node.get("pairingCode")),
        count=integer(node.get("count")) or 0,
    )


def read_created(body: object) -> CreatedInstance:
    node = mapping(body)
    instance = mapping(node.get("instance"))
    name = text(instance.get("instanceName"))
    if name is None:
        raise UnreadableAnswer("no instance in the answer")
    secret = node.get("hash")
    return CreatedInstance(
        name=name,
        instance_id=text(instance.get("instanceId")),
        state=read_state(instance.get("status")),
        token=text(secret) or text(mapping(secret).get("apikey")),
    )


def read_instances(body: object) -> list[InstanceInfo]:
    """Read rows of version 2, `{"instance": {}}` of version 1, or a single one of either."""
    rows = body if isinstance(body, list) else [body]
    return [_instance(mapping(row)) for row in rows]


def _instance(row: Mapping[str, Any]) -> InstanceInfo:
    nested = row.get("instance")
    node = nested if isinstance(nested, dict) else row
    name = text(node.get("name")) or text(node.get("instanceName"))
    if name is None:
        raise UnreadableAnswer("an instance without a name")
    state = node.get("state") or node.get("connectionStatus") or node.get("status")
    return InstanceInfo(
        name=name,
        instance_id=text(node.get("id")) or text(node.get("instanceId")),
        state=read_state(state),
        owner_jid=jid(node.get("ownerJid")) or jid(node.get("owner")) or jid(node.get("wuid")),
        profile_name=text(node.get("profileName")),
        disconnection_reason=integer(node.get("disconnectionReasonCode")),
    )


def read_webhook(body: object) -> WebhookSettings:
    """Read the row: it says webhookByEvents where the request says byEvents."""
    node = mapping(body)
    url, events = node.get("url"), node.get("events")
    if not isinstance(url, str):
        raise UnreadableAnswer("no webhook in the answer")
    return WebhookSettings(
        url=url,
        enabled=node.get("enabled") is True,
        by_events=node.get("webhookByEvents") is True,
        base64=node.get("webhookBase64") is True,
        events=tuple(map(str, events)) if isinstance(events, list) else (),
        authorization=text(mapping(node.get("headers")).get("Authorization")),
    )


def read_sent(body: object) -> SentMessage:
    node = mapping(body)
    key = mapping(node.get("key"))
    key_id = text(key.get("id"))
    if key_id is None:
        raise UnreadableAnswer("no key.id in the answer to a send")
    return SentMessage(
        key_id=key_id,
        remote_jid=jid(key.get("remoteJid")),
        sent_at=moment(node.get("messageTimestamp")),
    )


def read_stored(body: object) -> list[StoredMessage]:
    """Read findMessages. One unreadable record spoils the answer: it may be the one looked for."""
    messages = body if isinstance(body, list) else mapping(body).get("messages")
    records = messages if isinstance(messages, list) else mapping(messages).get("records")
    if not isinstance(records, list):
        raise UnreadableAnswer("no records in the answer")
    return [_stored(mapping(record)) for record in records]


def _stored(record: Mapping[str, Any]) -> StoredMessage:
    key = mapping(record.get("key"))
    key_id, remote_jid = text(key.get("id")), jid(key.get("remoteJid"))
    timestamp = moment(record.get("messageTimestamp"))
    if key_id is None or remote_jid is None or timestamp is None:
        raise UnreadableAnswer("a stored message without key or time")
    return StoredMessage(
        key_id=key_id,
        remote_jid=remote_jid,
        phone=phone_of(remote_jid) or phone_of(key.get("remoteJidAlt")),
        from_me=key.get("fromMe") is True,
        text=read_content(record).text,
        timestamp=timestamp,
    )
