from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from scheduling.models.professional import Professional
from scheduling.models.text import searchable_column, searchable_expression
from tenants.fields import TenantForeignKey
from tenants.managers import TenantQuerySet, TenantScopedManager
from tenants.models import TENANT_CONSTRAINTS, TenantModel

SHORTEST, LONGEST = 5, 720  # minutes
MAX_BUFFER = 240  # minutes


class ServiceQuerySet(TenantQuerySet["Service"]):
    def by_category(self, *before: str) -> Any:
        """In the order of a price list; what has no category comes last.  `before` sorts first."""
        last = models.Case(models.When(category="", then=1), default=0)
        name = searchable_expression("category")
        return self.order_by(*before, last, name, "name_search", "id")


class Service(TenantModel):
    name = models.CharField(_("nome"), max_length=120)
    name_search = searchable_column("name")
    category = models.CharField(
        _("categoria"),
        max_length=60,
        blank=True,
        help_text=_("Como Cabelo ou Unhas. Agrupa a lista."),
    )
    duration_minutes = models.PositiveSmallIntegerField(
        _("duração em minutos"),
        default=30,
        validators=[
            MinValueValidator(SHORTEST, _("Pelo menos 5 minutos.")),
            MaxValueValidator(LONGEST, _("No máximo 12 horas (720 minutos).")),
        ],
    )
    buffer_before_minutes = models.PositiveSmallIntegerField(
        _("preparação em minutos"),
        default=0,
        validators=[MaxValueValidator(MAX_BUFFER, _("No máximo 4 horas (240 minutos)."))],
        help_text=_("Tempo livre antes, que o cliente não vê."),
    )
    buffer_after_minutes = models.PositiveSmallIntegerField(
        _("arrumação em minutos"),
        default=0,
        validators=[MaxValueValidator(MAX_BUFFER, _("No máximo 4 horas (240 minutos)."))],
        help_text=_("Tempo livre depois, que o cliente não vê."),
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

    objects: ClassVar[Any] = TenantScopedManager.from_queryset(ServiceQuerySet)()

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
                condition=models.Q(duration_minutes__gte=SHORTEST, duration_minutes__lte=LONGEST),
                violation_error_message=_("A duração fica entre 5 minutos e 12 horas."),
            ),
            models.CheckConstraint(
                name="services_buffers",
                condition=models.Q(
                    buffer_before_minutes__lte=MAX_BUFFER, buffer_after_minutes__lte=MAX_BUFFER
                ),
                violation_error_message=_("Preparação e arrumação duram no máximo 4 horas."),
            ),
        ]
        indexes = [models.Index(fields=["company", "name_search"], name="idx_services_company")]

    def __str__(self) -> str:
        return self.name

    @property
    def duration(self) -> timedelta:
        return timedelta(minutes=self.duration_minutes)


class ProfessionalService(TenantModel):
    """How one professional's terms for a service differ: not offered, or another length or price.

    Without a row the professional does the service as the service says.
    """

    professional = TenantForeignKey(Professional, models.CASCADE, related_name="own_services")
    service = TenantForeignKey(Service, models.CASCADE, related_name="own_terms")
    is_offered = models.BooleanField(_("faz este serviço"), default=True)
    duration_minutes = models.PositiveSmallIntegerField(
        _("duração própria em minutos"),
        null=True,
        blank=True,
        validators=[
            MinValueValidator(SHORTEST, _("Pelo menos 5 minutos.")),
            MaxValueValidator(LONGEST, _("No máximo 12 horas (720 minutos).")),
        ],
    )
    price = models.DecimalField(
        _("preço próprio (R$)"),
        max_digits=8,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0, _("O preço não pode ser negativo."))],
    )

    class Meta(TenantModel.Meta):
        db_table = "professional_services"
        verbose_name = _("serviço do profissional")
        verbose_name_plural = _("serviços do profissional")
        constraints = [
            *TENANT_CONSTRAINTS,
            models.UniqueConstraint(
                name="professional_services_one", fields=["company", "professional", "service"]
            ),
            models.CheckConstraint(
                name="professional_services_duration",
                condition=models.Q(duration_minutes=None)
                | models.Q(duration_minutes__gte=SHORTEST, duration_minutes__lte=LONGEST),
                violation_error_message=_("A duração fica entre 5 minutos e 12 horas."),
            ),
        ]
        indexes = [models.Index(fields=["company", "service"], name="idx_professional_services")]
