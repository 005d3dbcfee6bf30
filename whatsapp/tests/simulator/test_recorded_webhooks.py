"""The simulator's webhooks have the keys and types of the recorded ones."""

from __future__ import annotations

import pytest

from whatsapp.tests.simulator.conftest import CLIENT, NAME, SALON, create, pair
from whatsapp.tests.simulator.support import recorded, shape, without

# Seen on live servers, though the recorded one had no real WhatsApp behind it (contract 3.6).
LIVE_ONLY = (
    "data.key.participant",
    "data.key.remoteJidAlt",
    "data.message.messageContextInfo.messageSecret",
    "data.message.messageContextInfo.deviceListMetadata.senderKeyHash",
    "data.message.messageContextInfo.deviceListMetadata.senderTimestamp",
)


def assert_like(body, name, *, but=()):
    """Compare key sets and types. `apikey` is the token here, and taken out of the recordings."""
    wanted = recorded(name) | {"apikey": "a token"}
    assert shape(without(body, but)) == shape(without(wanted, but))


def test_events_of_a_connection_are_like_the_recorded_ones(call, receiver):
    create(call, receiver)
    pair(call)
    assert_like(receiver.wait("instance.create")[0], "instance-create__object")
    assert_like(receiver.wait("qrcode.updated")[0], "qrcode-updated__code")
    told = receiver.wait("connection.update", 3)
    # Only the first `connecting` of a process comes without a sender.
    updates = {body["data"]["state"]: body for body in reversed(told)}
    assert_like(updates["connecting"], "connection-update__connecting")
    assert_like(updates["open"], "connection-update__open")


def test_events_of_an_unlink_are_like_the_recorded_ones(salon, receiver):
    salon.post(f"/simulator/phones/{SALON}/unlink", {"instance": NAME})
    assert_like(receiver.wait("status.instance")[0], "status-instance__closed")
    assert_like(receiver.wait("logout.instance")[0], "logout-instance__null")
    closed = receiver.wait("connection.update", when=lambda b: b["data"]["state"] == "close")[0]
    assert_like(closed, "connection-update__close-401")
    salon("DELETE", f"/instance/delete/{NAME}")
    assert_like(receiver.wait("instance.delete")[0], "instance-delete__object")
    assert_like(receiver.wait("remove.instance")[0], "remove-instance__null")


BUTTONS = {
    "title": "T",
    "description": "D",
    "footer": "F",
    "buttons": [{"type": "reply", "displayText": "Sim", "id": "yes"}],
}
QUOTED = {"key": {"id": "ABC", "fromMe": False}, "message": {"conversation": "orig"}}


@pytest.mark.parametrize(
    ("route", "body", "name"),
    [
        ("sendText", {"number": CLIENT, "text": "Olá"}, "conversation"),
        ("sendText", {"number": CLIENT, "text": "x", "quoted": QUOTED}, "conversation-quoting"),
        ("sendText", {"number": "120363025555555555@g.us", "text": "x"}, "conversation-group"),
        ("sendButtons", {"number": CLIENT} | BUTTONS, "viewOnceMessage"),
    ],
)
def test_a_send_is_told_like_the_recorded_one(salon, receiver, route, body, name):
    if "quoted" in body:
        quoted = body["quoted"]
        jid = "553177770002@s.whatsapp.net"
        body = body | {"quoted": quoted | {"key": quoted["key"] | {"remoteJid": jid}}}
    status, answer = salon.post(f"/message/{route}/{NAME}", body)
    told = receiver.wait("send.message")[0]
    assert status == 201
    assert told["data"] == answer
    assert_like(told, f"send-message__{name}")


def test_an_acknowledgement_is_like_the_recorded_one(salon, receiver):
    salon.post(f"/message/sendText/{NAME}", {"number": CLIENT, "text": "Olá"})
    assert_like(receiver.wait("messages.update")[0], "messages-update__delivery-ack")


