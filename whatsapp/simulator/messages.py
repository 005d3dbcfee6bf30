"""Messages: sent by API, carried to the phones, acknowledged, and told to webhooks."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

from whatsapp.simulator import codes, config, numbers, payloads
from whatsapp.simulator.core import Core
from whatsapp.simulator.errors import ApiError
from whatsapp.simulator.numbers import USER_SUFFIX
from whatsapp.simulator.received import Received, upsert
from whatsapp.simulator.state import ChatMessage, Instance, Json, Phone

RANK = {"PENDING": 0, "SERVER_ACK": 1, "DELIVERY_ACK": 2, "READ": 3}
_NO_SUBSCRIBER = "0" * 8
_SHORTEST, _LONGEST = 8, 15  # digits of a number that may be on WhatsApp


@dataclass(frozen=True)
class Outgoing:
    """A send by API, ready to leave. `context` is its contextInfo; None leaves it out."""

    message: Json
    kind: str
    text: str
    context: Json | None = None
    quote: str | None = None
    buttons: tuple[Json, ...] = ()


def send_text(core: Core, instance: Instance, body: Json) -> Json:
    if not body["text"].strip():
        raise ApiError(400, ["Text is required"])
    quoted = body.get("quoted") or {}
    quote = (quoted.get("key") or {}).get("id")

    def compose(jid: str) -> Outgoing:
        context = payloads.context(int(time.time())) if jid.endswith(USER_SUFFIX) else None
        known = _quoted_context(instance, quoted)
        if known is not None:
            context = (context or {}) | known
        message = {"conversation": body["text"]}
        return Outgoing(message, "conversation", body["text"], context, quote if known else None)

    _require_loaded(instance, "textMessage")
    jid = _resolve(core, instance, body["number"])
    time.sleep(core.config.real(body["delay"] / 1000) if body.get("delay") else 0)
    key = {"remoteJid": jid, "fromMe": True, "id": codes.api_message_id()}
    return _send(core, instance, key, compose(jid))


def _quoted_context(instance: Instance, quoted: Json) -> Json | None:
    """A quote without its message is looked up; not found means no quote and no error."""
    key = quoted.get("key") or {}
    row = instance.record(key.get("id", "")) or {}
    message = quoted.get("message") or row.get("message")
    if message is None:
        return None
    source = row.get("key") or key
    author = instance.owner_jid if source.get("fromMe") else source.get("remoteJid")
    return {"participant": author, "stanzaId": key["id"], "quotedMessage": message}


def send_buttons(core: Core, instance: Instance, body: Json) -> Json:
    _require_loaded(instance, "buttonMessage")
    _check_buttons(body.get("buttons"))
    jid = _resolve(core, instance, body["number"])
    message = payloads.buttons_message(body)
    interactive = message["viewOnceMessage"]["message"]["interactiveMessage"]
    outgoing = Outgoing(
        message, "viewOnceMessage", interactive["body"]["text"], buttons=tuple(body["buttons"])
    )
    key = {"id": codes.api_message_id(), "remoteJid": jid, "participant": jid, "fromMe": True}
    return _send(core, instance, key, outgoing)


def _check_buttons(buttons: list[Json] | None) -> None:
    if buttons is None:
        raise ApiError(500, "Cannot read properties of undefined (reading 'length')")
    if not buttons:
        raise ApiError(400, ["At least one button is required"])
    kinds = [button.get("type") for button in buttons]
    if "reply" in kinds and len(buttons) > 3:
        raise ApiError(400, ["Maximum of 3 reply buttons allowed"])
    if "reply" in kinds and set(kinds) != {"reply"}:
        raise ApiError(400, ["Reply buttons cannot be mixed with other button types"])
    if "pix" in kinds and len(buttons) > 1:
        raise ApiError(400, ["Only one PIX button is allowed"])


def _require_loaded(instance: Instance, word: str) -> None:
    if not instance.live.loaded:
        raise ApiError(500, f"Cannot read properties of undefined (reading '{word}')")


def _resolve(core: Core, instance: Instance, number: str) -> str:
    """Return the JID to send to. A cached answer wins, also over a closed connection."""
    with core.world.lock:
        jid = numbers.create_jid(number)
        if jid.endswith(("@g.us", "@broadcast")):
            return jid
        cached = core.world.known_jids.get(numbers.person_key(number))
        if cached is not None:
            return cached
        if instance.live.state != "open":
            raise ApiError(500, "Connection Closed")
        account = find_account(core, number)
        if account is None:
            raise ApiError(400, [{"jid": jid, "exists": False, "number": number}])
        core.world.known_jids[numbers.person_key(number)] = account.jid
        core.world.touch()
        return account.jid


def find_account(core: Core, number: str) -> Phone | None:
    """Return the WhatsApp user of a number, or None when it is not on WhatsApp.

    A number that nobody holds yet gets a phone, so that it can be picked up and answered;
    eight zeros at the end are never anybody. With + or a JID the ninth digit must be right.
    """
    plain = numbers.digits(number)
    if "@lid" in number or plain.endswith(_NO_SUBSCRIBER):
        return None
    phone = core.world.phones.get(numbers.person_key(plain))
    if phone is None and _SHORTEST <= len(plain) <= _LONGEST:
        phone = core.world.phones[numbers.person_key(plain)] = Phone(number=plain)
        core.world.touch()
    if phone is None or not phone.on_whatsapp:
        return None
    exact = "+" in number or "@" in number
    return None if exact and numbers.create_jid(number) != phone.jid else phone


def _send(core: Core, instance: Instance, key: Json, outgoing: Outgoing) -> Json:
    with core.world.lock:
        if instance.live.state != "open":
            raise ApiError(400, ["Error: Connection Closed"])
        answer = payloads.sent(
            instance,
            key=key,
            message=outgoing.message,
            kind=outgoing.kind,
            context=outgoing.context,
        )
        store(instance, answer)
        core.emit(instance, "send.message", answer)
        me = core.world.phone(instance.phone or "")
        other = core.world.phone(key["remoteJid"])
        if me is not None and other is not None:
            carry(core, _chat_message(instance, me, other, key["id"], outgoing))
        core.world.touch()
        return answer


def _chat_message(
    instance: Instance, me: Phone, other: Phone, key_id: str, outgoing: Outgoing
) -> ChatMessage:
    return ChatMessage(
        id=key_id,
        sender=me.number,
        recipient=other.number,
        text=outgoing.text,
        at=time.time(),
        kind="buttons" if outgoing.buttons else "text",
        instance=instance.name,
        quote=outgoing.quote,
        buttons=list(outgoing.buttons),
    )


def carry(core: Core, message: ChatMessage) -> None:
    """Bring a message to both phones and to every instance linked to one of them."""
    core.world.messages[message.id] = message
    sender, recipient = core.world.phone(message.sender), core.world.phone(message.recipient)
    if sender is None or recipient is None:
        return
    quoted = core.world.messages.get(message.quote or "")
    for me, other in ((recipient, sender), (sender, recipient)):
        for instance in core.world.linked_to(me):
            if instance.name != message.instance:
                _receive(core, instance, Received(message, me, other, quoted))
    core.later(config.ACK_S, lambda: acknowledge(core, message, "DELIVERY_ACK"))
    core.world.touch()


def _receive(core: Core, instance: Instance, seen: Received) -> None:
    """After an API logout of 2.3.1 to 2.3.6 nothing inbound is ever emitted again."""
    if instance.live.inbound_dead:
        return
    data = upsert(seen, instance, core.config.release)
    store(instance, data)
    core.emit_or_keep(instance, "messages.upsert", data)
    if not seen.from_me:
        _note_contact(core, instance, data["key"]["remoteJid"], seen.other.name)


def _note_contact(core: Core, instance: Instance, jid: str, name: str) -> None:
    event = "contacts.update" if jid in instance.contacts else "contacts.upsert"
    instance.contacts[jid] = name
    core.emit_or_keep(instance, event, payloads.contact(instance, jid, name))


def acknowledge(core: Core, message: ChatMessage, status: str) -> None:
    """Raise the status of a message and tell the instances that hold it; never lower it.

    An instance of the reader hears READ too, with `fromMe` false.
    """
    sender, recipient = core.world.phone(message.sender), core.world.phone(message.recipient)
    if sender is None or recipient is None or not recipient.online:
        return
    if RANK[status] <= RANK[message.status]:
        return
    message.status = status
    holders = core.world.linked_to(sender)
    if status == "READ":
        holders += core.world.linked_to(recipient)
    for instance in holders:
        row = instance.record(message.id)
        if row is not None:
            row["updates"].append(status)
            core.emit_or_keep(instance, "messages.update", payloads.update(instance, row, status))
    core.world.touch()


def store(instance: Instance, data: Json) -> None:
    """Keep a message as a row of the real server's database."""
    kept = ("key", "pushName", "messageType", "message", "messageTimestamp", "instanceId")
    row = {"id": codes.row_id()} | {name: data[name] for name in kept}
    row |= {"source": data["source"], "contextInfo": data.get("contextInfo"), "updates": []}
    instance.records.append(row)


