from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants import zones
from tenants.models import Company


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
        fields = ["name", "segment", "address", "timezone", "slot_minutes"]
        labels = {
            "name": gettext_lazy("Nome da empresa"),
            "segment": gettext_lazy("Segmento"),
            "address": gettext_lazy("Endereço"),
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
            "slot_minutes": {"invalid_choice": gettext_lazy("Escolha um intervalo da lista.")},
        }

    def save_changes(self) -> None:
        """Write what was changed and nothing else: the rest of the row has pages of its own."""
        self.instance.save(update_fields=self.changed_data)

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
        choices = dict(getattr(self._meta.model._meta.get_field(name), "flatchoices", ()))
        return str(choices.get(value, value)) or _("vazio")
