from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from scheduling import services
from scheduling.tests.factories import WEB, a_client, an_appointment
from tenants import scope
from whatsapp import planner, sender
from whatsapp.evolution import errors
from whatsapp.evolution.answers import SentMessage
from whatsapp.models import Instance, InstanceStatus, Message, MessageStatus, Reason
from whatsapp.tests.factories import an_instance

pytestmark = pytest.mark.django_db


@dataclass
class Gateway:
    """Takes what a sender hands over; fails with `error` when it is given one."""

    error: Exception | None = None
    sent: list[tuple[str, str, str]] = field(default_factory=list)

    def send_text(self, name, *, number, text):
        if self.error:
            raise self.error
        self.sent.append((name, number, text))
        return SentMessage(f"3EB0{len(self.sent):018}", None, datetime.now(UTC))


@pytest.fixture
def gateway():
    return Gateway()


def asked_for(company, now, **fields):
    """A message that a person asked for, due at once."""
    appointment = an_appointment(now, **fields)
    return planner.ask_confirmation(appointment, by=WEB, now=now)


def test_a_message_leaves_from_its_own_company_only(company, rival, gateway, now, settings):
    real_now = datetime.now(UTC)
    for owner in (company, rival):
        with scope.company(owner.pk):
            an_instance()
            asked_for(owner, real_now)
    with scope.company(company.pk):
        assert sender.send_next(company, gateway) is True
        assert sender.send_next(company, gateway) is False

        message = Message.objects.get()
        assert [name for name, *_ in gateway.sent] == [f"company_{company.pk}_whatsapp"]
        assert message.status == MessageStatus.SENT
        assert message.key_id == "3EB0000000000000000001"
        message.appointment.refresh_from_db()
        assert message.appointment.whatsapp_sent is True
        assert message.appointment.asked_at is not None
    with scope.company(rival.pk):
        assert Message.objects.get().status == MessageStatus.WAITING


@pytest.mark.parametrize(
    "status", [s for s in InstanceStatus.values if s != InstanceStatus.CONNECTED]
)
def test_nothing_leaves_while_the_instance_is_not_open(company, now, status):
    with scope.company(company.pk):
        an_instance(status)
        asked_for(company, now)

        assert sender.claim(company, now=now) is None
        assert Message.objects.get().status == MessageStatus.WAITING


def test_one_at_a_time_and_the_database_is_the_referee(company, rival, now):
    with scope.company(rival.pk):
        an_instance()
        asked_for(rival, now)
        sender.claim(rival, now=now)
    with scope.company(company.pk):
        an_instance()
        first, second = asked_for(company, now), asked_for(company, now)

        assert sender.claim(company, now=now).message_id == first.pk
        assert sender.claim(company, now=now) is None
        with pytest.raises(IntegrityError, match="messages_one_sending"), transaction.atomic():
            Message.objects.filter(pk=second.pk).update(status=MessageStatus.SENDING)


def test_the_pace_holds_automatic_messages_back_and_lets_people_through(company, now):
    company.pace_seconds = 10
    with scope.company(company.pk):
        an_instance()
        an_appointment(now)
        an_appointment(now)
        planner.plan_new_events(company, now=now)

        assert sender.claim(company, now=now) is not None
        Message.objects.filter(status=MessageStatus.SENDING).update(status=MessageStatus.SENT)
        pause = Instance.objects.get().next_send_at - now
        assert timedelta(seconds=10) <= pause <= timedelta(seconds=30)
        assert sender.claim(company, now=now + timedelta(seconds=9)) is None

        manual = asked_for(company, now)
        assert sender.claim(company, now=now).message_id == manual.pk
        Message.objects.filter(pk=manual.pk).update(status=MessageStatus.SENT)
        assert sender.claim(company, now=now + timedelta(seconds=31)) is not None


def test_automatic_messages_wait_for_the_hours_and_people_do_not(company, now):
    night = now.replace(hour=3)  # midnight in São Paulo
    with scope.company(company.pk):
        an_instance()
        an_appointment(now)
        planner.plan_new_events(company, now=now)
        assert sender.claim(company, now=night + timedelta(days=1)) is None
        receipt = Message.objects.get(kind="receipt")
        assert receipt.due_at == now.replace(hour=11) + timedelta(days=1)

        manual = asked_for(company, now)
        claimed = sender.claim(company, now=night + timedelta(days=1))
        assert claimed.message_id == manual.pk


