from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.availability import Interval, fits, free_starts, merged, nearest, without

DAY = datetime(2026, 11, 24, tzinfo=UTC)
TEN_MINUTES = timedelta(minutes=10)


def at(clock: str) -> datetime:
    hours, minutes = clock.split(":")
    return DAY + timedelta(hours=int(hours), minutes=int(minutes))


def times(*spans: str) -> list[Interval]:
    return [Interval(*(at(clock) for clock in span.split("-"))) for span in spans]


def clocks(moments) -> list[str]:
    return [f"{moment:%H:%M}" for moment in moments]


@pytest.mark.parametrize(
    ("hours", "wanted", "answer"),
    [
        (["09:00-12:00"], "09:00-09:40", True),
        (["09:00-12:00"], "11:20-12:00", True),
        (["09:00-12:00"], "11:30-12:10", False),
        (["09:00-12:00"], "08:50-09:30", False),
        (["09:00-12:00", "13:00-18:00"], "11:30-13:30", False),
        (["09:00-12:00", "12:00-18:00"], "11:30-12:30", True),
        ([], "09:00-09:40", False),
    ],
)
def test_a_time_fits_when_one_stretch_of_the_hours_holds_it(hours, wanted, answer):
    assert fits(times(wanted)[0], times(*hours)) is answer


def test_free_starts_begin_with_each_free_stretch_and_leave_room_for_the_whole_service():
    starts = free_starts(
        times("09:00-11:00"),
        times("09:35-10:00"),
        duration=timedelta(minutes=30),
        step=TEN_MINUTES,
    )

    assert clocks(starts) == ["09:00", "10:00", "10:10", "10:20", "10:30"]


def test_the_nearest_starts_come_in_the_order_of_the_day():
    starts = [at(clock) for clock in ("09:00", "14:00", "15:40", "17:20")]

    assert clocks(nearest(starts, at("16:30"), count=3)) == ["14:00", "15:40", "17:20"]
    assert nearest([], at("16:30"), count=3) == []


moments = st.integers(0, 24 * 60).map(lambda minutes: DAY + timedelta(minutes=minutes))
intervals = st.lists(st.builds(Interval, moments, moments), max_size=6)


def minutes_of(spans) -> set[datetime]:
    return {
        span.start + timedelta(minutes=minute)
        for span in spans
        for minute in range(int((span.end - span.start).total_seconds() // 60))
    }


@given(spans=intervals)
def test_merging_keeps_the_same_minutes_in_intervals_that_do_not_touch(spans):
    result = merged(spans)

    assert minutes_of(result) == minutes_of(spans)
    assert all(left.end < right.start for left, right in pairwise(result))


@given(hours=intervals, busy=intervals)
def test_free_time_is_what_the_hours_have_and_the_appointments_have_not(hours, busy):
    assert minutes_of(without(hours, busy)) == minutes_of(hours) - minutes_of(busy)


@given(hours=intervals, busy=intervals, more=intervals, minutes=st.integers(5, 120))
def test_every_free_start_leaves_its_whole_time_free_and_inside_the_hours(
    hours, busy, more, minutes
):
    duration = timedelta(minutes=minutes)
    for start in free_starts(hours, busy + more, duration=duration, step=TEN_MINUTES):
        wanted = Interval(start, start + duration)
        assert fits(wanted, hours)
        assert not minutes_of([wanted]) & minutes_of(busy)