def post(salon, what, number=CLIENT, **body):
    to = {"to": CLIENT if number == SALON else SALON}
    assert salon.post(f"/simulator/phones/{number}/{what}", to | body)[0] == 201


def test_a_text_is_like_the_recorded_one(salon, receiver):
    post(salon, "messages", text="oi")
    body = receiver.wait("messages.upsert")[0]
    assert_like(body, "messages-upsert__conversation", but=LIVE_ONLY)
    assert body["data"]["key"]["participant"] == ""
    assert body["data"]["key"]["remoteJidAlt"].endswith("@lid")
    info = body["data"]["message"]["messageContextInfo"]
    assert shape(info["messageSecret"]) == "bytes"
    assert set(info["deviceListMetadata"]["senderTimestamp"]) == {"low", "high", "unsigned"}
    assert_like(receiver.wait("contacts.upsert")[0], "contacts-upsert__object")


def test_a_second_text_updates_the_contact(salon, receiver):
    post(salon, "messages", text="oi")
    receiver.wait("contacts.upsert")
    post(salon, "messages", text="de novo")
    assert_like(receiver.wait("contacts.update")[0], "contacts-update__object")


def test_a_text_that_quotes_is_like_the_recorded_one(salon, receiver):
    _, sent = salon.post(f"/message/sendText/{NAME}", {"number": CLIENT, "text": "Confirma?"})
    post(salon, "messages", text="sim", quote=sent["key"]["id"])
    body = receiver.wait("messages.upsert")[0]
    assert_like(body, "messages-upsert__conversation-quoting", but=LIVE_ONLY)
    assert body["data"]["contextInfo"]["stanzaId"] == sent["key"]["id"]
    assert body["data"]["contextInfo"]["participant"] == "553188880001@s.whatsapp.net"


def test_a_text_from_a_hidden_number_is_like_the_recorded_one(salon, receiver):
    salon.post(f"/simulator/phones/{CLIENT}/settings", {"hides_number": True})
    post(salon, "messages", text="oi")
    body = receiver.wait("messages.upsert")[0]
    assert_like(body, "messages-upsert__conversation-lid", but=LIVE_ONLY)
    assert body["data"]["key"]["addressingMode"] == "lid"
    assert body["data"]["key"]["remoteJid"].endswith("@lid")
    assert body["data"]["key"]["remoteJidAlt"] == "553177770002@s.whatsapp.net"


def test_a_button_answer_is_like_the_recorded_one(salon, receiver):
    post(salon, "button", button_id="confirm_12", text="Confirmo", quote="BAE5")
    body = receiver.wait("messages.upsert")[0]
    assert_like(body, "messages-upsert__buttonsResponseMessage-quoting", but=LIVE_ONLY)
    reply = body["data"]["message"]["buttonsResponseMessage"]
    assert reply["selectedButtonId"] == "confirm_12"


def test_what_the_company_types_on_its_phone_is_like_the_recorded_one(salon, receiver):
    post(salon, "messages", number=SALON, text="respondi pelo celular")
    body = receiver.wait("messages.upsert")[0]
    # The recorded one has no status; on live servers it is SERVER_ACK.
    name = "messages-upsert__conversation-from-me"
    assert_like(body, name, but=(*LIVE_ONLY, "data.status"))
    assert body["data"]["key"]["fromMe"] is True
    assert body["data"]["status"] == "SERVER_ACK"


def test_a_reaction_points_at_its_message(salon, receiver):
    _, sent = salon.post(f"/message/sendText/{NAME}", {"number": CLIENT, "text": "Confirma?"})
    post(salon, "reaction", key_id=sent["key"]["id"], emoji="👍")
    data = receiver.wait("messages.upsert")[0]["data"]
    assert data["messageType"] == "reactionMessage"
    assert data["message"]["reactionMessage"]["text"] == "👍"
    assert data["message"]["reactionMessage"]["key"] == {
        "remoteJid": "553177770002@s.whatsapp.net",
        "fromMe": True,
        "id": sent["key"]["id"],
    }
