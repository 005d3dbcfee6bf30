from datetime import timedelta

import pytest

from scheduling import services
from scheduling.events import By
from scheduling.models import AppointmentEvent
from scheduling.tests.factories import WEB, a_client, an_appointment
from scheduling.undo import UNDO_FOR, undo
from tenants import scope
from whatsapp import planner
from whatsapp.models import Message, MessageStatus, Reason

pytestmark = pytest.mark.django_db


def rows(appointment):
    messages = Message.objects.filter(appointment=appointment).order_by("due_at", "id")
    return [(m.kind, m.revision, m.status, m.reason) for m in messages]


WAITING = MessageStatus.WAITING
DROPPED = MessageStatus.DROPPED


def test_a_booking_plans_receipt_request_repetition_and_reminder(company, rival, now):
    for owner in (company, rival):
        with scope.company(owner.pk):
            appointment = an_appointment(now)
            assert planner.plan_new_events(owner, now=now) == 1

            assert rows(appointment) == [
                ("receipt", 1, WAITING, ""),
                ("confirmation_request", 1, WAITING, ""),
                ("second_request", 1, WAITING, ""),
                ("reminder", 1, WAITING, ""),
            ]
            request = Message.objects.get(kind="confirmation_request")
            assert request.due_at == appointment.starts_at - timedelta(days=1)


def test_planning_twice_plans_once(company, now):
    with scope.company(company.pk):
        appointment = an_appointment(now)
        planner.plan_new_events(company, now=now)
        AppointmentEvent.objects.update(dispatched_at=None)
        planner.plan_new_events(company, now=now + timedelta(minutes=1))

        assert len(rows(appointment)) == 4
        assert AppointmentEvent.objects.filter(dispatched_at=None).count() == 0


def test_cancelling_drops_what_waits_and_tells_the_client(company, now):
    with scope.company(company.pk):
        appointment = an_appointment(now)
        planner.plan_new_events(company, now=now)
        services.cancel(appointment, by=WEB, now=now)
        planner.plan_new_events(company, now=now)

        assert sorted(rows(appointment)) == [
            ("cancelled_notice", 1, WAITING, ""),
            ("confirmation_request", 1, DROPPED, Reason.CANCELLED),
            ("receipt", 1, DROPPED, Reason.CANCELLED),
            ("reminder", 1, DROPPED, Reason.CANCELLED),
            ("second_request", 1, DROPPED, Reason.CANCELLED),
        ]


def test_what_the_client_cancels_himself_needs_no_notice(company, now):
    with scope.company(company.pk):
        appointment = an_appointment(now)
        services.cancel(appointment, by=By.client(), now=now)
        planner.plan_new_events(company, now=now)

        assert "cancelled_notice" not in [kind for kind, *_ in rows(appointment)]


def test_moving_drops_the_old_revision_and_plans_the_new_one(company, now):
    with scope.company(company.pk):
        appointment = an_appointment(now)
        planner.plan_new_events(company, now=now)
        services.move(
            appointment, starts_at=appointment.starts_at + timedelta(days=2), by=WEB, now=now
        )
        planner.plan_new_events(company, now=now)

        assert {status for _, revision, status, _ in rows(appointment) if revision == 1} == {
            DROPPED
        }
        assert [kind for kind, revision, *_ in rows(appointment) if revision == 2] == [
            "rescheduled_notice",
            "confirmation_request",
            "second_request",
            "reminder",
        ]


def test_booked_and_cancelled_before_anybody_planned_sends_only_what_is_true(company, now):
    with scope.company(company.pk):
        appointment = an_appointment(now)
        services.cancel(appointment, by=WEB, now=now)
        planner.plan_new_events(company, now=now)

        waiting = [kind for kind, _, status, _ in rows(appointment) if status == WAITING]
        assert waiting == ["cancelled_notice"]


def test_an_answer_drops_the_repetition_of_the_question(company, now):
    with scope.company(company.pk):
        appointment = an_appointment(now)
        planner.plan_new_events(company, now=now)
        services.request_move(appointment, by=By.client(), now=now)
        planner.plan_new_events(company, now=now)

        assert ("second_request", 1, DROPPED, Reason.ANSWERED) in rows(appointment)
        assert ("reminder", 1, WAITING, "") in rows(appointment)


def test_nothing_automatic_waits_for_a_client_who_said_stop(company, rival, now):
    with scope.company(company.pk):
        client = a_client()
        services.opt_out(client, now=now)
        appointment = an_appointment(now, client=client)
        planner.plan_new_events(company, now=now)

        assert {(status, reason) for _, _, status, reason in rows(appointment)} == {
            (DROPPED, Reason.OPTED_OUT)
        }

        planner.revive_automatic(client, now=now)
        assert {status for _, _, status, _ in rows(appointment)} == {WAITING}

        planner.drop_automatic(client)
        assert {status for _, _, status, _ in rows(appointment)} == {DROPPED}


