"""The engine against a slow oracle that looks at every minute."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.availability import (
    MIDNIGHT,
    Days,
    Wanted,
    Weekly,
    fits,
    free_starts,
    merged,
    moment,
    nearest,
    openings,
    overlapping,
)

MINUTE = 60


def at(clock: str) -> int:
    hours, minutes = clock.split(":")
    return (int(hours) * 60 + int(minutes)) * MINUTE


def times(*spans: str) -> list[tuple[int, int]]:
    return [tuple(at(clock) for clock in span.split("-")) for span in spans]


def clocks(starts) -> list[str]:
    return [f"{start // 3600:02}:{start // 60 % 60:02}" for start in starts]


def minutes(duration, before=0, after=0, step=30, earliest=0) -> Wanted:
    return Wanted(*(MINUTE * each for each in (duration, before, after, step, earliest)))


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


@pytest.mark.parametrize(
    ("taken", "answer"),
    [("08:00-09:00", False), ("09:40-10:00", False), ("09:39-10:00", True), ("08:00-12:00", True)],
)
def test_what_only_touches_does_not_overlap(taken, answer):
    assert overlapping(times("09:00-09:40")[0], times(taken)) is answer


@pytest.mark.parametrize(
    ("hours", "taken", "wanted", "free"),
    [
        (["09:00-10:30"], [], minutes(30), ["09:00", "09:30", "10:00"]),
        (["09:10-10:30"], [], minutes(30), ["09:10", "09:40"]),
        # the moment something ends is offered beside the grid, which goes on as it was
        (["09:00-11:00"], ["09:30-09:50"], minutes(30), ["09:00", "09:50", "10:00", "10:30"]),
        # a gap between two appointments is not lost to the grid
        (["09:00-12:00"], ["09:00-10:10", "10:40-12:00"], minutes(30), ["10:10"]),
        (["09:00-12:00"], ["09:00-10:10", "10:39-12:00"], minutes(30), []),
        # buffers keep away from what is taken and may reach outside the hours
        (["09:00-11:00"], [], minutes(60, before=30, after=30), ["09:00", "09:30", "10:00"]),
        (["09:00-11:00"], ["08:00-08:50"], minutes(60, before=30), ["09:20", "09:30", "10:00"]),
        (["09:00-11:00"], ["11:10-12:00"], minutes(60, after=30), ["09:00", "09:30"]),
        # an absence over everything, and one that ends in the middle
        (["09:00-11:00"], ["00:00-23:00"], minutes(30), []),
        (["09:00-11:00", "13:00-14:00"], ["08:00-13:30"], minutes(30), ["13:30"]),
        # not before the earliest moment, and then in round times
        (["09:00-11:00"], [], minutes(30, earliest=9 * 60 + 7), ["09:30", "10:00", "10:30"]),
        (["09:00-10:00"], ["09:00-09:10"], minutes(30, earliest=9 * 60 + 10), ["09:10", "09:30"]),
        (["09:00-10:00"], ["09:00-09:10"], minutes(30, earliest=9 * 60 + 11), ["09:30"]),
        # hours that touch are one stretch
        (["09:00-09:40", "09:40-10:30"], [], minutes(40), ["09:00", "09:30"]),
        (["09:00-09:20"], [], minutes(30), []),
        ([], [], minutes(30), []),
    ],
)
def test_where_something_can_begin(hours, taken, wanted, free):
    assert clocks(free_starts(times(*hours), times(*taken), wanted)) == free


def test_the_nearest_starts_come_in_the_order_of_the_day():
    starts = [at(clock) for clock in ("09:00", "14:00", "15:40", "17:20")]

    assert clocks(nearest(starts, at("16:30"), count=3)) == ["14:00", "15:40", "17:20"]
    assert nearest([], at("16:30"), count=3) == []


def spans(longest=240):
    pair = st.tuples(st.integers(0, 1500), st.integers(0, longest))
    return st.lists(pair.map(lambda p: (p[0] * MINUTE, sum(p) * MINUTE)), max_size=8)


wishes = st.builds(
    minutes,
    st.integers(1, 90),
    before=st.integers(0, 40),
    after=st.integers(0, 40),
    step=st.sampled_from([5, 7, 10, 15, 30, 60]),
    earliest=st.integers(0, 900),
)


@given(spans())
def test_merged_spans_hold_the_same_minutes_apart_and_in_order(given_spans):
    found = merged(given_spans)

    assert minutes_of(found) == minutes_of(given_spans)
    assert all(start < end for start, end in found)
    assert all(a[1] < b[0] for a, b in pairwise(found))


def minutes_of(given_spans) -> set[int]:
    return {at for start, end in given_spans for at in range(start, end, MINUTE)}


@given(spans(500), spans(), wishes)
def test_free_starts_are_those_that_a_look_at_every_minute_finds(hours, taken, wanted):
    assert free_starts(hours, taken, wanted) == slow_starts(hours, taken, wanted)


def slow_starts(hours, taken, wanted):
    """By definition: whole minutes, one after the other, each asked on its own."""
    is_open, is_taken = minutes_of(hours), minutes_of(taken)
    found, opened = [], None
    for start in range(0, 2000 * MINUTE, MINUTE):
        if start not in is_open:
            opened = None
            continue
        opened = start if opened is None else opened
        service = range(start, start + wanted.duration, MINUTE)
        block = range(start - wanted.before, start + wanted.duration + wanted.after, MINUTE)
        on_grid = (start - opened) % wanted.step == 0
        after_something = start - wanted.before - MINUTE in is_taken
        if (
            start >= wanted.earliest
            and (on_grid or after_something)
            and all(minute in is_open for minute in service)
            and not any(minute in is_taken for minute in block)
        ):
            found.append(start)
    return found


# Clocks that jump -------------------------------------------------------------------------------

JUMPS = [
    ("America/Sao_Paulo", date(2017, 10, 15)),  # from midnight to 01:00
    ("America/Sao_Paulo", date(2018, 2, 18)),  # from midnight back to 23:00 of the day before
    ("America/Noronha", date(2026, 11, 24)),  # never
    ("America/Rio_Branco", date(2008, 6, 24)),  # one hour less, for good until 2013
    ("Europe/Lisbon", date(2026, 3, 29)),
    ("Europe/Lisbon", date(2026, 10, 25)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),  # half an hour
    ("Australia/Lord_Howe", date(2026, 10, 4)),
]


def slow_moment(day, clock, zone):
    """The first whole minute at which the clock on the wall shows that time or a later one."""
    wanted = datetime.combine(day, clock)
    at = wanted.replace(tzinfo=zone).astimezone(UTC) - timedelta(hours=2)
    while at.astimezone(zone).replace(tzinfo=None) < wanted:
        at += timedelta(minutes=1)
    return at


clock_times = st.times().map(lambda each: each.replace(second=0, microsecond=0, fold=0))


@given(st.sampled_from(JUMPS), st.integers(-1, 1), clock_times)
def test_a_time_of_day_is_the_first_moment_that_the_clocks_show_it(jump, days, clock):
    name, day = jump
    zone, day = ZoneInfo(name), day + timedelta(days=days)

    assert moment(day, clock, zone) == slow_moment(day, clock, zone)


@pytest.mark.parametrize(
    ("name", "day", "clock", "instant"),
    [
        ("America/Sao_Paulo", date(2017, 10, 15), time(0, 30), "2017-10-15T03:00"),
        ("America/Sao_Paulo", date(2018, 2, 17), time(23, 30), "2018-02-18T01:30"),
        ("America/Sao_Paulo", date(2018, 2, 18), time(0), "2018-02-18T03:00"),
        ("Europe/Lisbon", date(2026, 3, 29), time(1, 30), "2026-03-29T01:00"),
        ("Europe/Lisbon", date(2026, 10, 25), time(1, 30), "2026-10-25T00:30"),
    ],
)
def test_hours_of_the_clock_that_are_missing_or_come_twice(name, day, clock, instant):
    found = moment(day, clock, ZoneInfo(name))

    assert found == datetime.fromisoformat(instant).replace(tzinfo=UTC)


@given(st.sampled_from(JUMPS), st.lists(st.tuples(clock_times, clock_times), max_size=3))
def test_openings_follow_the_clock_on_the_wall(jump, pairs):
    name, middle = jump
    zone = ZoneInfo(name)
    days = Days(middle - timedelta(days=3), middle + timedelta(days=3), zone)
    week = [Weekly(middle.weekday(), *sorted(pair)) for pair in pairs]

    assert openings(week, days) == [
        tuple(int(slow_moment(middle, clock, zone).timestamp()) for clock in (starts, ends))
        for _weekday, starts, ends in week
    ]


@pytest.mark.parametrize(("name", "middle"), JUMPS)
def test_moments_are_split_by_the_day_that_the_clocks_show(name, middle):
    zone = ZoneInfo(name)
    days = Days(middle - timedelta(days=2), middle + timedelta(days=2), zone)

    found = days.split(list(range(*days.span, 1800)))

    assert list(found) == days.dates
    assert sum(map(len, found.values())) == len(range(*days.span, 1800))
    for day, starts in found.items():
        assert {datetime.fromtimestamp(start, zone).date() for start in starts} == {day}


def test_a_day_with_a_jump_offers_an_hour_less_or_more():
    zone, week = ZoneInfo("Europe/Lisbon"), [Weekly(6, time(0), time(6))]
    sundays = (date(2026, 3, 22), date(2026, 3, 29), date(2026, 10, 25))
    found = [free_starts(openings(week, Days(d, d, zone)), [], minutes(60)) for d in sundays]

    assert [len(starts) for starts in found] == [11, 9, 13]


def test_the_sweep_is_linear():
    """Twice the days must not cost much more than twice the looks at what is taken."""
    looks = {days: looks_at(days) for days in (50, 100, 200)}

    assert looks[100] <= 2.2 * looks[50]
    assert looks[200] <= 2.2 * looks[100]


class Counted(tuple):
    """A span that counts how often one looks into it."""

    looks = 0

    def __getitem__(self, index):
        Counted.looks += 1
        return super().__getitem__(index)


def looks_at(days):
    day = 86400
    hours = [(n * day + at("09:00"), n * day + at("18:00")) for n in range(days)]
    taken = [
        Counted((n * day + at(clock), n * day + at(clock) + 1200))
        for n in range(days)
        for clock in ("09:30", "11:00", "13:10", "16:00")
    ]
    Counted.looks = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scheduling.availability.merged", list)
        free_starts(hours, taken, minutes(30, after=5))
    return Counted.looks


def test_a_day_that_ends_at_midnight_ends_where_the_next_begins():
    friday = date(2026, 11, 27)
    days = Days(friday, friday, ZoneInfo("America/Sao_Paulo"))

    [(_opens, closes)] = openings([Weekly(4, time(20), MIDNIGHT)], days)

    assert closes == days.starts[1]
