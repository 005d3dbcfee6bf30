"""Days and weeks are the company's, also where the clock changes."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from atendo.panel.figures import figures
from atendo.panel.soon import first_free, soon
from scheduling.models import Absence, Appointment, Status, WorkingHours
from tenants import scope

SAO_PAULO, NEW_YORK = ZoneInfo("America/Sao_Paulo"), ZoneInfo("America/New_York")


def at(shop, moment, status=Status.COMPLETED, lasting=20, **fields):
    return Appointment.objects.create(
        client=shop.camila,
        professional=shop.bia,
        service=shop.cut,
        starts_at=moment,
        ends_at=moment + timedelta(minutes=lasting),
        status=status,
        **fields,
    )


def counted(shop, today, zone):
    return figures(Appointment.objects.all(), today, zone)


def test_a_week_runs_from_monday_to_sunday_in_the_companys_zone(salon):
    with scope.company(salon.company.pk):
        at(salon, datetime(2026, 11, 23, 2, 59, tzinfo=UTC), lasting=1)  # Sunday, 23:59
        at(salon, datetime(2026, 11, 23, 3, 0, tzinfo=UTC))  # Monday, 00:00
        at(
            salon, datetime(2026, 11, 30, 2, 59, tzinfo=UTC), Status.NO_SHOW, lasting=1
        )  # Sunday, 23:59
        at(salon, datetime(2026, 11, 30, 3, 0, tzinfo=UTC))  # Monday, 00:00

        found = counted(salon, date(2026, 11, 24), SAO_PAULO).weeks

    assert [(week.attended, week.missed) for week in found[-2:]] == [(1, 0), (1, 1)]
    assert sum(week.total for week in found) == 3


def test_the_hour_that_the_clock_gives_back_belongs_to_its_sunday(salon):
    """In New York the clock went back on Sunday, 1 November 2026, a day of 25 hours."""
    with scope.company(salon.company.pk):
        at(
            salon, datetime(2026, 11, 1, 3, 59, tzinfo=UTC), lasting=1
        )  # Saturday, 23:59 in summer time
        at(salon, datetime(2026, 11, 1, 4, 0, tzinfo=UTC), Status.NO_SHOW)  # Sunday, 00:00
        at(
            salon, datetime(2026, 11, 2, 4, 59, tzinfo=UTC), Status.NO_SHOW, lasting=1
        )  # Sunday, 23:59
        at(salon, datetime(2026, 11, 2, 5, 0, tzinfo=UTC))  # Monday, 00:00

        found = counted(salon, date(2026, 11, 1), NEW_YORK)

    assert (found.weeks[-1].attended, found.weeks[-1].missed) == (1, 2)
    assert found.missed_this_month == 2
    assert found.today["horarios"] == 2
    assert found.tomorrow["horarios"] == 1


def test_the_day_that_loses_an_hour_ends_an_hour_earlier(salon):
    """In New York the clock goes forward on Sunday, 14 March 2027, a day of 23 hours."""
    with scope.company(salon.company.pk):
        at(salon, datetime(2027, 3, 14, 5, 0, tzinfo=UTC))  # Sunday, 00:00
        at(salon, datetime(2027, 3, 15, 3, 59, tzinfo=UTC), lasting=1)  # Sunday, 23:59
        at(salon, datetime(2027, 3, 15, 4, 0, tzinfo=UTC))  # Monday, 00:00

        found = counted(salon, date(2027, 3, 14), NEW_YORK)

    assert (found.today["horarios"], found.tomorrow["horarios"]) == (2, 1)


def test_only_what_was_marked_counts_for_attendance(salon, now):
    with scope.company(salon.company.pk):
        for number, status in enumerate(Status.values):
            at(salon, now - timedelta(hours=number), status)

        (*_older, week) = counted(salon, date(2026, 11, 24), SAO_PAULO).weeks

    assert (week.attended, week.missed, week.percent) == (1, 1, 50)


def test_the_month_counts_to_its_last_day_and_not_beyond(salon):
    with scope.company(salon.company.pk):
        for day in ((10, 31), (11, 1), (11, 30), (12, 1)):
            at(salon, datetime(2026, *day, 15, tzinfo=UTC), Status.NO_SHOW)

        assert counted(salon, date(2026, 11, 24), SAO_PAULO).missed_this_month == 2


def test_money_is_what_was_not_cancelled_and_what_was_attended(salon, now):
    with scope.company(salon.company.pk):
        at(salon, now, price=70)
        at(salon, now + timedelta(hours=1), Status.NO_SHOW, price=50)
        at(salon, now + timedelta(hours=2), Status.CANCELLED, price=1000)
        at(salon, now + timedelta(hours=3), Status.SCHEDULED)  # without a price
        at(salon, now + timedelta(days=1), price=1000)

        found = counted(salon, date(2026, 11, 24), SAO_PAULO)

    assert (found.expected, found.earned) == (120, 70)


def test_soon_holds_what_is_open_from_midnight_until_in_three_hours(salon, now):
    hours = {-13: "yesterday", -5: "late", 0.1: "now", 2.9: "soon", 3: "not yet"}
    with scope.company(salon.company.pk):
        for away in hours:
            at(salon, now + timedelta(hours=away), Status.CONFIRMED, lasting=5)
        at(salon, now + timedelta(hours=1), Status.CANCELLED)
        at(salon, now + timedelta(hours=2), Status.COMPLETED)
        at(salon, now - timedelta(minutes=10), Status.ARRIVED, lasting=11)

        found = soon(Appointment.objects.with_people(), now, SAO_PAULO)

    assert [row.starts_at for row in found.late] == [now - timedelta(hours=5)]
    assert [row.starts_at - now for row in found.next] == [
        timedelta(minutes=-10),
        timedelta(hours=0.1),
        timedelta(hours=2.9),
    ]


@pytest.mark.parametrize(
    ("lasting", "free"), [(30, "09:20"), (60, "10:20"), (120, "12:00"), (600, None)]
)
def test_the_first_free_time_is_ahead_and_holds_a_service(salon, now, lasting, free):
    with scope.company(salon.company.pk):
        for who, starts, ends in (
            (salon.bia, "08:00", "17:00"),
            (salon.denise, "12:00", "17:00"),
        ):
            WorkingHours.objects.create(professional=who, weekday=1, starts=starts, ends=ends)
        at(salon, now, Status.ARRIVED)  # 09:00 to 09:20
        at(salon, now + timedelta(hours=1), Status.CONFIRMED)  # 10:00 to 10:20
        at(salon, now + timedelta(hours=3), Status.CONFIRMED)  # 12:00 to 12:20
        at(salon, now + timedelta(minutes=30), Status.CANCELLED)
        salon.cut.duration_minutes = lasting
        salon.cut.save()

        found = first_free(salon.company, now)

    assert (found and f"{found.at:%H:%M}") == free


def test_nobody_who_does_not_work_here_or_today_is_free(salon, now):
    with scope.company(salon.company.pk):
        assert first_free(salon.company, now) is None  # no hours were given
        hours = WorkingHours.objects.create(
            professional=salon.bia, weekday=1, starts="08:00", ends="17:00"
        )
        assert first_free(salon.company, now).professional == salon.bia
        Absence.objects.create(starts_at=now, ends_at=now + timedelta(hours=12))
        assert first_free(salon.company, now) is None
        Absence.objects.all().delete()
        salon.bia.is_active = False
        salon.bia.save()
        assert first_free(salon.company, now) is None
        hours.delete()
        salon.cut.is_active = False
        salon.cut.save()
        assert first_free(salon.company, now) is None