def test_a_person_asks_for_the_confirmation(company, now):
    with scope.company(company.pk):
        appointment = an_appointment(now)
        message = planner.ask_confirmation(appointment, by=WEB, now=now)
        planner.plan_new_events(company, now=now)

        assert (message.kind, message.automatic, message.due_at) == (
            "manual_confirmation",
            False,
            now,
        )
        assert ("manual_confirmation", 1, WAITING, "") in rows(appointment)
        assert AppointmentEvent.objects.filter(kind="confirmation_asked_for").count() == 1


def newest(appointment):
    return AppointmentEvent.objects.filter(appointment=appointment).latest("id").pk


@pytest.mark.parametrize("notice", ["cancelled_notice", "rescheduled_notice"])
def test_nobody_is_told_of_what_may_still_be_undone(company, now, notice):
    with scope.company(company.pk):
        appointment = an_appointment(now)
        take(notice, appointment, now)
        planner.plan_new_events(company, now=now)

        assert Message.objects.get(kind=notice).due_at == now + UNDO_FOR


def take(notice, appointment, now, by=WEB):
    if notice == "cancelled_notice":
        services.cancel(appointment, by=by, now=now)
    else:
        later = appointment.starts_at + timedelta(days=2)
        services.move(appointment, starts_at=later, by=by, now=now)


def test_a_program_cannot_undo_and_its_notice_leaves_at_once(company, now):
    with scope.company(company.pk):
        appointment = an_appointment(now)
        take("cancelled_notice", appointment, now, by=By("api"))
        planner.plan_new_events(company, now=now)

        assert Message.objects.get(kind="cancelled_notice").due_at == now


def test_a_notice_does_not_wait_until_it_is_useless(company, now):
    with scope.company(company.pk):
        appointment = an_appointment(now, ahead=timedelta(minutes=2))
        take("cancelled_notice", appointment, now)
        planner.plan_new_events(company, now=now)

        assert Message.objects.get(kind="cancelled_notice").due_at == now


@pytest.mark.parametrize("notice", ["cancelled_notice", "rescheduled_notice"])
@pytest.mark.parametrize("planned_between", [True, False])
def test_what_is_undone_is_never_told_and_what_it_dropped_waits_again(
    company, rival, now, notice, planned_between
):
    with scope.company(company.pk):
        appointment = an_appointment(now)
        planner.plan_new_events(company, now=now)
        before = rows(appointment)
        for _again in range(2):
            take(notice, appointment, now)
            if planned_between:
                planner.plan_new_events(company, now=now)
            undo(appointment, newest(appointment), by=WEB, now=now)
            planner.plan_new_events(company, now=now)

            alive = [row for row in rows(appointment) if row[2] == WAITING]
            assert alive == before
            told = [row[2:] for row in rows(appointment) if row[0] == notice]
            assert told == [(DROPPED, Reason.UNDONE)] * planned_between


@pytest.mark.parametrize("notice", ["cancelled_notice", "rescheduled_notice"])
def test_who_does_it_again_after_all_is_told_once(company, now, notice):
    with scope.company(company.pk):
        appointment = an_appointment(now)
        take(notice, appointment, now)
        planner.plan_new_events(company, now=now)
        undo(appointment, newest(appointment), by=WEB, now=now)
        take(notice, appointment, now + timedelta(minutes=1))
        planner.plan_new_events(company, now=now + timedelta(minutes=1))

        message = Message.objects.get(kind=notice)
        assert (message.status, message.reason) == (WAITING, "")
        assert message.due_at == now + timedelta(minutes=1) + UNDO_FOR


def test_undone_before_anybody_planned_the_booking_is_planned_after_all(company, now):
    with scope.company(company.pk):
        appointment = an_appointment(now)
        services.cancel(appointment, by=WEB, now=now)
        AppointmentEvent.objects.filter(kind="scheduled").update(dispatched_at=now)
        undo(appointment, newest(appointment), by=WEB, now=now)
        planner.plan_new_events(company, now=now)

        assert [row[0] for row in rows(appointment) if row[2] == WAITING] == [
            "receipt",
            "confirmation_request",
            "second_request",
            "reminder",
        ]


def test_an_undone_confirmation_is_asked_for_again(company, now):
    with scope.company(company.pk):
        appointment = an_appointment(now)
        planner.plan_new_events(company, now=now)
        before = rows(appointment)
        services.confirm(appointment, by=WEB, now=now)
        planner.plan_new_events(company, now=now)
        assert ("second_request", 1, DROPPED, Reason.ANSWERED) in rows(appointment)

        undo(appointment, newest(appointment), by=WEB, now=now)
        planner.plan_new_events(company, now=now)

        assert rows(appointment) == before
