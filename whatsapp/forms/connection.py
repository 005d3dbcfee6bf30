from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from scheduling.forms.fields import PhoneField


class RiskForm(forms.Form):
    """The tick without which no number is connected for the first time."""

    accepted = forms.BooleanField(
        label=_("Li e aceito o risco para o número da empresa"),
        error_messages={"required": _("Para conectar, marque que leu e aceita o risco.")},
    )


class PairForm(forms.Form):
    number = PhoneField(
        label=_("Número do WhatsApp da empresa"),
        help_text=_("Com DDD, como (11) 98765-4321."),
    )
