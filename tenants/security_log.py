"""The security log as a person reads it: what narrows it, and its file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants.models import SecurityEvent
from tenants.security import KINDS, Origin
from tenants.spreadsheet import csv_lines

REFUSALS = [name for name, kind in KINDS.items() if kind.refused]
ONLY_REFUSALS = "recusas"
OUT_OF_RANGE = gettext_lazy("Escolha um dia entre 2000 e 2100.")


def people() -> list[tuple[int, str]]:
    """Return who stands in the log of the company in scope, by name.  One query."""
    names = ("actor_id", "actor__name", "actor__email")
    rows = SecurityEvent.objects.exclude(actor=None).values_list(*names).distinct()
    found = rows.order_by("actor__name", "actor_id")
    return [(pk, f"{name} · {email}") for pk, name, email in found]


def _choice(label: Any, problem: Any, choices: Any = ()) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=[("", gettext_lazy("Tanto faz")), *choices],
        required=False,
        error_messages={"invalid_choice": problem},
    )


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        validators=[
            MinValueValidator(date(2000, 1, 1), OUT_OF_RANGE),
            MaxValueValidator(date(2100, 1, 1), OUT_OF_RANGE),
        ],
        error_messages={"invalid": gettext_lazy("Escreva o dia como 24/11/2026.")},
    )


class LogFilter(forms.Form):
    """Days are the company's: from the first moment of `de` to the last one of `ate`."""

    tipo = _choice(
        gettext_lazy("O que aconteceu"),
        gettext_lazy("Escolha um acontecimento da lista."),
        [(name, kind.label) for name, kind in KINDS.items()],
    )
    origem = _choice(
        gettext_lazy("De onde"), gettext_lazy("Escolha uma origem da lista."), Origin.choices
    )
    pessoa = _choice(gettext_lazy("Quem"), gettext_lazy("Escolha uma pessoa da lista."))
    de = _day(gettext_lazy("Do dia"))
    ate = _day(gettext_lazy("Até o dia"))

    def __init__(self, data: Any, *, zone: ZoneInfo) -> None:
        super().__init__(data, auto_id="filtro_%s")
        self._zone = zone
        choice: Any = self.fields["pessoa"]
        choice.choices = [*choice.choices, *people()]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        first, last = said.get("de"), said.get("ate")
        if first and last and last < first:
            self.add_error("ate", _("O período termina antes de começar. Confira os dois dias."))
        return said

    @property
    def only_refusals(self) -> bool:
        return bool(self.data.get("so") == ONLY_REFUSALS)

    @property
    def used(self) -> int:
        """How many fields were filled in."""
        return sum(bool(self.data.get(name)) for name in self.fields)

    @property
    def asked(self) -> dict[str, str]:
        """What was asked for, as an address carries it."""
        said = {name: self.data[name] for name in self.fields if self.data.get(name)}
        return said | ({"so": ONLY_REFUSALS} if self.only_refusals else {})

    def events(self) -> Any:
        """Return what the fields leave, newest first, refused or not; none if a field is wrong."""
        events = SecurityEvent.objects.select_related("actor").order_by("-created_at", "-id")
        if not self.is_valid():
            return events.none()
        said = self.cleaned_data
        first, last = said["de"], said["ate"]
        wanted = {
            "kind": said["tipo"],
            "origin": said["origem"],
            "actor": said["pessoa"],
            "created_at__gte": first and self._start_of(first),
            "created_at__lt": last and self._start_of(last + timedelta(days=1)),
        }
        return events.filter(**{name: value for name, value in wanted.items() if value})

    def refusals(self) -> Any:
        return self.events().filter(kind__in=REFUSALS)

    def shown(self) -> Any:
        return self.refusals() if self.only_refusals else self.events()

    def _start_of(self, day: date) -> datetime:
        return datetime.combine(day, time(), tzinfo=self._zone)


def as_csv(events: Iterable[SecurityEvent], *, zone: ZoneInfo) -> Iterator[str]:
    """Yield the lines of the file, its times in the zone."""
    header = [
        _("Quando"),
        _("O que aconteceu"),
        _("Quem"),
        _("E-mail"),
        _("De onde"),
        _("Resultado"),
    ]
    return csv_lines(header, (_cells(event, zone) for event in events))


def _cells(event: SecurityEvent, zone: ZoneInfo) -> list[str]:
    who = event.actor
    return [
        f"{timezone.localtime(event.created_at, zone):%d/%m/%Y %H:%M:%S}",
        event.sentence,
        str(who or ""),
        who.email if who else "",
        event.get_origin_display(),
        _("Recusado") if event.refused else _("Feito"),
    ]
