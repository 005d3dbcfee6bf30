from __future__ import annotations

import json
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.models import TENANT_CONSTRAINTS, TenantModel


class Outcome(models.TextChoices):
    """One word for what became of a stored event."""

    WAITING = "waiting", _("À espera")
    APPLIED = "applied", _("Aplicado")
    CONFIRMED = "confirmed", _("Confirmou")
    CANCELLED = "cancelled", _("Cancelou")
    RESCHEDULE_REQUESTED = "reschedule_requested", _("Pediu remarcar")
    OPTED_OUT = "opted_out", _("Pediu para parar")
    OPTED_IN = "opted_in", _("Voltou a receber")
    UNAUTHORIZED = "unauthorized", _("Recusado")
    CLIENT_NOT_FOUND = "client_not_found", _("Não é cliente")
    NOT_FOUND = "not_found", _("Nada em aberto")
    WHICH_ONE_ASKED = "which_one_asked", _("Perguntamos qual horário")
    NOT_UNDERSTOOD = "not_understood", _("Não entendido")
    IGNORED = "ignored", _("Sem efeito")
    FAILED = "failed", _("Falhou")


class WebhookEvent(TenantModel):
    """What Evolution API sent, as it came but for the key; understood later by a job.

    `body` is JSON as ASCII text: jsonb would refuse NUL characters and lone surrogates.
    """

    event = models.CharField(_("acontecimento"), max_length=60)
    body = models.TextField(_("corpo"))
    dedupe_key = models.CharField(max_length=250)
    received_at = models.DateTimeField(_("recebido em"))
    processed_at = models.DateTimeField(_("tratado em"), null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    outcome = models.CharField(
        _("resultado"), max_length=24, choices=Outcome.choices, default=Outcome.WAITING
    )
    detail = models.CharField(_("detalhe"), max_length=300, blank=True)

    class Meta(TenantModel.Meta):
        db_table = "webhook_events"
        verbose_name = _("evento recebido")
        verbose_name_plural = _("eventos recebidos")
        ordering = ["-id"]
        permissions = [("repeat_webhookevent", _("Pode mandar tratar um evento de novo"))]
        constraints = [
            *TENANT_CONSTRAINTS,
            models.UniqueConstraint(
                name="webhook_events_dedupe", fields=["company", "dedupe_key"]
            ),
            models.CheckConstraint(
                name="webhook_events_outcome", condition=models.Q(outcome__in=Outcome.values)
            ),
        ]
        indexes = [
            models.Index(fields=["company", "-received_at"], name="idx_webhook_events_company"),
            models.Index(
                fields=["company", "id"],
                condition=models.Q(processed_at=None),
                name="idx_webhook_events_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.received_at:%d/%m %H:%M:%S}"

    @property
    def payload(self) -> dict[str, Any]:
        payload: dict[str, Any] = json.loads(self.body)
        return payload
