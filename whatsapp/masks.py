"""What the platform's staff may see of what came from a client's phone: how it is made, not what
it says.  Pure.

Who needs the words enters the company, with a reason and a time limit, and reads them there.
"""

from __future__ import annotations

import re
from typing import Any

# Values under these names are made by programs, and are what a fault is looked for by.
SHOWN = frozenset(
    {
        *("event", "instance", "instanceId", "date_time", "destination", "server_url"),
        *("id", "keyId", "messageId", "fromMe", "addressingMode", "messageType", "source"),
        *("status", "state", "statusReason", "type", "messageTimestamp", "stanzaId"),
        *("selectedId", "selectedButtonId", "isLatest", "progress", "version", "wuid"),
    }
)
# With these of a code that is still valid, anybody could pair the company's number.
CODES = frozenset({"base64", "code", "pairingCode"})
JID = re.compile(r"\+?(\d{4,})(:\d+)?(@[a-z.]+)?")
LONG_NUMBER = re.compile(r"\d{6,}")
HIDDEN = "•••"


def masked_body(value: Any, *, name: str = "", in_code: bool = False) -> Any:
    """Return a webhook body with its shape, its names and its ids, without words and codes; of a
    phone the last four digits."""
    if isinstance(value, dict):
        return {
            _masked_name(key): masked_body(
                each, name=key, in_code=in_code or name == "qrcode" or key == "qrcode"
            )
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [masked_body(each, name=name, in_code=in_code) for each in value]
    if in_code and name in CODES:
        return HIDDEN
    if isinstance(value, str):
        return _masked_text(value, name)
    if isinstance(value, float) and name not in SHOWN:
        return HIDDEN  # where a client is, when he sends a place
    if isinstance(value, bool | None) or name in SHOWN or abs(value) < 1_000_000:
        return value
    return HIDDEN


def _masked_name(name: str) -> str:
    return HIDDEN if LONG_NUMBER.search(name) else name


def _masked_text(text: str, name: str) -> str:
    if jid := JID.fullmatch(text):
        return f"{HIDDEN} {jid[1][-4:]}{jid[3] or ''}"
    if name in SHOWN or not text:
        return text
    return masked_words(text)


def masked_words(text: str) -> str:
    """Return how long a text is, and nothing that it says."""
    return f"{HIDDEN} ({len(text)})"
