"""What narrows the list and the columns of the agenda."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django import forms

from scheduling.agenda import EARLIEST, LATEST
from scheduling.models import Professional


@dataclass(frozen=True, slots=True)
class Asked:
    """One day, or a period: the days from `since` to `until`, either of which may be open."""

    day: date
    since: date | None = None
    until: date | None = None
    situation: str = ""
    text: str = ""
    professional: Professional | None = None

    @property
    def is_period(self) -> bool:
        return self.since is not None or self.until is not None

    @property
    def first(self) -> date:
        return (self.since or EARLIEST) if self.is_period else self.day

    @property
    def last(self) -> date:
        return (self.until or LATEST) if self.is_period else self.day


class AgendaForm(forms.Form):
    """Read from the address: what is not understood counts as not said."""

    dia = forms.DateField(required=False)
    de = forms.DateField(required=False)
    ate = forms.DateField(required=False)
    situacao = forms.CharField(required=False, max_length=20)
    q = forms.CharField(required=False, max_length=100)
    profissional = forms.ModelChoiceField(queryset=Professional.objects.all(), required=False)

    def asked(self, *, today: date) -> Asked:
        """Return what was asked for.  `de` or `ate` make it a period; turned around, they are
        turned back."""
        self.is_valid()
        said = self.cleaned_data
        since, until = self._day("de"), self._day("ate")
        if since and until:
            since, until = sorted((since, until))
        return Asked(
            self._day("dia") or today,
            since,
            until,
            situation=said.get("situacao", ""),
            text=said.get("q", ""),
            professional=said.get("profissional"),
        )

    def _day(self, name: str) -> date | None:
        day: date | None = self.cleaned_data.get(name)
        return day if day and EARLIEST <= day < LATEST else None
