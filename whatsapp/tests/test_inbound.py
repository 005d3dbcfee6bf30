import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduling.tests.factories import a_client, an_appointment
from tenants import scope
from whatsapp import inbound, planner
from whatsapp.evolution import events
from whatsapp.evolution.envelope import MalformedEvent
from whatsapp.inbound import HANDLERS
from whatsapp.models import Message, MessageStatus, Outcome, Reason, WebhookEvent
from whatsapp.tests.factories import an_instance, stored, upsert

pytestmark = pytest.mark.django_db

FIXTURES = Path(__file__).parent / "fixtures" / "evolution"
RECORDINGS = sorted(path for path in FIXTURES.glob("*__*.json"))


def treated(body, now):
    event = stored(body)
    inbound.process_new_events(now=now)
    event.refresh_from_db()
    return event


def test_every_kind_of_event_has_a_handler():
    assert set(HANDLERS) == set(events.Event.__args__)


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_every_recording_ends_in_an_outcome(company, rival, now, path):
    body = json.loads(path.read_text())
    with scope.company(company.pk):
        an_instance()
        event = treated({**body, "instance": f"company_{company.pk}_whatsapp"}, now)
        assert event.processed_at == now
        assert event.outcome not in {Outcome.WAITING, Outcome.FAILED}
    with scope.company(rival.pk):
        assert WebhookEvent.objects.count() == 0


def ack(key_id, status):
    return {
        "event": "messages.update",
        "instance": "company_1_whatsapp",
        "data": {"keyId": key_id, "fromMe": True, "status": status},
    }


def a_sent_message(now, key_id="3EB0AA"):
    appointment = an_appointment(now)
    return Message.objects.create(
        direction="out",
        status=MessageStatus.SENT,
        kind="receipt",
        client=appointment.client,
        appointment=appointment,
        key_id=key_id,
    )


@pytest.mark.parametrize(
    ("ticks", "status"),
    [
        (["DELIVERY_ACK"], MessageStatus.DELIVERED),
        (["DELIVERY_ACK", "READ"], MessageStatus.READ),
        (["READ", "DELIVERY_ACK"], MessageStatus.READ),
        (["SERVER_ACK"], MessageStatus.SENT),
        (["ERROR"], MessageStatus.FAILED),
        (["DELIVERY_ACK", "ERROR"], MessageStatus.DELIVERED),
    ],
)
def test_ticks_never_go_back(company, rival, now, ticks, status):
    with scope.company(rival.pk):
        theirs = a_sent_message(now)
    with scope.company(company.pk):
        message = a_sent_message(now)
        for tick in ticks:
            treated(ack(message.key_id, tick), now)
        message.refresh_from_db()
        assert message.status == status
        assert (message.reason == Reason.NOT_DELIVERED) == (status == MessageStatus.FAILED)
    with scope.company(rival.pk):
        theirs.refresh_from_db()
        assert theirs.status == MessageStatus.SENT


def test_a_tick_that_comes_before_the_answer_waits_for_it(company):
    now = datetime.now(UTC)
    with scope.company(company.pk):
        message = a_sent_message(now, key_id="")
        Message.objects.filter(pk=message.pk).update(status=MessageStatus.SENDING)
        event = treated(ack("3EB0LATE", "DELIVERY_ACK"), now)
        assert event.outcome == Outcome.WAITING

        Message.objects.filter(pk=message.pk).update(status=MessageStatus.SENT, key_id="3EB0LATE")
        inbound.process_new_events(now=now)
        event.refresh_from_db()
        message.refresh_from_db()
        assert (event.outcome, message.status) == (Outcome.APPLIED, MessageStatus.DELIVERED)


def test_an_error_of_ours_is_tried_again_and_at_last_shown_to_a_person(company, now, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("a defect of ours")

    monkeypatch.setattr("whatsapp.conversation.receive", broken)
    with scope.company(company.pk):
        event = stored(upsert("+5531988771247", at=now, text="1"))
        for tries in range(1, inbound.TRIES):
            inbound.process_new_events(now=now)
            event.refresh_from_db()
            assert (event.outcome, event.attempts) == (Outcome.WAITING, tries)

        inbound.process_new_events(now=now)
        event.refresh_from_db()
        assert event.outcome == Outcome.FAILED
        assert Message.objects.get().needs_attention


def test_one_broken_event_does_not_hold_the_others_back(company, now, monkeypatch):
    receive = inbound.conversation.receive

    def sometimes(parsed, *, now):
        if parsed.text == "quebra":
            raise RuntimeError
        return receive(parsed, now=now)

    monkeypatch.setattr("whatsapp.conversation.receive", sometimes)
    with scope.company(company.pk):
        a_client(phone="+5531988771247")
        stored(upsert("+5531988771247", at=now, text="quebra"))
        fine = stored(upsert("+5531988771247", at=now, text="oi"))
        inbound.process_new_events(now=now)

        fine.refresh_from_db()
        assert fine.outcome == Outcome.NOT_UNDERSTOOD


def test_a_message_that_cannot_be_read_is_shown_to_a_person(company, now):
    with scope.company(company.pk):
        body = upsert("+5531988771247", at=now, text="1")
        del body["data"]["key"]
        event = treated(body, now)
        assert event.outcome == Outcome.NOT_UNDERSTOOD
        assert Message.objects.get().needs_attention


def test_the_send_webhook_settles_a_doubt(company, now):
    with scope.company(company.pk):
        an_instance()
        message = planner.ask_confirmation(an_appointment(now), by=_by(), now=now)
        Message.objects.filter(pk=message.pk).update(
            status=MessageStatus.UNKNOWN, text="Oi", claimed_at=now
        )
        body = upsert(message.phone, at=now, text="Oi", key={"fromMe": True, "id": "3EB0SENT"})
        event = treated({**body, "event": "send.message"}, now)

        message.refresh_from_db()
        assert event.outcome == Outcome.APPLIED
        assert (message.status, message.key_id) == (MessageStatus.SENT, "3EB0SENT")


def _by():
    from scheduling.tests.factories import WEB

    return WEB


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def every_path(node, path=()):
    yield path
    for key in node if isinstance(node, dict) else ():
        yield from every_path(node[key], (*path, key))


def with_junk(node, path, junk):
    if not path:
        return junk
    key, *rest = path
    return node | {key: with_junk(node[key], rest, junk)}


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), junk=json_values, moment=st.integers(0, 10**6))
def test_damage_never_stops_the_job(company, data, junk, moment):
    """Where sender, id and text survive the meaning is the same; else a person is told."""
    now = datetime(2026, 11, 24, 12, tzinfo=UTC) + timedelta(seconds=moment)
    recorded = json.loads(data.draw(st.sampled_from(RECORDINGS)).read_text())
    recorded["instance"] = f"company_{company.pk}_whatsapp"
    path = data.draw(st.sampled_from([p for p in every_path(recorded) if p and p[0] == "data"]))
    damaged = with_junk(recorded, path, junk)
    with scope.company(company.pk):
        event = treated(damaged, now)
        assert event.outcome not in {Outcome.WAITING, Outcome.FAILED}
        try:
            understood = events.parse_event(damaged)
        except (MalformedEvent, events.UnknownEvent):
            understood = None
        if understood is None and event.event == "messages.upsert":
            assert Message.objects.filter(
                needs_attention=True, data__webhook_event_id=event.pk
            ).exists()
