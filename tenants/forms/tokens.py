from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from tenants.models import ApiToken


class TokenForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = ApiToken
        fields = ["name"]
        labels = {"name": _("Nome do token")}
        help_texts = {"name": _("Onde ele vai ser usado, como “Site” ou “Planilha”.")}
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "off"})}
        error_messages = {
            "name": {
                "required": _("Dê um nome ao token."),
                "max_length": _("O nome tem no máximo 80 letras."),
            }
        }
