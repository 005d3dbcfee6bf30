"""What a person does with a phone: link, unlink, write, tap, react, read."""

from __future__ import annotations

import time

from whatsapp.simulator import codes, instances, messages, numbers, payloads
from whatsapp.simulator.core import Core
from whatsapp.simulator.errors import Refused
from whatsapp.simulator.state import ChatMessage, Instance, Json, Phone

SWITCHES = ("online", "receipts", "on_whatsapp", "hides_number", "shows_buttons")


def register(core: Core, number: str, name: str = "") -> Phone:
    """Return the phone of a number, made if it is new; a name given is taken over."""
    plain = numbers.with_country(number)
    if not 8 <= len(plain) <= 15:
        raise Refused(400, "Escreva o número com DDD, por exemplo (31) 98888-7777.")
    phone = core.world.phone(plain)
    if phone is None:
        phone = core.world.phones[numbers.person_key(plain)] = Phone(number=plain)
    phone.name = name.strip() or phone.name
    core.world.touch()
    return phone


def get(core: Core, number: str) -> Phone:
    phone = core.world.phone(number)
    if phone is None:
        raise Refused(404, f"Nenhum celular simulado tem o número {number}.")
    return phone


def change(core: Core, phone: Phone, switches: Json) -> None:
    """Turn switches of a phone; back online it gets what it missed."""
    for name in SWITCHES:
        if name in switches:
            setattr(phone, name, bool(switches[name]))
    if "on_whatsapp" in switches:  # as if Evolution's cache of seven days had run out
        core.world.known_jids.pop(numbers.person_key(phone.number), None)
    for message in list(core.world.messages.values()):
        if message.recipient == phone.number:
            messages.acknowledge(core, message, "DELIVERY_ACK")
    core.world.touch()


def scan(core: Core, phone: Phone, *, code: str = "", instance: str = "") -> Instance:
    """Link a phone by the text of a QR code, or by the instance that shows one."""
    _require_online(phone)
    found = _by_name(core, instance) if instance else _by_code(core, code.strip())
    instances.link(core, found, phone)
    core.world.touch()
    return found


def _by_name(core: Core, name: str) -> Instance:
    found = core.world.instances.get(name)
    if found is None:
        raise Refused(404, f"Não existe a instância {name}.")
    if instances.waiting_code(found) is None:
        raise Refused(409, f"{name} não está mostrando um código agora.")
    return found


def _by_code(core: Core, code: str) -> Instance:
    for found in core.world.instances.values():
        if code and instances.waiting_code(found) == code:
            return found
        if code and code in [found.live.qr_code, *found.live.past_codes]:
            raise Refused(409, "Este código já expirou. Leia o código novo.")
    raise Refused(404, "Este texto não é um código que esteja na tela de alguém.")


def pair(core: Core, phone: Phone, code: str) -> Instance:
    """Link a phone by a pairing code; the code is for one number only."""
    _require_online(phone)
    typed = code.replace("-", "").replace(" ", "").upper()
    for found in core.world.instances.values():
        if typed and found.live.pairing_code == typed and instances.waiting_code(found):
            if numbers.person_key(found.live.pairing_number or "") != _key(phone):
                raise Refused(409, "Este código foi pedido para outro número.")
            instances.link(core, found, phone)
            core.world.touch()
            return found
    raise Refused(404, "Este código de pareamento não existe ou já expirou.")


def _key(phone: Phone) -> str:
    return numbers.person_key(phone.number)


def unlink(core: Core, phone: Phone, name: str) -> Instance:
    """Remove the linked device on the phone: the instance gets its 401."""
    found = core.world.instances.get(name)
    if found is None or found.phone != phone.number:
        raise Refused(404, f"{name} não está conectada a este celular.")
    instances.close_for_good(core, found)
    return found


def say(core: Core, phone: Phone, to: str, text: str, *, quote: str | None = None) -> ChatMessage:
    if not text.strip():
        raise Refused(400, "Escreva uma mensagem.")
    return _post(core, phone, to, kind="text", text=text, quote=quote)


