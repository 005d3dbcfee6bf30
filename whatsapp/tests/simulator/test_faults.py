"""A server that misbehaves on demand."""

from __future__ import annotations

import http.client

import pytest

from whatsapp.tests.simulator.conftest import CLIENT, NAME, SALON
from whatsapp.tests.simulator.support import wait_for

SEND = f"/message/sendText/{NAME}"
TEXT = {"number": CLIENT, "text": "Olá"}


def texts(call):
    return [
        m["text"] for m in call.get(f"/simulator/phones/{CLIENT}/chats/{SALON}")[1]["messages"]
    ]


def test_down_closes_the_connection_and_keeps_inbound_until_it_is_back(salon, receiver):
    salon.post("/simulator/faults", {"down": True})
    with pytest.raises((http.client.HTTPException, OSError)):
        salon.get(f"/instance/connectionState/{NAME}")
    with pytest.raises((http.client.HTTPException, OSError)):
        salon.post(SEND, TEXT)
    salon.post(f"/simulator/phones/{CLIENT}/messages", {"to": SALON, "text": "oi"})
    assert texts(salon) == ["oi"]
    assert receiver.events("messages.upsert") == []
    assert salon.post("/simulator/faults", {})[1]["down"] is False
    assert receiver.wait("messages.upsert")[0]["data"]["message"]["conversation"] == "oi"
    assert salon.post(SEND, TEXT)[0] == 201


def test_the_port_itself_refuses_for_some_seconds(salon):
    salon.post("/simulator/faults", {"refuse_seconds": 0.3})

    def refused():
        try:
            salon.get("/")
        except ConnectionRefusedError:
            return True
        except (http.client.HTTPException, OSError):
            return False
        return False

    def answers():
        try:
            return salon.get("/")[0] == 200
        except (http.client.HTTPException, OSError):
            return False

    wait_for(refused, "a refused connection")
    wait_for(answers, "the port to open again")
    assert salon.post(SEND, TEXT)[0] == 201


def test_a_message_is_delivered_though_its_answer_is_cut(salon):
    salon.post("/simulator/faults", {"send_then_drop": True, "times": 1})
    with pytest.raises((http.client.HTTPException, OSError)):
        salon.post(SEND, TEXT)
    assert texts(salon) == ["Olá"]
    assert salon.post(SEND, TEXT)[0] == 201
    assert texts(salon) == ["Olá", "Olá"]


def test_a_chosen_answer_sends_nothing(salon):
    salon.post("/simulator/faults", {"send_status": 500, "send_body": {"x": "Connection Closed"}})
    assert salon.post(SEND, TEXT) == (500, {"x": "Connection Closed"})
    assert texts(salon) == []


@pytest.mark.parametrize(("delivers", "arrived"), [(True, ["Olá"]), (False, [])])
def test_a_hanging_send_delivers_before_it_hangs_or_not_at_all(salon, delivers, arrived):
    salon.post("/simulator/faults", {"hang_send": 0.2, "hang_delivers": delivers})
    with pytest.raises(TimeoutError):
        salon.post(SEND, TEXT, timeout=0.1)
    salon.post("/simulator/faults", {})
    assert salon.post(SEND, TEXT | {"text": "depois", "delay": 15000})[0] == 201  # 0.3 s here
    assert texts(salon) == [*arrived, "depois"]


def test_webhooks_that_are_off_are_lost(salon, receiver):
    salon.post("/simulator/faults", {"webhooks": "off"})
    salon.post(f"/simulator/phones/{CLIENT}/messages", {"to": SALON, "text": "perdida"})
    salon.post("/simulator/faults", {})
    salon.post(f"/simulator/phones/{CLIENT}/messages", {"to": SALON, "text": "ouvida"})
    heard = [b["data"]["message"]["conversation"] for b in receiver.wait("messages.upsert")]
    assert heard == ["ouvida"]
    found = salon.get("/simulator/deliveries?event=messages.upsert")[1]["deliveries"]
    assert found[0]["outcome"] == "off"


@pytest.mark.parametrize(
    "body",
    [{"nope": 1}, {"hang_send": "x"}, {"webhooks": "never"}, {"times": "1"}, [1], "x"],
)
def test_an_unknown_fault_is_refused_with_a_sentence(call, body):
    status, answer = call.post("/simulator/faults", body)
    assert status == 400
    assert answer["detail"]
    assert call.get("/simulator/faults")[1]["webhooks"] == "on"


def test_a_body_that_nothing_expects_gives_a_500_with_a_string(salon, caplog):
    status, body = salon.post(SEND, TEXT | {"quoted": {"key": "ABC"}})
    assert (status, body["error"]) == (500, "Internal Server Error")
    assert isinstance(body["response"]["message"], str)
    assert "the simulator failed on POST" in caplog.text
    assert texts(salon) == []
