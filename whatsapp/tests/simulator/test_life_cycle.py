"""An instance is created, scanned, lost and found again."""

from __future__ import annotations

import pytest

from whatsapp.tests.simulator.conftest import CLIENT, NAME, SALON, create, pair, state_of
from whatsapp.tests.simulator.support import Caller, wait_for


def names(receiver):
    return [body.json["event"] for body in receiver.received]


def qr_of(receiver, count=1):
    return [body["data"]["qrcode"] for body in receiver.wait("qrcode.updated", count)]


def test_the_version_is_public_and_a_browser_is_sent_to_the_phones(call):
    assert call.get("/", key=None)[1]["version"] == "2.3.6"
    status, _ = call.get("/", headers={"Accept": "text/html"}, key=None)
    assert (status, call.last_headers["Location"]) == (303, "/celulares/")


@pytest.mark.parametrize(
    ("asked", "told"), [({"Connection": "close"}, "close"), ({}, "keep-alive")]
)
def test_a_caller_is_told_whether_its_connection_will_be_closed(call, asked, told):
    assert call.get("/", headers=asked)[0] == 200
    assert call.last_headers["Connection"] == told


@pytest.mark.parametrize(("key", "status"), [("simulator-key", 200), ("wrong", 401), (None, 401)])
def test_credentials_are_verified_with_the_global_key(call, key, status):
    assert call.post("/verify-creds", key=key)[0] == status


def test_the_first_answer_of_connect_has_no_code_and_the_next_one_has(call, receiver):
    create(call, receiver)
    assert call.get(f"/instance/connect/{NAME}") == (200, {"count": 0})
    told = qr_of(receiver)[0]
    status, shown = call.get(f"/instance/connect/{NAME}")
    assert status == 200
    assert (shown["count"], shown["code"]) == (1, told["code"])
    assert shown["pairingCode"] is None
    assert shown["base64"].startswith("data:image/png;base64,")
    assert state_of(call) == "connecting"


def test_a_code_is_followed_by_another_and_an_old_one_is_refused(make_simulator, receiver):
    call = Caller(make_simulator(qr_seconds=0.3).url)
    create(call, receiver)
    call.get(f"/instance/connect/{NAME}")
    call.post("/simulator/phones", {"number": SALON})
    first, second = qr_of(receiver, 2)
    assert first["code"] != second["code"]
    scanned = f"/simulator/phones/{SALON}/scan"
    expired = {"detail": "Este código já expirou. Leia o código novo."}
    assert call.post(scanned, {"code": first["code"]}) == (409, expired)
    assert call.post(scanned, {"code": "2@never"})[0] == 404


def test_the_text_of_the_shown_code_links_the_phone_to_its_own_instance(call, receiver):
    for name in (NAME, "company_2_whatsapp"):
        create(call, receiver, name)
        call.get(f"/instance/connect/{name}")
    receiver.wait("qrcode.updated", 2)
    codes = {
        body["instance"]: body["data"]["qrcode"] for body in receiver.events("qrcode.updated")
    }
    call.post("/simulator/phones", {"number": SALON, "name": "Salão"})
    body = {"code": codes["company_2_whatsapp"]["code"]}
    status, linked = call.post(f"/simulator/phones/{SALON}/scan", body)
    assert (status, linked["instance"]) == (200, "company_2_whatsapp")
    assert linked["state"] == "close"  # the 515 restart
    wait_for(lambda: state_of(call, "company_2_whatsapp") == "open", "open")
    assert state_of(call) == "connecting"
    opened = receiver.wait("connection.update", when=lambda b: b["data"]["state"] == "open")[0]
    assert opened["instance"] == "company_2_whatsapp"
    assert opened["data"]["wuid"] == opened["sender"] == "553188880001@s.whatsapp.net"


