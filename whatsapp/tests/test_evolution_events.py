"""The parser against every recorded webhook, every version's shapes, and any damage to them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whatsapp.evolution.events import (
    IGNORED,
    PARSERS,
    AckStatus,
    ConnectionChanged,
    EventIgnored,
    InstanceClosed,
    InstanceRemoved,
    LoggedOut,
    MalformedEvent,
    MessageAcknowledged,
    MessageReceived,
    MessageSent,
    QrCodeIssued,
    QrLimitReached,
    UnknownEvent,
    company_of_instance,
    dedupe_key,
    emitted_at,
    event_name,
    instance_name,
    instance_name_of,
    kept_body,
    parse_event,
)

FIXTURES = Path(__file__).parent / "fixtures/evolution"
RECORDED = {path.stem: json.loads(path.read_text()) for path in sorted(FIXTURES.glob("*.json"))}

MARIA = "5511999990001"
OWN = "5511988887777"


def at(clock):
    return datetime.fromisoformat(f"2026-11-23T{clock}+00:00")


def received(key_id, sent_at, **changes):
    """Maria writes to the shop; `changes` say what is special."""
    return MessageReceived(
        **{
            "key_id": key_id,
            "chat_jid": f"{MARIA}@s.whatsapp.net",
            "phone": MARIA,
            "lid": None,
            "from_me": False,
            "is_group_or_status": False,
            "text": None,
            "button_id": None,
            "quoted_id": None,
            "reaction": None,
            "reaction_to": None,
            "media": None,
            "message_type": "conversation",
            "push_name": "Maria",
            "sent_at": at(sent_at),
        }
        | changes
    )


def sent(key_id, sent_at, text, *, chat_jid=f"{MARIA}@s.whatsapp.net", phone=MARIA):
    return MessageSent(key_id, chat_jid, phone, None, text, at(sent_at))


def ignored(name):
    return EventIgnored(name, IGNORED[name])


EXPECTED = {
    "call__object": ignored("call"),
    "chats-update__object": ignored("chats.update"),
    "chats-upsert__object": ignored("chats.upsert"),
    "connection-update__close-401": ConnectionChanged("close", 401, None, None),
    "connection-update__connecting": ConnectionChanged("connecting", 200, None, None),
    "connection-update__open": ConnectionChanged(
        "open", 200, f"{OWN}@s.whatsapp.net", "Loja Teste"
    ),
    "contacts-update__object": ignored("contacts.update"),
    "contacts-upsert__object": ignored("contacts.upsert"),
    "instance-create__object": ignored("instance.create"),
    "instance-delete__object": ignored("instance.delete"),
    "logout-instance__null": LoggedOut(),
    "messages-delete__object": ignored("messages.delete"),
    "messages-edited__object": ignored("messages.edited"),
    "messages-update__delivery-ack": MessageAcknowledged(
        "3EB07F21E488C264E54225", AckStatus.DELIVERY_ACK, from_me=True
    ),
    "messages-update__server-ack": MessageAcknowledged(
        "3EB07F21E488C264E54225", AckStatus.SERVER_ACK, from_me=True
    ),
    "messages-upsert__buttonsResponseMessage-quoting": received(
        "3EB0IN0005",
        "18:59:42",
        text="Sim",
        button_id="yes",
        quoted_id="BAE5",
        message_type="buttonsResponseMessage",
    ),
    "messages-upsert__conversation-from-me": received(
        "3EB0IN0008",
        "18:59:44",
        from_me=True,
        text="respondi pelo celular",
        push_name="Loja Teste",
    ),
    "messages-upsert__conversation-group": received(
        "3EB0IN0004",
        "18:59:42",
        chat_jid="120363025555555555@g.us",
        is_group_or_status=True,
        text="no grupo",
    ),
    "messages-upsert__conversation-lid": received(
        "3EB0IN0003",
        "18:59:41",
        chat_jid="123456789@lid",
        phone="5511999990002",
        lid="123456789@lid",
        text="via lid",
        push_name="Ana",
    ),
    "messages-upsert__conversation-quoting": received(
        "3EB0IN0002", "18:59:41", text="respondendo", quoted_id="ABC"
    ),
    "messages-upsert__conversation": received("3EB0IN0001", "18:59:40", text="oi, tudo bem?"),
    "messages-upsert__extendedTextMessage": received(
        "IN3",
        "18:42:27",
        text="link https://x.org",
        message_type="extendedTextMessage",
        push_name="João",
    ),
    "messages-upsert__imageMessage": received(
        "3EB0IN0010", "18:59:46", text="foto", media="image", message_type="imageMessage"
    ),
    "messages-upsert__interactiveResponseMessage": received(
        "3EB0IN0007",
        "18:59:43",
        text="Sim",
        button_id="yes",
        message_type="interactiveResponseMessage",
    ),
    "messages-upsert__templateButtonReplyMessage": received(
        "3EB0IN0006",
        "18:59:43",
        text="Sim",
        button_id="yes",
        message_type="templateButtonReplyMessage",
    ),
    "presence-update__object": ignored("presence.update"),
    "qrcode-updated__code": QrCodeIssued(
        "2@FAKE1jm6mnsav27m,AbCdEf0123456789=,GhIjKl0123456789=,MnOpQr0123456789=",
        RECORDED["qrcode-updated__code"]["data"]["qrcode"]["base64"],
        None,
    ),
    "remove-instance__null": InstanceRemoved(),
    "send-message__buttonMessage": sent(
        "09b897eb-4d72-432b-a626-63e7a13c4866",
        "18:42:26",
        None,
        chat_jid="5511999990000",
        phone="5511999990000",
    ),
    "send-message__conversation-group": sent(
        "3EB0211923C8C6CBE1F62C",
        "18:59:37",
        "x",
        chat_jid="120363025555555555@g.us",
        phone=None,
    ),
    "send-message__conversation-quoting": sent("3EB004ECA07F46FA9A72C6", "18:59:37", "resposta"),
    "send-message__conversation": sent("3EB07F21E488C264E54225", "18:59:36", "Olá 👋"),
    "send-message__documentMessage": sent("3EB0CC30106CFD526F8DD0", "18:59:38", "c"),
    "send-message__imageMessage": sent(
        "5d716f9b-030b-4e2e-85d4-6dae9537dfc9",
        "18:42:26",
        None,
        chat_jid="5511999990000",
        phone="5511999990000",
    ),
    "send-message__listMessage": sent("3EB013935E6693FA537169", "18:59:38", None),
    "send-message__reactionMessage": sent("3EB074129C8EE67FB9E9A0", "18:59:38", None),
    "send-message__viewOnceMessage": sent("3EB008DF9EC0F1C997262A", "18:59:37", "*T*\n\nD\n"),
    "status-instance__closed": InstanceClosed(401),
}


def test_every_recording_is_expected_to_mean_something():
    assert set(EXPECTED) == set(RECORDED)


@pytest.mark.parametrize("case", RECORDED)
def test_a_recorded_webhook_becomes_its_event(case):
    assert parse_event(RECORDED[case]) == EXPECTED[case]


def test_recordings_hold_no_credential():
    assert {body["apikey"] for body in RECORDED.values()} == {None}


# Every name the contract lists (3.4), configurable or not.
LISTED = """
application.startup qrcode.updated messages.set messages.upsert messages.edited messages.update
messages.delete send.message send.message.update contacts.set contacts.upsert contacts.update
presence.update chats.set chats.upsert chats.update chats.delete groups.upsert group.update
groups.update group.participants.update connection.update labels.edit labels.association call
typebot.start typebot.change.status remove.instance logout.instance instance.create
instance.delete status.instance messaging.history.set error
"""


def test_every_event_of_the_contract_is_either_parsed_or_ignored_for_a_reason():
    assert sorted([*PARSERS, *IGNORED]) == sorted(LISTED.split())
    assert all(IGNORED.values())


@pytest.mark.parametrize(
    "spelling", ["messages.upsert", "MESSAGES_UPSERT", "messages-upsert", "Messages.Upsert"]
)
def test_event_names_are_read_in_every_spelling(spelling):
    assert event_name({"event": spelling}) == "messages.upsert"


@pytest.mark.parametrize("name", ["new.token", "ERRORS", "messages"])
def test_an_event_in_neither_table_is_unknown_by_name(name):
    with pytest.raises(UnknownEvent):
        parse_event({"event": name, "instance": "loja", "data": {}})


NO_ENVELOPE = [None, 1, "x", [], [{"event": "call"}], {}, {"event": None}, {"event": ""}]


@pytest.mark.parametrize("body", [*NO_ENVELOPE, {"event": "a b"}, {"event": "x" * 65}])
def test_a_body_without_an_event_name_is_malformed(body):
    with pytest.raises(MalformedEvent):
        parse_event(body)
    with pytest.raises(MalformedEvent):
        dedupe_key(body)


@pytest.mark.parametrize("body", [*NO_ENVELOPE, {"instance": ""}, {"instance": ["loja"]}])
def test_a_body_without_an_instance_is_malformed(body):
    with pytest.raises(MalformedEvent):
        instance_name(body)


# The company in the name

COMPANIES = {
    "company_1_whatsapp": 1,
    "company_999999999999999999_whatsapp": 999_999_999_999_999_999,
    "company_9999999999999999999_whatsapp": None,
    "company_0_whatsapp": None,
    "company_01_whatsapp": None,
    "company_-1_whatsapp": None,
    "company_١_whatsapp": None,
    "company_1_whatsapp\n": None,
    " company_1_whatsapp": None,
    "Company_1_whatsapp": None,
    "company_1_whatsapp_2": None,
    "xcompany_1_whatsapp": None,
    "company__whatsapp": None,
    "": None,
}


@pytest.mark.parametrize(("name", "company_id"), COMPANIES.items())
def test_only_our_own_instance_names_have_a_company(name, company_id):
    assert company_of_instance(name) == company_id


@given(company_id=st.integers(1, 10**18 - 1))
def test_a_company_is_read_back_from_its_instance_name(company_id):
    assert company_of_instance(instance_name_of(company_id)) == company_id


# Who wrote: each version's key


def upsert(key=None, message=None, **data):
    return {
        "event": "messages.upsert",
        "instance": "loja",
        "sender": f"{OWN}:7@s.whatsapp.net",
        "date_time": "2026-11-23T18:59:40.018Z",
        "data": {
            "key": {"remoteJid": f"{MARIA}@s.whatsapp.net", "fromMe": False, "id": "A"}
            | (key or {}),
            "message": {"conversation": "oi"} if message is None else message,
            "messageTimestamp": 1795460380,
        }
        | data,
    }


ANA, ANA_LID, GROUP = "553188887777", "76201477542116@lid", "120363012345678901@g.us"
ANA_JID, OWN_JID = f"{ANA}@s.whatsapp.net", f"{OWN}@s.whatsapp.net"
# key -> phone, lid
KEYS = {
    "plain": ({"remoteJid": ANA_JID}, ANA, None),
    "plain with its LID": ({"remoteJid": ANA_JID, "remoteJidAlt": ANA_LID}, ANA, ANA_LID),
    "with a device": ({"remoteJid": f"{ANA}:12@s.whatsapp.net"}, ANA, None),
    "with an agent and a device": ({"remoteJid": f"{ANA}_1:12@s.whatsapp.net"}, ANA, None),
    "2.3.6": ({"remoteJid": ANA_LID, "remoteJidAlt": ANA_JID, "participant": ""}, ANA, ANA_LID),
    "2.3.7": ({"remoteJid": ANA_JID, "remoteJidAlt": ANA_JID, "addressingMode": "lid"}, ANA, None),
    "2.4.0-rc": ({"remoteJid": ANA_JID, "remoteJidAlt": ANA_LID}, ANA, ANA_LID),
    "2.3.1 to 2.3.4": (
        {"remoteJid": ANA_JID, "previousRemoteJid": ANA_LID, "senderPn": ANA_JID},
        ANA,
        ANA_LID,
    ),
    "2.3.0": ({"remoteJid": ANA_LID, "senderPn": ANA_JID}, ANA, ANA_LID),
    "2.2.3": ({"remoteJid": ANA_LID}, None, ANA_LID),
    "no alternative this time": ({"remoteJid": ANA_LID, "remoteJidAlt": None}, None, ANA_LID),
    "a LID with a device": ({"remoteJid": "76201477542116:3@lid"}, None, ANA_LID),
    "own, to a LID": (
        {"remoteJid": ANA_LID, "remoteJidAlt": ANA_JID, "fromMe": True},
        ANA,
        ANA_LID,
    ),
    "own, the own number beside": (
        {"remoteJid": ANA_LID, "remoteJidAlt": OWN_JID, "fromMe": True},
        None,
        ANA_LID,
    ),
    "own, the own number with a device beside": (
        {"remoteJid": ANA_LID, "remoteJidAlt": f"{OWN}:2@s.whatsapp.net", "fromMe": True},
        None,
        ANA_LID,
    ),
    "own, senderPn is always the own number": (
        {"remoteJid": ANA_LID, "senderPn": "5511900001111@s.whatsapp.net", "fromMe": True},
        None,
        ANA_LID,
    ),
    "own, a note to itself": ({"remoteJid": OWN_JID, "fromMe": True}, OWN, None),
    "group, 2.3.6": (
        {"remoteJid": GROUP, "participant": ANA_LID, "participantAlt": ANA_JID},
        ANA,
        ANA_LID,
    ),
    "group, 2.3.0": (
        {"remoteJid": GROUP, "participant": ANA_LID, "participantPn": ANA_JID},
        ANA,
        ANA_LID,
    ),
    "group, author unknown": ({"remoteJid": GROUP}, None, None),
    "status": ({"remoteJid": "status@broadcast", "participant": ANA_JID}, ANA, None),
    "WhatsApp itself": ({"remoteJid": "0@s.whatsapp.net"}, None, None),
}  # fmt: skip


@pytest.mark.parametrize(("key", "phone", "lid"), list(KEYS.values()), ids=KEYS)
def test_the_other_side_is_found_in_every_versions_key(key, phone, lid):
    event = parse_event(upsert(key))

    assert (event.phone, event.lid) == (phone, lid)


@pytest.mark.parametrize("chat", [GROUP, "status@broadcast", "1203630@newsletter", "1@bot"])
def test_what_is_no_private_chat_says_so(chat):
    assert parse_event(upsert({"remoteJid": chat})).is_group_or_status is True


@pytest.mark.parametrize(
    "key", [v[0] for k, v in KEYS.items() if not k.startswith(("group", "st"))]
)
def test_a_persons_chat_is_private(key):
    assert parse_event(upsert(key)).is_group_or_status is False


BAD_KEYS = [
    {"remoteJid": "junk"},
    {"remoteJid": ""},
    {"remoteJid": "5511@example.org"},
    {"id": ""},
    {"id": 5},
    {"fromMe": "false"},
    {"fromMe": None},
]


@pytest.mark.parametrize("key", BAD_KEYS)
def test_a_message_whose_author_or_id_cannot_be_told_is_malformed(key):
    with pytest.raises(MalformedEvent):
        parse_event(upsert(key))


def test_the_device_is_dropped_from_the_chat():
    event = parse_event(upsert({"remoteJid": f"{ANA}:12@s.whatsapp.net"}))

    assert event.chat_jid == ANA_JID


# What was written


def wrapped(message, *names):
    for name in names:
        message = {name: {"message": message}}
    return message


HELLO = {"conversation": "oi"}
TEXTS = {
    "flattened": (HELLO, "oi"),
    "bookkeeping first": ({"messageContextInfo": {"x": 1}, "conversation": "oi"}, "oi"),
    "not flattened": ({"extendedTextMessage": {"text": "oi"}}, "oi"),
    "disappearing": (wrapped({"extendedTextMessage": {"text": "oi"}}, "ephemeralMessage"), "oi"),
    "caption": ({"videoMessage": {"caption": "oi"}}, "oi"),
    "document with a caption": (
        wrapped({"documentMessage": {"caption": "oi"}}, "documentWithCaptionMessage"),
        "oi",
    ),
    "five wrappers": (
        wrapped(
            HELLO,
            "viewOnceMessage",
            "viewOnceMessageV2",
            "ephemeralMessage",
            "editedMessage",
            "deviceSentMessage",
        ),
        "oi",
    ),
    "six wrappers": (wrapped(HELLO, *["ephemeralMessage"] * 6), None),
    "empty": ({}, None),
    "no object": (["oi"], None),
    "text of another type": ({"conversation": 1}, None),
    "a wrapper around nothing": ({"ephemeralMessage": None}, None),
}


@pytest.mark.parametrize(("message", "text"), list(TEXTS.values()), ids=TEXTS)
def test_the_words_are_found_inside(message, text):
    assert parse_event(upsert(message=message)).text == text


def native_flow(raw):
    flow = {"name": "quick_reply", "paramsJson": raw}
    return {"interactiveResponseMessage": {"nativeFlowResponseMessage": flow}}


BUTTONS = {
    "buttons": ({"buttonsResponseMessage": {"selectedButtonId": "yes"}}, "yes"),
    "template": ({"templateButtonReplyMessage": {"selectedId": "yes"}}, "yes"),
    "template of other clients": ({"templateButtonReplyMessage": {"selectedID": "yes"}}, "yes"),
    "list": ({"listResponseMessage": {"singleSelectReply": {"selectedRowId": "yes"}}}, "yes"),
    "native flow": (native_flow('{"id": "yes", "description": "Sim"}'), "yes"),
    "native flow, wrapped": (wrapped(native_flow('{"id": "yes"}'), "viewOnceMessage"), "yes"),
    "native flow, broken": (native_flow('{"id": '), None),
    "native flow, a list": (native_flow('["yes"]'), None),
    "native flow, a number": (native_flow('{"id": 5}'), None),
    "native flow, bottomless": (native_flow("[" * 100_000), None),
    "native flow, no text": (native_flow({"id": "yes"}), None),
    "no button": (HELLO, None),
}


@pytest.mark.parametrize(("message", "button_id"), list(BUTTONS.values()), ids=BUTTONS)
def test_the_tapped_button_is_found_in_every_form(message, button_id):
    assert parse_event(upsert(message=message)).button_id == button_id


def test_a_quote_is_found_beside_or_inside_the_message():
    inside = {"extendedTextMessage": {"text": "1", "contextInfo": {"stanzaId": "Q"}}}

    assert parse_event(upsert(message=inside)).quoted_id == "Q"
    assert parse_event(upsert(contextInfo={"stanzaId": "Q"})).quoted_id == "Q"
    assert parse_event(upsert(contextInfo=None)).quoted_id is None


@pytest.mark.parametrize(("emoji", "reaction"), [("👍", "👍"), ("", ""), (5, None)])
def test_a_reaction_names_its_target_and_may_be_taken_back(emoji, reaction):
    message = {"reactionMessage": {"text": emoji, "key": {"id": "3EB0", "fromMe": True}}}

    event = parse_event(upsert(message=message))

    assert (event.reaction, event.reaction_to, event.text) == (reaction, "3EB0", None)


@pytest.mark.parametrize(
    ("kind", "media"),
    [
        ("imageMessage", "image"),
        ("audioMessage", "audio"),
        ("ptvMessage", "video"),
        ("documentMessage", "document"),
        ("stickerMessage", "sticker"),
        ("locationMessage", "location"),
        ("contactMessage", "contact"),
        ("pollUpdateMessage", None),
    ],
)
def test_media_are_named_by_their_kind(kind, media):
    event = parse_event(upsert(message={"messageContextInfo": {}, kind: {}}))

    assert (event.media, event.message_type) == (media, kind)


NOON = datetime(2025, 10, 21, 13, 20, tzinfo=UTC)
FROM_ENVELOPE = datetime(2026, 11, 23, 18, 59, 40, 18000, tzinfo=UTC)
TIMES = {
    "seconds": (1761052800, NOON),
    "a string": ("1761052800", NOON),
    "low and high": ({"low": 1761052800, "high": 0, "unsigned": False}, NOON),
    "a negative low": (
        {"low": -1794967296, "high": 0},
        datetime(2049, 3, 22, 4, 26, 40, tzinfo=UTC),
    ),
    "missing": (None, FROM_ENVELOPE),
    "true": (True, FROM_ENVELOPE),
    "far too large": (10**30, FROM_ENVELOPE),
    "negative": (-5, FROM_ENVELOPE),
    "half a pair": ({"low": 5}, FROM_ENVELOPE),
    "words": ("yesterday", FROM_ENVELOPE),
}


@pytest.mark.parametrize(("raw", "moment"), list(TIMES.values()), ids=TIMES)
def test_times_are_read_in_every_form_and_else_taken_from_the_envelope(raw, moment):
    assert parse_event(upsert(messageTimestamp=raw)).sent_at == moment


@pytest.mark.parametrize("date_time", [None, "", "x", 5, "0001-01-01T00:00:00+23:59"])
def test_a_message_of_no_time_at_all_is_malformed(date_time):
    with pytest.raises(MalformedEvent):
        parse_event(upsert(messageTimestamp=None) | {"date_time": date_time})


def test_the_envelopes_time_orders_two_states_of_an_instance():
    assert emitted_at(RECORDED["connection-update__connecting"]) == at("18:59:28.239")
    assert emitted_at({"date_time": "2026-11-23T18:59:28"}) == at("18:59:28")
    assert emitted_at({"date_time": None}) is None


def test_data_may_be_a_list_of_one():
    body = upsert()

    assert parse_event(body | {"data": [body["data"]]}) == parse_event(body)


@pytest.mark.parametrize("data", [[], [upsert()["data"]] * 2, "x", 5, True])
def test_data_that_is_not_one_object_is_malformed(data):
    with pytest.raises(MalformedEvent):
        parse_event(upsert() | {"data": data})


# Ticks


def update(**data):
    return {"event": "messages.update", "instance": "loja", "data": data}


TICKS = {
    "2.x": ({"keyId": "A", "fromMe": True, "status": "READ", "messageId": "cuid"}, "A", 4, True),
    "1.x": ({"id": "A", "fromMe": True, "status": "DELIVERY_ACK"}, "A", 3, True),
    "Baileys' own": ({"key": {"id": "A", "fromMe": True}, "update": {"status": 3}}, "A", 3, True),
    "a number in a string": ({"keyId": "A", "fromMe": True, "status": "5"}, "A", 5, True),
    "zero": ({"keyId": "A", "fromMe": True, "status": 0}, "A", 0, True),
    "lower case": ({"keyId": "A", "fromMe": True, "status": "server_ack"}, "A", 2, True),
    "read by us": ({"keyId": "A", "fromMe": False, "status": "READ"}, "A", 4, False),
    "read by us, Baileys' own": (
        {"key": {"id": "A", "fromMe": False}, "update": {"status": 4}},
        "A",
        4,
        False,
    ),
    "nobody says whose": ({"keyId": "A", "status": "ERROR"}, "A", 0, True),
    "an edit of 2.3.7": (
        {"keyId": "A", "fromMe": True, "status": "SERVER_ACK", "message": {}},
        "A",
        2,
        True,
    ),
}


@pytest.mark.parametrize(("data", "key_id", "status", "from_me"), list(TICKS.values()), ids=TICKS)
def test_a_tick_is_read_in_every_versions_form(data, key_id, status, from_me):
    assert parse_event(update(**data)) == MessageAcknowledged(key_id, AckStatus(status), from_me)


@pytest.mark.parametrize("status", [None, "DELETED"])
def test_an_update_without_a_tick_is_ignored(status):
    event = parse_event(update(keyId="A", status=status))

    assert isinstance(event, EventIgnored)


@pytest.mark.parametrize("data", [{"status": "READ"}, {"keyId": "A", "status": "SEEN"}])
def test_a_tick_without_an_id_or_of_an_unknown_kind_is_malformed(data):
    with pytest.raises(MalformedEvent):
        parse_event(update(**data))


@pytest.mark.parametrize("status", [6, -1, "6", True, {}, [3]])
def test_a_tick_of_no_known_number_is_malformed(status):
    with pytest.raises(MalformedEvent):
        parse_event(update(keyId="A", status=status))


# Connection


def event(name, data):
    return {"event": name, "instance": "loja", "data": data}


PNG = "data:image/png;base64,iVBORw0KGgo="
STATES = {
    "limit": (
        event("qrcode.updated", {"message": "QR code limit reached, please login again"}),
        QrLimitReached(),
    ),
    "limit by its number": (event("qrcode.updated", {"statusCode": 500}), QrLimitReached()),
    "pairing code": (
        event("qrcode.updated", {"qrcode": {"code": "2@x", "pairingCode": "WZYEH1YY"}}),
        QrCodeIssued("2@x", None, "WZYEH1YY"),
    ),
    "image alone": (
        event("qrcode.updated", {"qrcode": {"base64": PNG}}),
        QrCodeIssued(None, PNG, None),
    ),
    "image that is a page": (
        event("qrcode.updated", {"qrcode": {"code": "2@x", "base64": "javascript:alert(1)"}}),
        QrCodeIssued("2@x", None, None),
    ),
    "image that can run": (
        event("qrcode.updated", {"code": "2@x", "base64": "data:image/svg+xml;base64,AAAA"}),
        QrCodeIssued("2@x", None, None),
    ),
    "refused": (
        event("connection.update", {"state": "refused", "statusReason": 428}),
        ConnectionChanged("refused", 428, None, None),
    ),
    "an owner with a device": (
        event("connection.update", {"state": "open", "wuid": f"{OWN}:7@s.whatsapp.net"}),
        ConnectionChanged("open", None, OWN_JID, None),
    ),
    "logged out, with data": (event("LOGOUT_INSTANCE", {"x": 1}), LoggedOut()),
    "created, version 1": (
        event("status.instance", {"status": "created"}),
        EventIgnored("status.instance", "version 1 says so at every start"),
    ),
    "closed for no reason": (event("status.instance", {"status": "closed"}), InstanceClosed(None)),
}


@pytest.mark.parametrize(("body", "expected"), list(STATES.values()), ids=STATES)
def test_connection_events_are_read(body, expected):
    assert parse_event(body) == expected


NO_STATES = [
    event("connection.update", {"state": "sleeping"}),
    event("connection.update", None),
    event("qrcode.updated", {"qrcode": None}),
    event("qrcode.updated", {"count": 0}),
    event("status.instance", {"status": "melted"}),
]


@pytest.mark.parametrize("body", NO_STATES)
def test_a_connection_event_that_says_nothing_is_malformed(body):
    with pytest.raises(MalformedEvent):
        parse_event(body)


# What is kept, and its key


def test_credentials_are_dropped_from_the_envelope_and_nothing_else():
    body = {"event": "error", "apikey": "K", "API_KEY": "K", "data": {"apikey": "a word"}}

    assert kept_body(body) == {"event": "error", "data": {"apikey": "a word"}}


def test_what_postgresql_cannot_hold_is_replaced():
    body = {"a\x00": "x\x00y", "b": ["\ud800", float("nan")], "c": {"d": float("inf"), "e": 1.5}}

    assert kept_body(body) == {"a�": "x�y", "b": ["�", None], "c": {"d": None, "e": 1.5}}


def test_a_bottomless_body_is_cut():
    deep = []
    for _ in range(400):
        deep = [deep]

    assert json.dumps(kept_body({"data": deep})).count("[") == 60


def test_a_body_that_is_no_object_is_not_kept():
    with pytest.raises(MalformedEvent):
        kept_body([])


DEDUPE = {
    "messages-upsert__conversation": "message:loja:3EB0IN0001",
    "messages-upsert__conversation-from-me": "message:loja:3EB0IN0008",
    "send-message__conversation": "sent:loja:3EB07F21E488C264E54225",
    "messages-update__delivery-ack": "ack:loja:3EB07F21E488C264E54225:DELIVERY_ACK",
    "messages-update__server-ack": "ack:loja:3EB07F21E488C264E54225:SERVER_ACK",
}


@pytest.mark.parametrize(("case", "key"), DEDUPE.items())
def test_messages_and_ticks_are_known_by_their_ids(case, key):
    assert dedupe_key(RECORDED[case]) == key


@pytest.mark.parametrize("case", [case for case in RECORDED if case not in DEDUPE])
def test_two_recordings_never_share_a_key(case):
    others = {dedupe_key(body) for name, body in RECORDED.items() if name != case}

    assert dedupe_key(RECORDED[case]) not in others


def test_a_repeated_message_is_the_same_whatever_came_with_it():
    again = upsert(pushName="Maria B.", status="READ") | {"date_time": "2026-11-27T00:00:00Z"}

    assert dedupe_key(again) == dedupe_key(upsert())


def test_an_echo_does_not_swallow_the_news_that_a_message_was_sent():
    echo = upsert({"fromMe": True})
    news = echo | {"event": "send.message"}

    assert dedupe_key(echo) == "message:loja:A"
    assert dedupe_key(news) == "sent:loja:A"


def test_the_same_id_in_another_instance_is_another_message():
    assert dedupe_key(upsert() | {"instance": "rival"}) == "message:rival:A"


@pytest.mark.parametrize("message", [{}, None, {"messageContextInfo": {"x": 1}}, "junk"])
def test_an_undecrypted_placeholder_does_not_hide_the_message_that_follows(message):
    placeholder = upsert()
    placeholder["data"]["message"] = message

    assert dedupe_key(placeholder).startswith("sha256:")
    assert dedupe_key(placeholder) != dedupe_key(upsert())


def test_a_state_is_repeated_with_its_time_and_new_with_another():
    first = RECORDED["connection-update__open"]

    assert dedupe_key(first | {"apikey": "other"}) == dedupe_key(first)
    assert dedupe_key(first | {"date_time": "2026-11-23T19:00:00Z"}) != dedupe_key(first)


FALLING_BACK = [
    upsert({"id": "x" * 129}),
    upsert({"id": "a:b"}),
    upsert({"id": "a b"}),
    upsert({"id": None}),
    upsert() | {"instance": "a:b"},
    upsert() | {"data": None},
    upsert() | {"data": [upsert()["data"]] * 2},
    update(keyId="A", status="SEEN"),
    update(keyId="A"),
    update(status="READ"),
]


@pytest.mark.parametrize("body", FALLING_BACK)
def test_an_event_without_a_plain_id_is_known_by_its_hash(body):
    assert dedupe_key(body).startswith("sha256:")
    assert len(dedupe_key(body)) == 71


def test_numbers_and_names_of_a_tick_share_a_key():
    assert dedupe_key(update(keyId="A", status=3)) == "ack:loja:A:DELIVERY_ACK"
    assert dedupe_key(update(id="A", status="delivery_ack")) == "ack:loja:A:DELIVERY_ACK"


# Damage

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([10**40, "\x00", "\ud800", "1@lid", "5511900001111@s.whatsapp.net"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def every_path(node, path=()):
    yield path
    children = node.items() if isinstance(node, dict) else ()
    for key, inner in children:
        yield from every_path(inner, (*path, key))


def with_junk(node, path, junk):
    if not path:
        return junk
    key, *rest = path
    return node | {key: with_junk(node[key], rest, junk)}


def damaged(draw, body):
    """One path of the body replaced; the path comes too."""
    path = draw(st.sampled_from(list(every_path(body))))
    return path, with_junk(body, path, draw(json_values))


# What tells who wrote what: the key, the text's own path and all that is above them.
TELLING = {
    ("event",),
    ("data", "key", "remoteJid"),
    ("data", "key", "remoteJidAlt"),
    ("data", "key", "participant"),
    ("data", "key", "fromMe"),
    ("data", "key", "id"),
    ("data", "message", "conversation"),
    ("data", "message", "extendedTextMessage", "text"),
    ("data", "message", "imageMessage", "caption"),
    ("data", "message", "documentMessage", "caption"),
    ("data", "message", "buttonsResponseMessage", "selectedDisplayText"),
    ("data", "message", "templateButtonReplyMessage", "selectedDisplayText"),
    ("data", "message", "interactiveResponseMessage", "body", "text"),
    ("data", "message", "viewOnceMessage", "message", "interactiveMessage", "body", "text"),
}


def tells(path):
    return any(known[: len(path)] == path for known in TELLING)


def test_the_telling_paths_hold_every_recorded_text():
    for case, expected in EXPECTED.items():
        if getattr(expected, "text", None):
            values = [value_at(RECORDED[case], path) for path in TELLING]
            assert expected.text in values, case


def value_at(node, path):
    for key in path:
        node = node.get(key) if isinstance(node, dict) else None
    return node


@settings(deadline=None, max_examples=600)
@given(data=st.data(), case=st.sampled_from(sorted(RECORDED)))
def test_any_damage_to_a_recording_is_refused_by_name_or_changes_nothing_that_matters(data, case):
    path, body = damaged(data.draw, RECORDED[case])
    original = EXPECTED[case]
    try:
        parsed = parse_event(body)
    except (MalformedEvent, UnknownEvent):
        assert tells(path) or not isinstance(original, MessageReceived | MessageSent)
        return
    if isinstance(original, MessageReceived | MessageSent) and not tells(path):
        assert (parsed.phone, parsed.key_id, parsed.text) == (
            original.phone,
            original.key_id,
            original.text,
        )


@settings(deadline=None, max_examples=300)
@given(data=st.data(), case=st.sampled_from(sorted(RECORDED)))
def test_a_damaged_recording_with_its_envelope_whole_always_has_a_key(data, case):
    path, body = damaged(data.draw, RECORDED[case])
    if path in {(), ("event",), ("instance",)}:
        body = RECORDED[case]

    key = dedupe_key(body)

    assert key.isascii()
    assert len(key) <= 250
    assert key == dedupe_key(json.loads(json.dumps(kept_body(body))))


@settings(deadline=None)
@given(body=json_values)
def test_any_json_at_all_is_refused_by_name(body):
    with pytest.raises(MalformedEvent):
        parse_event(body)


@settings(deadline=None, max_examples=300)
@given(name=st.sampled_from([*PARSERS, *IGNORED]), data=json_values)
def test_any_data_under_a_known_name_is_an_event_or_malformed(name, data):
    body = {"event": name, "instance": "loja", "data": data}
    try:
        parsed = parse_event(body)
    except MalformedEvent:
        parsed = None

    assert (parsed is None) <= (name in PARSERS)
    assert len(dedupe_key(body)) <= 250


@settings(deadline=None)
@given(body=st.dictionaries(st.text(), json_values))
def test_keeping_twice_changes_nothing_and_json_holds_it(body):
    kept = kept_body(body)

    assert kept_body(kept) == kept
    assert json.loads(json.dumps(kept, allow_nan=False).encode("utf-8", "strict")) == kept
