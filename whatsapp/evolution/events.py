"""What Evolution API's webhook tells us: a JSON body becomes one typed event or a named fault.

To teach a new event: a dataclass, a parser and a row in PARSERS; or a row in IGNORED with the
reason. A name in neither raises UnknownEvent, a shape that cannot be read MalformedEvent, and
nothing else is raised for any JSON. Pure: no framework, no clock. Source: the wire contract,
section 3.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from whatsapp.evolution.content import read_content, text_of, unwrap
from whatsapp.evolution.dedupe import dedupe_key, kept_body
from whatsapp.evolution.envelope import (
    AckStatus,
    MalformedEvent,
    ack_id_of,
    ack_status_of,
    company_of_instance,
    data_of,
    emitted_at,
    event_name,
    instance_name,
    instance_name_of,
    key_id_of,
    needed,
)
from whatsapp.evolution.wire import integer, jid, lid_of, mapping, moment, phone_of, text

__all__ = [
    "IGNORED",
    "PARSERS",
    "AckStatus",
    "ConnectionChanged",
    "Event",
    "EventIgnored",
    "InstanceClosed",
    "InstanceRemoved",
    "LoggedOut",
    "MalformedEvent",
    "MessageAcknowledged",
    "MessageReceived",
    "MessageSent",
    "QrCodeIssued",
    "QrLimitReached",
    "UnknownEvent",
    "company_of_instance",
    "dedupe_key",
    "emitted_at",
    "event_name",
    "instance_name",
    "instance_name_of",
    "kept_body",
    "parse_event",
]


class UnknownEvent(ValueError):
    """An event name that is in neither table."""


@dataclass(frozen=True, slots=True)
class EventIgnored:
    """Known and not wanted, for the reason given."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class QrCodeIssued:
    """A code to scan, good for 45 s. At least one of `code` and `image` (a data URI) is there."""

    code: str | None
    image: str | None
    pairing_code: str | None


@dataclass(frozen=True, slots=True)
class QrLimitReached:
    """No more codes until connect is called again."""


@dataclass(frozen=True, slots=True)
class ConnectionChanged:
    """`reason` is WhatsApp's code (contract 3.5): 200 fine, 401 unpaired, 403 refused..."""

    state: Literal["open", "connecting", "close", "refused"]
    reason: int | None
    owner_jid: str | None
    profile_name: str | None


@dataclass(frozen=True, slots=True)
class InstanceClosed:
    """The final disconnect, with WhatsApp's code."""

    reason: int | None


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """The session was unpaired, by the phone or through the API."""


@dataclass(frozen=True, slots=True)
class InstanceRemoved:
    """The instance was deleted from the server. May come 20 minutes late, after a new create."""


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """A message in a chat of the instance, from the other side or (`from_me`) from its own phone.

    `phone`: digits of the person's JID, as WhatsApp has them (perhaps without the ninth digit);
    None when only the hidden number `lid` (`<digits>@lid`) is known. In a group, its author.
    `reaction` is "" when it was taken back, None for what is no reaction. `media` is a kind, e.g.
    "image". `sent_at` may be days old: what arrived offline comes with its own time.
    """

    key_id: str
    chat_jid: str
    phone: str | None
    lid: str | None
    from_me: bool
    is_group_or_status: bool
    text: str | None
    button_id: str | None
    quoted_id: str | None
    reaction: str | None
    reaction_to: str | None
    media: str | None
    message_type: str
    push_name: str | None
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class MessageSent:
    """A message that left through the API, ours or another program's."""

    key_id: str
    chat_jid: str
    phone: str | None
    lid: str | None
    text: str | None
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class MessageAcknowledged:
    """Correlate by `key_id` alone: the JID may have another form. Not `from_me`: read by us."""

    key_id: str
    status: AckStatus
    from_me: bool


Event = (
    EventIgnored
    | QrCodeIssued
    | QrLimitReached
    | ConnectionChanged
    | InstanceClosed
    | LoggedOut
    | InstanceRemoved
    | MessageReceived
    | MessageSent
    | MessageAcknowledged
)

