"""The weekly hours as they are typed: several intervals a day, copied from day to day.

Each button of the editor sends the whole form; `apply` does what the button says, and the page
shows the form again.  Nothing is kept before Salvar.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from scheduling import week
from scheduling.availability import MIDNIGHT
from scheduling.models import Professional, Weekday, WorkingHours
from scheduling.week import Span

MOST_INTERVALS = 6  # a day
LATE = {"00:00", "24:00", "00:00:00"}  # typed as an end: the end of the day


@dataclass(slots=True)
class Row:
    """One interval as typed, its place in the form, and what is wrong with it."""

    day: Weekday
    number: int
    starts: str = ""
    ends: str = ""
    error: str = ""
    is_new: bool = False

    @property
    def name(self) -> str:
        return f"day{int(self.day)}_{self.number}"

    @property
    def is_blank(self) -> bool:
        return not self.starts and not self.ends


@dataclass(slots=True)
class Day:
    day: Weekday
    rows: list[Row] = field(default_factory=list)

    @property
    def label(self) -> str:
        return str(self.day.label)

    @property
    def has_room(self) -> bool:
        return len(self.rows) < MOST_INTERVALS

    def add(self, starts: str = "", ends: str = "", *, is_new: bool = False) -> None:
        if self.has_room:
            self.rows.append(Row(self.day, len(self.rows), starts, ends, is_new=is_new))

    def become(self, rows: Iterable[Row]) -> None:
        """Take over what is typed in other rows, the blank ones left out."""
        kept = [(row.starts, row.ends) for row in rows if not row.is_blank]
        self.rows = []
        for starts, ends in kept:
            self.add(starts, ends)


class HoursForm:
    """A week in text.  Bound when data is given; `professional` fills an unbound one."""

    def __init__(self, data: Any = None, *, professional: Professional | None = None) -> None:
        self.days = [Day(day) for day in Weekday]
        self.is_bound = data is not None
        self.copy_from, self.copy_to, self.like = "0", {"1", "2", "3", "4"}, ""
        self.said = ""
        if data is not None:
            self._read(data)
        elif professional is not None:
            self._show(week.kept(professional))

    def _read(self, data: Any) -> None:
        for day in self.days:
            for number in range(MOST_INTERVALS):
                name = f"day{int(day.day)}_{number}"
                starts, ends = data.get(f"{name}_starts"), data.get(f"{name}_ends")
                if starts is None and ends is None:
                    break
                day.add((starts or "").strip(), (ends or "").strip())
        self.copy_from, self.like = data.get("copy_from", ""), data.get("like", "")
        self.copy_to = set(data.getlist("copy_to"))

    def _show(self, hours: week.Week) -> None:
        for day in self.days:
            day.rows = []
            for span in hours.get(day.day, ())[:MOST_INTERVALS]:
                day.add(f"{span.starts:%H:%M}", _shown_end(span.ends))

    # The buttons

    def apply(self, wish: str) -> None:
        """Do what the button says: "add-0", "remove-0-1", "clear-0", "copy" or "like"; of an
        unknown one, nothing."""
        verb, *numbers = wish.split("-")
        verbs: dict[str, Callable[..., None]] = {
            "add": self._add,
            "remove": self._remove,
            "clear": self._clear,
            "copy": self._copy,
            "like": self._like,
        }
        places = [int(number) for number in numbers if number.isdecimal() and len(number) < 3]
        counts = {"add": 1, "remove": 2, "clear": 1, "copy": 0, "like": 0}
        if verb in verbs and len(places) == counts[verb] and all(n < 7 for n in places):
            verbs[verb](*places)

    def _add(self, day: int) -> None:
        self.days[day].add(is_new=True)

    def _remove(self, day: int, number: int) -> None:
        rows = self.days[day].rows
        self.days[day].become(row for row in rows if row.number != number)
        self.said = _("Período tirado de %(day)s.") % {"day": self.days[day].label.lower()}

    def _clear(self, day: int) -> None:
        self.days[day].rows = []
        self.said = _("%(day)s ficou sem horário.") % {"day": self.days[day].label}

    def _copy(self) -> None:
        if self.copy_from not in {str(int(day)) for day in Weekday}:
            return
        source = self.days[int(self.copy_from)]
        targets = [
            day for day in self.days if str(int(day.day)) in self.copy_to - {self.copy_from}
        ]
        for day in targets:
            day.become(source.rows)
        names = week.days_in_words(int(day.day) for day in targets)
        self.said = (
            _("O horário de %(day)s foi para %(days)s. Falta salvar.")
            % {"day": source.label.lower(), "days": names}
            if targets
            else _("Escolha ao menos um outro dia para receber a cópia.")
        )

    def _like(self) -> None:
        other = Professional.objects.filter(pk=_number(self.like)).first()
        if other is None:
            self.said = _("Escolha de quem copiar o horário.")
            return
        self._show(week.kept(other))
        self.said = _("Horário de %(name)s copiado. Falta salvar.") % {"name": other.name}

    # What was typed

    def is_valid(self) -> bool:
        """Whether the whole week can be kept; what is wrong stands at the rows."""
        for day in self.days:
            typed = [self._typed(row) for row in day.rows]
            for number, sentence in week.problems(typed).items():
                day.rows[number].error = day.rows[number].error or sentence
        return not self.errors

    @property
    def errors(self) -> list[Row]:
        return [row for day in self.days for row in day.rows if row.error]

    @property
    def is_blank(self) -> bool:
        return not any(day.rows for day in self.days)

    def _typed(self, row: Row) -> tuple[time | None, time | None]:
        """Return both times; of a row that cannot be read none, and a sentence at the row."""
        try:
            return _time(row.starts), MIDNIGHT if row.ends in LATE else _time(row.ends)
        except ValidationError:
            row.error = _("Escreva a hora como 09:00.")
            return None, None

    @transaction.atomic
    def save(self, professional: Professional) -> None:
        """Replace the week.  Four queries."""
        Professional.objects.select_for_update(of=("self",)).get(pk=professional.pk)
        professional.hours.all().delete()
        WorkingHours.objects.bulk_create(
            WorkingHours(
                professional=professional, weekday=day, starts=span.starts, ends=span.ends
            )
            for day, spans in self.week().items()
            for span in spans
        )

    def week(self) -> dict[int, list[Span]]:
        """Return what was typed; call it when the form is valid."""
        typed = ((int(day.day), *self._typed(row)) for day in self.days for row in day.rows)
        return week.of((day, starts, ends) for day, starts, ends in typed if starts and ends)


def _time(text: str) -> time | None:
    value: time | None = forms.TimeField(required=False).clean(text)
    return value


def _shown_end(ends: time) -> str:
    """A time input has no 24:00."""
    return "00:00" if ends == MIDNIGHT else f"{ends:%H:%M}"


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0
