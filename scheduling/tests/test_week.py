"""A week in words, and what is wrong with the intervals of a day."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling import week
from scheduling.availability import Interval
from scheduling.week import MIDNIGHT, Span

SAO_PAULO = ZoneInfo("America/Sao_Paulo")


def at(text):
    return MIDNIGHT if text == "24:00" else time.fromisoformat(text)


def spans(text):
    return [Span(*map(at, piece.split("-"))) for piece in text.split()]


def a_week(**days):
    names = ["seg", "ter", "qua", "qui", "sex", "sab", "dom"]
    return {names.index(name): spans(text) for name, text in days.items()}


SPLIT = "09:00-12:00 13:00-18:00"


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ({}, ""),
        ({"seg": ""}, ""),
        ({"sab": "09:00-13:00"}, "sáb 09:00–13:00"),
        (
            {**dict.fromkeys(("seg", "ter", "qua", "qui", "sex"), SPLIT), "sab": "09:00-13:00"},
            "seg a sex, 09:00–12:00 e 13:00–18:00; sáb 09:00–13:00",
        ),
        (dict.fromkeys(("seg", "ter"), "08:00-12:00"), "seg e ter, 08:00–12:00"),
        (dict.fromkeys(("seg", "qua", "sex"), "08:00-12:00"), "seg, qua e sex, 08:00–12:00"),
        (
            dict.fromkeys(("seg", "ter", "qua", "sex"), "08:00-12:00"),
            "seg a qua e sex, 08:00–12:00",
        ),
        (
            {"seg": "08:00-12:00", "ter": "10:00-12:00", "qua": "08:00-12:00"},
            "seg e qua, 08:00–12:00; ter 10:00–12:00",
        ),
        ({"sex": "20:00-24:00"}, "sex 20:00–24:00"),
        (
            {"dom": "08:00-09:00 10:00-11:00 12:00-13:00"},
            "dom 08:00–09:00, 10:00–11:00 e 12:00–13:00",
        ),
    ],
)
def test_a_week_in_words(days, words):
    assert week.in_words(a_week(**days)) == words


def test_a_week_is_sorted_from_rows():
    rows = [
        (1, at("13:00"), at("18:00")),
        (0, at("09:00"), at("10:00")),
        *[(1, at("08:00"), NOON)],
    ]
    assert week.of(rows) == {
        0: [Span(at("09:00"), at("10:00"))],
        1: [Span(at("08:00"), NOON), Span(at("13:00"), at("18:00"))],
    }


NOON = time(12)
ORDER, BOTH = "O fim vem depois do começo.", "Preencha o começo e o fim."


@pytest.mark.parametrize(
    ("day", "found"),
    [
        ([], {}),
        ([(None, None)], {}),
        ([("09:00", "12:00"), ("12:00", "18:00")], {}),
        ([("09:00", None)], {0: BOTH}),
        ([(None, None), (None, "09:00")], {1: BOTH}),
        ([("09:00", "09:00")], {0: ORDER}),
        ([("11:00", "09:00"), ("10:00", "12:00")], {0: ORDER}),
        (
            [("11:00", "18:00"), ("09:00", "12:00")],
            {0: "Este período se sobrepõe ao de 09:00–12:00."},
        ),
        (
            [("08:00", "20:00"), ("09:00", "10:00"), ("11:00", "12:00")],
            {
                1: "Este período se sobrepõe ao de 08:00–20:00.",
                2: "Este período se sobrepõe ao de 08:00–20:00.",
            },
        ),
        ([("22:00", "24:00"), ("00:00", "02:00")], {}),
    ],
)
def test_what_is_wrong_with_a_day(day, found):
    typed = [tuple(text and at(text) for text in pair) for pair in day]
    assert week.problems(typed) == found


def test_who_works_past_midnight_is_told_how():
    [sentence] = week.problems([(at("20:00"), at("02:00"))]).values()
    assert "termine às 24:00 e continue no dia seguinte a partir das 00:00" in sentence


TIMES = st.integers(0, 1439).map(lambda minute: time(minute // 60, minute % 60))


@given(st.lists(st.tuples(TIMES, TIMES), max_size=5))
def test_a_day_without_a_problem_has_spans_that_do_not_overlap(day):
    if not week.problems(day):
        for one, other in zip(sorted(day), sorted(day)[1:], strict=False):
            assert one[0] < one[1] <= other[0] < other[1]


def moment(day, hour, minute=0):
    return datetime(2026, 11, day, hour, minute, tzinfo=SAO_PAULO).astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "end", "held"),
    [
        (moment(24, 9), moment(24, 12), True),
        (moment(24, 8, 50), moment(24, 9, 30), False),
        (moment(24, 11, 30), moment(24, 13, 30), False),
        (moment(27, 23, 30), moment(28, 0, 30), True),
        (moment(28, 0, 30), moment(28, 1, 30), False),
        (moment(26, 10), moment(26, 11), False),
    ],
)
def test_what_the_week_holds(start, end, held):
    hours = a_week(ter=SPLIT, sex="20:00-24:00", sab="00:00-01:00")
    assert week.holds(Interval(start, end), hours, SAO_PAULO) is held


def test_a_week_without_hours_holds_everything():
    assert week.holds(Interval(moment(24, 3), moment(24, 4)), {0: []}, SAO_PAULO)
