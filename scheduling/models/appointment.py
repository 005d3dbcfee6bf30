from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from scheduling.models.client import Client
from scheduling.models.professional import Professional
from scheduling.models.service import Service
from tenants.constraints import NoOverlap
from tenants.fields import TenantForeignKey
from tenants.managers import TenantQuerySet, TenantScopedManager
from tenants.models import TENANT_CONSTRAINTS, TenantModel
from tenants.security import Origin


class Status(models.TextChoices):
    SCHEDULED = "scheduled", _("Agendado")
    CONFIRMED = "confirmed", _("Confirmado")
    ARRIVED = "arrived", _("Chegou")
    COMPLETED = "completed", _("Atendido")
    CANCELLED = "cancelled", _("Cancelado")
    NO_SHOW = "no_show", _("Faltou")


# Neither cancelled nor begun nor over.
OPEN = frozenset({Status.SCHEDULED, Status.CONFIRMED})


class EventKind(models.TextChoices):
    """Facts about an appointment: what `services` records, in the same transaction."""

    SCHEDULED = "scheduled", _("marcou")
    MOVED = "moved", _("mudou o horário")
    ASKED = "asked", _("pediu a confirmação")
    CONFIRMED = "confirmed", _("confirmou")
    MOVE_REQUESTED = "move_requested", _("pediu para remarcar")
    CANCELLED = "cancelled", _("cancelou")
    ARRIVED = "arrived", _("marcou a chegada")
    COMPLETED = "completed", _("marcou como atendido")
    NO_SHOW = "no_show", _("marcou a falta")
    CONFIRMATION_ASKED_FOR = "confirmation_asked_for", _("mandou pedir a confirmação")
    UNDONE = "undone", _("desfez")


class AppointmentQuerySet(TenantQuerySet["Appointment"]):
    def between(self, start: datetime, end: datetime) -> Any:
        return self.filter(starts_at__gte=start, starts_at__lt=end)

    def open_at(self, now: datetime) -> Any:
        """Still ahead and neither cancelled nor over."""
        return self.filter(starts_at__gt=now, status__in=OPEN)

    def with_people(self) -> Any:
        return self.select_related("client", "professional", "service")


class Appointment(TenantModel):
    client = TenantForeignKey(
        Client, models.PROTECT, related_name="appointments", verbose_name=_("cliente")
    )
    professional = TenantForeignKey(
        Professional, models.PROTECT, related_name="appointments", verbose_name=_("profissional")
    )
    service = TenantForeignKey(
        Service, models.PROTECT, related_name="appointments", verbose_name=_("serviço")
    )
    starts_at = models.DateTimeField(_("começa"))
    ends_at = models.DateTimeField(_("termina"))
    status = models.CharField(
        _("situação"), max_length=10, choices=Status.choices, default=Status.SCHEDULED
    )
    # As the service said when it was booked: a later change of the service moves nothing.
    buffer_before_minutes = models.PositiveSmallIntegerField(default=0, editable=False)
    buffer_after_minutes = models.PositiveSmallIntegerField(default=0, editable=False)
    price = models.DecimalField(_("preço"), max_digits=8, decimal_places=2, null=True, blank=True)
    notes = models.TextField(_("observações"), blank=True)
    revision = models.PositiveIntegerField(default=1, editable=False)
    asked_at = models.DateTimeField(_("pergunta feita em"), null=True, editable=False)
    move_requested_at = models.DateTimeField(_("pediu remarcar em"), null=True, editable=False)
    whatsapp_sent = models.BooleanField(_("mensagem enviada"), default=False, editable=False)
    created_at = models.DateTimeField(_("marcado em"), auto_now_add=True)

    objects: ClassVar[Any] = TenantScopedManager.from_queryset(AppointmentQuerySet)()

    class Meta(TenantModel.Meta):
        db_table = "appointments"
        verbose_name = _("agendamento")
        verbose_name_plural = _("agendamentos")
        ordering = ["starts_at", "id"]
        constraints = [
            *TENANT_CONSTRAINTS,
            NoOverlap(
                name="appointments_no_overlap",
                owner="professional",
                starts="starts_at",
                ends="ends_at",
                unless=("status", "cancelled"),
                violation_error_message=_("Este horário já está ocupado."),
            ),
            models.CheckConstraint(
                name="appointments_order",
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                violation_error_message=_("O fim vem depois do começo."),
            ),
            models.CheckConstraint(
                name="appointments_status", condition=models.Q(status__in=Status.values)
            ),
        ]
        indexes = [
            models.Index(fields=["company", "starts_at"], name="idx_appointments_company"),
            models.Index(
                fields=["company", "professional", "starts_at"],
                name="idx_appointments_professional",
            ),
            models.Index(
                fields=["company", "client", "starts_at"], name="idx_appointments_client"
            ),
            models.Index(fields=["company", "service"], name="idx_appointments_service"),
        ]

    def __str__(self) -> str:
        return f"{self.client} · {self.service}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


class AppointmentEvent(TenantModel):
    """A fact: the history that the page shows, and what the planner of messages reads."""

    appointment = TenantForeignKey(Appointment, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=24, choices=EventKind.choices)
    origin = models.CharField(max_length=10, choices=Origin.choices)
    actor = models.ForeignKey("tenants.User", models.PROTECT, null=True, related_name="+")
    revision = models.PositiveIntegerField()
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    dispatched_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        db_table = "appointment_events"
        verbose_name = _("acontecimento")
        verbose_name_plural = _("acontecimentos")
        ordering = ["id"]
        constraints = [
            *TENANT_CONSTRAINTS,
            models.CheckConstraint(
                name="appointment_events_kind", condition=models.Q(kind__in=EventKind.values)
            ),
        ]
        indexes = [
            models.Index(fields=["company", "appointment"], name="idx_appointment_events_company"),
            models.Index(
                fields=["company", "id"],
                condition=models.Q(dispatched_at=None),
                name="idx_appointment_events_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.created_at:%d/%m %H:%M}"
