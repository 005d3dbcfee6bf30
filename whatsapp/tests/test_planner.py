from datetime import timedelta

import pytest

from scheduling import services
from scheduling.events import By
from scheduling.models import AppointmentEvent
from scheduling.tests.factories import WEB, a_client, an_appointment
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