_DATA_URI = re.compile(r"data:image/(?:png|jpeg|webp|gif);base64,[A-Za-z0-9+/]+={0,2}", re.ASCII)


def parse_event(body: object) -> Event:
    """Return the event. Raises MalformedEvent or UnknownEvent, and nothing else."""
    name = event_name(body)
    if name in IGNORED:
        return EventIgnored(name, IGNORED[name])
    if name not in PARSERS:
        raise UnknownEvent(name)
    return PARSERS[name](data_of(body), mapping(body))


def _qr_code(data: Mapping[str, Any], envelope: Mapping[str, Any]) -> Event:
    inside = data.get("qrcode")
    node = mapping(inside) if "qrcode" in data else data
    code, image = text(node.get("code")), node.get("base64")
    shown = image if isinstance(image, str) and _DATA_URI.fullmatch(image) else None
    if code or shown:
        return QrCodeIssued(code, shown, text(node.get("pairingCode")))
    if "limit" in (text(data.get("message")) or "") or integer(data.get("statusCode")) == 500:
        return QrLimitReached()
    raise MalformedEvent("neither a code nor its limit")


_STATES: dict[str, Literal["open", "connecting", "close", "refused"]] = {
    "open": "open",
    "connecting": "connecting",
    "close": "close",
    "closed": "close",
    "refused": "refused",
}


def _connection(data: Mapping[str, Any], envelope: Mapping[str, Any]) -> Event:
    state = _STATES.get((text(data.get("state")) or "").lower())
    if state is None:
        raise MalformedEvent("state is not a connection's")
    return ConnectionChanged(
        state=state,
        reason=integer(data.get("statusReason")),
        owner_jid=jid(data.get("wuid")),
        profile_name=text(data.get("profileName")),
    )


def _closed(data: Mapping[str, Any], envelope: Mapping[str, Any]) -> Event:
    status = text(data.get("status"))
    if status == "closed":
        return InstanceClosed(integer(data.get("disconnectionReasonCode")))
    if status == "created":
        return EventIgnored("status.instance", "version 1 says so at every start")
    raise MalformedEvent("status is not an instance's")


def _received(data: Mapping[str, Any], envelope: Mapping[str, Any]) -> Event:
    key = mapping(data.get("key"))
    chat = _chat(key)
    from_me = key.get("fromMe")
    if not isinstance(from_me, bool):
        raise MalformedEvent("key.fromMe is not true or false")
    private = _is_private(chat)
    phone, lid = _other_side(key, envelope, private=private, from_me=from_me)
    content = read_content(data)
    return MessageReceived(
        key_id=key_id_of(data),
        chat_jid=chat,
        phone=phone,
        lid=lid,
        from_me=from_me,
        is_group_or_status=not private,
        text=content.text,
        button_id=content.button_id,
        quoted_id=content.quoted_id,
        reaction=content.reaction,
        reaction_to=content.reaction_to,
        media=content.media,
        message_type=content.message_type,
        push_name=text(data.get("pushName")),
        sent_at=_sent_at(data, envelope),
    )


def _sent(data: Mapping[str, Any], envelope: Mapping[str, Any]) -> Event:
    key = mapping(data.get("key"))
    chat = _chat(key)
    phone, lid = _other_side(key, envelope, private=_is_private(chat), from_me=True)
    return MessageSent(
        key_id=key_id_of(data),
        chat_jid=chat,
        phone=phone,
        lid=lid,
        text=text_of(unwrap(data.get("message"))),
        sent_at=_sent_at(data, envelope),
    )


def _acknowledged(data: Mapping[str, Any], envelope: Mapping[str, Any]) -> Event:
    key_id, status = ack_id_of(data), ack_status_of(data)
    if status is None:
        return EventIgnored("messages.update", "an edit, a deletion or a poll vote: no tick")
    from_me = data.get("fromMe", mapping(data.get("key")).get("fromMe"))
    return MessageAcknowledged(key_id, status, from_me is not False)


