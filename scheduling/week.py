"""A professional's week: its intervals, what is wrong with them, and the week in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import time, timedelta
from typing import Any, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scheduling.availability import MIDNIGHT, Days, Interval, Weekly, fits, openings
from scheduling.wording import listed

NOON = time(12)

DAYS = (
    gettext_lazy("seg"),
    gettext_lazy("ter"),
    gettext_lazy("qua"),
    gettext_lazy("qui"),
    gettext_lazy("sex"),
    gettext_lazy("sáb"),
    gettext_lazy("dom"),
)


class Span(NamedTuple):
    """From `starts` to `ends` of one day, in the company's zone; MIDNIGHT ends it at 24:00."""

    starts: time
    ends: time

    def __str__(self) -> str:
        return f"{self.starts:%H:%M}–{clock(self.ends)}"


Week: TypeAlias = Mapping[int, Sequence[Span]]
"""The spans of each weekday, as in `date.weekday()`."""


def clock(at: time) -> str:
    """Return "18:00", and "24:00" for the end of the day."""
    return "24:00" if at == MIDNIGHT else f"{at:%H:%M}"


def of(intervals: Iterable[tuple[int, time, time]]) -> dict[int, list[Span]]:
    """Return the week of (weekday, starts, ends), each day ascending."""
    week: dict[int, list[Span]] = {}
    for day, starts, ends in sorted(intervals):
        week.setdefault(day, []).append(Span(starts, ends))
    return week


def kept(professional: Any) -> dict[int, list[Span]]:
    """Return the week of a professional, whose `hours` may have been prefetched."""
    return of((row.weekday, row.starts, row.ends) for row in professional.hours.all())


def holds(wanted: Interval, week: Week, zone: ZoneInfo) -> bool:
    """Whether the week's hours hold the whole of `wanted`; a week without any hours holds all."""
    if not any(week.values()):
        return True
    day = wanted.start.astimezone(zone).date()
    days = Days(day, day + timedelta(days=1), zone)
    hours = (Weekly(weekday, *span) for weekday, spans in week.items() for span in spans)
    start, end = (int(moment.timestamp()) for moment in wanted)
    return fits((start, end), openings(hours, days))


def problems(day: Sequence[tuple[time | None, time | None]]) -> dict[int, str]:
    """Say what is wrong with the intervals of one day, by their place in it."""
    found: dict[int, str] = {}
    sound: list[tuple[Span, int]] = []
    for place, (starts, ends) in enumerate(day):
        if starts is None and ends is None:
            continue
        if starts is None or ends is None:
            found[place] = _("Preencha o começo e o fim.")
        elif ends <= starts:
            found[place] = _wrong_order(starts, ends)
        else:
            sound.append((Span(starts, ends), place))
    return found | _overlaps(sorted(sound))


def _wrong_order(starts: time, ends: time) -> str:
    if starts >= NOON > ends:
        return _(
            "O fim vem depois do começo. Para passar da meia-noite, termine às 24:00 e continue"
            " no dia seguinte a partir das 00:00."
        )
    return _("O fim vem depois do começo.")


def _overlaps(spans: Sequence[tuple[Span, int]]) -> dict[int, str]:
    found, last = {}, None
    for span, place in spans:
        if last and span.starts < last.ends:
            found[place] = _("Este período se sobrepõe ao de %(span)s.") % {"span": last}
        if last is None or span.ends > last.ends:
            last = span
    return found


def in_words(week: Week) -> str:
    """Return "seg a sex, 09:00–12:00 e 13:00–18:00; sáb 09:00–13:00"; "" for no hours."""
    alike: dict[tuple[Span, ...], list[int]] = {}
    for day in sorted(week):
        if week[day]:
            alike.setdefault(tuple(week[day]), []).append(day)
    return "; ".join(_some_days(days, spans) for spans, days in alike.items())


def _some_days(days: list[int], spans: Iterable[Span]) -> str:
    comma = "," if len(days) > 1 else ""
    return f"{days_in_words(days)}{comma} {listed(list(map(str, spans)))}"


def days_in_words(days: Iterable[int]) -> str:
    """Return "seg a qua e sex": three days or more in a row are named by their ends."""
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return listed([name for run in runs for name in _run(run)])


def _run(days: list[int]) -> list[str]:
    names = [str(DAYS[day]) for day in days]
    if len(names) < 3:
        return names
    return [_("%(first)s a %(last)s") % {"first": names[0], "last": names[-1]}]
