from __future__ import annotations

import secrets

from django.db import models
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext_lazy as _

from tenants.models import TENANT_CONSTRAINTS, TenantModel


class InstanceStatus(models.TextChoices):
    NOT_CONFIGURED = "not_configured", _("Nunca conectado")
    CREATING = "creating", _("Gerando o código")
    READY_TO_SCAN = "ready_to_scan", _("Esperando a leitura")
    CONNECTING = "connecting", _("Conectando")
    CONNECTED = "connected", _("Conectado")
    DISCONNECTED = "disconnected", _("Desconectado")
    RESTRICTED = "restricted", _("Restrito pelo WhatsApp")


class Wanted(models.TextChoices):
    """What a person asked for; the connection job drives the server there."""

    NOTHING = "", _("Nada")
    CONNECT = "connect", _("Conectar")
    RECONNECT = "reconnect", _("Conectar de novo")
    DISCONNECT = "disconnect", _("Desconectar")


class Problem(models.TextChoices):
    """What is wrong, beside the last known status.  The page says it and what to do."""

    NONE = "", _("Nenhum")
    SERVER_AWAY = "server_away", _("O servidor do WhatsApp não responde")
    SERVER_REFUSES = "server_refuses", _("O servidor do WhatsApp recusou o pedido")
    SERVER_TOO_OLD = "server_too_old", _("A versão do servidor do WhatsApp é antiga demais")
    WEBHOOK_SILENT = "webhook_silent", _("O servidor do WhatsApp não nos alcança")
    CODE_LIMIT = "code_limit", _("O limite de códigos foi alcançado")
    UNPAIRED = "unpaired", _("Desconectado pelo celular")
    REFUSED_BY_WHATSAPP = "refused_by_whatsapp", _("O WhatsApp recusou este número")


class Instance(TenantModel):
    """A company's connection to WhatsApp on the Evolution API server: one per company.

    The page shows what stands here; jobs and the webhook write it.
    """

    name = models.CharField(_("nome"), max_length=60)
    status = models.CharField(
        _("situação"),
        max_length=16,
        choices=InstanceStatus.choices,
        default=InstanceStatus.NOT_CONFIGURED,
    )
    problem = models.CharField(
        _("problema"), max_length=24, choices=Problem.choices, default=Problem.NONE, blank=True
    )
    problem_detail = models.CharField(max_length=300, blank=True)
    wanted = models.CharField(
        max_length=10, choices=Wanted.choices, default=Wanted.NOTHING, blank=True
    )
    wanted_number = models.CharField(max_length=20, blank=True)
    wanted_at = models.DateTimeField(null=True)
    webhook_secret = models.CharField(max_length=64, editable=False)
    qr_code = models.TextField(blank=True, editable=False)
    qr_image = models.TextField(blank=True, editable=False)
    pairing_code = models.CharField(max_length=16, blank=True, editable=False)
    code_issued_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(_("início da conexão"), null=True)
    webhook_seen_at = models.DateTimeField(_("último aviso recebido"), null=True)
    checked_at = models.DateTimeField(_("última conferência"), null=True)
    connected_at = models.DateTimeField(_("conectado desde"), null=True)
    disconnected_at = models.DateTimeField(_("desconectado desde"), null=True)
    phone = models.CharField(_("número"), max_length=20, blank=True)
    profile_name = models.CharField(_("nome no WhatsApp"), max_length=120, blank=True)
    server_version = models.CharField(max_length=20, blank=True)
    next_send_at = models.DateTimeField(null=True)
    risk_accepted_at = models.DateTimeField(_("risco aceito em"), null=True)
    risk_accepted_by = models.ForeignKey(
        "tenants.User", models.PROTECT, null=True, related_name="+"
    )

    class Meta(TenantModel.Meta):
        db_table = "whatsapp_instances"
        verbose_name = _("instância")
        verbose_name_plural = _("instâncias")
        constraints = [
            *TENANT_CONSTRAINTS,
            models.UniqueConstraint(name="whatsapp_instances_one", fields=["company"]),
            models.CheckConstraint(
                name="whatsapp_instances_name",
                condition=models.Q(
                    name=Concat(
                        models.Value("company_"),
                        Cast("company_id", models.TextField()),
                        models.Value("_whatsapp"),
                        output_field=models.TextField(),
                    )
                ),
            ),
            models.CheckConstraint(
                name="whatsapp_instances_status",
                condition=models.Q(status__in=InstanceStatus.values),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        return self.status == InstanceStatus.CONNECTED


def new_webhook_secret() -> str:
    return secrets.token_urlsafe(32)
