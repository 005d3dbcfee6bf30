from datetime import timedelta

import pytest

from scheduling import services
from scheduling.events import By
from scheduling.models import Appointment, AppointmentEvent, Status
from scheduling.tests.factories import WEB, a_client, a_professional, an_appointment
from scheduling.undo import UNDO_FOR, NotUndoable, can_undo, undo
from tenants import scope
from tenants.security import Origin

pytestmark = pytest.mark.django_db

STEPS = {
    "confirmed": services.confirm,
    "cancelled": services.cancel,
    "arrived": services.mark_arrived,
    "completed": services.mark_completed,
    "no_show": services.mark_no_show,
}
FIELDS = (
    *("status", "asked_at", "move_requested_at", "starts_at", "ends_at", "professional_id"),
    *("revision", "price", "notes"),
)


@pytest.fixture
def inside(company, rival, now):
    with scope.company(rival.pk):
        an_appointment(now)
    with scope.company(company.pk):
        yield


def newest(appointment) -> AppointmentEvent:
    return AppointmentEvent.objects.filter(appointment=appointment).order_by("-id").first()


def values(appointment):
    fresh = Appointment.objects.get(pk=appointment.pk)
    return {field: getattr(fresh, field) for field in FIELDS}


@pytest.mark.parametrize("step", STEPS)
def test_a_step_is_taken_back_to_what_it_was(inside, now, step):
    appointment = an_appointment(now)
    services.request_move(appointment, by=By.client(), now=now)
    before = values(appointment)
    STEPS[step](appointment, by=WEB, now=now)
    assert values(appointment) != before

    undo(appointment, newest(appointment).pk, by=WEB, now=now + timedelta(minutes=1))

    assert values(appointment) == before
    last = newest(appointment)
    assert (last.kind, last.data) == ("undone", {"undone": step})


def test_a_move_is_taken_back_with_time_professional_and_revision(inside, now):
    appointment = an_appointment(now)
    services.confirm(appointment, by=WEB, now=now)
    before = values(appointment)
    services.move(
        appointment,
        starts_at=appointment.starts_at + timedelta(hours=2),
        professional=a_professional(),
        by=WEB,
        now=now,
    )

    undo(appointment, newest(appointment).pk, by=WEB, now=now)

    assert values(appointment) == before


def test_it_is_too_late_after_a_few_minutes(inside, now):
    appointment = an_appointment(now)
    services.cancel(appointment, by=WEB, now=now)
    fact = newest(appointment)

    assert can_undo(fact, now=now + UNDO_FOR - timedelta(seconds=1))
    with pytest.raises(NotUndoable):
        undo(appointment, fact.pk, by=WEB, now=now + UNDO_FOR)
    assert values(appointment)["status"] == Status.CANCELLED


def test_nothing_is_taken_back_once_something_else_has_happened(inside, now):
    appointment = an_appointment(now)
    services.confirm(appointment, by=WEB, now=now)
    fact = newest(appointment).pk
    services.mark_arrived(appointment, by=WEB, now=now)

    with pytest.raises(NotUndoable):
        undo(appointment, fact, by=WEB, now=now)
    undo(appointment, newest(appointment).pk, by=WEB, now=now)
    with pytest.raises(NotUndoable):  # not even the one before
        undo(appointment, fact, by=WEB, now=now)

    assert values(appointment)["status"] == Status.CONFIRMED


@pytest.mark.parametrize("by", [By.client(), By.atendo(), By(Origin.API)], ids=str)
def test_only_what_was_done_in_a_page_can_be_undone(inside, now, by):
    appointment = an_appointment(now)
    services.cancel(appointment, by=by, now=now)

    with pytest.raises(NotUndoable):
        undo(appointment, newest(appointment).pk, by=WEB, now=now)


def test_a_booking_is_cancelled_and_not_undone(inside, now):
    appointment = an_appointment(now)

    with pytest.raises(NotUndoable):
        undo(appointment, newest(appointment).pk, by=WEB, now=now)


def test_a_time_that_has_gone_to_somebody_else_stays_theirs(inside, now):
    appointment = an_appointment(now)
    services.cancel(appointment, by=WEB, now=now)
    an_appointment(now, professional=appointment.professional, client=a_client("José"))

    with pytest.raises(services.SlotTaken):
        undo(appointment, newest(appointment).pk, by=WEB, now=now)

    assert values(appointment)["status"] == Status.CANCELLED
    assert newest(appointment).kind == "cancelled"


def test_the_fact_of_another_appointment_undoes_nothing(inside, now):
    appointment, other = an_appointment(now), an_appointment(now)
    services.cancel(other, by=WEB, now=now)

    with pytest.raises(NotUndoable):
        undo(appointment, newest(other).pk, by=WEB, now=now)