def find(instance: Instance, body: Json) -> Json:
    """chat/findMessages: newest first, `offset` rows on a page."""
    where = body.get("where") or {}
    rows = [row for row in instance.records if _matches(row, where)]
    rows.sort(key=lambda row: row["messageTimestamp"], reverse=True)
    size, page = int(body.get("offset") or 50), int(body.get("page") or 1)
    shown = rows[(page - 1) * size : page * size]
    return {
        "messages": {
            "total": len(rows),
            "pages": -(-len(rows) // size),
            "currentPage": page,
            "records": [_found(row) for row in shown],
        }
    }


def _found(row: Json) -> Json:
    shown = {name: value for name, value in row.items() if name != "updates"}
    return shown | {"MessageUpdate": [{"status": status} for status in row["updates"]]}


def _matches(row: Json, where: Json) -> bool:
    key = where.get("key") or {}
    asked = {name: key[name] for name in ("id", "fromMe", "participant") if name in key}
    if any(row["key"].get(name) != value for name, value in asked.items()):
        return False
    jids = {row["key"]["remoteJid"], row["key"].get("remoteJidAlt")}
    if "remoteJid" in key and key["remoteJid"] not in jids:
        return False
    plain = ("id", "source", "messageType")
    if any(name in where and row[name] != where[name] for name in plain):
        return False
    moment = where.get("messageTimestamp") or {}
    if "gte" in moment and "lte" in moment:
        at: int = row["messageTimestamp"]
        return _seconds(moment["gte"]) <= at <= _seconds(moment["lte"])
    return True


def _seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp())


def whatsapp_numbers(core: Core, instance: Instance, wanted: list[str]) -> list[Json]:
    """chat/whatsappNumbers; answers `exists` per number."""
    with core.world.lock:
        found = []
        for number in wanted:
            phone = find_account(core, number)
            jid = phone.jid if phone else numbers.create_jid(number)
            row = {"jid": jid, "exists": phone is not None, "number": number}
            if phone is not None:
                core.world.known_jids[numbers.person_key(number)] = phone.jid
            if jid in instance.contacts:
                row["name"] = instance.contacts[jid]
            found.append(row)
        return found
