import json
from pathlib import Path

import pytest

from whatsapp.masks import masked_body, masked_words

FIXTURES = sorted((Path(__file__).parent / "fixtures" / "evolution").glob("*.json"))


def test_a_body_keeps_its_shape_its_ids_and_the_end_of_a_phone():
    body = {
        "event": "messages.upsert",
        "instance": "company_12_whatsapp",
        "data": {
            "key": {"remoteJid": "5531988771247@s.whatsapp.net", "fromMe": False, "id": "3EB0A1"},
            "pushName": "Camila",
            "message": {"conversation": "sim, confirmo"},
            "messageTimestamp": 1795460380,
        },
        "apikey": None,
    }

    assert masked_body(body) == {
        "event": "messages.upsert",
        "instance": "company_12_whatsapp",
        "data": {
            "key": {"remoteJid": "••• 1247@s.whatsapp.net", "fromMe": False, "id": "3EB0A1"},
            "pushName": "••• (6)",
            "message": {"conversation": "••• (13)"},
            "messageTimestamp": 1795460380,
        },
        "apikey": None,
    }


def test_codes_are_left_out_wherever_they_stand():
    body = {"data": [{"qrcode": {"code": "x", "deeper": {"base64": "x"}}, "code": 428}], "n": None}

    assert masked_body(body) == {
        "data": [{"qrcode": {"code": "•••", "deeper": {"base64": "•••"}}, "code": 428}],
        "n": None,
    }


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("+5531988771247", "••• 1247"),
        ("5531988771247:12@s.whatsapp.net", "••• 1247@s.whatsapp.net"),
        ("123456789012345@lid", "••• 2345@lid"),
        (5531988771247, "•••"),
        ("", ""),
        (3, 3),
        (True, True),
    ],
)
def test_a_phone_is_its_end_in_whatever_form_it_comes(value, masked):
    assert masked_body({"x": value}) == {"x": masked}


def test_a_phone_is_no_name_of_a_field():
    assert masked_body({"5531988771247@s.whatsapp.net": 1}) == {"•••": 1}


def test_words_are_counted():
    assert masked_words("até amanhã") == "••• (10)"


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_no_recorded_body_shows_words_names_or_phones(path):
    shown = json.dumps(masked_body(json.loads(path.read_text())), ensure_ascii=False)

    for told in ("5511999990001", "5511988887777", "oi, tudo bem", "Maria", "Sim, confirmo"):
        assert told not in shown


def test_where_a_client_is_is_not_shown():
    place = {"degreesLatitude": -19.9245, "degreesLongitude": -43.9352}

    assert set(masked_body({"locationMessage": place})["locationMessage"].values()) == {"•••"}
