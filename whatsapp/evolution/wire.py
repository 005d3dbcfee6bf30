"""Tolerant readers of single JSON values, as the versions of Evolution API write them.

None of them raises: what cannot be read is None, and the caller decides what that means.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

LAST_SECOND = 253_402_300_799  # of the year 9999, the last that datetime knows

_DIGITS = re.compile(r"-?[0-9]{1,20}", re.ASCII)
_PERSON = re.compile(
    r"([0-9]{6,15})(?:_[0-9]+)?(?::[0-9]+)?(?:@(?:s\.whatsapp\.net|c\.us))?", re.ASCII
)
_LID = re.compile(r"([0-9]{1,20})(?:_[0-9]+)?(?::[0-9]+)?@(?:hosted\.)?lid", re.ASCII)
_DEVICE = re.compile(r"(?::[0-9]+)(?=@)", re.ASCII)


def mapping(value: object) -> Mapping[str, Any]:
    """Return the object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def text(value: object) -> str | None:
    """Return a string that is not empty."""
    return value if isinstance(value, str) and value else None


def integer(value: object) -> int | None:
    """Return an int from an int, a decimal string or a 64-bit `{"low", "high"}` pair."""
    if isinstance(value, dict):
        return _long(value.get("low"), value.get("high"))
    if isinstance(value, str):
        return int(value) if _DIGITS.fullmatch(value) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _long(low: object, high: object) -> int | None:
    if not (isinstance(low, int) and isinstance(high, int)):
        return None
    return high * 2**32 + (low & 0xFFFFFFFF)  # low is signed on the wire


def moment(value: object) -> datetime | None:
    """Return the aware UTC time of an epoch in seconds."""
    seconds = integer(value)
    if seconds is None or not 0 < seconds <= LAST_SECOND:
        return None
    return datetime.fromtimestamp(seconds, tz=UTC)


def iso_moment(value: object) -> datetime | None:
    """Return the aware UTC time of an ISO 8601 string; without an offset it is read as UTC."""
    try:
        read = datetime.fromisoformat(value) if isinstance(value, str) else None
        return read and (read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


def jid(value: object) -> str | None:
    """Return a JID without its device: `5511...:12@s.whatsapp.net` is the person's."""
    found = text(value)
    return found and _DEVICE.sub("", found)


def phone_of(value: object) -> str | None:
    """Return the digits of a person's JID (or of bare digits); None for a LID, a group, junk."""
    found = _PERSON.fullmatch(value) if isinstance(value, str) else None
    return found and found.group(1)


def lid_of(value: object) -> str | None:
    """Return a hidden number as `<digits>@lid`; None for anything else."""
    found = _LID.fullmatch(value) if isinstance(value, str) else None
    return found and f"{found.group(1)}@lid"
