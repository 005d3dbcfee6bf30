"""The routes of Evolution API. Guards in its order: exists, name is free, apikey."""

from __future__ import annotations

import dataclasses
import hmac
import time
from collections.abc import Callable
from typing import Any

from whatsapp.simulator import instances, messages, payloads, validation
from whatsapp.simulator.core import Core, Faults
from whatsapp.simulator.errors import ApiError, BareError, CutConnection
from whatsapp.simulator.state import Instance, Json
from whatsapp.simulator.web import Request, Response, Routes, answer

routes = Routes()
_SUCCESS: Json = {"status": "SUCCESS", "error": False}
_NOT_ON_EVOLUTION = "Method not available on Evolution Channel"
_CLOSED: Json = {
    "data": None,
    "isBoom": True,
    "isServer": False,
    "output": {
        "statusCode": 428,
        "payload": {
            "statusCode": 428,
            "error": "Precondition Required",
            "message": "Connection Closed",
        },
        "headers": {},
    },
}


def handle(core: Core, request: Request) -> Response:
    """Answer any Evolution call; may raise CutConnection."""
    if core.faults.down:
        raise CutConnection
    try:
        body = request.json()
        if not isinstance(body, dict):
            body = {}
        found = routes.call(core, request)
        if found is None:
            raise ApiError(404, [f"Cannot {request.method} {request.target}"])
        return found
    except ApiError as error:
        return answer(error.status, error.body)
    except BareError as error:
        return answer(error.status, error.body)


