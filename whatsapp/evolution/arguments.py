"""What may stand in a request to Evolution API: each raises InvalidRequest before it is sent."""

from __future__ import annotations

import re
from urllib.parse import quote

from whatsapp.evolution.errors import InvalidRequest

_NAME = re.compile(r"[a-z0-9_-]{3,60}", re.ASCII)
_NUMBER = re.compile(r"[1-9][0-9]{7,14}", re.ASCII)  # E.164; from 18 digits on it means a group


def path_of(route: str, name: str) -> str:
    """Return the address of a route for the instance of this name."""
    return f"{route}/{quote(instance_name(name), safe='')}"


def instance_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise InvalidRequest("an instance name has 3 to 60 of a-z, 0-9, _ and -")
    return name


def number_of(number: str) -> str:
    """Return the digits alone, country code first."""
    digits = number.removeprefix("+")
    if not _NUMBER.fullmatch(digits):
        raise InvalidRequest("a number has 8 to 15 digits, country code first")
    return digits


def text_of(text: str) -> str:
    if not text.strip():
        raise InvalidRequest("an empty message")
    return text
