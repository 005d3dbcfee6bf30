"""The lists behind the panel's figures: the appointments of some days in one situation."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from atendo.panel.figures import SITUATIONS, unreachable, within
from scheduling.agenda import EARLIEST, LATEST

TITLES = {
    "faltas": _("Faltas"),
    "atendidos": _("Atendidos"),
    "horarios": _("Horários"),
    "sem-pergunta": _("Sem pergunta ainda"),
    "sem-whatsapp": _("Sem WhatsApp"),
}


class PeriodForm(forms.Form):
    """Read from the address: what is not understood counts as not said."""

    situacao = forms.ChoiceField(choices=[*TITLES.items()], required=False)
    de = forms.DateField(required=False)
    ate = forms.DateField(required=False)

    def asked(self, *, today: date) -> tuple[str, date, date]:
        """Return the situation, the first and the last day."""
        self.is_valid()
        said = self.cleaned_data
        first = _within_reach(said.get("de"), today)
        last = _within_reach(said.get("ate"), first)
        return said.get("situacao") or "horarios", first, max(first, last)


def _within_reach(day: date | None, otherwise: date) -> date:
    return day if day is not None and EARLIEST <= day < LATEST else otherwise


def rows(appointments: Any, situation: str, first: date, last: date, zone: ZoneInfo) -> Any:
    days = appointments.filter(within(first, last, zone))
    return days.annotate(unreachable=unreachable()).filter(SITUATIONS[situation])
