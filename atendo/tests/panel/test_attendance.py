from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atendo.panel.attendance import (
    GROUND,
    HIGHEST,
    Week,
    bars,
    mondays,
    month_of,
    rounded_percent,
    stretches,
)

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize("days", range(7))
def test_every_day_of_a_week_has_the_same_eight_mondays(days):
    found = mondays(MONDAY + timedelta(days=days))

    assert found[-1] == MONDAY
    assert found[0] == date(2026, 10, 5)
    assert len(found) == 8


def test_the_weeks_go_on_over_the_end_of_a_year():
    assert mondays(date(2027, 1, 3), 2) == [date(2026, 12, 21), date(2026, 12, 28)]
    assert mondays(date(2027, 1, 4), 2) == [date(2026, 12, 28), date(2027, 1, 4)]


@pytest.mark.parametrize(
    ("day", "last"),
    [
        (date(2026, 2, 10), date(2026, 2, 28)),
        (date(2028, 2, 29), date(2028, 2, 29)),
        (date(2026, 12, 31), date(2026, 12, 31)),
        (date(2026, 11, 1), date(2026, 11, 30)),
    ],
)
def test_a_month_begins_with_the_first_and_ends_with_its_last_day(day, last):
    assert month_of(day) == (day.replace(day=1), last)


@pytest.mark.parametrize(
    ("attended", "missed", "percent"),
    [(0, 0, None), (3, 0, 100), (0, 2, 0), (1, 1, 50), (2, 1, 67), (1, 2, 33), (7, 1, 88)],
)
def test_attendance_is_attended_of_attended_and_missed(attended, missed, percent):
    assert Week(MONDAY, attended, missed).percent == percent


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_only_all_is_a_hundred_and_only_none_is_zero(part, rest):
    percent = rounded_percent(part, part + rest)
    if part + rest == 0:
        assert percent is None
    else:
        assert (percent == 100) == (rest == 0)
        assert (percent == 0) == (part == 0)
        assert abs(percent - 100 * part / (part + rest)) <= 1


def test_a_week_runs_until_its_sunday():
    assert Week(MONDAY, 1, 0).sunday == date(2026, 11, 29)


def test_the_bars_stand_on_the_ground_and_the_newest_is_marked():
    weeks = [Week(MONDAY, 0, 0), Week(MONDAY, 0, 3), Week(MONDAY, 1, 1), Week(MONDAY, 2, 0)]

    drawn = bars(weeks)

    assert [bar.height for bar in drawn] == [None, 2.0, HIGHEST / 2, HIGHEST]
    assert all(bar.y + (bar.height or 0) == GROUND for bar in drawn)
    assert [bar.newest for bar in drawn] == [False, False, False, True]
    assert len({bar.x for bar in drawn}) == 4


@given(st.lists(st.integers(1, 5000), max_size=8))
def test_a_bar_is_shared_without_gaps_or_invisible_pieces(counts):
    pieces = stretches(counts, width=280)

    assert len(pieces) == len(counts)
    assert all(piece.width >= 6 for piece in pieces)
    for before, after in pairwise(pieces):
        assert after.x == pytest.approx(before.x + before.width + 3, abs=0.02)
    if pieces:
        assert pieces[0].x == 0
        assert pieces[-1].x + pieces[-1].width == pytest.approx(280, abs=0.02)


def test_what_there_is_twice_as_often_is_longer():
    few, many = stretches([1, 2], width=100)

    assert many.width > few.width
