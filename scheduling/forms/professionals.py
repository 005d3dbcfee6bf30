from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from itertools import pairwise
from typing import Any

from django import forms
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from scheduling.forms.base import CompanyModelForm
from scheduling.forms.fields import TimeInput
from scheduling.models import Professional, Weekday, WorkingHours
from tenants.models import Membership

INTERVALS_A_DAY = 2
ENDS = {"starts": _("começa"), "ends": _("termina")}


class MembershipChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, membership: Any) -> str:
        return f"{membership.user.name or membership.user.email} ({membership.get_role_display()})"


class ProfessionalForm(CompanyModelForm[Professional]):
    membership = MembershipChoice(
        queryset=Membership.objects.select_related("user").order_by("user__name", "id"),
        required=False,
        label=_("Acesso ao Atendo"),
        empty_label=_("Sem acesso"),
        help_text=_("Com o papel Profissional, a pessoa vê só a própria agenda."),
        error_messages={"invalid_choice": _("Escolha um acesso da lista.")},
    )

    class Meta:
        model = Professional
        fields = ["name", "membership", "is_active"]
        labels = {"name": _("Nome"), "is_active": _("Atende")}
        help_texts = {
            "is_active": _("Quem não atende some de Novo agendamento. O passado fica."),
        }
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "off"})}


@dataclass(frozen=True, slots=True)
class DayRow:
    """One weekday of the hours form: its pairs of inputs and what is wrong with them."""

    label: str
    pairs: list[tuple[forms.BoundField, forms.BoundField]]
    errors: list[str]


class HoursForm(forms.Form):
    """A professional's week: for each day up to two intervals, more if there are more."""

    def __init__(
        self, *args: Any, professional: Professional | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        week = list(professional.hours.all()) if professional else []
        self._by_day = {day: [hours for hours in week if hours.weekday == day] for day in Weekday}
        self._pairs = max(INTERVALS_A_DAY, *(len(hours) for hours in self._by_day.values()))
        for day in Weekday:
            for number in range(self._pairs):
                self._add_pair(day, number)

    def _add_pair(self, day: Weekday, number: int) -> None:
        known = self._by_day[day]
        hours = known[number] if number < len(known) else None
        for end, word in ENDS.items():
            self.fields[_name(day, number, end)] = forms.TimeField(
                required=False,
                initial=getattr(hours, end, None),
                widget=TimeInput(
                    attrs={
                        "class": "form-control",
                        "aria-label": f"{day.label}, {number + 1}, {word}",
                    }
                ),
                error_messages={"invalid": _("Escreva a hora como 09:00.")},
            )

    def clean(self) -> dict[str, Any]:
        for day in Weekday:
            problem = self._problem(day)
            if problem:
                self.add_error(_name(day, 0, "starts"), problem)
        return self.cleaned_data

    def _problem(self, day: Weekday) -> Any:
        if self._unreadable(day):
            return None
        pairs = self._typed(day)
        if any((starts is None) != (ends is None) for starts, ends in pairs):
            return _("Preencha o começo e o fim.")
        full = sorted((starts, ends) for starts, ends in pairs if starts and ends)
        if any(ends <= starts for starts, ends in full):
            return _("O fim vem depois do começo.")
        if any(later[0] < earlier[1] for earlier, later in pairwise(full)):
            return _("Os dois períodos se sobrepõem.")
        return None

    def _unreadable(self, day: Weekday) -> bool:
        names = (_name(day, number, end) for number in range(self._pairs) for end in ENDS)
        return any(name in self.errors for name in names)

    def _typed(self, day: Weekday) -> list[tuple[time | None, time | None]]:
        get = self.cleaned_data.get
        return [
            (get(_name(day, number, "starts")), get(_name(day, number, "ends")))
            for number in range(self._pairs)
        ]

    def days(self) -> list[DayRow]:
        """Return the week for the page."""
        return [self._row(day) for day in Weekday]

    def _row(self, day: Weekday) -> DayRow:
        pairs = [
            (self[_name(day, number, "starts")], self[_name(day, number, "ends")])
            for number in range(self._pairs)
        ]
        errors = [str(error) for pair in pairs for field in pair for error in field.errors]
        return DayRow(str(day.label), pairs, errors)

    @transaction.atomic
    def save(self, professional: Professional) -> None:
        """Replace the week.  Three queries."""
        professional.hours.all().delete()
        WorkingHours.objects.bulk_create(
            WorkingHours(professional=professional, weekday=day, starts=starts, ends=ends)
            for day in Weekday
            for starts, ends in self._typed(day)
            if starts and ends
        )


def _name(day: Weekday, number: int, end: str) -> str:
    return f"day{int(day)}_{number}_{end}"
