"""The company changed its notices: what waits follows, once, and nobody is told twice."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from scheduling import services
from scheduling.models import AppointmentEvent
from scheduling.tests.factories import WEB, a_client, an_appointment
from tenants import scope
from tenants.models import SecurityEvent, User
from whatsapp import jobs, planner, preferences, replan, sender
from whatsapp.models import Message, MessageSetting, MessageStatus, Reason
from whatsapp.tests.factories import an_instance

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
WAITING = ("waiting", "")
OFF = ("dropped", "switched_off")


@pytest.fixture
def owner(db):
    return User.objects.create_user("dona@salao.example", "x" * 12, name="Renata Aguiar")


def choose(company, owner, now, **changes):
    """Save the notices as they are, but for these: `off`, `reminder=4*HOUR`, `starts`, ..."""
    kept = preferences.notices_of(company, preferences.of(company))
    leads = {name: changes.pop(name, lead) for name, lead in kept.leads.items()}
    values = {"off": kept.off, "starts": kept.starts, "ends": kept.ends, "pace": kept.pace}
    wanted = preferences.Notices(**{**values, **changes, "leads": leads})
    changed = preferences.save_notices(company, wanted, by=owner, now=now)
    company.refresh_from_db()
    return changed


AT_THREE = timedelta(days=7, hours=6)  # on a Tuesday, in São Paulo 15:00


def booked(company, now, ahead=AT_THREE):
    appointment = an_appointment(now, ahead=ahead)
    planner.plan_new_events(company, now=now)
    return appointment


def rows(appointment):
    """Each message by kind: status, reason, and how long before the start it leaves."""
    found = Message.objects.filter(appointment=appointment)
    return {m.kind: (m.status, m.reason, (appointment.starts_at - m.due_at) / HOUR) for m in found}


def test_a_new_lead_moves_what_waits_and_doing_it_twice_changes_nothing(
    company, rival, owner, now
):
    with scope.company(rival.pk):
        theirs = booked(rival, now)
        before = rows(theirs)
    with scope.company(company.pk):
        appointment = booked(company, now)
        assert rows(appointment)["confirmation_request"] == (*WAITING, 24)

        assert choose(company, owner, now, confirmation_request=48 * HOUR, reminder=4 * HOUR)
        assert replan.replan(company, now=now) == 3

        found = rows(appointment)
        # 48 h before would be a Sunday, so it goes on Saturday at noon.
        assert found["receipt"][:2] == WAITING
        assert found["confirmation_request"] == (*WAITING, 75)
        assert found["reminder"] == (*WAITING, 4)
        MessageSetting.objects.update(replan=True)
        assert replan.replan(company, now=now) == 0
        assert rows(appointment) == found
        assert replan.replan(company, now=now) == 0
    with scope.company(rival.pk):
        assert rows(theirs) == before


def test_what_is_switched_off_is_dropped_and_comes_back(company, owner, now):
    with scope.company(company.pk):
        appointment = booked(company, now)
        everything = frozenset({"receipt", "confirmation_request", "second_request", "reminder"})
        choose(company, owner, now, off=everything)
        assert replan.replan(company, now=now) == 4
        assert {kind: row[:2] for kind, row in rows(appointment).items()} == dict.fromkeys(
            everything, OFF
        )

        choose(company, owner, now, off=frozenset())
        assert replan.replan(company, now=now) == 3
        found = {kind: row[:2] for kind, row in rows(appointment).items()}
        assert found.pop("receipt") == OFF  # its moment has passed
        assert found == dict.fromkeys(everything - {"receipt"}, WAITING)


def test_what_was_off_when_it_was_booked_is_planned_when_it_is_switched_on(company, owner, now):
    with scope.company(company.pk):
        choose(company, owner, now, off=frozenset({"reminder", "confirmation_request"}))
        replan.replan(company, now=now)
        appointment = booked(company, now)
        assert set(rows(appointment)) == {"receipt"}

        choose(company, owner, now, off=frozenset())
        assert replan.replan(company, now=now) == 3
        assert rows(appointment)["confirmation_request"] == (*WAITING, 24)
        assert rows(appointment)["reminder"] == (*WAITING, 2)


def test_who_was_asked_is_not_asked_again_but_may_get_the_second_request(company, owner, now):
    with scope.company(company.pk):
        choose(company, owner, now, off=frozenset({"second_request"}))
        replan.replan(company, now=now)
        appointment = booked(company, now, ahead=timedelta(days=2, hours=6))
        asked = now + timedelta(days=1, hours=6)
        Message.objects.filter(kind="confirmation_request").update(
            status=MessageStatus.SENT, happened_at=asked
        )
        services.mark_asked(appointment, now=asked)

        later = asked + HOUR
        choose(company, owner, later, off=frozenset(), confirmation_request=12 * HOUR)
        replan.replan(company, now=later)

        found = rows(appointment)
        assert found["confirmation_request"][0] == "sent"
        assert found["second_request"] == (*WAITING, 20)


def test_who_wants_another_time_is_not_asked(company, owner, now):
    with scope.company(company.pk):
        choose(company, owner, now, off=frozenset({"confirmation_request"}))
        replan.replan(company, now=now)
        appointment = booked(company, now)
        services.request_move(appointment, by=WEB, now=now)
        planner.plan_new_events(company, now=now)

        choose(company, owner, now, off=frozenset())
        replan.replan(company, now=now)
        assert "confirmation_request" not in rows(appointment)


def test_who_wants_no_messages_gets_none_that_are_planned_now(company, owner, now):
    with scope.company(company.pk):
        choose(company, owner, now, off=frozenset({"reminder"}))
        replan.replan(company, now=now)
        appointment = booked(company, now)
        services.opt_out(appointment.client, now=now)

        choose(company, owner, now, off=frozenset())
        replan.replan(company, now=now)
        assert rows(appointment)["reminder"][:2] == ("dropped", "opted_out")


@pytest.mark.parametrize(
    ("off", "kinds"),
    [
        ({"confirmation_request"}, {"receipt", "reminder"}),
        ({"receipt"}, {"confirmation_request", "second_request", "reminder"}),
        ({"receipt", "confirmation_request"}, {"reminder"}),
        ({"second_request"}, {"receipt_with_question", "reminder"}),
    ],
)
def test_a_receipt_that_asks_is_planned_and_changed_to_what_is_still_sent(
    company, owner, now, off, kinds
):
    """Booked in the night for the next day: the receipt waits for the morning."""
    night = now.replace(hour=2)
    with scope.company(company.pk):
        before = booked(company, night, ahead=timedelta(hours=16))
        assert "receipt_with_question" in rows(before)
        choose(company, owner, night, off=frozenset(off))
        replan.replan(company, now=night)
        left = {kind for kind, row in rows(before).items() if row[0] == "waiting"}
        assert left == kinds
        client = a_client("Outra", "+5531987651200")
        after = an_appointment(night, ahead=timedelta(hours=16), client=client)
        planner.plan_new_events(company, now=night)
        assert set(rows(after)) == kinds


def test_what_is_due_already_leaves_as_it_is(company, owner, now):
    with scope.company(company.pk):
        appointment = booked(company, now)
        asks = appointment.starts_at - 24 * HOUR
        choose(company, owner, asks, confirmation_request=12 * HOUR)
        replan.replan(company, now=asks)
        assert rows(appointment)["confirmation_request"] == (*WAITING, 24)


def test_an_event_that_the_planner_has_not_read_is_left_to_it(company, owner, now):
    with scope.company(company.pk):
        appointment = an_appointment(now, ahead=AT_THREE)
        choose(company, owner, now, reminder=4 * HOUR)
        assert replan.replan(company, now=now) == 0
        assert rows(appointment) == {}
        planner.plan_new_events(company, now=now)
        assert rows(appointment)["reminder"] == (*WAITING, 4)


def test_new_hours_move_what_would_leave_outside_them(company, owner, now):
    with scope.company(company.pk):
        appointment = booked(company, now, ahead=timedelta(days=7, hours=9))  # at 18:00
        choose(company, owner, now, starts=time(9), ends=time(12))
        replan.replan(company, now=now)
        # 24 h before is 18:00, too; the next opening is 09:00 of the day itself
        assert rows(appointment)["confirmation_request"] == (*WAITING, 9)


def test_the_sender_drops_what_was_switched_off_a_moment_ago(company, owner, now):
    with scope.company(company.pk):
        an_instance()
        appointment = booked(company, now)
        choose(company, owner, now, off=frozenset({"receipt"}))
        assert sender.claim(company, now=now) is None
        assert rows(appointment)["receipt"][:2] == ("dropped", Reason.SWITCHED_OFF)


def test_saving_what_is_says_nothing_and_the_log_says_what_changed(company, rival, owner, now):
    with scope.company(company.pk):
        assert not choose(company, owner, now)
        assert not MessageSetting.objects.exists()
        choose(
            company, owner, now, off=frozenset({"receipt"}), reminder=HOUR, pace=20, ends=time(19)
        )
        (event,) = SecurityEvent.objects.all()
        assert event.sentence == (
            "Renata Aguiar mudou os avisos: Aviso de agendamento: desligado; Lembrete: 1 h;"
            " mensagens das 08:00 às 19:00; pausa de 20 segundos."
        )
        assert (company.pace_seconds, company.message_hours_end) == (20, time(19))
    with scope.company(rival.pk):
        assert not MessageSetting.objects.exists()
        assert preferences.of(rival).rules == preferences.of(rival).rules.__class__()


def test_a_new_pace_alone_leaves_the_queue_alone(company, owner, now):
    with scope.company(company.pk):
        choose(company, owner, now, pace=20)
        assert not MessageSetting.objects.filter(replan=True).exists()


def test_the_tick_wakes_the_companies_with_new_rules_and_no_other(company, rival, owner, now):
    with scope.company(company.pk):
        choose(company, owner, now, reminder=HOUR)
    with scope.company(rival.pk):
        choose(rival, owner, now, pace=20)
    with scope.every_company("test"):
        assert jobs._with_new_rules(now) == [company.pk]


@pytest.mark.parametrize("count", [1, 30])
def test_many_appointments_cost_the_statements_of_one(
    company, owner, now, count, django_assert_num_queries
):
    with scope.company(company.pk):
        for number in range(count):
            client = a_client(f"Cliente {number}", f"+55319876{number:05}")
            an_appointment(now, ahead=AT_THREE, client=client)
        planner.plan_new_events(company, now=now)
        assert not AppointmentEvent.objects.filter(dispatched_at=None).exists()
        choose(company, owner, now, reminder=4 * HOUR)
        with django_assert_num_queries(8):  # two of them the savepoint
            assert replan.replan(company, now=now) == count
