"""The JSON schemas of the real server, as far as its error texts show them."""

from __future__ import annotations

import re
from typing import Any

from whatsapp.simulator.errors import ApiError
from whatsapp.simulator.payloads import EVENTS
from whatsapp.simulator.state import Json

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "object": (dict,),
    "array": (list,),
}
_NUMBER = r"^\d+[\.@\w-]+"
_CREATE = {
    "instanceName": "string",
    "token": "string",
    "number": "string",
    "qrcode": "boolean",
    "rejectCall": "boolean",
    "msgCall": "string",
    "groupsIgnore": "boolean",
    "alwaysOnline": "boolean",
    "readMessages": "boolean",
    "readStatus": "boolean",
    "syncFullHistory": "boolean",
    "webhook": "object",
}
_WEBHOOK = {
    "enabled": "boolean",
    "url": "string",
    "headers": "object",
    "byEvents": "boolean",
    "base64": "boolean",
    "events": "array",
}
_SEND = {"number": "string", "delay": "integer", "quoted": "object", "linkPreview": "boolean"}
_SEND_TEXTS = {"number": "Invalid format", "delay": "Enter a value in milliseconds"}
_BUTTON_TYPES = ("reply", "copy", "url", "call", "pix")


def create(body: Json) -> None:
    errors = _wrong_types(body, _CREATE)
    number = body.get("number")
    if isinstance(number, str) and not re.match(_NUMBER, number, re.ASCII):
        errors.append(f'number does not match pattern "{_NUMBER}"'.replace("\\", "\\\\"))
    _refuse(errors)


def webhook(body: Json) -> None:
    asked = body.get("webhook")
    if not isinstance(asked, dict):
        _refuse(_wrong_types(body, {"webhook": "object"}) + _missing(body, ["webhook"]))
        return
    errors = _wrong_types(asked, _WEBHOOK, "webhook.")
    events = asked.get("events")
    for index, event in enumerate(events if isinstance(events, list) else []):
        if event not in EVENTS:
            allowed = ",".join(EVENTS)
            errors.append(f"webhook.events[{index}] is not one of enum values: {allowed}")
    _refuse(errors + _missing(asked, ["enabled", "url"], "webhook"))


def text(body: Json) -> None:
    errors = _wrong_types(
        body, _SEND | {"text": "string", "mentioned": "array"}, texts=_SEND_TEXTS
    )
    if body.get("mentioned") == []:
        errors.append("mentioned does not meet minimum length of 1")
    _refuse(errors + _missing(body, ["number", "text"]))


def buttons(body: Json) -> None:
    strings = dict.fromkeys(("title", "description", "footer", "thumbnailUrl"), "string")
    errors = _wrong_types(body, _SEND | strings | {"buttons": "array"}, texts=_SEND_TEXTS)
    asked = body.get("buttons")
    for index, button in enumerate(asked if isinstance(asked, list) else []):
        if not isinstance(button, dict) or button.get("type") not in _BUTTON_TYPES:
            allowed = ",".join(_BUTTON_TYPES)
            errors.append(f"buttons[{index}].type is not one of enum values: {allowed}")
    _refuse(errors + _missing(body, ["number"]))


def whatsapp_numbers(body: Json) -> None:
    _refuse(_wrong_types(body, {"numbers": "array"}) + _missing(body, ["numbers"]))


def _wrong_types(
    body: Json, types: dict[str, str], where: str = "", texts: dict[str, str] | None = None
) -> list[str]:
    return [
        (texts or {}).get(name) or f"{where}{name} is not of a type(s) {kind}"
        for name, kind in types.items()
        if name in body and not _is(body[name], kind)
    ]


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool) and kind == "integer":
        return False
    return isinstance(value, _TYPES[kind])


def _missing(body: Json, names: list[str], where: str = "instance") -> list[str]:
    return [f'{where} requires property "{name}"' for name in names if name not in body]


def _refuse(errors: list[str]) -> None:
    """Schema errors come as a list inside the list."""
    if errors:
        raise ApiError(400, [errors])
