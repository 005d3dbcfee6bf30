from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.models import TENANT_CONSTRAINTS, TenantModel, User
from whatsapp.messages import WITH_TEXT


class MessageSetting(TenantModel):
    """What a company chose about one kind of message; without a row, the defaults."""

    kind = models.CharField(_("tipo"), max_length=30)
    text = models.TextField(_("texto próprio"), blank=True)
    is_on = models.BooleanField(_("ligada"), default=True)
    lead_minutes = models.PositiveIntegerField(_("antecedência em minutos"), null=True)
    replan = models.BooleanField(_("a fila ainda segue a regra de antes"), default=False)
    updated_by = models.ForeignKey(
        User, models.SET_NULL, null=True, related_name="+", verbose_name=_("alterada por")
    )
    updated_at = models.DateTimeField(_("alterada em"), null=True)

    class Meta(TenantModel.Meta):
        db_table = "message_settings"
        verbose_name = _("escolha sobre uma mensagem")
        verbose_name_plural = _("escolhas sobre as mensagens")
        constraints = [
            *TENANT_CONSTRAINTS,
            models.UniqueConstraint(
                name="message_settings_one_per_kind", fields=["company", "kind"]
            ),
            models.CheckConstraint(
                name="message_settings_kind", condition=models.Q(kind__in=list(WITH_TEXT))
            ),
        ]
        indexes = [
            # For the worker's tick: which companies' queues are to be dated anew.
            models.Index(
                fields=["company"],
                condition=models.Q(replan=True),
                name="idx_message_settings_company",
            )
        ]

    def __str__(self) -> str:
        return self.kind
