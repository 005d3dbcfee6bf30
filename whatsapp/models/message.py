from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from scheduling.models import Appointment, Client
from tenants.fields import TenantForeignKey
from tenants.managers import TenantQuerySet, TenantScopedManager
from tenants.models import TENANT_CONSTRAINTS, TenantModel


class Direction(models.TextChoices):
    OUT = "out", _("Enviada")
    IN = "in", _("Recebida")


class MessageStatus(models.TextChoices):
    """`waiting`, `sending` and `unknown` are open; every other one is final but for the ticks."""

    WAITING = "waiting", _("Na fila")
    SENDING = "sending", _("Saindo")
    UNKNOWN = "unknown", _("Sem certeza se saiu")
    SENT = "sent", _("Enviada")
    DELIVERED = "delivered", _("Entregue")
    READ = "read", _("Lida")
    FAILED = "failed", _("Não saiu")
    DROPPED = "dropped", _("Não vai sair")
    RECEIVED = "received", _("Recebida")


class Reason(models.TextChoices):
    """Why a message failed or was dropped, in words a receptionist understands."""

    NONE = "", ""
    OPTED_OUT = "opted_out", _("O cliente pediu para não receber avisos.")
    EXPIRED = "expired", _("O momento de enviar passou.")
    CANCELLED = "cancelled", _("O horário foi cancelado.")
    MOVED = "moved", _("O horário mudou.")
    UNDONE = "undone", _("A mudança foi desfeita.")
    ANSWERED = "answered", _("O cliente já respondeu.")
    NOT_CONFIRMED = "not_confirmed", _("O horário não foi confirmado.")
    NO_WHATSAPP = "no_whatsapp", _("O número não tem WhatsApp.")
    REFUSED = "refused", _("O servidor do WhatsApp recusou a mensagem.")
    GAVE_UP = "gave_up", _("Várias tentativas falharam.")
    UNDECIDED = "undecided", _("Não dá para saber se saiu. Confira no celular da empresa.")
    SWITCHED_OFF = "switched_off", _("A empresa mudou os avisos.")
    NOT_DELIVERED = "not_delivered", _("O WhatsApp não conseguiu entregar.")


# When it left or came; for one that did neither, when it should leave.
MOMENT = Coalesce("happened_at", "due_at", "created_at")


class MessageQuerySet(TenantQuerySet["Message"]):
    def outgoing(self) -> Any:
        return self.filter(direction=Direction.OUT)

    def incoming(self) -> Any:
        return self.filter(direction=Direction.IN)

    def in_conversation(self) -> Any:
        """Without what Atendo planned and what has not left, or never will."""
        planned = [MessageStatus.WAITING, MessageStatus.DROPPED]
        return self.exclude(kind="test").exclude(automatic=True, status__in=planned)

    def newest_first(self) -> Any:
        return self.order_by(MOMENT.desc(), "-id")

    def due(self, now: datetime) -> Any:
        """Waiting messages whose moment has come, oldest first, people's requests before."""
        return self.filter(
            direction=Direction.OUT, status=MessageStatus.WAITING, due_at__lte=now
        ).order_by("automatic", "due_at", "id")


class Message(TenantModel):
    """A message in either direction.  An outgoing one is an intention until it was sent: a
    row that is still `waiting` has not been done."""

    direction = models.CharField(max_length=3, choices=Direction.choices)
    client = TenantForeignKey(
        Client, models.PROTECT, null=True, related_name="messages", verbose_name=_("cliente")
    )
    appointment = TenantForeignKey(
        Appointment,
        models.CASCADE,
        null=True,
        related_name="messages",
        verbose_name=_("agendamento"),
    )
    kind = models.CharField(_("tipo"), max_length=30, blank=True)
    automatic = models.BooleanField(_("automática"), default=False)
    revision = models.PositiveIntegerField(null=True)
    phone = models.CharField(_("celular"), max_length=40, blank=True)
    text = models.TextField(_("texto"), blank=True)
    status = models.CharField(_("situação"), max_length=10, choices=MessageStatus.choices)
    reason = models.CharField(
        _("motivo"), max_length=20, choices=Reason.choices, default=Reason.NONE, blank=True
    )
    due_at = models.DateTimeField(_("sai em"), null=True)
    expires_at = models.DateTimeField(_("vale até"), null=True)
    attempts = models.PositiveSmallIntegerField(_("tentativas"), default=0)
    claimed_at = models.DateTimeField(null=True)
    key_id = models.CharField(max_length=80, blank=True)
    quoted_key_id = models.CharField(max_length=80, blank=True)
    intent = models.CharField(max_length=20, blank=True)
    data = models.JSONField(default=dict)
    needs_attention = models.BooleanField(_("precisa de você"), default=False)
    happened_at = models.DateTimeField(_("quando"), null=True)
    delivered_at = models.DateTimeField(_("entregue em"), null=True)
    read_at = models.DateTimeField(_("lida em"), null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = TenantScopedManager.from_queryset(MessageQuerySet)()

    class Meta(TenantModel.Meta):
        db_table = "messages"
        verbose_name = _("mensagem")
        verbose_name_plural = _("mensagens")
        ordering = ["id"]
        constraints = [
            *TENANT_CONSTRAINTS,
            models.UniqueConstraint(
                name="messages_planned_once",
                fields=["company", "appointment", "revision", "kind"],
                condition=models.Q(automatic=True),
            ),
            models.UniqueConstraint(
                name="messages_key",
                fields=["company", "key_id"],
                condition=~models.Q(key_id=""),
            ),
            models.UniqueConstraint(
                name="messages_one_sending",
                fields=["company"],
                condition=models.Q(status="sending"),
            ),
            models.CheckConstraint(
                name="messages_status", condition=models.Q(status__in=MessageStatus.values)
            ),
        ]
        indexes = [
            models.Index(F("company"), MOMENT.desc(), F("id").desc(), name="idx_messages_company"),
            models.Index(fields=["company", "appointment"], name="idx_messages_appointment"),
            models.Index(
                F("company"),
                F("client"),
                MOMENT.desc(),
                F("id").desc(),
                name="idx_messages_thread",
            ),
            models.Index(
                fields=["company", "id"],
                condition=models.Q(needs_attention=True),
                name="idx_messages_attention",
            ),
            models.Index(
                fields=["due_at"],
                include=["company"],
                condition=models.Q(status="waiting"),
                name="idx_messages_due",
            ),
            # The last one in each direction.
            models.Index(fields=["company", "direction", "-id"], name="idx_messages_latest"),
            # What a person must look at, among years of messages.
            models.Index(
                fields=["company", "id"],
                condition=models.Q(needs_attention=True) | models.Q(status="failed"),
                name="idx_messages_for_a_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind or self.direction} {self.status}"
