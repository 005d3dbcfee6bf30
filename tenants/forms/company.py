from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants import zones
from tenants.models import Company


def _hour() -> forms.TimeInput:
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


NOT_AN_HOUR = gettext_lazy("Escreva a hora como 08:00.")


class CompanyForm(forms.ModelForm):  # type: ignore[type-arg]
    timezone = forms.ChoiceField(
        label=gettext_lazy("Fuso horário"),
        choices=zones.choices,
        help_text=gettext_lazy(
            "Ao mudar, os horários marcados continuam no mesmo instante:"
            " só a hora que aparece na agenda muda. Horários de trabalho e de mensagens"
            " passam a valer no fuso novo."
        ),
        error_messages={"invalid_choice": gettext_lazy("Escolha um fuso horário da lista.")},
    )

    class Meta:
        model = Company
        fields = [
            "name",
            "segment",
            "address",
            "timezone",
            "message_hours_start",
            "message_hours_end",
            "slot_minutes",
        ]
        labels = {
            "name": gettext_lazy("Nome da empresa"),
            "segment": gettext_lazy("Segmento"),
            "address": gettext_lazy("Endereço"),
            "message_hours_start": gettext_lazy("Mensagens a partir de"),
            "message_hours_end": gettext_lazy("Mensagens até"),
            "slot_minutes": gettext_lazy("Oferecer horários a cada"),
        }
        help_texts = {
            "name": gettext_lazy("Como aparece para os clientes, nas mensagens."),
            "address": gettext_lazy(
                "Vai na mensagem que confirma o horário. Rua e número bastam."
            ),
            "slot_minutes": gettext_lazy("O passo dos horários livres em Novo agendamento."),
        }
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "organization"}),
            "address": forms.TextInput(attrs={"autocomplete": "street-address"}),
            "message_hours_start": _hour(),
            "message_hours_end": _hour(),
        }
        error_messages = {
            "name": {
                "required": gettext_lazy("Escreva o nome da empresa."),
                "max_length": gettext_lazy("O nome tem no máximo 120 letras."),
            },
            "address": {"max_length": gettext_lazy("O endereço tem no máximo 160 letras.")},
            "segment": {
                "required": gettext_lazy("Escolha um segmento da lista."),
                "invalid_choice": gettext_lazy("Escolha um segmento da lista."),
            },
            "message_hours_start": {"required": NOT_AN_HOUR, "invalid": NOT_AN_HOUR},
            "message_hours_end": {"required": NOT_AN_HOUR, "invalid": NOT_AN_HOUR},
            "slot_minutes": {"invalid_choice": gettext_lazy("Escolha um intervalo da lista.")},
        }

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        start, end = said.get("message_hours_start"), said.get("message_hours_end")
        if start and end and end <= start:
            self.add_error(
                "message_hours_end", _("O fim do horário de mensagens vem depois do começo.")
            )
        return said

    def changes(self) -> str:
        """What is different now, as a part of a sentence; "" for nothing."""
        parts = []
        for name in self.changed_data:
            words = {
                "field": str(self.fields[name].label).lower(),
                "before": self._words(name, self.initial[name]),
                "after": self._words(name, self.cleaned_data[name]),
            }
            parts.append(_("%(field)s (antes “%(before)s”, agora “%(after)s”)") % words)
        return "; ".join(parts)

    def _words(self, name: str, value: Any) -> str:
        if name == "timezone":
            return zones.words_of(str(value))
        if name.startswith("message_hours"):
            return f"{value:%H:%M}"
        choices = dict(getattr(self._meta.model._meta.get_field(name), "flatchoices", ()))
        return str(choices.get(value, value)) or _("vazio")
