"""The API for scripts and tests, under /simulator/. JSON, no authentication, loopback only."""

from __future__ import annotations

import dataclasses
import json
import time
from typing import Any

from whatsapp.simulator import instances, payloads, phones
from whatsapp.simulator.core import Core, Faults
from whatsapp.simulator.errors import ApiError, Refused
from whatsapp.simulator.state import ChatMessage, Instance, Json
from whatsapp.simulator.web import Request, Response, Routes, answer
from whatsapp.simulator.webhooks import Delivery

routes = Routes()


def handle(core: Core, request: Request) -> Response:
    """Answer a script; a refusal is `{"detail": <sentence>}`."""
    try:
        with core.world.lock:
            found = routes.call(core, request)
        if found is None:
            raise Refused(404, f"Não existe {request.method} {request.path}.")
        return found
    except Refused as error:
        return answer(error.status, {"detail": error.sentence})
    except ApiError as error:
        return answer(400, {"detail": str(error.message)})


def _body(request: Request) -> Json:
    body = request.json()
    if not isinstance(body, dict):
        raise Refused(400, "Mande um objeto JSON.")
    return body


def _text(body: Json, name: str, *, required: bool = True) -> str:
    value = body.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str):
        raise Refused(400, f"Falta {name}.")
    return value


@routes.add("POST", "/simulator/phones")
def add_phone(core: Core, request: Request) -> Response:
    body = _body(request)
    phone = phones.register(core, _text(body, "number"), _text(body, "name", required=False))
    phones.change(core, phone, body)
    return answer(201, phones.summary(core, phone))


@routes.add("GET", "/simulator/phones")
def list_phones(core: Core, request: Request) -> Response:
    found = core.world.phones.values()
    return answer(200, {"phones": [phones.summary(core, phone) for phone in found]})


@routes.add("GET", "/simulator/phones/{number}")
def show_phone(core: Core, request: Request, number: str) -> Response:
    return answer(200, phones.summary(core, phones.get(core, number)))


@routes.add("POST", "/simulator/phones/{number}/settings")
def change_phone(core: Core, request: Request, number: str) -> Response:
    phone = phones.get(core, number)
    phones.change(core, phone, _body(request))
    return answer(200, phones.summary(core, phone))


@routes.add("POST", "/simulator/phones/{number}/scan")
def scan(core: Core, request: Request, number: str) -> Response:
    body = _body(request)
    found = phones.scan(
        core,
        phones.get(core, number),
        code=_text(body, "code", required=False),
        instance=_text(body, "instance", required=False),
    )
    return answer(200, _linked(found))


@routes.add("POST", "/simulator/phones/{number}/pair")
def pair(core: Core, request: Request, number: str) -> Response:
    found = phones.pair(core, phones.get(core, number), _text(_body(request), "code"))
    return answer(200, _linked(found))


@routes.add("POST", "/simulator/phones/{number}/unlink")
def unlink(core: Core, request: Request, number: str) -> Response:
    phone = phones.get(core, number)
    return answer(200, _linked(phones.unlink(core, phone, _text(_body(request), "instance"))))


def _linked(instance: Instance) -> Json:
    return {"instance": instance.name, "state": instance.live.state, "phone": instance.phone}


@routes.add("GET", "/simulator/phones/{number}/chats")
def list_chats(core: Core, request: Request, number: str) -> Response:
    return answer(200, {"chats": phones.chats(core, phones.get(core, number))})


@routes.add("GET", "/simulator/phones/{number}/chats/{other}")
def show_chat(core: Core, request: Request, number: str, other: str) -> Response:
    phone, with_phone = phones.get(core, number), core.world.phone(other)
    found = core.world.chat(phone, with_phone) if with_phone else []
    return answer(200, {"messages": [phones.message_row(message, phone) for message in found]})


@routes.add("POST", "/simulator/phones/{number}/messages")
def say(core: Core, request: Request, number: str) -> Response:
    body = _body(request)
    message = phones.say(
        core,
        phones.get(core, number),
        _text(body, "to"),
        _text(body, "text"),
        quote=_text(body, "quote", required=False),
    )
    return _posted(message)


@routes.add("POST", "/simulator/phones/{number}/button")
def tap(core: Core, request: Request, number: str) -> Response:
    body = _body(request)
    message = phones.tap(
        core,
        phones.get(core, number),
        _text(body, "to"),
        _text(body, "button_id"),
        text=_text(body, "text", required=False),
        quote=_text(body, "quote", required=False),
    )
    return _posted(message)


