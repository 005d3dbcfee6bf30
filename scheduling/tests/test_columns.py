from hypothesis import given
from hypothesis import strategies as st

from scheduling.columns import UNIT, Filling, Kind, Visit, blocks_of, frame

MINUTE = 60
DAY = (0, 24 * 3600)


def at(clock: str) -> int:
    hours, minutes = clock.split(":")
    return (int(hours) * 60 + int(minutes)) * MINUTE


def span(text: str) -> tuple[int, int]:
    start, end = text.split("-")
    return at(start), at(end)


def filling(hours=(), visits=(), absences=(), buffers=(0, 0)):
    times = [span(text) for text in visits]
    before, after = (minutes * MINUTE for minutes in buffers)
    return Filling(
        [span(text) for text in hours],
        [Visit(n, time, (time[0] - before, time[1] + after)) for n, time in enumerate(times)],
        [span(text) for text in absences],
    )


def drawn(given_filling, whole="09:00-12:00", now="00:00"):
    return [
        (block.kind.value, f"{block.start // 3600:02}:{block.start // 60 % 60:02}", block.number)
        for block in blocks_of(given_filling, span(whole), at(now))
    ]


def test_what_fills_a_column_from_top_to_bottom():
    found = drawn(filling(["09:30-12:00"], ["10:00-10:40"], ["11:00-11:30"]))

    assert found == [
        ("off", "09:00", -1),
        ("free", "09:30", -1),
        ("visit", "10:00", 0),
        ("free", "10:40", -1),
        ("absence", "11:00", 0),
        ("free", "11:30", -1),
    ]


def test_buffers_stand_beside_their_visit_and_an_absence_before_them():
    found = drawn(filling(["09:00-12:00"], ["10:00-11:00"], ["11:05-11:20"], buffers=(10, 15)))

    assert found == [
        ("free", "09:00", -1),
        ("buffer", "09:50", 0),
        ("visit", "10:00", 0),
        ("buffer", "11:00", 0),
        ("absence", "11:05", 0),
        ("free", "11:20", -1),
    ]


def test_a_visit_is_drawn_outside_the_hours_and_in_an_absence():
    found = drawn(filling([], ["09:00-12:00"], ["09:00-12:00"]))

    assert found == [("visit", "09:00", 0)]


def test_what_has_passed_is_no_longer_free():
    found = drawn(filling(["09:00-12:00"]), now="10:20")

    assert found == [("past", "09:00", -1), ("free", "10:20", -1)]


def test_the_frame_reaches_over_full_hours_of_everybody():
    usual = span("08:00-18:00")

    assert frame([filling(["09:30-12:00"]), filling([], ["07:10-07:50"])], usual) == span(
        "07:00-12:00"
    )
    assert frame([filling(), filling([], [], ["10:00-11:00"])], usual) == usual


pairs = st.lists(st.integers(0, 287), min_size=2, max_size=12, unique=True).map(sorted)


@given(pairs, pairs, pairs, st.integers(0, 30), st.integers(0, 30), st.integers(0, DAY[1]))
def test_blocks_fill_the_whole_column_without_a_gap(hours, visits, absences, before, after, now):
    def spans(numbers):
        return [(a * UNIT, b * UNIT) for a, b in zip(numbers[::2], numbers[1::2], strict=False)]

    times = spans(visits)
    whole = Filling(
        spans(hours),
        [
            Visit(n, time, (time[0] - before * MINUTE, time[1] + after * MINUTE))
            for n, time in enumerate(times)
        ],
        spans(absences),
    )

    blocks = blocks_of(whole, DAY, now)

    assert sum(block.height for block in blocks) == DAY[1] // UNIT
    assert [block.start for block in blocks] == sorted(block.start for block in blocks)
    seen = [(block.start, block.end) for block in blocks if block.kind is Kind.VISIT]
    assert seen == times
