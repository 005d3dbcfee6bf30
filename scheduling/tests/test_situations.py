from itertools import product

import pytest

from scheduling import services, steps
from scheduling.models import Appointment, Status
from scheduling.situations import BY_NAME, FILTERS, SITUATIONS, situation_of
from tenants import scope


def test_every_appointment_is_shown_in_exactly_one_way_and_found_by_one_chip(salon, now):
    mixtures = list(product(Status.values, (None, now), (None, now)))
    with scope.company(salon.company.pk):
        for day, (status, asked_at, move_requested_at) in enumerate(mixtures, start=1):
            booked = salon.book(hours=24 * day)
            Appointment.objects.filter(pk=booked.pk).update(
                status=status, asked_at=asked_at, move_requested_at=move_requested_at
            )
        for appointment in Appointment.objects.all():
            same = Appointment.objects.filter(pk=appointment.pk)
            found = [each for each in SITUATIONS if same.filter(each.where).exists()]
            chips = [each for each in FILTERS if same.filter(each.where).exists()]
            assert found == [situation_of(appointment)]
            assert len(chips) == 1
        assert Appointment.objects.count() == len(mixtures)


def test_no_situation_is_left_out_of_the_chips():
    names = [name for chip in FILTERS for name in chip.names]

    assert sorted(names) == sorted(BY_NAME)


@pytest.mark.parametrize("status", Status.values)
@pytest.mark.parametrize("step", steps.STEPS, ids=lambda step: step.slug)
def test_a_button_is_offered_exactly_where_the_service_accepts_it(salon, now, status, step):
    appointment = salon.book()
    with scope.company(salon.company.pk):
        Appointment.objects.filter(pk=appointment.pk).update(status=status)
        appointment.refresh_from_db()
        by = services.By.atendo()

        if status in step.sources:
            step.apply(appointment, by=by, now=now)
            assert appointment.status != status
        else:
            with pytest.raises(services.NotChangeable):
                step.apply(appointment, by=by, now=now)


def test_nobody_is_missed_before_the_hour_has_come(salon, now):
    appointment = salon.book(hours=1)

    before = [step.slug for step in steps.offered(appointment, now=now)]
    after = [step.slug for step in steps.offered(appointment, now=appointment.starts_at)]

    assert before == ["confirmar", "chegou", "atendido"]
    assert after == ["confirmar", "chegou", "atendido", "faltou"]