@routes.add("POST", "/simulator/phones/{number}/reaction")
def react(core: Core, request: Request, number: str) -> Response:
    body = _body(request)
    message = phones.react(
        core,
        phones.get(core, number),
        _text(body, "to"),
        _text(body, "key_id"),
        _text(body, "emoji", required=False),
    )
    return _posted(message)


def _posted(message: ChatMessage) -> Response:
    return answer(201, {"key_id": message.id})


@routes.add("POST", "/simulator/phones/{number}/read")
def read(core: Core, request: Request, number: str) -> Response:
    other = _text(_body(request), "other", required=False)
    phone = phones.get(core, number)
    count = phones.read(core, phone, phones.get(core, other) if other else None)
    return answer(200, {"read": count})


@routes.add("GET", "/simulator/instances")
def list_instances(core: Core, request: Request) -> Response:
    rows = [_instance_row(core, instance) for instance in core.world.instances.values()]
    return answer(200, {"instances": rows})


def _instance_row(core: Core, instance: Instance) -> Json:
    code = instances.waiting_code(instance)
    left = max(0.0, instance.live.qr_expires_at - time.time()) if code else None
    return {
        "name": instance.name,
        "state": instance.live.state if instance.live.loaded else None,
        "phone": instance.phone,
        "code": code,
        "pairing_code": instance.live.pairing_code if code else None,
        "expires_in": left,
        "webhook": payloads.webhook_row(instance),
        "waiting_events": len(instance.backlog),
    }


@routes.add("GET", "/simulator/deliveries")
def list_deliveries(core: Core, request: Request) -> Response:
    """All of them, oldest first; `instance`, `event`, `key_id` narrow, `body=1` adds bodies."""
    asked = {
        name: request.query[name]
        for name in ("instance", "event", "key_id")
        if name in request.query
    }
    rows = [
        _delivery_row(delivery, with_body="body" in request.query)
        for delivery in core.webhooks.all()
        if all(getattr(delivery, name) == value for name, value in asked.items())
    ]
    return answer(200, {"deliveries": rows})


def _delivery_row(delivery: Delivery, *, with_body: bool = False) -> Json:
    row: Json = {
        "event_id": delivery.id,
        "instance": delivery.instance,
        "event": delivery.event,
        "key_id": delivery.key_id,
        "url": delivery.url,
        "at": payloads.iso(delivery.at),
        "outcome": delivery.outcome,
        "attempts": [
            attempt | {"at": payloads.iso(attempt["at"])} for attempt in list(delivery.attempts)
        ],
    }
    return row | {"body": json.loads(delivery.body)} if with_body else row


def redeliver(core: Core, request: Request) -> Response:
    """Post the same webhook again, byte for byte, and wait for the answer. Takes no lock."""
    try:
        delivery = core.webhooks.find(_text(_body(request), "event_id"))
    except (ApiError, Refused) as error:
        return answer(400, {"detail": str(error)})
    if delivery is None:
        return answer(404, {"detail": "Este evento não existe ou já foi esquecido."})
    status = core.webhooks.attempt(delivery)
    return answer(200, {"event_id": delivery.id, "status": status})


@routes.add("GET", "/simulator/faults")
def show_faults(core: Core, request: Request) -> Response:
    return answer(200, dataclasses.asdict(core.faults))


@routes.add("POST", "/simulator/faults")
def set_faults(core: Core, request: Request) -> Response:
    """Replace all faults; {} clears. `refuse_seconds` closes the port itself for so long."""
    body = _body(request)
    refuse = body.pop("refuse_seconds", None)
    known = {field.name: field.type for field in dataclasses.fields(Faults)}
    unknown = sorted(set(body) - set(known))
    if unknown:
        raise Refused(400, f"Não existe esta falha: {', '.join(unknown)}.")
    _check_faults(body, refuse)
    core.faults = Faults(**body)
    for instance in core.world.instances.values():
        if core.receives(instance):
            core.flush(instance)
    found = answer(200, dataclasses.asdict(core.faults))
    if refuse:
        found.afterwards = lambda: core.close_port(float(refuse))
    return found


def _check_faults(body: Json, refuse: Any) -> None:
    numbers = [body.get("hang_send", 0), refuse or 0]
    whole = [body.get("send_status") or 200, body.get("times") or 0]
    if not all(isinstance(number, (int, float)) and number >= 0 for number in numbers):
        raise Refused(400, "hang_send e refuse_seconds são segundos.")
    if not all(isinstance(number, int) for number in whole):
        raise Refused(400, "send_status e times são números inteiros.")
    if body.get("webhooks", "on") not in {"on", "off"}:
        raise Refused(400, 'webhooks é "on" ou "off".')
