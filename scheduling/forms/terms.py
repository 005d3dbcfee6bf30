"""Who does what, for how long and for how much: the services of one professional, or the
professionals of one service.  Blank means as the service says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from scheduling.forms.fields import PRICE_ERRORS, PriceField
from scheduling.models import Professional, ProfessionalService, Service
from scheduling.models.service import LONGEST, SHORTEST

MINUTES = forms.IntegerField(
    required=False,
    min_value=SHORTEST,
    max_value=LONGEST,
    error_messages={
        "invalid": _("Escreva os minutos, como 45."),
        "min_value": _("Pelo menos 5 minutos."),
        "max_value": _("No máximo 12 horas (720 minutos)."),
    },
)
PRICE = PriceField(required=False, min_value=0, error_messages=PRICE_ERRORS)
KEPT = ["is_offered", "duration_minutes", "price"]


@dataclass(slots=True)
class Row:
    """One pair of professional and service, as typed or as it is kept."""

    professional: Professional
    service: Service
    key: int  # the id in the names of its fields: that of the other side
    does: bool
    minutes: str
    price: str
    kept: ProfessionalService | None = None
    minutes_error: str = ""
    price_error: str = ""
    asked: bool = True  # whether the form that was sent had this row

    @property
    def duration(self) -> timedelta:
        """As it is kept: the professional's own, else the service's."""
        own = self.kept.duration_minutes if self.kept else None
        return timedelta(minutes=own) if own else self.service.duration

    @property
    def usual_price(self) -> Any:
        return PRICE.prepare_value(self.service.price) or ""


class TermsForm:
    """The rows of one professional, or of one service.  Two queries."""

    def __init__(
        self,
        data: Any = None,
        *,
        professional: Professional | None = None,
        service: Service | None = None,
    ) -> None:
        self.is_bound = data is not None
        if professional is not None:
            kept = {row.service_id: row for row in professional.own_services.all()}
            services = Service.objects.filter(is_active=True).by_category()
            self.rows = [self._row(professional, each, each.pk, kept, data) for each in services]
        elif service is not None:
            kept = {row.professional_id: row for row in service.own_terms.all()}
            people = Professional.objects.filter(is_active=True)
            self.rows = [self._row(each, service, each.pk, kept, data) for each in people]

    def _row(
        self,
        professional: Professional,
        service: Service,
        key: int,
        kept: dict[int, ProfessionalService],
        data: Any,
    ) -> Row:
        own = kept.get(key)
        row = Row(professional, service, key, own is None or own.is_offered, "", "", own)
        if own is not None:
            row.minutes = str(own.duration_minutes or "")
            row.price = PRICE.prepare_value(own.price) or ""
        if data is not None:
            does, minutes, price = (data.get(f"{word}_{key}") for word in WORDS)
            # A row that came into being since the page was shown stays as it is.
            row.asked = minutes is not None or price is not None
            if row.asked:
                row.does, row.minutes, row.price = bool(does), minutes or "", price or ""
        return row

    def is_valid(self) -> bool:
        for row in self.rows:
            row.minutes_error = _problem(MINUTES, row.minutes)
            row.price_error = _problem(PRICE, row.price)
        return not self.errors

    @property
    def errors(self) -> list[Row]:
        return [row for row in self.rows if row.minutes_error or row.price_error]

    @transaction.atomic
    def save(self) -> None:
        """Keep the rows that differ from what their service says, and only those."""
        wanted = [(row, _terms(row)) for row in self.rows if row.asked]
        gone = [row.kept.pk for row, terms in wanted if row.kept and terms is None]
        ProfessionalService.objects.filter(pk__in=gone).delete()
        ProfessionalService.objects.bulk_create(
            [terms for _row, terms in wanted if terms is not None],
            update_conflicts=True,
            unique_fields=["company", "professional", "service"],
            update_fields=KEPT,
        )


WORDS = ("does", "minutes", "price")


def _problem(field: forms.Field, text: str) -> str:
    try:
        field.clean(text)
    except ValidationError as error:
        return str(error.messages[0])
    return ""


def _terms(row: Row) -> ProfessionalService | None:
    """Return the own terms that were typed, None where they are the service's."""
    minutes: int | None = MINUTES.clean(row.minutes)
    price: Decimal | None = PRICE.clean(row.price)
    minutes = None if minutes == row.service.duration_minutes else minutes
    price = None if price == row.service.price else price
    if row.does and minutes is None and price is None:
        return None
    return ProfessionalService(
        professional=row.professional,
        service=row.service,
        is_offered=row.does,
        duration_minutes=minutes,
        price=price,
    )