def test_the_code_limit_ends_in_refused_while_the_row_says_connecting(make_simulator, receiver):
    call = Caller(make_simulator(qr_seconds=0.05, qr_limit=3).url)
    create(call, receiver)
    call.get(f"/instance/connect/{NAME}")
    refused = receiver.wait("connection.update", when=lambda b: b["data"]["state"] == "refused")
    assert refused[0]["data"] == {"instance": NAME, "state": "refused", "statusReason": 428}
    limit = receiver.wait("qrcode.updated", 4)[-1]["data"]
    shown = [body["data"] for body in receiver.events("qrcode.updated")]
    assert sum("qrcode" in data for data in shown) == 3
    assert limit in shown
    reached = {"message": "QR code limit reached, please login again", "statusCode": 500}
    assert reached in shown
    assert state_of(call) == "close"
    row = call.get("/instance/fetchInstances")[1][0]
    assert row["connectionStatus"] == "connecting"
    assert call.get(f"/instance/connect/{NAME}")[1]["count"] == 0


def test_a_pairing_code_comes_only_when_the_number_was_given_in_state_close(call, receiver):
    create(call, receiver)
    call.get(f"/instance/connect/{NAME}?number={SALON}")
    code = qr_of(receiver)[0]["pairingCode"]
    assert len(code) == 8
    assert set(code) <= set("123456789ABCDEFGHJKLMNPQRSTVWXYZ")
    for number in (SALON, CLIENT):
        call.post("/simulator/phones", {"number": number})
    paired = f"{code[:4]}-{code[4:]}".lower()
    assert call.post(f"/simulator/phones/{CLIENT}/pair", {"code": paired})[0] == 409
    assert call.post(f"/simulator/phones/{SALON}/pair", {"code": "ABCD1234"})[0] == 404
    assert call.post(f"/simulator/phones/{SALON}/pair", {"code": paired})[0] == 200
    wait_for(lambda: state_of(call) == "open", "open")


def test_an_unlink_on_the_phone_gives_three_events_and_a_401(salon, receiver):
    status, body = salon.post(f"/simulator/phones/{SALON}/unlink", {"instance": NAME})
    assert (status, body["state"]) == (200, "close")
    closed = receiver.wait("connection.update", when=lambda b: b["data"]["state"] == "close")[0]
    assert closed["data"]["statusReason"] == 401
    assert receiver.wait("logout.instance")[0]["data"] is None
    assert receiver.wait("status.instance")[0]["data"]["disconnectionReasonCode"] == 401
    assert state_of(salon) == "close"
    row = salon.get("/instance/fetchInstances")[1][0]
    assert (row["connectionStatus"], row["disconnectionReasonCode"]) == ("close", 401)
    assert row["ownerJid"] == "553188880001@s.whatsapp.net"
    pair(salon)  # and back again
    assert state_of(salon) == "open"


def test_a_phone_unlinks_only_what_is_linked_to_it(salon):
    assert salon.post(f"/simulator/phones/{CLIENT}/unlink", {"instance": NAME})[0] == 404
    assert state_of(salon) == "open"


@pytest.mark.parametrize(("version", "arrives"), [("2.3.6", False), ("2.3.7", True)])
def test_an_api_logout_kills_inbound_until_the_instance_is_made_anew(
    make_simulator, receiver, version, arrives
):
    call = Caller(make_simulator(version=version).url)
    create(call, receiver)
    pair(call)
    call.post("/simulator/phones", {"number": CLIENT})
    assert call("DELETE", f"/instance/logout/{NAME}")[0] == 200
    pair(call)
    call.post(f"/simulator/phones/{CLIENT}/messages", {"to": SALON, "text": "antes"})
    if arrives:
        assert receiver.wait("messages.upsert")[0]["data"]["message"]["conversation"] == "antes"
        return
    call("DELETE", f"/instance/delete/{NAME}")
    wait_for(lambda: call.get(f"/instance/connectionState/{NAME}")[0] == 404, "removal")
    create(call, receiver)
    pair(call)
    call.post(f"/simulator/phones/{CLIENT}/messages", {"to": SALON, "text": "depois"})
    assert receiver.wait("messages.upsert")[0]["data"]["message"]["conversation"] == "depois"
    assert len(receiver.events("messages.upsert")) == 1


