"""The two lists that the agenda cannot make, because only the messages tell: who was not asked
yet, and who cannot be, for the number has no WhatsApp."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from atendo.panel.figures import NOT_ASKED, unreachable, within
from scheduling.agenda import EARLIEST, LATEST

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True, slots=True)
class UnaskedList:
    title: _StrPromise
    explanation: _StrPromise
    mute: bool


LISTS = {
    "sem-pergunta": UnaskedList(
        _("Sem pergunta ainda"),
        _("Marcados de que ainda não pedimos a confirmação."),
        mute=False,
    ),
    "sem-whatsapp": UnaskedList(
        _("Sem WhatsApp"),
        _("O número não tem WhatsApp, por isso não há como perguntar. Melhor ligar."),
        mute=True,
    ),
}


class UnaskedForm(forms.Form):
    """Read from the address: what is not understood counts as not said."""

    situacao = forms.ChoiceField(choices=[(name, name) for name in LISTS], required=False)
    dia = forms.DateField(required=False)

    def asked(self, *, today: date) -> tuple[str, date]:
        """Return the situation and the day."""
        self.is_valid()
        said = self.cleaned_data
        day: date = said.get("dia") or today
        situation: str = said.get("situacao") or "sem-pergunta"
        return situation, day if EARLIEST <= day < LATEST else today


def unasked(appointments: Any, situation: str, day: date, zone: ZoneInfo) -> Any:
    of_day = appointments.filter(within(day, day, zone), NOT_ASKED)
    return of_day.annotate(mute=unreachable()).filter(mute=LISTS[situation].mute)
