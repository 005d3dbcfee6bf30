"""The client against every recorded answer of a real server, and against broken networks."""

from __future__ import annotations

import json
import re
import socket
import threading
import traceback
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
import responses
from hypothesis import given, settings
from hypothesis import strategies as st

from whatsapp.evolution.client import (
    ConnectionState,
    CreatedInstance,
    EvolutionClient,
    InstanceInfo,
    QrCode,
    ReplyButton,
    SentMessage,
    StoredMessage,
    WebhookSettings,
    supports_version,
)
from whatsapp.evolution.errors import (
    EvolutionError,
    InvalidRequest,
    LicenseRequired,
    NotConnected,
    NumberNotOnWhatsApp,
    Outcome,
    RateLimited,
    ReasonLost,
    Rejected,
    SentButNotRecorded,
    ServerFault,
    ServerUnreachable,
    TimedOut,
    UnexpectedAnswer,
    UnsupportedVersion,
    error_from_answer,
)

HERE = Path(__file__).parent
RECORDED = [
    json.loads(line)
    for line in (HERE / "fixtures/evolution/rest-exchanges.jsonl").read_text().splitlines()
]
SERVER = "http://evolution.test"
KEY = "global-key-of-the-test"
PHONE = "5511988887777"


def a_client(**changes):
    return EvolutionClient(SERVER, KEY, **changes)


def envelope(status, message):
    return {"status": status, "error": "x", "response": {"message": message}}


def ids():
    """The recordings repeat four names; the second of a name is `<name> #2`."""
    seen = Counter()
    for exchange in RECORDED:
        seen[exchange["case"]] += 1
        number = seen[exchange["case"]]
        yield exchange["case"] + (f" #{number}" if number > 1 else "")


YES = ReplyButton("yes", "Sim")
BUTTONS = {
    "number": "5511999990001",
    "title": "T",
    "description": "D",
    "footer": "F",
    "buttons": [YES],
}
WEBHOOK = {"url": "http://127.0.0.1:9099/hook", "secret": "s", "events": ["MESSAGES_UPSERT"]}

# Route -> the call whose answer it is. A route that the client never calls is read by the
# nearest call: its answer must not be taken for one of ours either.
CALLS = {
    "/": lambda client, name: client.server_version(),
    "/instance/create": lambda client, name: client.create_instance(name),
    "/instance/connect": lambda client, name: client.connect(name),
    "/instance/connectionState": lambda client, name: client.connection_state(name),
    "/instance/fetchInstances": lambda client, name: client.fetch_instances(),
    "/instance/fetchInstances?instanceName": lambda client, name: client.fetch_instance(name),
    "/instance/logout": lambda client, name: client.logout(name),
    "/instance/delete": lambda client, name: client.delete(name),
    "/instance/restart": lambda client, name: client.restart(name),
    "/webhook/set": lambda client, name: client.set_webhook(name, **WEBHOOK),
    "/webhook/find": lambda client, name: client.find_webhook(name),
    "/message/sendText": lambda client, name: client.send_text(
        name, number="5511999990001", text="x"
    ),
    "/message/sendButtons": lambda client, name: client.send_buttons(name, **BUTTONS),
    "/chat/findMessages": lambda client, name: client.find_messages(name),
}
NEAREST = {"/message/": "/message/sendText", "/chat/": "/chat/findMessages"}


def route_and_name(path):
    parts = urlsplit(path)
    if parts.query.startswith("instanceName="):
        return f"{parts.path}?instanceName", parts.query.removeprefix("instanceName=")
    for route in CALLS:
        if parts.path == route or (route != "/" and parts.path.startswith(f"{route}/")):
            return route, parts.path[len(route) :].strip("/") or "any"
    nearest = next((to for start, to in NEAREST.items() if parts.path.startswith(start)), None)
    return nearest or "/instance/connectionState", "any"


