"""Phone numbers as Brazilians type them, as we store them and as we compare them."""

from __future__ import annotations

import re
import unicodedata
from typing import Final, Literal

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType

Problem = Literal[
    "empty",  # no digit at all
    "characters",  # a letter, an extension, a plus sign in the middle
    "no_area_code",  # 8 or 9 digits: the number without its DDD
    "area_code",  # a DDD that does not exist (0800 and the like end here too)
    "too_short",
    "too_long",
    "invalid",  # the right length, yet no such number
]

BRAZIL: Final = 55
NO_BREAK_SPACE: Final = "\N{NO-BREAK SPACE}"

# (0XX11), 0xx15 11, (0**11): the XX stand for "the operator that you prefer".
OPERATOR_PLACEHOLDER: Final = re.compile(r"^([\s(]*0)\s*(?:xx|\*\*)", re.IGNORECASE)
BRAZILIAN_DIGITS: Final = re.compile(r"55([0-9]{2})9?([0-9]{8})")
PERSONAL_JID: Final = re.compile(r"([0-9]{7,15})(?:_[0-9]+)?(?::[0-9]+)?@s\.whatsapp\.net")


class InvalidPhone(ValueError):
    """The text is no phone number that we can keep. `code` says why, for the page to word."""

    def __init__(self, code: Problem) -> None:
        super().__init__(code)
        self.code: Problem = code


def normalize(raw: str) -> str:
    """Return what the person typed in E.164 with the plus sign, at most 16 characters.

    Accepts Brazilian mobiles and landlines with their DDD in any punctuation, behind 0, 0XX,
    an operator, 55, 0055 or +55; and foreign numbers behind + or 00.

    A Brazilian mobile without the ninth digit (eight digits that begin with 6 to 9) is stored
    WITH it, as everybody dials since 2016 (Anatel, Resolução 553/2010, today 749/2022). Two
    consequences: a mobile typed with one digit missing may pass as an old number, and the
    trunking radios (SME) that kept eight digits behind a 7 become mobiles.

    Raises InvalidPhone for anything else, and nothing else for any text.
    """
    number = _parse(_compact(raw))
    if number.country_code == BRAZIL:
        return _brazilian(str(number.national_number))
    if not phonenumbers.is_valid_number(number):
        raise InvalidPhone("invalid")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def same_person_key(e164_or_digits: str) -> str:
    """Return the digits by which two spellings of one phone are equal.

    Brazil: 55, DDD and the last eight digits, because WhatsApp still writes many accounts
    without the ninth. So the mobile (11) 93333-4444 and the landline (11) 3333-4444 share a key
    although they may belong to two people: where both are clients, compare the whole number
    first. Any other country: all its digits.

    Wants the country code in front (what `normalize` and `from_jid` return).
    Raises InvalidPhone when there is no digit, so that two empty values never match.
    """
    digits = re.sub(r"[^0-9]", "", e164_or_digits)
    if not digits:
        raise InvalidPhone("empty")
    brazilian = BRAZILIAN_DIGITS.fullmatch(digits)
    return f"{BRAZIL}{brazilian[1]}{brazilian[2]}" if brazilian else digits


def from_jid(jid: str) -> str | None:
    """Return the digits of a person's WhatsApp address, without the device.

    None for what holds no phone: hidden numbers (`@lid`), groups, status, channels.
    The digits are as WhatsApp writes them, often without the ninth: compare by key.
    """
    person = PERSONAL_JID.fullmatch(jid)
    return person[1] if person else None


def display(e164: str) -> str:
    """Return the number for people: "(11) 98765-4321", or "+351 912 345 678" from abroad.

    The space after the area code does not break. A value that is no number comes back as is.
    """
    try:
        number = phonenumbers.parse(e164, None)
    except NumberParseException:
        return e164
    if not phonenumbers.is_valid_number(number):
        return e164
    if number.country_code == BRAZIL:
        national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
        return national.replace(" ", NO_BREAK_SPACE, 1)
    return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)


def whatsapp_number(e164: str) -> str:
    """Return the digits that Evolution API takes as `number`.

    Its answer may name another JID (without the ninth digit): keep that one from then on.
    """
    return e164.removeprefix("+")


def _compact(raw: str) -> str:
    """Return the digits alone, behind a plus sign if the country code comes first."""
    text = OPERATOR_PLACEHOLDER.sub(r"\1 ", unicodedata.normalize("NFKC", raw))
    compact = "".join(_kept(char) for char in text)
    if not compact.strip("+"):
        raise InvalidPhone("characters" if compact else "empty")
    if "+" in compact[1:]:
        raise InvalidPhone("characters")
    return f"+{compact[2:]}" if compact.startswith("00") else compact


def _kept(char: str) -> str:
    """Return the digit or plus sign that a character stands for; nothing for punctuation."""
    digit = unicodedata.decimal(char, None)
    if digit is not None:
        return str(digit)
    if char == "+":
        return char
    # Format characters: phones paste numbers wrapped in invisible direction marks.
    if (
        char.isspace()
        or char in "()./\N{MINUS SIGN}"
        or unicodedata.category(char) in {"Pd", "Cf"}
    ):
        return ""
    raise InvalidPhone("characters")


def _parse(compact: str) -> PhoneNumber:
    try:
        return phonenumbers.parse(compact, "BR")
    except NumberParseException as error:
        short = error.error_type in {
            NumberParseException.NOT_A_NUMBER,
            NumberParseException.TOO_SHORT_AFTER_IDD,
            NumberParseException.TOO_SHORT_NSN,
        }
        long = error.error_type == NumberParseException.TOO_LONG
        raise InvalidPhone("too_short" if short else "too_long" if long else "invalid") from None


def _brazilian(national: str) -> str:
    """Return DDD and subscriber in E.164, with the ninth digit where it is missing."""
    _check_length(national)
    area, subscriber = national[:2], national[2:]
    if len(subscriber) == 8 and subscriber[0] in "6789":
        subscriber = f"9{subscriber}"
    if not _exists(area, "987654321"):
        raise InvalidPhone("area_code")
    if not _exists(area, subscriber):
        raise InvalidPhone("invalid")
    return f"+{BRAZIL}{area}{subscriber}"


def _check_length(national: str) -> None:
    if len(national) < 8:
        raise InvalidPhone("too_short")
    if len(national) < 10:
        raise InvalidPhone("no_area_code")
    if len(national) > 11:
        raise InvalidPhone("too_long")


def _exists(area: str, subscriber: str) -> bool:
    number = PhoneNumber(country_code=BRAZIL, national_number=int(f"{area}{subscriber}"))
    personal = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE}
    return phonenumbers.number_type(number) in personal
