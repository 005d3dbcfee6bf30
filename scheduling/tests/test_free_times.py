"""What the engine is given: hours, absences, appointments with their buffers, own terms."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from scheduling.free_times import Diary, moment_of
from scheduling.models import Absence, Appointment, ProfessionalService, WorkingHours
from scheduling.own_terms import Terms, TermsByProfessional, terms_of
from tenants import scope

ZONE = ZoneInfo("America/Sao_Paulo")
WEDNESDAY = date(2026, 11, 25)
TERMS = Terms(timedelta(minutes=30), timedelta(0), timedelta(0), None)


def at(clock: str, day: date = WEDNESDAY) -> datetime:
    return datetime.combine(day, datetime.strptime(clock, "%H:%M").time(), tzinfo=ZONE)


def works(professional, *spans, weekday=2):
    for span in spans:
        starts, ends = span.split("-")
        WorkingHours.objects.create(
            professional=professional, weekday=weekday, starts=starts, ends=ends
        )


def diary(*professionals, first=WEDNESDAY, last=WEDNESDAY, **more):
    ids = [each.pk for each in professionals]
    return Diary(ids, first=first, last=last, zone=ZONE, **more)


def free(shop, professional, step=30, earliest=None, **more) -> list[str]:
    found = diary(professional, **more)
    terms = terms_of(professional, shop.cut)
    starts = found.free(professional.pk, terms, step=step, earliest=earliest or shop.now)
    return [f"{moment_of(start).astimezone(ZONE):%H:%M}" for start in starts]


@pytest.fixture
def bia(salon):
    """Bia works on Wednesdays from 9 to 12; a cut takes 40 minutes."""
    with scope.company(salon.company.pk):
        works(salon.bia, "09:00-12:00")
    return salon.bia


@pytest.fixture
def inside(salon):
    with scope.company(salon.company.pk):
        yield


def test_the_weekly_hours(salon, barber, bia, inside):
    assert free(salon, bia) == ["09:00", "09:30", "10:00", "10:30", "11:00"]
    assert free(salon, bia, first=date(2026, 11, 26), last=date(2026, 11, 26)) == []


def test_who_has_no_hours_yet_is_offered_the_usual_ones(salon, inside):
    assert free(salon, salon.denise, step=60)[:2] == ["08:00", "09:00"]
    assert free(salon, salon.denise, step=60)[-1] == "19:00"


def test_appointments_with_their_own_buffers_and_the_rivals_none(salon, barber, bia, inside):
    booked = salon.book(starts_at=at("10:00"))
    Appointment.objects.filter(pk=booked.pk).update(
        buffer_before_minutes=10, buffer_after_minutes=5
    )
    barber.book(starts_at=at("09:00"))

    assert free(salon, bia) == ["09:00", "10:45", "11:00"]
    assert free(salon, bia, without=booked)[0:3] == ["09:00", "09:30", "10:00"]


def test_a_cancelled_appointment_takes_nothing_and_a_missed_one_does(salon, bia, inside):
    for clock, status in (("09:00", "cancelled"), ("11:00", "no_show")):
        booked = salon.book(starts_at=at(clock))
        Appointment.objects.filter(pk=booked.pk).update(status=status)

    assert free(salon, bia) == ["09:00", "09:30", "10:00"]


def test_absences_of_the_professional_and_of_the_company(salon, bia, inside):
    Absence.objects.create(starts_at=at("08:00"), ends_at=at("09:30"))
    Absence.objects.create(professional=bia, starts_at=at("11:00"), ends_at=at("18:00"))
    Absence.objects.create(professional=salon.denise, starts_at=at("09:00"), ends_at=at("12:00"))

    assert free(salon, bia) == ["09:30", "10:00"]


def test_own_terms_of_a_professional(salon, bia, inside):
    salon.cut.buffer_after_minutes = 20
    salon.cut.save()
    ProfessionalService.objects.create(
        professional=bia, service=salon.cut, duration_minutes=90, price=100
    )
    ProfessionalService.objects.create(
        professional=salon.denise, service=salon.cut, is_offered=False
    )

    terms = TermsByProfessional(salon.cut)
    own, others, default = (terms.of(pk) for pk in (bia.pk, salon.denise.pk, 0))

    assert (own.duration, own.price, own.after) == (
        timedelta(minutes=90),
        100,
        timedelta(minutes=20),
    )
    assert (own.is_offered, others.is_offered, default.is_offered) == (True, False, True)
    assert (default.duration, default.price) == (timedelta(minutes=40), 85)
    assert terms_of(bia, salon.cut) == own
    assert free(salon, bia) == ["09:00", "09:30", "10:00", "10:30"]


def test_nothing_is_offered_that_has_begun(salon, bia, inside):
    assert free(salon, bia, earliest=at("10:00") + timedelta(microseconds=1)) == [
        "10:30",
        "11:00",
    ]
    assert free(salon, bia, earliest=at("10:00"))[0] == "10:00"


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ("09:00", ""),
        ("08:50", "hours"),
        ("11:30", "hours"),
        ("10:30", "absence"),
        ("09:50", "buffer"),
    ],
)
def test_what_speaks_against_a_time(salon, bia, inside, wanted, problem):
    salon.book(starts_at=at("10:30"))
    Appointment.objects.update(buffer_before_minutes=1)
    Absence.objects.create(professional=bia, starts_at=at("11:00"), ends_at=at("12:00"))

    found = diary(bia).problem(bia.pk, at(wanted), terms_of(bia, salon.cut))

    assert found == problem


@pytest.mark.parametrize("count", [1, 12])
def test_three_queries_for_any_number_of_professionals_and_days(
    salon, bia, inside, count, django_assert_num_queries
):
    month = {"first": WEDNESDAY, "last": WEDNESDAY + timedelta(days=29 * (count > 1))}
    for number in range(count):
        salon.book(hours=24 + number)

    with django_assert_num_queries(3):
        found = diary(bia, *[salon.denise] * (count > 1), **month)
        for pk in found.professionals:
            found.free(pk, TERMS, step=10, earliest=salon.now)