def _chat(key: Mapping[str, Any]) -> str:
    """Return the chat's JID without a device. An unknown server may hide a person: malformed."""
    chat = needed(jid(key.get("remoteJid")), "key.remoteJid")
    if not _is_private(chat) and _server(chat) not in NOT_A_PERSON:
        raise MalformedEvent("key.remoteJid is not a JID")
    return chat


NOT_A_PERSON = frozenset({"g.us", "broadcast", "newsletter", "bot", "call"})
PERSON = frozenset({"s.whatsapp.net", "c.us", "lid", "hosted.lid"})


def _server(chat: str) -> str:
    return chat.rpartition("@")[2]


def _is_private(chat: str) -> bool:
    """One person, not a group, a status or a channel. Some servers send the bare digits."""
    return _server(chat) in PERSON or phone_of(chat) is not None


PRIVATE_FIELDS = ("remoteJid", "remoteJidAlt", "senderPn", "previousRemoteJid")
OWN_FIELDS = ("remoteJid", "remoteJidAlt", "previousRemoteJid")  # its senderPn is the instance
GROUP_FIELDS = ("participant", "participantAlt", "participantPn")


def _other_side(
    key: Mapping[str, Any], envelope: Mapping[str, Any], *, private: bool, from_me: bool
) -> tuple[str | None, str | None]:
    """Return phone and LID of the other side, whichever field of whichever version has them.

    In a message of the instance's own, its number may stand where the other side's is expected,
    in any field but the chat's (contract 3.6). The envelope's `sender` is that number.
    """
    own = phone_of(envelope.get("sender")) if from_me else None
    names = GROUP_FIELDS if not private else OWN_FIELDS if from_me else PRIVATE_FIELDS
    chat, *others = (key.get(name) for name in names)
    trusted = [chat, *(value for value in others if own is None or phone_of(value) != own)]
    phone = next((found for value in trusted if (found := phone_of(value))), None)
    return phone, next((found for value in trusted if (found := lid_of(value))), None)


def _sent_at(data: Mapping[str, Any], envelope: Mapping[str, Any]) -> datetime:
    """The message's own time; the envelope's is hours off when the server is not in UTC."""
    found = moment(data.get("messageTimestamp")) or emitted_at(envelope)
    if found is None:
        raise MalformedEvent("messageTimestamp is not a time")
    return found


Parser = Callable[[Mapping[str, Any], Mapping[str, Any]], Event]  # (data, envelope)

PARSERS: dict[str, Parser] = {
    "qrcode.updated": _qr_code,
    "connection.update": _connection,
    "status.instance": _closed,
    "logout.instance": lambda data, envelope: LoggedOut(),
    "remove.instance": lambda data, envelope: InstanceRemoved(),
    "messages.upsert": _received,
    "send.message": _sent,
    "messages.update": _acknowledged,
}

IGNORED: dict[str, str] = {
    "application.startup": "never emitted",
    "call": "calls are the phone's business",
    "chats.delete": "no messages in it",
    "chats.set": "history",
    "chats.update": "noise around each message",
    "chats.upsert": "noise around each message",
    "contacts.set": "names come with the messages",
    "contacts.update": "names come with the messages",
    "contacts.upsert": "names come with the messages",
    "error": "the server's own log",
    "group.participants.update": "groups are not served",
    "group.update": "groups are not served",
    "groups.update": "groups are not served",
    "groups.upsert": "groups are not served",
    "instance.create": "we created it",
    "instance.delete": "remove.instance says the same",
    "labels.association": "labels are not used",
    "labels.edit": "labels are not used",
    "messages.delete": "an answer that was acted on stays acted on",
    "messages.edited": "an answer that was acted on stays acted on",
    "messages.set": "history",
    "messaging.history.set": "history",
    "presence.update": "typing is not an answer",
    "send.message.update": "we do not edit what we sent",
    "typebot.change.status": "no bots",
    "typebot.start": "no bots",
}
