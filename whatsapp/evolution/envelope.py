"""A webhook body before anybody knows what it means: names, times, and the ids it is known by.

Pure, and total: for any JSON whatsoever only MalformedEvent is raised.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum
from typing import Any

from whatsapp.evolution.wire import integer, iso_moment, mapping, text

_NAME = re.compile(r"[a-z0-9.]{1,64}", re.ASCII)
_INSTANCE = re.compile(r"company_([1-9][0-9]{0,17})_whatsapp", re.ASCII)


class MalformedEvent(ValueError):
    """Not an envelope, or data that its event cannot have. The text holds no personal data."""


class AckStatus(IntEnum):
    """WhatsApp's numbers for the ticks, in their order."""

    ERROR = 0
    PENDING = 1
    SERVER_ACK = 2
    DELIVERY_ACK = 3
    READ = 4
    PLAYED = 5


def instance_name_of(company_id: int) -> str:
    return f"company_{company_id}_whatsapp"


def company_of_instance(name: str) -> int | None:
    """Return the company id in an instance's name, None for a name that is not ours."""
    found = _INSTANCE.fullmatch(name)
    return int(found.group(1)) if found else None


def event_name(body: object) -> str:
    """Return the name in lower case with dots, e.g. "messages.upsert". Raises MalformedEvent."""
    raw = text(mapping(body).get("event"))
    name = raw.lower().replace("_", ".").replace("-", ".") if raw else ""
    if not _NAME.fullmatch(name):
        raise MalformedEvent("no event name")
    return name


def instance_name(body: object) -> str:
    """Return the instance the event belongs to. Raises MalformedEvent."""
    name = text(mapping(body).get("instance"))
    if name is None:
        raise MalformedEvent("no instance name")
    return name


def emitted_at(body: object) -> datetime | None:
    """Return when the server made the event, None if unreadable.

    Repeats carry the same time and arrive up to 20 minutes late, in any order: it tells which of
    two states of one instance is the later. The server may mean its local time with a false Z.
    """
    return iso_moment(mapping(body).get("date_time"))


def data_of(body: object) -> Mapping[str, Any]:
    """Return the event's data: the object, that of a list of one, or an empty one for null."""
    data = mapping(body).get("data")
    if isinstance(data, list) and len(data) == 1:
        data = data[0]
    if data is not None and not isinstance(data, dict):
        raise MalformedEvent("data is not one object")
    return mapping(data)


def key_id_of(data: Mapping[str, Any]) -> str:
    """Return the message's id on WhatsApp. Raises MalformedEvent."""
    return needed(text(mapping(data.get("key")).get("id")), "key.id")


def ack_id_of(data: Mapping[str, Any]) -> str:
    """Return the id a tick belongs to: `keyId`, `id` before version 2, or `key.id`."""
    key = mapping(data.get("key"))
    return needed(text(data.get("keyId")) or text(data.get("id")) or text(key.get("id")), "keyId")


def ack_status_of(data: Mapping[str, Any]) -> AckStatus | None:
    """Return the tick by its name or number, None when there is none (an edit, a poll vote)."""
    raw = data.get("status", mapping(data.get("update")).get("status"))
    if raw is None or raw == "DELETED":
        return None
    if isinstance(raw, str) and raw.upper() in AckStatus.__members__:
        return AckStatus[raw.upper()]
    number = integer(raw)
    if number not in set(AckStatus):
        raise MalformedEvent("status is not a tick")
    return AckStatus(number)


def needed(value: str | None, where: str) -> str:
    if value is None:
        raise MalformedEvent(f"{where} is missing")
    return value