def tap(
    core: Core,
    phone: Phone,
    to: str,
    button_id: str,
    *,
    text: str = "",
    quote: str | None = None,
) -> ChatMessage:
    """Post a button answer. Any id goes: that is how an attack is played."""
    if not button_id.strip():
        raise Refused(400, "Escreva o id do botão.")
    return _post(
        core,
        phone,
        to,
        kind="button_reply",
        text=text or button_id,
        quote=quote,
        button_id=button_id,
    )


def react(core: Core, phone: Phone, to: str, target: str, emoji: str) -> ChatMessage:
    """React to a message of the chat; an empty emoji takes the reaction back."""
    if target not in core.world.messages:
        raise Refused(404, "Essa mensagem não existe.")
    return _post(core, phone, to, kind="reaction", text=emoji, quote=target)


def _post(
    core: Core,
    phone: Phone,
    to: str,
    *,
    kind: str,
    text: str,
    quote: str | None,
    button_id: str | None = None,
) -> ChatMessage:
    _require_online(phone)
    other = get(core, to)
    if other is phone:
        raise Refused(400, "Escolha outro número: este é o do próprio celular.")
    message = ChatMessage(
        id=codes.phone_message_id(),
        sender=phone.number,
        recipient=other.number,
        text=text,
        at=time.time(),
        kind=kind,
        quote=quote or None,
        button_id=button_id,
    )
    messages.carry(core, message)
    return message


def _require_online(phone: Phone) -> None:
    if not phone.on_whatsapp:
        raise Refused(409, "Este número não tem WhatsApp.")
    if not phone.online:
        raise Refused(409, "Este celular está sem internet.")


def read(core: Core, phone: Phone, other: Phone | None = None) -> int:
    """Open one chat, or all. Returns how many messages were read just now.

    A phone without receipts reads in silence.
    """
    if not (phone.online and phone.receipts):
        return 0
    unread = [
        message
        for message in core.world.messages.values()
        if message.recipient == phone.number
        and message.status != "READ"
        and (other is None or message.sender == other.number)
        and is_visible(message, phone)
    ]
    for message in unread:
        messages.acknowledge(core, message, "READ")
    return len(unread)


def is_visible(message: ChatMessage, phone: Phone) -> bool:
    """Whether a phone shows a message: buttons of 2.3.x arrive and are never rendered."""
    return message.kind != "buttons" or phone.shows_buttons or message.sender == phone.number


def summary(core: Core, phone: Phone) -> Json:
    return {
        "number": phone.number,
        "name": phone.name,
        "jid": phone.jid,
        "lid": phone.lid,
        "linked": [instance.name for instance in core.world.linked_to(phone)],
    } | {name: getattr(phone, name) for name in SWITCHES}


def chats(core: Core, phone: Phone) -> list[Json]:
    """Return the chats of a phone, the latest first."""
    latest: dict[str, ChatMessage] = {}
    total: dict[str, int] = {}
    for message in core.world.messages.values():
        if phone.number in {message.sender, message.recipient}:
            other = message.recipient if message.sender == phone.number else message.sender
            latest[other] = message
            total[other] = total.get(other, 0) + 1
    rows = [
        {
            "number": other,
            "name": get(core, other).name,
            "messages": total[other],
            "last": message_row(message, phone),
        }
        for other, message in latest.items()
    ]
    return sorted(rows, key=lambda row: row["last"]["at"], reverse=True)


def message_row(message: ChatMessage, phone: Phone) -> Json:
    """Return a message as one phone sees it."""
    return {
        "key_id": message.id,
        "from_me": message.sender == phone.number,
        "direction": "out" if message.sender == phone.number else "in",
        "kind": message.kind,
        "text": message.text,
        "status": message.status,
        "at": payloads.iso(message.at),
        "quote": message.quote,
        "button_id": message.button_id,
        "buttons": message.buttons,
        "visible": is_visible(message, phone),
        "instance": message.instance,
    }