def _is(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _require_global_key(core: Core, request: Request) -> None:
    if not _is(request.headers.get("apikey", ""), core.config.api_key):
        raise ApiError(401, "Unauthorized")


def _guard(core: Core, request: Request, name: str) -> Instance:
    """Return the instance: 404 when it is unknown, also to a caller with a wrong key."""
    instance = core.world.instances.get(name)
    if instance is None:
        raise ApiError(404, [f'The "{name}" instance does not exist'])
    given = request.headers.get("apikey", "")
    if not _is(given, core.config.api_key) and not _is(given, instance.token):
        raise ApiError(401, "Unauthorized")
    return instance


def _body(request: Request) -> Json:
    body = request.json()
    return body if isinstance(body, dict) else {}


@routes.add("GET", "/")
def welcome(core: Core, request: Request) -> Response:
    return answer(
        200,
        {
            "status": 200,
            "message": "Welcome to the Evolution API, it is working!",
            "version": core.config.version,
            "clientName": "evolution_exchange",
            "manager": f"{core.server_url}/manager",
            "documentation": "https://doc.evolution-api.com",
            "whatsappWebVersion": "2.3000.1027934701",
        },
    )


@routes.add("POST", "/verify-creds")
def verify_credentials(core: Core, request: Request) -> Response:
    _require_global_key(core, request)
    body = {"status": 200, "message": "Credentials are valid", "facebookAppId": ""}
    return answer(200, body)


@routes.add("POST", "/instance/create")
def create(core: Core, request: Request) -> Response:
    body = _body(request)
    instances.require_free(core, body.get("instanceName"))
    _require_global_key(core, request)
    validation.create(body)
    return answer(201, instances.create(core, body))


@routes.add("GET", "/instance/fetchInstances")
def fetch_instances(core: Core, request: Request) -> Response:
    given = request.headers.get("apikey", "")
    everything = _is(given, core.config.api_key)
    with core.world.lock:
        rows = [
            instance
            for instance in reversed(core.world.instances.values())
            if everything or _is(given, instance.token)
        ]
        if not everything and not rows:
            raise ApiError(401, "Unauthorized")
        for field, asked in (("name", "instanceName"), ("id", "instanceId")):
            wanted = request.query.get(asked)
            if wanted is not None:
                rows = [row for row in rows if getattr(row, field) == wanted]
                if not rows:
                    raise ApiError(404, [f'Instance "{wanted}" not found'])
        return answer(200, [payloads.instance_row(row) for row in rows])


@routes.add("GET", "/instance/connect/{name}")
def connect(core: Core, request: Request, name: str) -> Response:
    instance = _guard(core, request, name)
    return answer(200, instances.connect(core, instance, request.query.get("number")))


@routes.add("GET", "/instance/connectionState/{name}")
def connection_state(core: Core, request: Request, name: str) -> Response:
    return answer(200, payloads.state(_guard(core, request, name)))


@routes.add("POST", "/instance/restart/{name}")
def restart(core: Core, request: Request, name: str) -> Response:
    return answer(200, instances.restart(core, _guard(core, request, name)))


@routes.add("DELETE", "/instance/logout/{name}")
def logout(core: Core, request: Request, name: str) -> Response:
    instances.logout(core, _guard(core, request, name))
    return answer(200, _SUCCESS | {"response": {"message": "Instance logged out"}})


@routes.add("DELETE", "/instance/delete/{name}")
def delete(core: Core, request: Request, name: str) -> Response:
    instances.delete(core, _guard(core, request, name))
    return answer(200, _SUCCESS | {"response": {"message": "Instance deleted"}})


@routes.add("POST", "/webhook/set/{name}")
def set_webhook(core: Core, request: Request, name: str) -> Response:
    instance = _guard(core, request, name)
    body = _body(request)
    validation.webhook(body)
    with core.world.lock:
        instances.set_webhook(instance, body["webhook"])
        core.world.touch()
        return answer(201, payloads.webhook_row(instance))


@routes.add("GET", "/webhook/find/{name}")
def find_webhook(core: Core, request: Request, name: str) -> Response:
    return answer(200, payloads.webhook_row(_guard(core, request, name)))


@routes.add("POST", "/message/sendText/{name}")
def send_text(core: Core, request: Request, name: str) -> Response:
    return _send(core, request, name, validation.text, messages.send_text)


@routes.add("POST", "/message/sendButtons/{name}")
def send_buttons(core: Core, request: Request, name: str) -> Response:
    return _send(core, request, name, validation.buttons, messages.send_buttons)


def _send(
    core: Core,
    request: Request,
    name: str,
    check: Callable[[Json], None],
    send: Callable[[Core, Instance, Json], Json],
) -> Response:
    instance = _guard(core, request, name)
    body = _body(request)
    check(body)
    if instance.integration == "EVOLUTION":
        raise ApiError(400, [_NOT_ON_EVOLUTION])
    return _misbehave(core, request, lambda: answer(201, send(core, instance, body)))


def _misbehave(core: Core, request: Request, send: Callable[[], Response]) -> Response:
    """Send, unless a fault is on that makes the answer, or the sending, fail."""
    fault = _take_fault(core)
    if fault.hang_send and fault.hang_delivers:
        sent = send()
        time.sleep(fault.hang_send)
        return sent
    if fault.hang_send:
        time.sleep(fault.hang_send)
        if request.gone():
            raise CutConnection
    if fault.send_status is not None:
        return answer(fault.send_status, fault.send_body)
    sent = send()
    if fault.send_then_drop:
        raise CutConnection
    return sent


def _take_fault(core: Core) -> Faults:
    """Return the faults for one send; `times` counts down to none."""
    with core.world.lock:
        faults = core.faults
        if faults.times is None:
            return faults
        if faults.times <= 0:
            return Faults()
        faults.times -= 1
        return dataclasses.replace(faults)


@routes.add("POST", "/chat/findMessages/{name}")
def find_messages(core: Core, request: Request, name: str) -> Response:
    instance = _guard(core, request, name)
    with core.world.lock:
        return answer(200, messages.find(instance, _body(request)))


@routes.add("POST", "/chat/whatsappNumbers/{name}")
def whatsapp_numbers(core: Core, request: Request, name: str) -> Response:
    instance = _guard(core, request, name)
    body = _body(request)
    validation.whatsapp_numbers(body)
    if instance.integration == "EVOLUTION":
        bare: Any = {"status": 400, "error": "Bad Request", "message": [_NOT_ON_EVOLUTION]}
        raise BareError(400, bare)
    if instance.live.state != "open":
        raise BareError(400, _CLOSED)
    return answer(200, messages.whatsapp_numbers(core, instance, body["numbers"]))
