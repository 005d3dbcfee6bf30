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
            loud = [each for each in FILTERS if not each.quiet]
            chips = [each for each in loud if same.filter(each.where).exists()]
            assert found == [situation_of(appointment)]
            assert len(chips) == 1
        assert Appointment.objects.count() == len(mixtures)


def test_no_situation_is_left_out_of_the_chips():
    names = [name for chip in FILTERS if not chip.quiet for name in chip.names]

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


@pytest.mark.parametrize(
    ("hours", "slugs"),
    [
        (72, ["confirmar"]),
        (1, ["confirmar", "chegou", "atendido"]),
        (0, ["confirmar", "chegou", "atendido", "faltou"]),
        (-9, ["confirmar", "chegou", "atendido", "faltou"]),
    ],
)
def test_nobody_arrives_days_before_or_is_missed_before_the_hour(salon, now, hours, slugs):
    appointment = salon.book(hours=hours)

    assert [step.slug for step in steps.offered(appointment, now=now)] == slugs


@pytest.mark.parametrize(
    ("hours", "status", "slugs"),
    [
        (48, Status.SCHEDULED, []),
        (2, Status.SCHEDULED, ["chegou"]),
        (-0.2, Status.CONFIRMED, ["chegou", "faltou"]),
        (-5, Status.CONFIRMED, ["atendido", "faltou"]),
        (-0.2, Status.ARRIVED, ["atendido"]),
        (-5, Status.COMPLETED, []),
        (-5, Status.CANCELLED, []),
    ],
)
def test_a_row_of_the_day_offers_what_comes_next(salon, now, hours, status, slugs):
    appointment = salon.book(hours=hours)
    appointment.status = status

    assert [step.slug for step in steps.quick(appointment, now=now)] == slugs