def answered(exchange):
    """Run a recorded answer through the client; return the result, or the error in words."""
    route, name = route_and_name(exchange["path"])
    answer = exchange["response"]
    raw = answer["_raw"] if isinstance(answer, dict) and "_raw" in answer else json.dumps(answer)
    anywhere = re.compile(re.escape(SERVER) + ".*")
    with responses.RequestsMock() as server:
        for method in ("GET", "POST", "DELETE"):
            server.add(method, anywhere, body=raw, status=exchange["status"])
        server.assert_all_requests_are_fired = False
        try:
            return in_words(CALLS[route](a_client(), name))
        except EvolutionError as error:
            flag = " permanent" if error.permanent else ""
            return f"{type(error).__name__} {error.outcome.name}{flag}"


def in_words(result):
    match result:
        case list():
            return "[" + ", ".join(map(in_words, result)) + "]"
        case ConnectionState():
            return result.name
        case QrCode(code, image, pairing_code, count):
            drawn = image and image[:15]
            return f"QrCode({code and code[:11]}, {drawn}, {pairing_code}, {count})"
        case SentMessage(key_id, remote_jid, sent_at):
            return f"Sent({key_id}, {remote_jid}, {sent_at:%d %H:%M:%S})"
        case StoredMessage(key_id, remote_jid, phone, from_me, text, timestamp):
            return f"Stored({key_id}, {phone}, {from_me}, {text!r}, {timestamp:%d %H:%M:%S})"
        case CreatedInstance(name, instance_id, state, token):
            return f"Created({name}, {instance_id[:4]}, {state.name}, {token[:10]})"
        case InstanceInfo(name, _, state, owner_jid, profile_name, disconnection_reason):
            owner = f"{owner_jid}, {profile_name}, {disconnection_reason}"
            return f"Instance({name}, {state.name}, {owner})"
        case WebhookSettings(url, enabled, by_events, base64, events, authorization):
            flags = f"{enabled}, {by_events}, {base64}, {len(events)} events"
            return f"Webhook({url}, {flags}, {authorization})"
    return str(result)


EXPECTED = dict(
    line.split(" | ")
    for line in (HERE / "fixtures/evolution/rest-exchanges.expected.txt").read_text().splitlines()
)


def test_every_recorded_exchange_is_expected_to_give_something():
    assert list(ids()) == list(EXPECTED)


@pytest.mark.parametrize(("case", "exchange"), list(zip(ids(), RECORDED, strict=True)), ids=ids())
def test_a_recorded_answer_gives_its_value_or_its_error(case, exchange):
    assert answered(exchange) == EXPECTED[case]


PRISMA = """PrismaClientKnownRequestError:
Invalid `this.prismaRepository.message.create()` invocation in
/src/x.ts:429:5
text: "Oi Ana, 11 98888-7777"
"""

# What a real server of this version was never made to say: rows of the contract, and of proxies.
# (status, body, sending) -> error, outcome
REFUSALS = {
    "socket down, number in the cache": (
        (400, envelope(400, ["Error: Connection Closed"])),
        NotConnected,
        Outcome.NOT_SENT,
    ),
    "instance not in memory": (
        (500, envelope(500, "Cannot read properties of undefined (reading 'textMessage')")),
        NotConnected,
        Outcome.NOT_SENT,
    ),
    "buttons, instance not in memory": (
        (500, envelope(500, "Cannot read properties of undefined (reading 'buttonMessage')")),
        NotConnected,
        Outcome.NOT_SENT,
    ),
    "created but never connected": (
        (500, envelope(500, "Cannot read properties of undefined (reading 'onWhatsApp')")),
        NotConnected,
        Outcome.NOT_SENT,
    ),
    "WhatsApp's time-out in the routine": (
        (400, envelope(400, ["Error: Timed Out"])),
        TimedOut,
        Outcome.UNKNOWN,
    ),
    "WhatsApp's time-out before it": (
        (500, envelope(500, "Timed Out")),
        TimedOut,
        Outcome.UNKNOWN,
    ),
    "group unknown": ((400, envelope(400, ["[object Object]"])), ReasonLost, Outcome.NOT_SENT),
    "database error after the send": (
        (
            400,
            envelope(
                400,
                [
                    PRISMA,
                ],
            ),
        ),
        SentButNotRecorded,
        Outcome.SENT,
    ),
    "database error before it": (
        (500, envelope(500, "Invalid `this.prismaRepository.isOnWhatsapp.findMany()`")),
        ServerFault,
        Outcome.UNKNOWN,
    ),
    "rate limit in the text": (
        (400, envelope(400, ["Error: rate-overlimit"])),
        RateLimited,
        Outcome.NOT_SENT,
    ),
    "rate limit by number": ((429, envelope(429, "slow down")), RateLimited, Outcome.NOT_SENT),
    "exception in the routine": (
        (400, envelope(400, ["TypeError: this.isZero is not a function"])),
        ServerFault,
        Outcome.UNKNOWN,
    ),
    "text too large": (
        (413, envelope(413, "request entity too large")),
        Rejected,
        Outcome.NOT_SENT,
    ),
    "wrapped service error": (
        (500, envelope(500, ["Read messages fail", "Error: boom"])),
        ServerFault,
        Outcome.UNKNOWN,
    ),
    "2.4 without its licence": (
        (
            503,
            {
                "error": "service not activated",
                "code": "LICENSE_REQUIRED",
                "register_url": "https://example.org",
            },
        ),
        LicenseRequired,
        Outcome.NOT_SENT,
    ),
    "an error that is no object": ((500, "boom"), ServerFault, Outcome.UNKNOWN),
    "a gateway's time-out in JSON": ((504, {"message": "upstream"}), TimedOut, Outcome.UNKNOWN),
    "an empty object": ((502, {}), ServerFault, Outcome.UNKNOWN),
}


