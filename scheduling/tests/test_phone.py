from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scheduling.phone import (
    InvalidPhone,
    display,
    from_jid,
    normalize,
    same_person_key,
    whatsapp_number,
)

# Every DDD in use (Anatel).
AREA_CODES = (
    *("11", "12", "13", "14", "15", "16", "17", "18", "19", "21", "22", "24", "27", "28"),
    *("31", "32", "33", "34", "35", "37", "38", "41", "42", "43", "44", "45", "46", "47", "48"),
    *("49", "51", "53", "54", "55", "61", "62", "63", "64", "65", "66", "67", "68", "69", "71"),
    *("73", "74", "75", "77", "79", "81", "82", "83", "84", "85", "86", "87", "88", "89", "91"),
    *("92", "93", "94", "95", "96", "97", "98", "99"),
)
# What people put before DDD and number; the operators 15, 21, 31 and 41 are the best known.
PREFIXES = (
    *("", "0", "(0", "0XX", "0xx ", "(0xx", "0** ", "0XX15 ", "0 21 ", "031", "041 "),
    *("55", "55 ", "+55", "+55 (0) ", "+55 0", "0055", "00 55 ", "(+55) ", "\u202a+55 "),
)
SEPARATORS = ("", " ", "-", ".", "\u2011", "\u2013", "\u2212", "\xa0", ") ", " - ", "/")

area_codes = st.sampled_from(AREA_CODES)
old_mobiles = st.from_regex(r"[6-9][0-9]{7}", fullmatch=True)
mobiles = st.from_regex(r"9[0-9]{8}", fullmatch=True)
landlines = st.from_regex(r"[2-5][0-9]{7}", fullmatch=True)
foreign_numbers = st.sampled_from(
    [
        phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
        for region in sorted(phonenumbers.SUPPORTED_REGIONS - {"BR"})
        for kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE)
        if (example := phonenumbers.example_number_for_type(region, kind))
    ]
)


@st.composite
def spellings(draw, area, subscriber):
    """One way to type a Brazilian number: prefix, DDD, separator, number, separator, number."""
    first, second = draw(st.tuples(st.sampled_from(SEPARATORS), st.sampled_from(SEPARATORS)))
    prefix = draw(st.sampled_from(PREFIXES))
    return f"{prefix}{area}{first}{subscriber[:-4]}{second}{subscriber[-4:]}"


@pytest.mark.parametrize(
    "typed",
    [
        "(11) 98765-4321",
        "11987654321",
        "11 98765 4321",
        "11.98765.4321",
        "011 98765 4321",
        "(011) 98765-4321",
        "(0XX11) 98765-4321",
        "0XX15 11 98765-4321",
        "0xx11 98765-4321",
        "(0**11) 98765-4321",
        "0 15 11 98765-4321",
        "+55 11 98765-4321",
        "+55 (11) 9 8765-4321",
        "+55 011 98765-4321",
        "005511987654321",
        "00 55 11 98765-4321",
        "55 11 98765-4321",
        "55 11 8765-4321",
        "+55 11 8765-4321",
        "11 8765-4321",
        "(11) 98765\u20114321",
        "(11) 98765\u20134321",
        "(11)\xa098765\u22124321",
        "\u202a+55 11 98765\u20114321\u202c",
        "１１ ９８７６５－４３２１",
        "\t(11) 98765-4321\n",
    ],
)
def test_one_mobile_in_every_spelling(typed):
    assert normalize(typed) == "+5511987654321"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("(11) 3333-4444", "+551133334444"),
        ("55 51 3333 4444", "+555133334444"),
        ("(55) 99876-5432", "+5555998765432"),
        ("55 9987-6543", "+5555999876543"),
        ("5555 9987-6543", "+5555999876543"),
        ("055 99876-5432", "+5555998765432"),
        ("11 6765-4321", "+5511967654321"),
        ("11 7765-4321", "+5511977654321"),
        ("11 5765-4321", "+551157654321"),
        ("+1 415 555 2671", "+14155552671"),
        ("00351 912 345 678", "+351912345678"),
        ("+54 9 11 2345-6789", "+5491123456789"),
    ],
)
def test_landlines_old_mobiles_and_foreigners(typed, stored):
    assert normalize(typed) == stored


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "empty"),
        (" - ", "empty"),
        ("+", "characters"),
        ("++55 11 98765-4321", "characters"),
        ("11 98765+4321", "characters"),
        ("11 98765-4321 ramal 3", "characters"),
        ("11 98765-4321x3", "characters"),
        ("ana@example.com", "characters"),
        ("11 98765-4321, 11 3333-4444", "characters"),
        ("98765-4321", "no_area_code"),
        ("3333-4444", "no_area_code"),
        ("4004-1234", "no_area_code"),
        ("10 98765-4321", "area_code"),
        ("+55 20 98765-4321", "area_code"),
        ("0800 123 4567", "area_code"),
        ("190", "too_short"),
        ("1", "too_short"),
        ("+55", "too_short"),
        ("11 98765-43210", "too_long"),
        ("11 98765-4321 / 11 3333-4444", "too_long"),
        ("1" * 100_000, "too_long"),
        ("11 1765-4321", "invalid"),
        ("11 88765-4321", "invalid"),
        ("+1 415 555 267", "invalid"),
        ("+999 1234567", "invalid"),
    ],
)
def test_what_is_no_phone_number_says_why(typed, code):
    with pytest.raises(InvalidPhone) as refused:
        normalize(typed)

    assert refused.value.code == code