def test_the_name_stays_taken_until_remove_instance_was_delivered(call, receiver):
    create(call, receiver)
    receiver.wait("instance.create")
    receiver.answers[:] = [500, 500, 500]
    assert call("DELETE", f"/instance/delete/{NAME}")[0] == 200
    body = {"instanceName": NAME, "integration": "WHATSAPP-BAILEYS"}
    taken = [f'This name "{NAME}" is already in use.']
    assert call.post("/instance/create", body)[1]["response"]["message"] == taken
    wait_for(lambda: call.post("/instance/create", body)[0] == 201, "the name to be free")


def test_a_restart_of_an_open_instance_reconnects_it(salon, receiver):
    before = len(receiver.events("connection.update"))
    status, body = salon.post(f"/instance/restart/{NAME}")
    assert (status, body["instance"]["state"]) == (200, "open")
    receiver.wait("connection.update", before + 2)
    wait_for(lambda: state_of(salon) == "open", "open")


def test_the_state_is_missing_and_sends_fail_until_a_stored_instance_is_loaded(
    make_simulator, receiver, tmp_path
):
    state = tmp_path / "state.json"
    first = make_simulator(state=state)
    call = Caller(first.url)
    create(call, receiver)
    pair(call)
    call.post(f"/message/sendText/{NAME}", {"number": CLIENT, "text": "Olá"})
    first.stop()

    again = Caller(make_simulator(state=state, speed=1).url)
    assert again.get(f"/instance/connectionState/{NAME}")[1] == {
        "instance": {"instanceName": NAME}
    }
    body = {"error": True, "message": "[object Object]"}
    assert again.get(f"/instance/connect/{NAME}") == (200, body)
    status, error = again.post(f"/message/sendText/{NAME}", {"number": CLIENT, "text": "x"})
    assert status == 500
    assert error["response"]["message"].endswith("(reading 'textMessage')")


def test_a_restart_of_the_process_keeps_everything_and_opens_paired_instances(
    make_simulator, receiver, tmp_path
):
    state = tmp_path / "novo" / "state.json"
    first = make_simulator(state=state)
    call = Caller(first.url)
    create(call, receiver, byEvents=True, headers={"Authorization": "Bearer s"})
    pair(call)
    _, sent = call.post(f"/message/sendText/{NAME}", {"number": CLIENT, "text": "Olá"})
    receiver.wait("messages.update")
    hook = call.get(f"/webhook/find/{NAME}")[1]
    first.stop()
    assert state.stat().st_mode & 0o077 == 0  # it holds webhook secrets

    again = Caller(make_simulator(state=state).url)
    wait_for(lambda: state_of(again) == "open", "open")
    assert again.get(f"/webhook/find/{NAME}")[1] == hook
    chat = again.get(f"/simulator/phones/{CLIENT}/chats/{SALON}")[1]["messages"]
    assert [(m["key_id"], m["text"]) for m in chat] == [(sent["key"]["id"], "Olá")]
    where = {"where": {"key": {"id": sent["key"]["id"]}}}
    found = again.post(f"/chat/findMessages/{NAME}", where)[1]["messages"]
    assert found["total"] == 1
    assert found["records"][0]["MessageUpdate"] == [{"status": "DELIVERY_ACK"}]


def test_what_was_written_while_the_server_started_comes_when_it_is_open(
    make_simulator, receiver, tmp_path
):
    state = tmp_path / "state.json"
    first = make_simulator(state=state)
    call = Caller(first.url)
    create(call, receiver)
    pair(call)
    call.post("/simulator/phones", {"number": CLIENT})
    first.stop()

    again = Caller(make_simulator(state=state, speed=10).url)
    again.post(f"/simulator/phones/{CLIENT}/messages", {"to": SALON, "text": "cedo demais"})
    assert receiver.events("messages.upsert") == []
    body = receiver.wait("messages.upsert")[0]
    assert body["data"]["message"]["conversation"] == "cedo demais"
