"""The simulator answers as the real server of the recordings did."""

from __future__ import annotations

import json

import pytest

from whatsapp.tests.simulator.support import RECORDINGS, Caller, shape, wait_for

OTHER_ROUTES = (
    "/message/sendMedia",
    "/message/sendWhatsAppAudio",
    "/message/sendList",
    "/message/sendReaction",
    "/chat/sendPresence",
    "/chat/markMessageAsRead",
    "/chat/findContacts",
    "/chat/findChats",
    "/chat/findStatusMessage",
    "/webhook/evolution",
)
# The real server had no network here: its sockets opened and closed by themselves.
OFFLINE = {
    "create Baileys, qrcode:true (offline)",
    "connect wa1 (offline)",
    "connect wa1 again",
    "logout wa1 (never paired)",
    "logout wa2 (connecting)",
}
# The EVOLUTION channel, WhatsApp failing inside, and what the simulator has no phone for.
NOT_PLAYED = {
    "connect evo1 after logout",
    "fetchInstances evo1 after logout (db connectionStatus)",
    "sendText when Baileys throws",
    "connectionState right after a drop (408)",
    "connectionState 1.5 s after a drop",
    "chat/findMessages",
    "chat/findMessages all, page 1 of 2",
}
RUN_UNCOMPARED = {
    "create Baileys, qrcode:true (offline)",
    "create without instanceName",  # its text holds paths and lines of the real server's source
}
# What a person did with the phone, before the exchange of that name.
SCANS = {
    "connectionState after the scan": ("loja", "5511988887777"),
    "connectionState": ("loja", "5511988887777"),
    "sendText par": ("par", "5511977776666"),
}
# Written again by the real server between two requests; types stay.
NULLABLE = ("pairingCode",)


def exchanges():
    lines = (RECORDINGS / "rest-exchanges.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def is_played(exchange):
    case, path = exchange["case"], exchange["path"]
    if case in RUN_UNCOMPARED:
        return True
    if path.startswith(OTHER_ROUTES) or case in OFFLINE | NOT_PLAYED:
        return False
    on_evolution = path.startswith("/message/") and path.endswith("/evo1")
    return not (on_evolution and exchange["status"] == 201)


def prepare(call, case):
    if case == "connectionState after the phone unlinks (401)":
        call.post("/simulator/phones/5511988887777/unlink", {"instance": "loja"})
    if case not in SCANS:
        return
    name, number = SCANS[case]
    call.post("/simulator/phones", {"number": number, "name": "Loja Teste"})
    scanned = f"/simulator/phones/{number}/scan"
    wait_for(lambda: call.post(scanned, {"instance": name})[0] == 200, f"scan of {name}")
    state = f"/instance/connectionState/{name}"
    wait_for(lambda: call.get(state)[1]["instance"]["state"] == "open", f"{name} open")


def play(call, exchange, receiver_url):
    """Repeat a recorded call; webhooks go to our receiver."""
    key = {"global": call.key, None: None}.get(exchange["apikey"], exchange["apikey"])
    body = exchange["body"]
    if body is not None and "_raw" in body:
        return call(exchange["method"], exchange["path"], raw=body["_raw"].encode(), key=key)
    text = json.dumps(body).replace("http://127.0.0.1:9099", receiver_url)
    sent = json.loads(text.replace("http://127.0.0.1:9100", receiver_url))
    return call(exchange["method"], exchange["path"], sent, key=key)


def until_removed(call, exchange):
    """The real cleanup was over before the next recorded call."""
    if exchange["path"].startswith("/instance/delete/") and exchange["status"] == 200:
        state = exchange["path"].replace("delete", "connectionState")
        wait_for(lambda: call.get(state)[0] == 404, f"{exchange['case']} to end")


def differences(exchange, status, body):
    if status != exchange["status"]:
        return f"status {status} instead of {exchange['status']}"
    if status >= 400 and body != exchange["response"]:
        return f"{body} instead of {exchange['response']}"
    seen, wanted = shape(body), shape(exchange["response"])
    for name in NULLABLE:
        if isinstance(seen, dict) and name in seen and name in wanted:
            seen[name] = wanted[name]
    return None if seen == wanted else f"{seen} instead of {wanted}"


@pytest.fixture
def replay(make_simulator, receiver):
    """Play all exchanges in their order; return case -> difference or None."""
    call = Caller(make_simulator(speed=20).url)
    found = {}
    for index, exchange in enumerate(exchanges()):
        if not is_played(exchange):
            continue
        prepare(call, exchange["case"])
        status, body = play(call, exchange, receiver.url)
        until_removed(call, exchange)
        if exchange["case"] not in RUN_UNCOMPARED:
            found[index, exchange["case"]] = differences(exchange, status, body)
    return found


def test_answers_equal_the_recorded_ones_in_status_shape_and_error_text(replay):
    assert {case: seen for case, seen in replay.items() if seen} == {}
    assert len(replay) == 130
