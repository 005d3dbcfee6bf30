"""What of a webhook body is kept, and by which key its repetition is known. Pure."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from whatsapp.evolution.content import has_content
from whatsapp.evolution.envelope import (
    MalformedEvent,
    ack_id_of,
    ack_status_of,
    data_of,
    event_name,
    instance_name,
    key_id_of,
)

CREDENTIALS = frozenset({"apikey", "api_key"})
MAX_DEPTH = 60  # far beyond any message, far below what recursion bears

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_PLAIN_INSTANCE = re.compile(r"[A-Za-z0-9_-]{1,100}", re.ASCII)
_PLAIN_ID = re.compile(r"[A-Za-z0-9_.@-]{1,128}", re.ASCII)


def kept_body(body: object) -> dict[str, Any]:
    """Return the envelope without its credentials, as PostgreSQL's jsonb can hold it.

    NUL and lone surrogates become U+FFFD, NaN and the infinities null, and what lies deeper than
    60 levels null. Keeping twice changes nothing. Raises MalformedEvent for what is no object.
    """
    if not isinstance(body, dict):
        raise MalformedEvent("not an object")
    kept = {name: value for name, value in body.items() if name.lower() not in CREDENTIALS}
    return {_storable_text(name): _storable(value, MAX_DEPTH) for name, value in kept.items()}


def _storable(value: object, depth: int) -> object:
    if isinstance(value, str):
        return _storable_text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict | list) and not depth:
        return None
    if isinstance(value, dict):
        return {_storable_text(name): _storable(v, depth - 1) for name, v in value.items()}
    return [_storable(v, depth - 1) for v in value] if isinstance(value, list) else value


def _storable_text(value: str) -> str:
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", value)


def dedupe_key(body: object) -> str:
    """Return the key, at most 250 ASCII characters, that a repetition shares and nothing else has.

    A message: instance and key.id. A tick: instance, keyId and status. Anything else, and a
    message whose id is unreadable: SHA-256 of the kept body, whose `date_time` a repetition
    shares. Raises MalformedEvent for what is no envelope.

    `messages.upsert` and `send.message` of one id have different keys. The second is what tells
    a send of unknown outcome from one that never left: an echo that came first must not swallow
    it. That an echo is no second message is decided by who stores messages, on key.id.
    A message without content is keyed by its hash, for it may be the placeholder of one that
    could not be decrypted and comes again under its id.
    """
    name, instance = event_name(body), instance_name(body)
    reader = KEY_READERS.get(name)
    try:
        parts = reader(data_of(body)) if reader else None
    except MalformedEvent:
        parts = None
    if parts and _PLAIN_INSTANCE.fullmatch(instance) and _PLAIN_ID.fullmatch(parts[1]):
        kind, *rest = parts
        return ":".join((kind, instance, *rest))
    canonical = json.dumps(kept_body(body), sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"


def _message_key(data: Mapping[str, Any]) -> tuple[str, ...] | None:
    return ("message", key_id_of(data)) if has_content(data.get("message")) else None


def _sent_key(data: Mapping[str, Any]) -> tuple[str, ...]:
    return "sent", key_id_of(data)


def _ack_key(data: Mapping[str, Any]) -> tuple[str, ...] | None:
    status = ack_status_of(data)
    return None if status is None else ("ack", ack_id_of(data), status.name)


KEY_READERS: dict[str, Callable[[Mapping[str, Any]], tuple[str, ...] | None]] = {
    "messages.upsert": _message_key,
    "send.message": _sent_key,
    "messages.update": _ack_key,
}