@pytest.mark.parametrize(("answer", "kind", "outcome"), list(REFUSALS.values()), ids=REFUSALS)
@responses.activate
def test_a_refused_send_says_whether_the_message_left(answer, kind, outcome):
    status, body = answer
    responses.post(f"{SERVER}/message/sendText/loja", json=body, status=status)

    with pytest.raises(EvolutionError) as caught:
        a_client().send_text("loja", number="5511999990001", text="oi")

    assert (type(caught.value), caught.value.outcome) == (kind, outcome)
    assert caught.value.status == status


def test_a_database_error_of_a_call_that_sends_nothing_is_a_fault_of_the_server():
    body = envelope(400, ["Invalid `this.prismaRepository.setting.upsert()` invocation"])

    error = error_from_answer(400, body, sending=False)

    assert type(error) is ServerFault
    assert error.detail == "database error in prismaRepository.setting.upsert"


def test_only_what_is_wrong_with_the_request_itself_is_permanent():
    kinds = {kind for _, kind, _ in REFUSALS.values()} | {NumberNotOnWhatsApp, InvalidRequest}

    assert {kind for kind in kinds if kind.permanent} == {
        InvalidRequest,
        NumberNotOnWhatsApp,
        Rejected,
        SentButNotRecorded,
    }


# (status, body, content type) -> outcome
FOREIGN = [
    (200, "<html>welcome to nginx</html>", "text/html", Outcome.UNKNOWN),
    (201, "", "application/json", Outcome.UNKNOWN),
    (201, '{"key": {}}', "application/json", Outcome.UNKNOWN),
    (201, "[" * 100_000, "application/json", Outcome.UNKNOWN),
    (301, "", "text/html", Outcome.NOT_SENT),
    (307, '{"key": {"id": "A"}}', "application/json", Outcome.NOT_SENT),
    (403, "<html>forbidden</html>", "text/html", Outcome.NOT_SENT),
    (404, '{"detail": "Not Found"}', "application/json", Outcome.NOT_SENT),
    (502, "<html>bad gateway</html>", "text/html", Outcome.UNKNOWN),
]


@pytest.mark.parametrize(("status", "body", "kind", "outcome"), FOREIGN)
@responses.activate
def test_what_is_not_an_answer_of_the_api_is_unexpected(status, body, kind, outcome):
    responses.post(
        f"{SERVER}/message/sendText/loja",
        body=body,
        status=status,
        content_type=kind,
        headers={"Location": "http://elsewhere.test/"},
    )

    with pytest.raises(UnexpectedAnswer) as caught:
        a_client().send_text("loja", number="5511999990001", text="oi")

    assert (caught.value.outcome, caught.value.permanent) == (outcome, False)
    assert len(responses.calls) == 1


