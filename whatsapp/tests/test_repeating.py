"""A stored event once more: only what had no effect, once, by staff that may, written down."""

import json

import pytest

from scheduling.models import Appointment, Status
from tenants import scope
from tenants.models import SecurityEvent
from tenants.tests.test_admin import staff
from whatsapp import inbound, repeating
from whatsapp.models import Message, Outcome, WebhookEvent
from whatsapp.tests.factories import an_instance, asked, stored, upsert


@pytest.fixture
def question(salon, barber):
    """Camila was asked in both companies."""
    row = salon.book(hours=30)
    for shop, each in ((salon, row), (barber, barber.book(hours=30))):
        with scope.company(shop.company.pk, switch=True):
            an_instance()
            asked(each, shop.now)
    return row


@pytest.fixture
def event(salon, question):
    """Her answer, at which we failed five times."""
    with scope.company(salon.company.pk):
        row = stored(upsert(salon.camila.phone, at=salon.now, text="1"))
        row.outcome, row.detail = Outcome.FAILED, "the same error five times"
        row.processed_at, row.attempts = salon.now, 5
        row.save()
        Message.objects.create(
            direction="in",
            status="received",
            needs_attention=True,
            data={"webhook_event_id": row.pk},
        )
    return row


def address(event):
    return f"/admin/whatsapp/webhookevent/{event.pk}/repeat/"


def understood(shop):
    with scope.company(shop.company.pk, switch=True):
        return inbound.process_new_events(now=shop.now)


def log(shop):
    with scope.company(shop.company.pk, switch=True):
        return [row.sentence for row in SecurityEvent.objects.filter(kind="event_repeated")]


def test_a_failed_event_is_treated_again_by_the_usual_job(salon, barber, question, event):
    boss = staff()

    answer = boss.post(address(event), follow=True)

    assert "1 evento volta para a fila." in answer.content.decode()
    assert salon.fresh(event).outcome == Outcome.WAITING
    assert understood(salon) == 1
    assert salon.fresh(event).outcome == Outcome.CONFIRMED
    assert salon.fresh(question).status == Status.CONFIRMED
    with scope.company(barber.company.pk, switch=True):
        assert not Appointment.objects.filter(status=Status.CONFIRMED).exists()


def test_it_stands_in_both_logs_and_what_a_person_was_told_is_settled(salon, barber, event):
    boss = staff()

    boss.post(address(event))

    sentence = f"mandou tratar de novo o evento {event.pk} do WhatsApp (messages.upsert)."
    assert [line.endswith(sentence) for line in log(salon)] == [True]
    assert log(barber) == []
    history = boss.get(f"/admin/whatsapp/webhookevent/{event.pk}/history/").content.decode()
    assert "Mandou tratar de novo." in history
    with scope.company(salon.company.pk):
        assert not Message.objects.filter(needs_attention=True).exists()


def test_twice_is_once(salon, question, event):
    boss = staff()
    boss.post(address(event))

    again = boss.post(address(event), follow=True).content.decode()

    assert "1 evento ficou como está" in again
    assert understood(salon) == 1
    assert "ficou como está" in boss.post(address(event), follow=True).content.decode()
    assert understood(salon) == 0
    assert len(log(salon)) == 1


@pytest.mark.parametrize("outcome", Outcome.values)
@pytest.mark.parametrize("detail", ["", "unknown event"])
def test_only_what_left_nothing_behind_can_be_repeated(salon, event, outcome, detail):
    with scope.company(salon.company.pk):
        WebhookEvent.objects.filter(pk=event.pk).update(outcome=outcome, detail=detail)
        event.refresh_from_db()
    unread = {Outcome.IGNORED, Outcome.NOT_UNDERSTOOD} if detail else set()

    takes = repeating.repeat(event, by=staff().user)

    assert takes == (outcome in {Outcome.FAILED, *unread})
    assert takes == repeating.is_repeatable(event)


def test_what_had_its_effect_has_none_again_even_so(salon, question, event):
    """The key of the message is kept with it: a repetition is known."""
    boss = staff()
    boss.post(address(event))
    understood(salon)
    with scope.company(salon.company.pk):
        WebhookEvent.objects.filter(pk=event.pk).update(outcome=Outcome.FAILED)
        messages = Message.objects.count()

    boss.post(address(event))
    understood(salon)

    assert salon.fresh(event).outcome == Outcome.IGNORED
    assert salon.count(Message) == messages


def test_the_action_of_the_list_takes_what_it_can(salon, barber, event):
    boss = staff()
    with scope.company(barber.company.pk):
        other = stored({"event": "messages.upsert", "instance": "x", "data": {}})
    chosen = {"action": "repeat_chosen", "_selected_action": [event.pk, other.pk]}

    page = boss.post("/admin/whatsapp/webhookevent/", chosen, follow=True).content.decode()

    assert "1 evento volta para a fila." in page
    assert "1 evento ficou como está" in page
    assert barber.fresh(other).outcome == Outcome.WAITING
    assert log(barber) == []


def test_it_takes_a_permission_of_its_own(salon, event):
    reader = staff("leitora@atendo.example", superuser=False, may=["view_webhookevent"])
    doer = staff(
        "fazedora@atendo.example",
        superuser=False,
        may=["view_webhookevent", "repeat_webhookevent"],
    )
    page = f"/admin/whatsapp/webhookevent/{event.pk}/change/"

    assert reader.post(address(event)).status_code == 403
    assert "Tratar de novo" not in reader.get(page).content.decode()
    assert "repeat_chosen" not in reader.get("/admin/whatsapp/webhookevent/").content.decode()
    assert salon.fresh(event).outcome == Outcome.FAILED
    assert "Tratar de novo" in doer.get(page).content.decode()
    assert doer.post(address(event)).status_code == 302
    assert salon.fresh(event).outcome == Outcome.WAITING


def test_a_get_changes_nothing_and_an_unknown_event_is_none(salon, event):
    boss = staff()

    assert boss.get(address(event)).status_code == 405
    assert salon.fresh(event).outcome == Outcome.FAILED
    assert boss.post("/admin/whatsapp/webhookevent/999999/repeat/").status_code == 302


def test_the_page_of_an_event_shows_no_words_and_finds_it_by_the_key(salon, event):
    key = json.loads(event.body)["data"]["key"]["id"]
    with scope.company(salon.company.pk):
        WebhookEvent.objects.update(dedupe_key=f"message:company_{salon.company.pk}:{key}")
    boss = staff()

    found = boss.get("/admin/whatsapp/webhookevent/", {"q": key}).content.decode()
    page = boss.get(f"/admin/whatsapp/webhookevent/{event.pk}/change/").content.decode()

    assert f"/admin/whatsapp/webhookevent/{event.pk}/change/" in found
    assert key in page
    assert salon.camila.phone.lstrip("+") not in page
