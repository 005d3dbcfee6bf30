from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from scheduling.forms.base import CompanyModelForm
from scheduling.forms.fields import PriceField
from scheduling.models import Service


class ServiceForm(CompanyModelForm[Service]):
    price = PriceField(
        label=_("Preço (R$)"),
        required=False,
        min_value=0,
        help_text=_("Como 85,00. Pode ficar em branco."),
        error_messages={
            "invalid": _("Escreva o preço como 85,00."),
            "min_value": _("O preço não pode ser negativo."),
            "max_digits": _("O preço tem números demais."),
            "max_whole_digits": _("O preço tem números demais."),
            "max_decimal_places": _("O preço tem no máximo duas casas depois da vírgula."),
        },
    )

    class Meta:
        model = Service
        fields = ["name", "duration_minutes", "price", "is_active"]
        labels = {
            "name": _("Nome"),
            "duration_minutes": _("Duração em minutos"),
            "is_active": _("Em uso"),
        }
        help_texts = {
            "duration_minutes": _("De 5 a 720. A agenda reserva este tempo."),
            "is_active": _("Um serviço fora de uso some de Novo agendamento. O passado fica."),
        }
        widgets = {"duration_minutes": forms.NumberInput(attrs={"inputmode": "numeric"})}
