"""Fields that read what Brazilians type."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from scheduling import phone

PHONE_PROBLEMS: dict[phone.Problem, Any] = {
    "empty": _("Escreva o celular com DDD, como (11) 98765-4321."),
    "characters": _("Escreva só os números do celular, com DDD, como (11) 98765-4321."),
    "no_area_code": _("Falta o DDD. Escreva como (11) 98765-4321."),
    "area_code": _("Este DDD não existe. Confira os dois primeiros números."),
    "too_short": _("Faltam números neste celular. Escreva como (11) 98765-4321."),
    "too_long": _("Há números demais neste celular. Escreva como (11) 98765-4321."),
    "invalid": _("Este celular não existe. Confira os números."),
}
THOUSANDS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{3})+")


class PhoneField(forms.CharField):
    """A phone in any spelling; cleaned to E.164, or to "" when it may be left out."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "off"})
        super().__init__(**{"widget": widget, "max_length": 60, **kwargs})

    def clean(self, value: Any) -> str:
        text: str = super().clean(value)
        if not text:
            return ""
        try:
            return phone.normalize(text)
        except phone.InvalidPhone as problem:
            raise ValidationError(PHONE_PROBLEMS[problem.code], code=problem.code) from None

    def prepare_value(self, value: Any) -> Any:
        return phone.display(value) if isinstance(value, str) else value


PRICE_ERRORS: dict[str, Any] = {
    "invalid": _("Escreva o preço como 85,00."),
    "min_value": _("O preço não pode ser negativo."),
    "max_digits": _("O preço tem números demais."),
    "max_whole_digits": _("O preço tem números demais."),
    "max_decimal_places": _("O preço tem no máximo duas casas depois da vírgula."),
}


class PriceField(forms.DecimalField):
    """Reais: "85", "85,00", "R$ 1.200,50" and "85.50" are all understood."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(**{"widget": widget, "max_digits": 8, "decimal_places": 2, **kwargs})

    def to_python(self, value: Any) -> Any:
        """Return a Decimal, or None where nothing was typed."""
        return super().to_python(plain_number(value) if isinstance(value, str) else value)

    def prepare_value(self, value: Any) -> Any:
        return f"{value:.2f}".replace(".", ",") if isinstance(value, Decimal) else value


def plain_number(text: str) -> str:
    """Return a Brazilian amount as Python writes it: no currency, no thousands, a point."""
    text = re.sub(r"^R\$|\s", "", text.strip())
    if "," in text or THOUSANDS.fullmatch(text):
        text = text.replace(".", "")
    return text.replace(",", ".")


FEW = 8


class RowChoice(forms.ChoiceField):
    """One of a few rows, which are read once and handed to the field by the form.

    Cleans to the row, or to an `extra` value itself.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"widget": forms.RadioSelect(), **kwargs})
        self.rows: dict[int, Any] = {}
        self._extra: dict[str, Any] = {}

    def offer(
        self,
        rows: Iterable[Any],
        *,
        extra: Mapping[str, Any] | None = None,
        label: Callable[[Any], str] = str,
    ) -> None:
        """Set what can be chosen: `extra` values with their labels before the rows."""
        self.rows, self._extra = {row.pk: row for row in rows}, dict(extra or {})
        choices = [(str(pk), label(row)) for pk, row in self.rows.items()]
        self.choices = [*self._extra.items(), *choices]
        if len(choices) > FEW:
            self.widget = forms.Select()
            self.widget.choices = [("", _("Escolha")), *self.choices]

    def clean(self, value: Any) -> Any:
        text: str = super().clean(value)
        if text in self._extra or not text:
            return text or None
        return self.rows[int(text)]


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%d", **kwargs)


class TimeInput(forms.TimeInput):
    input_type = "time"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%H:%M", **kwargs)
