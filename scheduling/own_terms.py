"""On what terms a professional does a service: the service's own, but for what differs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from scheduling.models import Professional, ProfessionalService, Service


@dataclass(frozen=True, slots=True)
class Terms:
    duration: timedelta
    before: timedelta
    after: timedelta
    price: Decimal | None
    is_offered: bool = True


def terms_with(service: Service, own: ProfessionalService | None) -> Terms:
    """Return the service's terms with those of a professional put over them."""
    minutes = service.duration_minutes
    price, is_offered = service.price, True
    if own is not None:
        minutes = own.duration_minutes or minutes
        price = price if own.price is None else own.price
        is_offered = own.is_offered
    return Terms(
        timedelta(minutes=minutes),
        timedelta(minutes=service.buffer_before_minutes),
        timedelta(minutes=service.buffer_after_minutes),
        price,
        is_offered,
    )


def terms_of(professional: Professional, service: Service) -> Terms:
    """One query."""
    own = ProfessionalService.objects.filter(professional=professional, service=service).first()
    return terms_with(service, own)


class TermsByProfessional:
    """A service's terms for each professional.  One query, whatever their number."""

    def __init__(self, service: Service) -> None:
        rows = ProfessionalService.objects.filter(service=service)
        self._default = terms_with(service, None)
        self._own = {row.professional_id: terms_with(service, row) for row in rows}

    def of(self, professional_id: int) -> Terms:
        return self._own.get(professional_id, self._default)
