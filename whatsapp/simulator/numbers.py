"""Phone numbers as WhatsApp and Evolution API 2.3.6 see them."""

from __future__ import annotations

import hashlib
import re

USER_SUFFIX = "@s.whatsapp.net"
_JID_MARKS = ("@g.us", USER_SUFFIX, "@lid", "@broadcast")
_GROUP_DIGITS = 18
_FIRST_DDD_WITHOUT_NINE = 31
_FIRST_MOBILE_DIGIT = 7


def digits(number: str) -> str:
    """Return the digits of a number without its JID suffix or device; may be empty."""
    return re.sub(r"\D", "", number.split("@")[0].split(":")[0])


def with_country(number: str) -> str:
    """Return digits with country code; 10 or 11 digits are taken as Brazilian."""
    plain = digits(number)
    return f"55{plain}" if len(plain) in {10, 11} else plain


def person_key(number: str) -> str:
    """Return what is equal for two ways to write one number (the Brazilian ninth digit)."""
    plain = digits(number)
    if plain.startswith("55") and len(plain) in {12, 13}:
        return plain[:4] + plain[-8:]
    return plain


def create_jid(number: str) -> str:
    """Return the JID that Evolution asks WhatsApp about (`createJid.ts`).

    A JID is kept, 18 digits or more are a group, and in Brazil the ninth digit goes away for
    area codes from 31 when the number behind it starts with 7 to 9.
    """
    number = re.sub(r":\d+", "", number)
    if any(mark in number for mark in _JID_MARKS):
        return number
    plain = digits(number)
    if len(plain) >= _GROUP_DIGITS:
        return f"{plain}@g.us"
    return _without_nine(_without_third_digit(plain)) + USER_SUFFIX


def _without_third_digit(plain: str) -> str:
    """Mexico and Argentina: 13 digits lose the third."""
    if re.fullmatch(r"5[24]\d{11}", plain):
        return plain[:2] + plain[3:]
    return plain


def _without_nine(plain: str) -> str:
    match = re.fullmatch(r"55(\d\d)9(\d{8})", plain)
    if match is None:
        return plain
    area, subscriber = match.groups()
    if int(area) < _FIRST_DDD_WITHOUT_NINE or int(subscriber[0]) < _FIRST_MOBILE_DIGIT:
        return plain
    return f"55{area}{subscriber}"


def lid_of(number: str) -> str:
    """Return the 15-digit hidden identity of a number, always the same."""
    seed = int(hashlib.sha256(person_key(number).encode()).hexdigest(), 16)
    return f"{10**14 + seed % (9 * 10**14)}@lid"


def pretty(number: str) -> str:
    """Return `(31) 98888-7777` for a Brazilian number and `+<digits>` for any other."""
    plain = digits(number)
    if re.fullmatch(r"55\d{10,11}", plain):
        return f"({plain[2:4]}) {plain[4:-4]}-{plain[-4:]}"
    return f"+{plain}"
