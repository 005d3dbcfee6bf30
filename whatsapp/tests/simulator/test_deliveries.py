"""Webhooks are posted, repeated and given up as the real server does."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest

from whatsapp.simulator.webhooks import retry_wait
from whatsapp.tests.simulator.conftest import CLIENT, NAME, SALON, create
from whatsapp.tests.simulator.support import wait_for


def deliveries(call, **asked):
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    return call.get(f"/simulator/deliveries?{query}")[1]["deliveries"]


def outcome(call, event="instance.create"):
    found = wait_for(
        lambda: [d for d in deliveries(call, event=event) if d["outcome"] != "pending"],
        f"the end of {event}",
    )
    return found[0]["outcome"], [attempt["status"] for attempt in found[0]["attempts"]]


def test_the_envelope_carries_the_own_headers_and_the_event_in_the_path(call, receiver):
    create(call, receiver, byEvents=True, headers={"Authorization": "Bearer s3cret"})
    wait_for(lambda: receiver.received, "a webhook")
    taken = receiver.received[0]
    assert (taken.method, taken.path) == ("POST", "/hook/instance-create")
    assert taken.headers["Authorization"] == "Bearer s3cret"
    assert taken.headers["User-Agent"] == "axios/1.12.2"
    assert taken.json["destination"] == f"{receiver.url}/hook"
    assert taken.json["server_url"] == call.url


def test_a_jwt_key_becomes_a_signed_bearer_token(call, receiver):
    create(call, receiver, headers={"jwt_key": "long-random-secret"})
    wait_for(lambda: receiver.received, "a webhook")
    headers = receiver.received[0].headers
    assert "jwt_key" not in headers
    signed, _, signature = headers["Authorization"].removeprefix("Bearer ").rpartition(".")
    digest = hmac.new(b"long-random-secret", signed.encode(), hashlib.sha256).digest()
    assert signature == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    claims = json.loads(base64.urlsafe_b64decode(signed.split(".")[1] + "=="))
    assert claims["exp"] - claims["iat"] == 600


def test_only_the_events_that_were_asked_for_are_posted(call, receiver):
    create(call, receiver, events=["QRCODE_UPDATED"])
    call.get(f"/instance/connect/{NAME}")
    receiver.wait("qrcode.updated")
    assert {body.json["event"] for body in receiver.received} == {"qrcode.updated"}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_refusal_is_final(call, receiver, status):
    receiver.answers[:] = [status]
    create(call, receiver)
    assert outcome(call) == ("refused", [status])
    assert len(receiver.received) == 1


@pytest.mark.parametrize("status", [302, 405, 429, 500, 503])
def test_anything_else_is_repeated_byte_for_byte(call, receiver, status):
    receiver.answers[:] = [status, status]
    create(call, receiver)
    assert outcome(call) == ("delivered", [status, status, 200])
    assert len({taken.body for taken in receiver.received}) == 1


def test_after_ten_attempts_an_event_is_lost(make_simulator, receiver):
    from whatsapp.tests.simulator.support import Caller

    call = Caller(make_simulator(speed=5000).url)
    receiver.answers[:] = [503] * 10
    create(call, receiver)
    assert outcome(call) == ("exhausted", [503] * 10)


@pytest.mark.parametrize(
    ("attempts", "least", "most"),
    [(1, 5, 6), (2, 8, 12), (3, 16, 24), (6, 128, 192), (7, 240, 360), (9, 240, 360)],
)
def test_waits_double_up_to_five_minutes(attempts, least, most):
    waits = [retry_wait(attempts) for _ in range(200)]
    assert least <= min(waits)
    assert max(waits) <= most


def test_a_redirect_becomes_an_empty_get_and_counts_as_delivered(call, receiver):
    receiver.answers[:] = [(301, "/elsewhere")]
    create(call, receiver)
    assert outcome(call) == ("delivered", [200])
    assert [(t.method, t.path, t.body) for t in receiver.received[1:]] == [
        ("GET", "/elsewhere", b"")
    ]


def test_a_307_repeats_the_post(call, receiver):
    receiver.answers[:] = [(307, "/elsewhere")]
    create(call, receiver)
    assert outcome(call) == ("delivered", [200])
    assert receiver.received[1].body == receiver.received[0].body


@pytest.mark.parametrize("url", ["not a url", ""])
def test_a_url_without_http_is_never_called(call, receiver, url):
    create(call, receiver)
    hook = {"webhook": {"enabled": True, "url": url, "events": []}}
    assert call.post(f"/webhook/set/{NAME}", hook)[0] == 201
    call.get(f"/instance/connect/{NAME}")
    assert deliveries(call, event="connection.update") == []


def test_a_webhook_is_posted_again_byte_for_byte_on_demand(salon, receiver):
    salon.post(f"/simulator/phones/{CLIENT}/messages", {"to": SALON, "text": "1"})
    receiver.wait("messages.upsert")
    found = wait_for(lambda: deliveries(salon, event="messages.upsert", instance=NAME))[0]
    answer = salon.post("/simulator/redeliver", {"event_id": found["event_id"]})
    assert answer == (200, {"event_id": found["event_id"], "status": 200})
    first, second = [t for t in receiver.received if t.json["event"] == "messages.upsert"]
    assert first.body == second.body
    assert first.path == second.path
    assert salon.post("/simulator/redeliver", {"event_id": "evt_0"})[0] == 404


def test_deliveries_are_found_by_message_and_show_their_body_on_demand(salon, receiver):
    body = {"to": SALON, "text": "sim"}
    key_id = salon.post(f"/simulator/phones/{CLIENT}/messages", body)[1]["key_id"]
    receiver.wait("messages.upsert")
    assert "body" not in deliveries(salon, key_id=key_id)[0]
    found = deliveries(salon, key_id=key_id, body=1)
    assert [d["body"]["data"]["message"]["conversation"] for d in found] == ["sim"]
