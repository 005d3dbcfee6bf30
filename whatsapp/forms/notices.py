from __future__ import annotations

from collections.abc import Iterator
from datetime import time, timedelta
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scheduling import wording
from scheduling.forms.fields import TimeInput
from tenants.models import Company
from whatsapp.messages import HOUR
from whatsapp.preferences import LEADS, Notices, Preferences, notices_of
from whatsapp.timing import REMINDER_HOURS, REQUEST_HOURS, SECOND_HOURS, SWITCHES, Rules

EARLIEST, LATEST = time(7), time(21)
SHORTEST_PAUSE, LONGEST_PAUSE = 5, 120

LABELS = {
    "receipt": _("Aviso de agendamento"),
    "confirmation_request": _("Pedido de confirmação"),
    "second_request": _("Segundo pedido, para quem não respondeu"),
    "reminder": _("Lembrete, para quem confirmou"),
    "rescheduled_notice": _("Aviso de novo horário"),
    "cancelled_notice": _("Aviso de cancelamento"),
}
HELP = {
    "receipt": _("Sai assim que o horário é marcado, e diz como parar de receber avisos."),
    "confirmation_request": _(
        "Quando o horário é marcado mais perto do que isso, o pedido vai junto com o aviso."
    ),
    "second_request": _("Não sai se faltarem menos de 3 horas para o horário."),
    "reminder": _("Sai no mesmo dia, também aos domingos."),
    "rescheduled_notice": _("Sai quando a equipe muda o horário."),
    "cancelled_notice": _("Sai quando a equipe cancela o horário."),
}
HOURS = {
    "confirmation_request": (_("Quando pedir"), REQUEST_HOURS, _("%(hours)s antes")),
    "second_request": (_("Quando repetir"), SECOND_HOURS, _("%(hours)s depois do pedido")),
    "reminder": (_("Quando lembrar"), REMINDER_HOURS, _("%(hours)s antes")),
}


class NoticesForm(forms.Form):
    """Which notices are on, how long before, and in which hours.  Switch `receipt`, hours
    `reminder_hours`: the names of the kinds."""

    message_hours_start = forms.TimeField(label=_("A partir de"), widget=TimeInput())
    message_hours_end = forms.TimeField(label=_("Até"), widget=TimeInput())
    pace_seconds = forms.IntegerField(
        label=_("Pausa entre duas mensagens, em segundos"),
        help_text=_("A pausa protege o número. Cada uma dura entre este valor e o triplo."),
    )

    def __init__(self, data: Any, *, company: Company, chosen: Preferences) -> None:
        self.kept = notices_of(company, chosen)
        super().__init__(data, initial=_initial(self.kept))
        for name in SWITCHES:
            self.fields[name] = forms.BooleanField(
                label=LABELS[name], help_text=HELP[name], required=False, widget=_switch()
            )
            if name in HOURS:
                self.fields[f"{name}_hours"] = _hours_field(name)

    def clean_message_hours_start(self) -> time:
        return self._in_bounds("message_hours_start")

    def clean_message_hours_end(self) -> time:
        return self._in_bounds("message_hours_end")

    def _in_bounds(self, name: str) -> time:
        """Not at night, when a message annoys; what the platform's staff set may stay."""
        at: time = self.cleaned_data[name]
        if name in self.changed_data and not EARLIEST <= at <= LATEST:
            raise forms.ValidationError(
                gettext("Escolha um horário entre 07:00 e 21:00. De noite ninguém quer aviso.")
            )
        return at

    def clean_pace_seconds(self) -> int:
        pace: int = self.cleaned_data["pace_seconds"]
        if "pace_seconds" in self.changed_data and not SHORTEST_PAUSE <= pace <= LONGEST_PAUSE:
            values = {"shortest": SHORTEST_PAUSE, "longest": LONGEST_PAUSE}
            sentence = gettext("Escolha uma pausa entre %(shortest)s e %(longest)s segundos.")
            raise forms.ValidationError(sentence % values)
        return pace

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        start, end = found.get("message_hours_start"), found.get("message_hours_end")
        if start and end and start >= end:
            self.add_error("message_hours_end", gettext("O fim vem depois do começo."))
        return found

    @property
    def notices(self) -> Notices:
        """What was chosen.  Of a valid form."""
        chosen = self.cleaned_data
        leads = {name: timedelta(hours=chosen[f"{name}_hours"]) for name in LEADS}
        return Notices(
            off=frozenset(name for name in SWITCHES if not chosen[name]),
            leads=leads,
            starts=chosen["message_hours_start"],
            ends=chosen["message_hours_end"],
            pace=chosen["pace_seconds"],
        )

    @property
    def rules(self) -> Rules:
        """What the example shows: as chosen, or as kept while something is wrong."""
        return (self.notices if self.is_valid() else self.kept).rules

    def rows(self) -> Iterator[tuple[BoundField, BoundField | None]]:
        """Yield each switch with its hours, if it has any."""
        for name in SWITCHES:
            yield self[name], self[f"{name}_hours"] if name in HOURS else None


def _hours_field(name: str) -> forms.TypedChoiceField:
    label, hours, words = HOURS[name]
    choices = [(each, str(words) % {"hours": wording.length(each * HOUR)}) for each in hours]
    widget = forms.Select(attrs={"class": "form-select"})
    return forms.TypedChoiceField(label=label, choices=choices, coerce=int, widget=widget)


def _switch() -> forms.CheckboxInput:
    return forms.CheckboxInput(attrs={"class": "form-check-input", "role": "switch"})


def _initial(kept: Notices) -> dict[str, Any]:
    hours = {f"{name}_hours": int(lead / HOUR) for name, lead in kept.leads.items()}
    switches = {name: name not in kept.off for name in SWITCHES}
    times = {"message_hours_start": kept.starts, "message_hours_end": kept.ends}
    return {**hours, **switches, **times, "pace_seconds": kept.pace}