def drop_reason(company, message, now):
    assert sender.claim(company, now=now) is None
    message.refresh_from_db()
    assert message.status == MessageStatus.DROPPED
    return message.reason


def test_what_is_useless_is_dropped_with_a_reason(company, now):
    with scope.company(company.pk):
        an_instance()
        late = asked_for(company, now)
        assert drop_reason(company, late, late.appointment.starts_at) == Reason.EXPIRED

        cancelled = asked_for(company, now)
        services.cancel(cancelled.appointment, by=WEB, now=now)
        assert drop_reason(company, cancelled, now) == Reason.CANCELLED

        moved = asked_for(company, now)
        starts_at = moved.appointment.starts_at + timedelta(hours=2)
        services.move(moved.appointment, starts_at=starts_at, by=WEB, now=now)
        assert drop_reason(company, moved, now) == Reason.MOVED


def test_a_reminder_goes_only_to_who_confirmed(company, now):
    with scope.company(company.pk):
        an_instance()
        confirmed, silent = an_appointment(now), an_appointment(now)
        services.confirm(confirmed, by=WEB, now=now)
        planner.plan_new_events(company, now=now)
        Message.objects.exclude(kind="reminder").delete()
        due = Message.objects.get(appointment=confirmed).due_at

        claimed = sender.claim(company, now=due)
        assert Message.objects.get(pk=claimed.message_id).appointment == confirmed
        Message.objects.filter(pk=claimed.message_id).update(status=MessageStatus.SENT)
        assert sender.claim(company, now=due + timedelta(minutes=2)) is None
        assert Message.objects.get(appointment=silent).reason == Reason.NOT_CONFIRMED


def test_who_said_stop_gets_nothing_automatic_even_if_it_was_planned(company, now):
    with scope.company(company.pk):
        an_instance()
        client = a_client()
        an_appointment(now, client=client)
        planner.plan_new_events(company, now=now)
        services.opt_out(client, now=now)

        receipt = Message.objects.get(kind="receipt")
        assert drop_reason(company, receipt, now) == Reason.OPTED_OUT


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        (errors.ServerUnreachable("away"), MessageStatus.WAITING, ""),
        (errors.NotConnected("Connection Closed", status=500), MessageStatus.WAITING, ""),
        (errors.RateLimited("429", status=429), MessageStatus.WAITING, ""),
        (errors.Unauthorized("key", status=401), MessageStatus.WAITING, ""),
        (errors.NumberNotOnWhatsApp("", status=400), MessageStatus.FAILED, Reason.NO_WHATSAPP),
        (errors.Rejected("", status=400), MessageStatus.FAILED, Reason.REFUSED),
        (errors.TimedOut("hang"), MessageStatus.UNKNOWN, ""),
        (errors.ServerFault("", status=500), MessageStatus.UNKNOWN, ""),
        (errors.SentButNotRecorded("Prisma", status=400), MessageStatus.SENT, ""),
    ],
)
def test_what_an_error_makes_of_a_message(company, gateway, now, error, status, reason):
    gateway.error = error
    real_now = datetime.now(UTC)
    with scope.company(company.pk):
        an_instance()
        asked_for(company, real_now)
        assert sender.send_next(company, gateway) is True

        message = Message.objects.get()
        assert (message.status, message.reason, message.attempts) == (status, reason, 1)
        if status == MessageStatus.WAITING:
            assert message.due_at > real_now


def test_waits_double_up_to_a_minute():
    seconds = [sender.wait_after(attempts).total_seconds() for attempts in range(1, 9)]
    assert seconds == [2, 4, 8, 16, 32, 60, 60, 60]


def test_the_text_is_plain_and_speaks_of_the_right_company(company, rival, now):
    with scope.every_company("test"):
        company.name = "Salão D'Ávila & Filhas"
        company.save()
    with scope.company(company.pk):
        an_instance()
        asked_for(company, now, client=a_client("Camila"))
        text = sender.claim(company, now=now).text

    assert "Salão D'Ávila & Filhas" in text
    assert "&amp;" not in text
    assert "1 Confirmo" in text
    assert "Prosa" not in text


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_the_gateway_is_called(company):
    seen = []

    class Watching(Gateway):
        def send_text(self, name, *, number, text):
            seen.append(connection.in_atomic_block)
            return super().send_text(name, number=number, text=text)

    with scope.company(company.pk):
        an_instance()
        asked_for(company, datetime.now(UTC))
        sender.send_next(company, Watching())

    assert seen == [False]
