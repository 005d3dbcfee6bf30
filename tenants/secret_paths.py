"""Addresses that are a secret themselves: whoever reads one in a log could follow it."""

from __future__ import annotations

import re
from typing import Final

HIDDEN: Final = "***"
SECRET: Final = re.compile(r"(/(?:convite|entrar/nova-senha)/)[^\s?\"']+")


def without_secret(text: str) -> str:
    """Return the text with what follows in such an address left out."""
    return SECRET.sub(rf"\1{HIDDEN}", text)
