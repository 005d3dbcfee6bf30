from __future__ import annotations

from datetime import timedelta

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from scheduling.models.text import searchable_column
from tenants.models import TENANT_CONSTRAINTS, TenantModel


class Service(TenantModel):
    name = models.CharField(_("nome"), max_length=120)
    name_search = searchable_column("name")
    duration_minutes = models.PositiveSmallIntegerField(
        _("duração em minutos"),
        default=30,
        validators=[
            MinValueValidator(5, _("Pelo menos 5 minutos.")),
            MaxValueValidator(720, _("No máximo 12 horas (720 minutos).")),
        ],
    )
    price = models.DecimalField(
        _("preço (R$)"),
        max_digits=8,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0, _("O preço não pode ser negativo."))],
    )
    is_active = models.BooleanField(_("em uso"), default=True)

    class Meta(TenantModel.Meta):
        db_table = "services"
        verbose_name = _("serviço")
        verbose_name_plural = _("serviços")
        ordering = ["name_search", "id"]
        constraints = [
            *TENANT_CONSTRAINTS,
            models.UniqueConstraint(
                name="services_one_per_name",
                fields=["company", "name"],
                violation_error_message=_("Já existe um serviço com este nome."),
            ),
            models.CheckConstraint(
                name="services_duration",
                condition=models.Q(duration_minutes__gte=5, duration_minutes__lte=720),
                violation_error_message=_("A duração fica entre 5 minutos e 12 horas."),
            ),
        ]
        indexes = [models.Index(fields=["company", "name_search"], name="idx_services_company")]

    def __str__(self) -> str:
        return self.name

    @property
    def duration(self) -> timedelta:
        return timedelta(minutes=self.duration_minutes)
