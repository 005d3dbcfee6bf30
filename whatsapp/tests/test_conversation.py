"""What a client's message does to the agenda, with another company's data that could leak."""

from datetime import UTC, datetime, timedelta

import pytest

from scheduling import services
from scheduling.models import Appointment, Client, ClientIdentity, ConsentSource, Status
from scheduling.tests.factories import WEB, a_client, an_appointment
from tenants import scope
from tenants.models import SecurityEvent
from tenants.security import Origin
from whatsapp import inbound
from whatsapp.models import Direction, Message, Outcome
from whatsapp.tests.factories import an_instance, asked, button, stored, upsert

pytestmark = pytest.mark.django_db

CAMILA = "+5531988771247"


@pytest.fixture
def now():
    """Conversations happen in real time: rows carry the moment they were made."""
    return datetime.now(UTC)


@pytest.fixture
def salon(company, now):
    """The scope of a company whose client Camila was asked about one appointment."""
    with scope.company(company.pk):
        an_instance()
        yield asked(an_appointment(now, client=a_client(phone=CAMILA)), now)


@pytest.fixture
def barber(rival, now):
    """Camila is a client there too, and was asked there too."""
    with scope.company(rival.pk):
        an_instance()
        return asked(an_appointment(now, client=a_client(phone=CAMILA)), now)


def say(text="", *, now, phone=CAMILA, **data):
    """Let a message arrive and be understood.  Returns the event's outcome."""
    event = stored(upsert(phone, at=now, text=text, **data))
    assert inbound.process(event, now=now)
    event.refresh_from_db()
    return event.outcome


def press(button_id, *, now, phone=CAMILA):
    return say(now=now, phone=phone, message=button(button_id))


def status_of(appointment):
    return Appointment.objects.get(pk=appointment.pk).status


def answers():
    return [m.kind for m in Message.objects.outgoing().filter(kind__startswith="answer_")]


def refusals():
    return [event.kind for event in SecurityEvent.objects.all() if event.refused]


@pytest.mark.parametrize(
    ("text", "outcome", "status", "answer"),
    [
        ("1", Outcome.CONFIRMED, Status.CONFIRMED, "answer_confirmed"),
        ("Sim!", Outcome.CONFIRMED, Status.CONFIRMED, "answer_confirmed"),
        ("2", Outcome.RESCHEDULE_REQUESTED, Status.SCHEDULED, "answer_reschedule"),
        ("3", Outcome.CANCELLED, Status.CANCELLED, "answer_cancelled"),
        ("não vou poder", Outcome.CANCELLED, Status.CANCELLED, "answer_cancelled"),
        ("simples assim", Outcome.NOT_UNDERSTOOD, Status.SCHEDULED, "answer_not_understood"),
        ("não", Outcome.NOT_UNDERSTOOD, Status.SCHEDULED, "answer_not_understood"),
    ],
)
def test_an_answer_changes_only_the_appointment_it_is_about(
    barber, rival, salon, now, text, outcome, status, answer
):
    assert say(text, now=now) == outcome
    assert status_of(salon) == status
    assert answers() == [answer]
    with scope.company(rival.pk, switch=True):
        assert status_of(barber) == Status.SCHEDULED
        assert Message.objects.incoming().count() == 0


@pytest.mark.parametrize("phone", [CAMILA, "+553188771247"])
def test_the_ninth_digit_does_not_split_a_person_in_two(salon, now, phone):
    assert say("1", now=now, phone=phone) == Outcome.CONFIRMED


def test_a_button_confirms_its_own_appointment(salon, now):
    assert press(f"confirm_{salon.pk}", now=now) == Outcome.CONFIRMED
    assert status_of(salon) == Status.CONFIRMED
    assert refusals() == []


def test_buttons_that_are_not_the_clients_are_all_refused_alike(barber, salon, now):
    somebody_elses = an_appointment(now)
    foreign = [barber.pk, somebody_elses.pk, 999_999_999]

    outcomes = {press(f"confirm_{pk}", now=now) for pk in foreign}

    assert outcomes == {Outcome.UNAUTHORIZED}
    assert refusals() == ["button_refused"] * 3
    assert status_of(somebody_elses) == Status.SCHEDULED
    assert answers() == []


def test_a_button_from_a_stranger_is_refused_and_logged(salon, now):
    outcome = press(f"confirm_{salon.pk}", now=now, phone="+5531977770000")

    assert outcome == Outcome.CLIENT_NOT_FOUND
    assert refusals() == ["button_from_stranger"]
    assert "0000" in SecurityEvent.objects.get(kind="button_from_stranger").sentence
    assert status_of(salon) == Status.SCHEDULED


def test_words_from_a_stranger_are_kept_and_do_nothing(salon, now):
    assert say("1", now=now, phone="+5531977770000") == Outcome.CLIENT_NOT_FOUND
    assert refusals() == []
    assert Message.objects.incoming().get().client is None


def test_a_quoted_question_outweighs_the_others(salon, now):
    other = asked(an_appointment(now, client=salon.client), now)
    Message.objects.create(
        direction=Direction.OUT,
        status="sent",
        kind="confirmation_request",
        client=salon.client,
        appointment=other,
        key_id="3EB0QUOTED",
    )
    context = {"stanzaId": "3EB0QUOTED"}
    assert say("1", now=now, contextInfo=context) == Outcome.CONFIRMED
    assert (status_of(salon), status_of(other)) == (Status.SCHEDULED, Status.CONFIRMED)


