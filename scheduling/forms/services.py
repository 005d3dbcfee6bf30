from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from scheduling.forms.base import CompanyModelForm
from scheduling.forms.fields import PRICE_ERRORS, PriceField
from scheduling.models import Service
from scheduling.models.text import searchable

USUAL_MINUTES = (15, 30, 45, 60, 90)


class ServiceForm(CompanyModelForm[Service]):
    price = PriceField(
        label=_("Preço (R$)"),
        required=False,
        min_value=0,
        help_text=_("Como 85,00. Pode ficar em branco."),
        error_messages=PRICE_ERRORS,
    )
    # Blank means none.
    buffer_before_minutes = forms.IntegerField(required=False, min_value=0)
    buffer_after_minutes = forms.IntegerField(required=False, min_value=0)

    class Meta:
        model = Service
        fields = [
            *("name", "category", "duration_minutes", "price"),
            *("buffer_before_minutes", "buffer_after_minutes"),
        ]
        labels = {
            "name": _("Nome"),
            "category": _("Categoria"),
            "duration_minutes": _("Duração em minutos"),
        }
        help_texts = {
            "category": _("Como Cabelo ou Unhas. Agrupa a lista; pode ficar em branco."),
            "duration_minutes": _("De 5 a 720. A agenda reserva este tempo."),
        }
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "off"}),
            "category": forms.TextInput(attrs={"autocomplete": "off", "list": "categorias"}),
            "duration_minutes": forms.NumberInput(attrs={"inputmode": "numeric"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label, example in BUFFERS:
            field = self.fields[name]
            field.label, field.help_text = label, example
            field.widget.attrs |= {"inputmode": "numeric"}
            field.error_messages |= {
                "invalid": _("Escreva os minutos, como 10."),
                "min_value": _("Não pode ser negativo."),
            }
        if self.instance.pk:
            self.fields["duration_minutes"].help_text = _(
                "De 5 a 720. Se mudar, os horários já marcados continuam com a duração que têm."
            )
        self.was = self.instance.duration_minutes

    def categories(self) -> list[str]:
        """Return the categories in use.  One query."""
        rows = Service.objects.exclude(category="").order_by("category")
        return list(rows.values_list("category", flat=True).distinct())

    def clean_category(self) -> str:
        """Return the spelling that is in use: "cabelo" joins "Cabelo"."""
        typed = " ".join(self.cleaned_data["category"].split())
        same = (known for known in self.categories() if searchable(known) == searchable(typed))
        return next(same, typed)

    def clean_buffer_before_minutes(self) -> int:
        return self.cleaned_data["buffer_before_minutes"] or 0

    def clean_buffer_after_minutes(self) -> int:
        return self.cleaned_data["buffer_after_minutes"] or 0

    @property
    def duration_changed(self) -> bool:
        return bool(self.was != self.instance.duration_minutes)


BUFFERS = (
    (
        "buffer_before_minutes",
        _("Preparação em minutos"),
        _("Reservada antes, como para montar a maca. O cliente não vê."),
    ),
    (
        "buffer_after_minutes",
        _("Arrumação em minutos"),
        _("Reservada depois, como para limpar. O cliente não vê."),
    ),
)