@given(data=st.data(), area=area_codes, subscriber=st.one_of(old_mobiles, mobiles, landlines))
def test_every_spelling_is_one_number_and_one_person(data, area, subscriber):
    ninth = "9" if len(subscriber) == 8 and subscriber[0] in "6789" else ""

    typed = data.draw(spellings(area, subscriber))

    assert normalize(typed) == f"+55{area}{ninth}{subscriber}"
    assert same_person_key(normalize(typed)) == f"55{area}{subscriber[-8:]}"


@given(area=area_codes, subscriber=st.one_of(mobiles, landlines), foreign=foreign_numbers)
def test_normalizing_twice_changes_nothing(area, subscriber, foreign):
    for number in (f"+55{area}{subscriber}", foreign):
        assert normalize(number) == number


@given(
    text=st.one_of(st.text(), st.text(alphabet="0123456789+()-. xX*٣०９"), st.from_regex(r"\+\d+"))
)
def test_any_text_is_a_number_or_an_invalid_phone(text):
    try:
        stored = normalize(text)
    except InvalidPhone:
        return
    assert len(stored) <= 20
    assert stored[0] == "+"
    assert normalize(stored) == stored
    assert same_person_key(stored).isdecimal()


@given(area=area_codes, old=old_mobiles)
def test_the_ninth_digit_does_not_split_a_person_in_two(area, old):
    key = same_person_key(f"+55{area}9{old}")

    assert key == same_person_key(f"55{area}{old}")
    assert key == same_person_key(normalize(f"{area} {old}"))


@given(
    areas=st.tuples(area_codes, area_codes),
    numbers=st.tuples(
        st.one_of(mobiles, old_mobiles, landlines), st.one_of(mobiles, old_mobiles, landlines)
    ),
)
def test_two_area_codes_are_never_one_person(areas, numbers):
    assume(areas[0] != areas[1])

    keys = {
        same_person_key(f"55{area}{number}") for area, number in zip(areas, numbers, strict=True)
    }

    assert len(keys) == 2


def test_a_mobile_and_a_landline_may_share_a_key_but_not_a_number():
    mobile, landline = normalize("(11) 93333-4444"), normalize("(11) 3333-4444")

    assert same_person_key(mobile) == same_person_key(landline) == "551133334444"
    assert mobile != landline


@pytest.mark.parametrize(
    ("number", "key"),
    [
        ("+14155552671", "14155552671"),
        ("351912345678", "351912345678"),
        # Thirteen digits behind 55 whose fifth is no nine: no Brazilian number, so no shortening.
        ("5511887654321", "5511887654321"),
        # A Portuguese number that ends like a Brazilian one is somebody else.
        ("+351187654321", "351187654321"),
    ],
)
def test_other_numbers_are_compared_by_all_their_digits(number, key):
    assert same_person_key(number) == key


@pytest.mark.parametrize("nothing", ["", "+", "abc", "٣"])
def test_two_empty_numbers_are_never_the_same_person(nothing):
    with pytest.raises(InvalidPhone):
        same_person_key(nothing)


@pytest.mark.parametrize(
    ("jid", "digits"),
    [
        ("5511987654321@s.whatsapp.net", "5511987654321"),
        ("551187654321@s.whatsapp.net", "551187654321"),
        ("5511987654321:12@s.whatsapp.net", "5511987654321"),
        ("5511987654321_1:12@s.whatsapp.net", "5511987654321"),
        ("76201477542116@lid", None),
        ("76201477542116:3@lid", None),
        ("120363012345678901@g.us", None),
        ("5511987654321-1600000000@g.us", None),
        ("status@broadcast", None),
        ("5511987654321@s.whatsapp.net.example.com", None),
        ("x5511987654321@s.whatsapp.net", None),
        ("٣٣٣٣٣٣٣٣@s.whatsapp.net", None),
        ("5511987654321@s.whatsapp.net\n", None),
        ("5511987654321", None),
        ("", None),
    ],
)
def test_the_phone_in_a_whatsapp_address(jid, digits):
    assert from_jid(jid) == digits


@given(st.text())
def test_any_text_as_an_address_gives_digits_or_none(jid):
    digits = from_jid(jid)

    assert digits is None or (digits.isascii() and digits.isdigit())


@pytest.mark.parametrize(
    ("e164", "shown"),
    [
        ("+5511987654321", "(11)\xa098765-4321"),
        ("+551133334444", "(11)\xa03333-4444"),
        ("+14155552671", "+1 415-555-2671"),
        ("+351912345678", "+351 912 345 678"),
        ("+5511", "+5511"),
        ("not a number", "not a number"),
        ("", ""),
    ],
)
def test_a_number_as_people_read_it(e164, shown):
    assert display(e164) == shown


@given(area=area_codes, subscriber=st.one_of(mobiles, landlines))
def test_a_shown_number_can_be_typed_again(area, subscriber):
    stored = normalize(f"{area}{subscriber}")

    assert normalize(display(stored)) == stored


def test_evolution_gets_digits_only():
    assert whatsapp_number("+5511987654321") == "5511987654321"