def test_with_two_questions_open_we_ask_which_one(salon, now):
    later = asked(an_appointment(now, client=salon.client, ahead=timedelta(days=9)), now)

    assert say("3", now=now) == Outcome.WHICH_ONE_ASKED
    assert answers() == ["answer_which_one"]
    assert say("2", now=now) == Outcome.CANCELLED
    assert (status_of(salon), status_of(later)) == (Status.SCHEDULED, Status.CANCELLED)


def test_nothing_open_is_for_a_person(company, now):
    with scope.company(company.pk):
        an_appointment(now, client=a_client(phone=CAMILA))  # never asked

        assert say("1", now=now) == Outcome.NOT_FOUND
        assert Message.objects.incoming().get().needs_attention
        assert answers() == []


def test_an_answer_after_the_start_never_confirms(salon, now):
    late = salon.starts_at + timedelta(minutes=1)
    assert say("1", now=late) == Outcome.NOT_FOUND
    assert status_of(salon) == Status.SCHEDULED


def test_an_answer_from_before_the_question_answers_nothing(salon, now):
    old = stored(upsert(CAMILA, at=now - timedelta(days=1), text="1"))
    inbound.process(old, now=now)

    old.refresh_from_db()
    assert old.outcome == Outcome.NOT_FOUND
    assert status_of(salon) == Status.SCHEDULED


def test_a_late_delivery_never_undoes_what_a_person_did_meanwhile(salon, now):
    event = stored(upsert(CAMILA, at=now + timedelta(minutes=1), text="3"))
    services.confirm(salon, by=WEB, now=now + timedelta(minutes=10))
    inbound.process(event, now=now + timedelta(minutes=20))

    event.refresh_from_db()
    assert event.outcome == Outcome.NOT_FOUND
    assert status_of(salon) == Status.CONFIRMED


def test_a_repetition_of_the_answer_does_nothing_more(salon, now):
    assert [say("1", now=now), press(f"confirm_{salon.pk}", now=now)] == [Outcome.CONFIRMED] * 2
    assert answers() == ["answer_confirmed"]
    assert salon.events.filter(kind="confirmed").count() == 1


def test_the_same_message_twice_has_one_effect(salon, now):
    body = upsert(CAMILA, at=now, text="1")
    for _ in range(2):
        inbound.process(stored(body), now=now)
    assert Message.objects.incoming().count() == 1
    assert answers() == ["answer_confirmed"]


def test_we_ask_again_once_a_question_and_then_leave_it_to_a_person(salon, now):
    for text in ("talvez", "depois vejo", "humm"):
        assert say(text, now=now) == Outcome.NOT_UNDERSTOOD
    assert answers() == ["answer_not_understood"]
    assert Message.objects.filter(needs_attention=True).count() == 3


def test_stop_acts_from_the_first_message_and_back_undoes_it(barber, rival, salon, now):
    assert say("PARAR", now=now) == Outcome.OPTED_OUT
    assert Client.objects.get().opted_out_at == now
    assert Client.objects.get().opted_out_from == Origin.WEBHOOK
    assert answers() == ["answer_opted_out"]
    with scope.company(rival.pk, switch=True):
        assert Client.objects.get().opted_out_at is None

    assert say("voltar", now=now) == Outcome.OPTED_IN
    assert Client.objects.get().opted_out_at is None
    assert Client.objects.get().notices_consent_from == ConsentSource.WHATSAPP


def test_cancel_while_a_question_is_open_means_the_appointment(salon, now):
    assert say("cancelar", now=now) == Outcome.CANCELLED
    assert Client.objects.get().opted_out_at is None


def test_a_reaction_to_our_question_confirms_and_never_cancels(salon, now):
    Message.objects.create(
        direction=Direction.OUT,
        status="sent",
        kind="confirmation_request",
        client=salon.client,
        appointment=salon,
        key_id="3EB0ASKED",
    )

    def react(emoji):
        key = {"remoteJid": "x@s.whatsapp.net", "fromMe": True, "id": "3EB0ASKED"}
        return say(now=now, message={"reactionMessage": {"key": key, "text": emoji}})

    assert [react("👎"), react("")] == [Outcome.IGNORED] * 2
    assert react("👍") == Outcome.CONFIRMED
    assert status_of(salon) == Status.CONFIRMED


def test_a_hidden_number_is_recognised_once_it_was_seen_with_its_phone(salon, now):
    lid = "76201477542116@lid"
    assert say("oi", now=now, key={"remoteJidAlt": lid}) == Outcome.NOT_UNDERSTOOD
    assert ClientIdentity.objects.get().value == lid
    assert say("1", now=now, key={"remoteJid": lid}) == Outcome.CONFIRMED


def test_an_unknown_hidden_number_is_shown_to_a_person(salon, now):
    outcome = say("1", now=now, key={"remoteJid": "99999999999999@lid"})
    assert outcome == Outcome.CLIENT_NOT_FOUND
    assert Message.objects.incoming().get().needs_attention


def test_groups_are_ignored_and_the_companys_own_phone_is_kept(salon, now):
    assert say("1", now=now, key={"remoteJid": "120363012345678901@g.us"}) == Outcome.IGNORED
    assert say("oi, aqui é a Lia", now=now, key={"fromMe": True}) == Outcome.APPLIED
    own = Message.objects.get(text="oi, aqui é a Lia")
    assert (own.direction, own.client) == (Direction.OUT, salon.client)
    assert status_of(salon) == Status.SCHEDULED


def test_media_without_words_is_for_a_person(salon, now):
    outcome = say(now=now, message={"audioMessage": {"seconds": 4, "mimetype": "audio/ogg"}})
    assert outcome == Outcome.NOT_UNDERSTOOD
    assert Message.objects.incoming().get().data == {"media": "audio"}
