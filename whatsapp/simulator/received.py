"""messages.upsert as each release writes it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from whatsapp.simulator.payloads import long, random_bytes
from whatsapp.simulator.state import ChatMessage, Instance, Json, Phone


@dataclass(frozen=True)
class Received:
    """A message as one side of the chat sees it: `me` is linked to the instance.

    `quoted` is the message it quotes or reacts to, when both phones know it.
    """

    message: ChatMessage
    me: Phone
    other: Phone
    quoted: ChatMessage | None

    @property
    def from_me(self) -> bool:
        return self.message.sender == self.me.number

    @property
    def author(self) -> Phone:
        return self.me if self.from_me else self.other


def upsert(seen: Received, instance: Instance, release: tuple[int, ...]) -> Json:
    """Return the data of messages.upsert."""
    body, kind = _content(seen)
    data: Json = {"key": _key(seen, release), "pushName": seen.author.name or None}
    data["status"] = "SERVER_ACK" if seen.from_me else "DELIVERY_ACK"
    data["message"] = body
    context = _context(seen)
    if context is not None or kind != "conversation":
        data["contextInfo"] = context
    return data | {
        "messageType": kind,
        "messageTimestamp": int(seen.message.at),
        "instanceId": instance.id,
        "source": "ios",
    }


def _key(seen: Received, release: tuple[int, ...]) -> Json:
    """An @lid sender looks different in each release (contract, section 3.6)."""
    other = seen.other
    address, alternate, mode = other.jid, other.lid, "pn"
    if other.hides_number and not seen.from_me:
        if release < (2, 3, 7):
            address, alternate, mode = other.lid, other.jid, "lid"
        elif release < (2, 4):
            alternate, mode = other.jid, "lid"
    return {
        "remoteJid": address,
        "remoteJidAlt": alternate,
        "fromMe": seen.from_me,
        "id": seen.message.id,
        "participant": "",
        "addressingMode": mode,
    }


def _content(seen: Received) -> tuple[Json, str]:
    """Return the body and its messageType."""
    message = seen.message
    if message.kind == "button_reply":
        return {"buttonsResponseMessage": _button_reply(seen)}, "buttonsResponseMessage"
    if message.kind == "reaction":
        return {"reactionMessage": _reaction(seen)}, "reactionMessage"
    body: Json = {"conversation": message.text}
    if seen.quoted is None:
        body["messageContextInfo"] = _message_context_info(message.at)
    return body, "conversation"


def _button_reply(seen: Received) -> Json:
    reply: Json = {"selectedButtonId": seen.message.button_id}
    context = _context(seen)
    if context is not None:
        reply["contextInfo"] = context
    return reply | {"type": 1, "selectedDisplayText": seen.message.text}


def _reaction(seen: Received) -> Json:
    mine = seen.quoted is not None and seen.quoted.sender == seen.me.number
    return {
        "key": {"remoteJid": seen.other.jid, "fromMe": mine, "id": seen.message.quote},
        "text": seen.message.text,
        "senderTimestampMs": long(int(seen.message.at * 1000)),
    }


def _context(seen: Received) -> Json | None:
    """What a quoting message says of the quoted one; a reaction says it in its body."""
    if seen.message.quote is None or seen.message.kind == "reaction":
        return None
    context: Json = {"mentionedJid": [], "groupMentions": [], "stanzaId": seen.message.quote}
    if seen.quoted is not None:
        mine = seen.quoted.sender == seen.me.number
        context["participant"] = (seen.me if mine else seen.other).jid
        context["quotedMessage"] = {"conversation": seen.quoted.text}
    return context


def _message_context_info(at: float) -> Json:
    """What comes with a plain text: bytes by index, 64-bit numbers in halves."""
    devices = {
        "senderKeyIndexes": [],
        "recipientKeyIndexes": [],
        "senderKeyHash": random_bytes(10),
        "senderTimestamp": long(int(at), unsigned=True),
    }
    return {
        "deviceListMetadata": devices,
        "deviceListMetadataVersion": 2,
        "messageSecret": random_bytes(32),
    }
