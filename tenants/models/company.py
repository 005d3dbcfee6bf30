from __future__ import annotations

import zoneinfo
from datetime import time

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants import scope
from tenants.constraints import CompanyPolicy
from tenants.models.base import CompanyBound

SLOTS = (5, 10, 15, 20, 30, 60)  # minutes


class Segment(models.TextChoices):
    SALON = "salon", _("Salão")
    BARBER = "barber", _("Barbearia")
    CLINIC = "clinic", _("Clínica")
    AESTHETICS = "aesthetics", _("Estética")
    PET = "pet", _("Pet shop")
    OTHER = "other", _("Outro")


def validate_timezone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("Escolha um fuso horário da lista, como America/Sao_Paulo."))


class Company(CompanyBound):
    """A customer of the platform.  Its row is seen by itself alone: the policy is on `id`."""

    company_field = "id"

    name = models.CharField(_("nome"), max_length=120)
    slug = models.SlugField(_("endereço curto"), max_length=60, unique=True)
    segment = models.CharField(
        _("segmento"), max_length=20, choices=Segment.choices, default=Segment.OTHER
    )
    timezone = models.CharField(
        _("fuso horário"),
        max_length=64,
        default="America/Sao_Paulo",
        validators=[validate_timezone],
    )
    address = models.CharField(_("endereço"), max_length=160, blank=True)
    message_hours_start = models.TimeField(_("mensagens a partir de"), default=time(8))
    message_hours_end = models.TimeField(_("mensagens até"), default=time(20))
    pace_seconds = models.PositiveSmallIntegerField(
        _("segundos entre mensagens automáticas"),
        default=8,
        help_text=_("A pausa protege o número. Cada pausa dura entre este valor e o triplo."),
    )
    slot_minutes = models.PositiveSmallIntegerField(
        _("horários livres a cada"),
        choices=[(minutes, _("%(minutes)s minutos") % {"minutes": minutes}) for minutes in SLOTS],
        default=10,
        help_text=_("O passo dos horários que a agenda oferece."),
    )
    use_buttons = models.BooleanField(
        _("enviar botões"),
        default=False,
        help_text=_("Na versão 2.3 da Evolution API os botões não aparecem nos celulares."),
    )
    created_at = models.DateTimeField(_("criada em"), auto_now_add=True)

    class Meta(CompanyBound.Meta):
        db_table = "companies"
        verbose_name = _("empresa")
        verbose_name_plural = _("empresas")
        constraints = [
            CompanyPolicy(name="companies_company_policy", field="id"),
            models.CheckConstraint(
                name="companies_message_hours",
                condition=models.Q(message_hours_start__lt=models.F("message_hours_end")),
                violation_error_message=_("O fim do horário de mensagens vem depois do começo."),
            ),
            models.CheckConstraint(
                name="companies_slot_minutes", condition=models.Q(slot_minutes__in=SLOTS)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.timezone)

    def bind_company(self) -> None:
        company = scope.company_id()
        if isinstance(company, int) and self.pk != company:
            raise scope.CrossCompanyAccess(f"company {self.pk} in scope {company}")