@responses.activate
def test_a_proxys_limit_without_json_is_still_a_limit():
    responses.post(f"{SERVER}/message/sendText/loja", body="slow", status=429)

    with pytest.raises(RateLimited):
        a_client().send_text("loja", number="5511999990001", text="oi")


SECRETS = [
    KEY,
    "5511999990001",
    "98888-7777",
    "98888 7777",
    "CE77CA3B-362F-4BF1-8927-626DFD72DAEE",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_key_or_a_phone_never_reaches_the_detail(secret):
    body = envelope(500, [f"no way for {secret} here", {"number": secret}])

    error = error_from_answer(500, body, sending=True, secrets=[KEY])

    assert secret not in str(error)
    assert "no way for" in str(error)


def test_a_database_error_never_prints_the_row_it_could_not_write():
    (status, body), *_ = REFUSALS["database error after the send"]

    error = error_from_answer(status, body, sending=True)

    assert error.detail == "database error in PrismaClientKnownRequestError"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@settings(deadline=None)
@given(status=st.integers(400, 599), body=json_values, sending=st.booleans())
def test_any_json_with_an_error_status_is_a_typed_error(status, body, sending):
    error = error_from_answer(status, body, sending=sending)

    assert isinstance(error, EvolutionError)
    assert error.status == status
    assert len(error.detail) <= 300


@settings(deadline=None)
@given(body=json_values, call=st.sampled_from(sorted(CALLS)))
def test_any_json_with_a_good_status_is_a_value_or_an_unexpected_answer(body, call):
    with responses.RequestsMock() as server:
        for method in ("GET", "POST", "DELETE"):
            server.add(method, re.compile(".*"), body=json.dumps(body), status=200)
        server.assert_all_requests_are_fired = False
        try:
            CALLS[call](a_client(), "loja")
        except (UnexpectedAnswer, UnsupportedVersion):
            pass
        assert len(server.calls) == 1


# Requests

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
SENT = {"key": {"id": "3EB0", "remoteJid": "5511999990001@s.whatsapp.net"}}
CODE = {"count": 1, "code": "2@x"}
ROW = {"url": "u", "enabled": True, "events": []}
REQUESTS = {
    "create": (
        lambda c: c.create_instance("company_1_whatsapp"),
        "POST", "/instance/create", {"instance": {"instanceName": "company_1_whatsapp"}},
        {"instanceName": "company_1_whatsapp", "integration": "WHATSAPP-BAILEYS", "qrcode": False,
         "rejectCall": False, "groupsIgnore": True, "alwaysOnline": False,
         "readMessages": False, "readStatus": False, "syncFullHistory": False},
    ),
    "connect": (lambda c: c.connect("loja"), "GET", "/instance/connect/loja", CODE, None),
    "connect by pairing code": (
        lambda c: c.connect("loja", number="+5511988887777"),
        "GET", "/instance/connect/loja?number=5511988887777", CODE, None,
    ),
    "fetch one": (
        lambda c: c.fetch_instance("loja"),
        "GET", "/instance/fetchInstances?instanceName=loja", [], None,
    ),
    "logout": (
        lambda c: c.logout("loja"), "DELETE", "/instance/logout/loja", {"error": False}, None),
    "delete": (
        lambda c: c.delete("loja"), "DELETE", "/instance/delete/loja", {"error": False}, None),
    "restart": (lambda c: c.restart("loja"), "POST", "/instance/restart/loja", CODE, None),
    "set webhook": (
        lambda c: c.set_webhook(
            "loja", url="https://a.example/hook/", secret="s3", events=["qrcode.updated", "CALL"]
        ),
        "POST", "/webhook/set/loja", ROW,
        {"webhook": {"enabled": True, "url": "https://a.example/hook", "byEvents": True,
                     "base64": False, "headers": {"Authorization": "Bearer s3"},
                     "events": ["QRCODE_UPDATED", "CALL"]}},
    ),
    "send text": (
        lambda c: c.send_text("loja", number="+5511999990001", text="Olá 👋"),
        "POST", "/message/sendText/loja", SENT,
        {"number": "5511999990001", "text": "Olá 👋", "linkPreview": False},
    ),
    "send buttons": (
        lambda c: c.send_buttons("loja", **BUTTONS),
        "POST", "/message/sendButtons/loja", SENT,
        {"number": "5511999990001", "title": "T", "description": "D", "footer": "F",
         "buttons": [{"type": "reply", "displayText": "Sim", "id": "yes"}]},
    ),
    "find messages": (
        lambda c: c.find_messages("loja"),
        "POST", "/chat/findMessages/loja", {"messages": {"records": []}},
        {"where": {}, "page": 1, "offset": 50},
    ),
    "find messages of ours": (
        lambda c: c.find_messages(
            "loja", remote_jid="1@lid", from_me=True, since=NEW_YEAR, limit=9
        ),
        "POST", "/chat/findMessages/loja", {"messages": {"records": []}},
        {"where": {"key": {"remoteJid": "1@lid", "fromMe": True},
                   "messageTimestamp": {"gte": "2026-01-01T00:00:00+00:00",
                                        "lte": "2026-01-08T00:00:00+00:00"}},
         "page": 1, "offset": 9},
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("call", "method", "path", "answer", "body"), REQUESTS.values(), ids=REQUESTS
)
@responses.activate
def test_a_call_makes_exactly_its_request(call, method, path, answer, body):
    responses.add(method, re.compile(".*"), json=answer)

    call(a_client())

    request = responses.calls[0].request
    assert (request.method, request.url) == (method, SERVER + path)
    assert (request.headers["apikey"], request.headers["Connection"]) == (KEY, "close")
    assert (json.loads(request.body) if request.body else None) == body


@responses.activate
def test_a_base_url_may_have_a_path_and_a_trailing_slash():
    responses.get("http://proxy.test/evo/instance/connectionState/loja", json={"state": "open"})

    client = EvolutionClient("http://proxy.test/evo/", KEY)

    assert client.connection_state("loja") is ConnectionState.OPEN


def test_messages_of_others_are_left_out_when_ours_are_asked_for():
    def record(key_id, from_me):
        key = {"id": key_id, "remoteJid": "5511999990001@s.whatsapp.net", "fromMe": from_me}
        return {"key": key, "message": {"conversation": "oi"}, "messageTimestamp": "1795459347"}

    with responses.RequestsMock() as server:
        records = [record("OURS", True), record("THEIRS", False)]
        server.post(f"{SERVER}/chat/findMessages/loja", json={"messages": {"records": records}})
        server.post(f"{SERVER}/chat/findMessages/loja", json=records)  # version 1
        ours = a_client().find_messages("loja", from_me=True)
        theirs = a_client().find_messages("loja", from_me=False)

    assert [message.key_id for message in ours] == ["OURS"]
    assert [message.key_id for message in theirs] == ["THEIRS"]


def a_record(**changes):
    key = {"id": "A", "remoteJid": "5511999990001@s.whatsapp.net", "fromMe": True}
    return {"key": key, "message": {"conversation": "oi"}, "messageTimestamp": 1} | changes


# Good statuses that must not pass for a good answer: (call, body)
NOT_DONE = {
    "connect reports an error": (lambda c: c.connect("loja"), {"error": True, "count": 0}),
    "restart reports an error": (lambda c: c.restart("loja"), {"error": True, "message": "x"}),
    "delete reports an error": (lambda c: c.delete("loja"), {"error": True}),
    "logout says nothing": (lambda c: c.logout("loja"), {}),
    "a stored message without a time": (
        lambda c: c.find_messages("loja"),
        [a_record(), a_record(messageTimestamp=None)],
    ),
    "a stored message without an id": (
        lambda c: c.find_messages("loja"),
        [a_record(key={"remoteJid": "5511999990001@s.whatsapp.net"})],
    ),
    "a stored message without a chat": (
        lambda c: c.find_messages("loja"),
        [a_record(key={"id": "A"})],
    ),
}


@pytest.mark.parametrize(("call", "body"), list(NOT_DONE.values()), ids=NOT_DONE)
@responses.activate
def test_a_good_status_is_not_enough(call, body):
    for method in ("GET", "POST", "DELETE"):
        responses.add(method, re.compile(".*"), json=body)

    with pytest.raises(UnexpectedAnswer) as caught:
        call(a_client())

    assert caught.value.status == 200


@responses.activate
def test_a_logout_that_the_socket_broke_is_not_taken_for_done():
    body = envelope(400, ["Error: Connection Closed"])
    responses.delete(f"{SERVER}/instance/logout/loja", json=body, status=400)

    with pytest.raises(NotConnected):
        a_client().logout("loja")


@responses.activate
def test_another_instances_row_is_not_ours():
    responses.get(f"{SERVER}/instance/fetchInstances", json=[{"name": "rival"}, {"name": "loja2"}])

    assert a_client().fetch_instance("loja") is None


# Refused before any call

REFUSED_HERE = {
    "a name with a slash": lambda c: c.delete("../delete"),
    "a name with a query": lambda c: c.connect("loja?instanceName=other"),
    "a name in capitals": lambda c: c.connection_state("Loja"),
    "a short name": lambda c: c.restart("ab"),
    "a name with a line break": lambda c: c.logout("loja\n"),
    "a number with letters": lambda c: c.send_text("loja", number="abc", text="oi"),
    "a number that is a group": lambda c: c.send_text("loja", number="1" * 18, text="oi"),
    "a JID": lambda c: c.send_text("loja", number="5511999990001@s.whatsapp.net", text="oi"),
    "other scripts' digits": lambda c: c.send_text("loja", number="５５１１９９９９", text="oi"),
    "an empty text": lambda c: c.send_text("loja", number="5511999990001", text=" "),
    "no buttons": lambda c: c.send_buttons("loja", **BUTTONS | {"buttons": []}),
    "four buttons": lambda c: c.send_buttons("loja", **BUTTONS | {"buttons": [YES] * 4}),
    "no events, which would mean all": lambda c: c.set_webhook("loja", **WEBHOOK | {"events": []}),
    "a webhook that is never called": lambda c: c.set_webhook("loja", **WEBHOOK | {"url": "x"}),
    "a webhook with a query": lambda c: c.set_webhook("loja", **WEBHOOK | {"url": "http://x/?a=1"}),
}  # fmt: skip


@pytest.mark.parametrize("call", REFUSED_HERE.values(), ids=REFUSED_HERE)
@responses.activate
def test_what_the_server_would_take_amiss_is_refused_before_the_call(call):
    with pytest.raises(InvalidRequest) as caught:
        call(a_client())

    assert (caught.value.outcome, caught.value.permanent) == (Outcome.NOT_SENT, True)
    assert len(responses.calls) == 0


@pytest.mark.parametrize(
    ("url", "key"),
    [("evolution.test", KEY), ("ftp://evolution.test", KEY), (SERVER, "a b"), (SERVER, "a\nb")],
)
def test_a_client_is_not_built_from_nonsense(url, key):
    with pytest.raises(ValueError, match="Evolution API"):
        EvolutionClient(url, key)


# Versions

VERSIONS = {
    "2.3.6": True, "2.3.0": True, "2.3.7": True, "2.4.0": True, "2.4.0-rc2": True, "2.10.0": True,
    "2.2.3": False, "1.8.2": False, "2.3.0-rc1": False, "3.0.0": False, "2.3": False,
    "v2.3.6": False, "": False, "2.3.6\n": False, "२.३.६": False,
}  # fmt: skip


@pytest.mark.parametrize(("version", "supported"), VERSIONS.items())
def test_versions_from_2_3_0_on_are_supported(version, supported):
    assert supports_version(version) is supported


WELCOME = "Welcome to the Evolution API, it is working!"
NOT_SUPPORTED = {
    "an older one": (200, json.dumps({"message": WELCOME, "version": "2.2.3"})),
    "another program": (200, json.dumps({"message": "hello", "version": "2.3.6"})),
    "a page": (200, "<html>nginx</html>"),
    "a program without a root": (404, '{"detail": "Not Found"}'),
}


@pytest.mark.parametrize(("status", "body"), NOT_SUPPORTED.values(), ids=NOT_SUPPORTED)
@responses.activate
def test_an_older_or_foreign_server_is_refused_by_its_version(status, body):
    responses.get(f"{SERVER}/", body=body, status=status)

    with pytest.raises(UnsupportedVersion):
        a_client().server_version()


@responses.activate
def test_the_key_is_not_shown_to_a_server_that_we_do_not_know_yet():
    responses.get(f"{SERVER}/", json={"message": WELCOME, "version": "2.3.7"})

    assert a_client().server_version() == "2.3.7"
    assert "apikey" not in responses.calls[0].request.headers


@responses.activate
def test_a_broken_server_is_not_an_unsupported_one():
    responses.get(f"{SERVER}/", body="<html>bad gateway</html>", status=502)

    with pytest.raises(UnexpectedAnswer):
        a_client().server_version()


# Networks, over real sockets


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        yield server


def send_to(server, **changes):
    client = EvolutionClient(f"http://127.0.0.1:{server.getsockname()[1]}", KEY, **changes)
    return client.send_text("loja", number="5511999990001", text="oi")


def serve(server, answer):
    """Take one request and answer with these bytes, then close."""

    def once():
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(answer)

    thread = threading.Thread(target=once, daemon=True)
    thread.start()
    return thread


def test_a_refused_connection_sends_nothing():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

    with pytest.raises(ServerUnreachable) as caught:
        EvolutionClient(f"http://127.0.0.1:{port}", KEY).send_text(
            "loja", number="5511999990001", text="oi"
        )

    assert (caught.value.outcome, caught.value.status) == (Outcome.NOT_SENT, None)
    assert "5511999990001" not in str(caught.value)


def test_a_phone_in_the_address_is_in_no_traceback():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

    with pytest.raises(ServerUnreachable) as caught:
        EvolutionClient(f"http://127.0.0.1:{port}", KEY).connect("loja", number=PHONE)

    assert PHONE not in "".join(traceback.format_exception(caught.value))


def test_an_answer_that_does_not_come_leaves_the_outcome_unknown(listener):
    with pytest.raises(TimedOut) as caught:
        send_to(listener, read_timeout=0.2)

    assert caught.value.outcome is Outcome.UNKNOWN


HALF_AN_ANSWER = b"HTTP/1.1 201 Created\r\nContent-Length: 999\r\n\r\n{"


@pytest.mark.parametrize("answer", [b"", HALF_AN_ANSWER], ids=["nothing", "half an answer"])
def test_a_connection_that_breaks_after_the_request_leaves_the_outcome_unknown(listener, answer):
    thread = serve(listener, answer)

    with pytest.raises(TimedOut) as caught:
        send_to(listener)

    thread.join()
    assert caught.value.outcome is Outcome.UNKNOWN


def test_a_real_answer_over_a_real_socket_is_read(listener):
    body = json.dumps(SENT).encode()
    head = f"HTTP/1.1 201 Created\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    thread = serve(listener, head + body)

    sent = send_to(listener)

    thread.join()
    assert sent == SentMessage("3EB0", "5511999990001@s.whatsapp.net", None)


def test_the_environments_proxy_is_not_used(listener, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    body = json.dumps(SENT).encode()
    head = f"HTTP/1.1 201 Created\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    thread = serve(listener, head + body)

    sent = send_to(listener)

    thread.join()
    assert sent.key_id == "3EB0"


@responses.activate
def test_a_connection_that_never_stood_sends_nothing():
    responses.post(f"{SERVER}/message/sendText/loja", body=requests.ConnectTimeout("late"))

    with pytest.raises(TimedOut) as caught:
        a_client().send_text("loja", number="5511999990001", text="oi")

    assert caught.value.outcome is Outcome.NOT_SENT


def test_results_do_not_print_credentials():
    created = CreatedInstance("loja", "id", ConnectionState.CLOSE, "instance-token")
    webhook = WebhookSettings("u", True, True, False, (), "Bearer s3cret")

    assert "instance-token" not in repr(created)
    assert "s3cret" not in repr(webhook)
