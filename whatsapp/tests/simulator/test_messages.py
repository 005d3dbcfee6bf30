"""Messages reach the phones, and their answers reach the instance, exactly once."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

import pytest

from whatsapp.simulator import numbers
from whatsapp.tests.simulator.conftest import CLIENT, NAME, SALON, create, pair
from whatsapp.tests.simulator.support import wait_for

SEND = f"/message/sendText/{NAME}"


def chat(call, phone, other):
    return call.get(f"/simulator/phones/{phone}/chats/{other}")[1]["messages"]


def statuses(receiver, key_id):
    bodies = receiver.events("messages.update")
    return {b["data"]["status"] for b in bodies if b["data"]["keyId"] == key_id}


@pytest.mark.parametrize(
    ("number", "jid"),
    [
        ("5511999998888", "5511999998888"),
        ("5531988887777", "553188887777"),
        ("5531968887777", "5531968887777"),
        ("5547989211984", "554789211984"),
        ("553188887777", "553188887777"),
        ("+55 (31) 98888-7777", "553188887777"),
        ("5215512345678", "525512345678"),
        ("abc", ""),
        ("", ""),
    ],
)
def test_the_ninth_digit_goes_away_where_evolution_takes_it_away(number, jid):
    assert numbers.create_jid(number) == f"{jid}@s.whatsapp.net"


def test_a_sent_text_is_pending_then_delivered_then_read(salon, receiver):
    status, sent = salon.post(SEND, {"number": CLIENT, "text": "Olá"})
    key = sent["key"]
    assert status == 201
    assert re.fullmatch(r"3EB0[0-9A-F]{18}", key["id"])
    assert key["remoteJid"] == "553177770002@s.whatsapp.net"
    assert sent["status"] == "PENDING"
    wait_for(lambda: statuses(receiver, key["id"]) == {"DELIVERY_ACK"}, "delivery")
    assert salon.post(f"/simulator/phones/{CLIENT}/read", {"other": SALON})[1] == {"read": 1}
    wait_for(lambda: "READ" in statuses(receiver, key["id"]), "reading")
    assert chat(salon, CLIENT, SALON)[0]["status"] == "READ"


def test_both_phones_show_the_message_once(salon):
    _, sent = salon.post(SEND, {"number": CLIENT, "text": "Olá"})
    for phone, other, from_me in ((CLIENT, SALON, False), (SALON, CLIENT, True)):
        rows = chat(salon, phone, other)
        assert [(m["key_id"], m["from_me"]) for m in rows] == [(sent["key"]["id"], from_me)]


def test_an_opened_page_reads_the_chat(salon, receiver):
    _, sent = salon.post(SEND, {"number": CLIENT, "text": "Olá"})
    wait_for(lambda: statuses(receiver, sent["key"]["id"]), "delivery")
    salon.get(f"/celulares/{CLIENT}/", headers={"Accept": "text/html"})
    wait_for(lambda: "READ" in statuses(receiver, sent["key"]["id"]), "reading")


def test_a_phone_without_receipts_never_tells_that_it_read(salon, receiver):
    salon.post(f"/simulator/phones/{CLIENT}/settings", {"receipts": False})
    _, sent = salon.post(SEND, {"number": CLIENT, "text": "Olá"})
    wait_for(lambda: statuses(receiver, sent["key"]["id"]), "delivery")
    assert salon.post(f"/simulator/phones/{CLIENT}/read")[1] == {"read": 0}
    assert statuses(receiver, sent["key"]["id"]) == {"DELIVERY_ACK"}


def test_a_phone_without_internet_gets_its_messages_later(salon, receiver):
    salon.post("/simulator/phones", {"number": CLIENT, "online": False})
    _, sent = salon.post(SEND, {"number": CLIENT, "text": "Olá"})
    receiver.wait("send.message")
    assert chat(salon, CLIENT, SALON)[0]["status"] == "PENDING"
    assert salon.post(f"/simulator/phones/{CLIENT}/messages", {"to": SALON, "text": "x"})[0] == 409
    salon.post(f"/simulator/phones/{CLIENT}/settings", {"online": True})
    wait_for(lambda: statuses(receiver, sent["key"]["id"]) == {"DELIVERY_ACK"}, "delivery")


@pytest.mark.parametrize("number", ["5511900000000", "abc", ""])
def test_a_number_that_is_nobody_is_refused_with_an_object(salon, number):
    status, body = salon.post(SEND, {"number": number, "text": "x"})
    jid = numbers.create_jid(number)
    assert status == 400
    assert body["response"]["message"] == [{"jid": jid, "exists": False, "number": number}]


def test_a_phone_that_left_whatsapp_is_refused(salon):
    salon.post(f"/simulator/phones/{CLIENT}/settings", {"on_whatsapp": False})
    status, body = salon.post(SEND, {"number": CLIENT, "text": "x"})
    assert status == 400
    assert body["response"]["message"][0]["exists"] is False
    assert chat(salon, CLIENT, SALON) == []


def test_a_number_that_nobody_held_yet_gets_a_phone(salon):
    assert salon.post(SEND, {"number": "5581988887777", "text": "Olá"})[0] == 201
    assert [m["text"] for m in chat(salon, "5581988887777", SALON)] == ["Olá"]


def test_both_writings_of_a_number_are_one_person(salon):
    salon.post(SEND, {"number": "5531977770002", "text": "com nove"})
    salon.post(SEND, {"number": "553177770002", "text": "sem nove"})
    assert [m["text"] for m in chat(salon, CLIENT, SALON)] == ["com nove", "sem nove"]


def test_a_jid_with_the_wrong_ninth_digit_is_not_found(salon):
    status, body = salon.post(SEND, {"number": f"{CLIENT}@s.whatsapp.net", "text": "x"})
    assert (status, body["response"]["message"][0]["exists"]) == (400, False)


def test_buttons_are_accepted_and_not_shown_unless_the_phone_shows_them(salon):
    button = {"type": "reply", "displayText": "Confirmo", "id": "confirm_1"}
    body = {"number": CLIENT, "title": "T", "description": "D", "buttons": [button]}
    status, sent = salon.post(f"/message/sendButtons/{NAME}", body)
    assert (status, sent["messageType"]) == (201, "viewOnceMessage")
    row = chat(salon, CLIENT, SALON)[0]
    assert (row["kind"], row["visible"], row["buttons"]) == ("buttons", False, [button])
    salon.post(f"/simulator/phones/{CLIENT}/settings", {"shows_buttons": True})
    assert chat(salon, CLIENT, SALON)[0]["visible"] is True


def test_one_person_writes_to_two_companies_and_each_hears_only_its_own(salon, receiver):
    barber = "5581977770007"
    create(salon, receiver, "company_2_whatsapp")
    pair(salon, "company_2_whatsapp", barber, "Barbearia")
    written = {SALON: "para o salão", barber: "para a barbearia"}
    for to, text in written.items():
        salon.post(f"/simulator/phones/{CLIENT}/messages", {"to": to, "text": text})
    heard = {
        body["instance"]: body["data"]["message"]["conversation"]
        for body in receiver.wait("messages.upsert", 2)
    }
    assert heard == {NAME: "para o salão", "company_2_whatsapp": "para a barbearia"}
    assert len(salon.get(f"/simulator/phones/{CLIENT}/chats")[1]["chats"]) == 2


def test_a_stranger_may_write_and_tap_any_button_id(salon, receiver):
    stranger = "5521966660009"
    salon.post("/simulator/phones", {"number": stranger, "name": "Desconhecido"})
    body = {"to": SALON, "button_id": "confirm_999999"}
    assert salon.post(f"/simulator/phones/{stranger}/button", body)[0] == 201
    data = receiver.wait("messages.upsert")[0]["data"]
    assert data["message"]["buttonsResponseMessage"]["selectedButtonId"] == "confirm_999999"
    assert data["key"]["remoteJid"] == "5521966660009@s.whatsapp.net"


def test_a_company_without_an_instance_hears_nothing_and_its_phone_everything(salon, receiver):
    salon.post(f"/simulator/phones/{SALON}/unlink", {"instance": NAME})
    receiver.wait("logout.instance")
    salon.post(f"/simulator/phones/{CLIENT}/messages", {"to": SALON, "text": "alguém aí?"})
    assert [m["text"] for m in chat(salon, SALON, CLIENT)] == ["alguém aí?"]
    assert receiver.events("messages.upsert") == []


def test_found_messages_are_filtered_by_key_and_paged(salon):
    ids = [salon.post(SEND, {"number": CLIENT, "text": text})[1]["key"]["id"] for text in "abc"]
    found = salon.post(f"/chat/findMessages/{NAME}", {"where": {"key": {"id": ids[1]}}})[1]
    assert [row["message"]["conversation"] for row in found["messages"]["records"]] == ["b"]
    page = salon.post(f"/chat/findMessages/{NAME}", {"page": 2, "offset": 2})[1]["messages"]
    assert (page["total"], page["pages"], page["currentPage"]) == (3, 2, 2)
    assert len(page["records"]) == 1
    for days, found in ((0, 3), (1, 0)):
        since = datetime.now(timezone(timedelta(hours=-3))) + timedelta(days=days, seconds=-5)
        until = since + timedelta(days=1)
        window = {"gte": since.isoformat(), "lte": until.isoformat()}
        where = {"where": {"messageTimestamp": window}}
        total = salon.post(f"/chat/findMessages/{NAME}", where)[1]["messages"]["total"]
        assert total == found
    nobody = {"where": {"key": {"remoteJid": "5511900000000@s.whatsapp.net"}}}
    assert salon.post(f"/chat/findMessages/{NAME}", nobody)[1]["messages"]["total"] == 0


def test_whatsapp_numbers_tells_who_exists(salon):
    wanted = {"numbers": [CLIENT, "5511900000000"]}
    status, rows = salon.post(f"/chat/whatsappNumbers/{NAME}", wanted)
    assert status == 200
    assert [row["exists"] for row in rows] == [True, False]
    assert rows[0]["jid"] == "553177770002@s.whatsapp.net"


@pytest.mark.parametrize(
    ("version", "address", "alternate", "mode"),
    [
        ("2.3.6", "lid", "phone", "lid"),
        ("2.3.7", "phone", "phone", "lid"),
        ("2.4.0-rc2", "phone", "lid", "pn"),
    ],
)
def test_a_hidden_number_is_written_as_each_release_does(
    make_simulator, receiver, version, address, alternate, mode
):
    from whatsapp.tests.simulator.support import Caller

    call = Caller(make_simulator(version=version).url)
    create(call, receiver)
    pair(call)
    _, phone = call.post("/simulator/phones", {"number": CLIENT, "hides_number": True})
    known = {"phone": phone["jid"], "lid": phone["lid"]}
    call.post(f"/simulator/phones/{CLIENT}/messages", {"to": SALON, "text": "oi"})
    key = receiver.wait("messages.upsert")[0]["data"]["key"]
    assert key["remoteJid"] == known[address]
    assert key["remoteJidAlt"] == known[alternate]
    assert key["addressingMode"] == mode
