from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.constraints import CompanyKey, CompanyPolicy
from tenants.models.base import TenantModel
from tenants.security import KINDS, Origin


class SecurityEvent(TenantModel):
    """One line of a company's security log.  Append-only: the database refuses changes."""

    kind = models.CharField(_("acontecimento"), max_length=40)
    origin = models.CharField(_("origem"), max_length=10, choices=Origin.choices)
    actor = models.ForeignKey(
        "tenants.User",
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("quem"),
    )
    data = models.JSONField(_("detalhes"), default=dict)
    created_at = models.DateTimeField(_("quando"), auto_now_add=True)

    class Meta(TenantModel.Meta):
        db_table = "security_events"
        verbose_name = _("registro de segurança")
        verbose_name_plural = _("log de segurança")
        constraints = [
            CompanyKey(name="security_events_company_key"),
            CompanyPolicy(name="security_events_company_policy", append_only=True),
        ]
        indexes = [
            models.Index(fields=["company", "-created_at"], name="idx_security_events_company")
        ]

    def __str__(self) -> str:
        return self.sentence

    @property
    def sentence(self) -> str:
        """What happened, as a sentence in Portuguese."""
        values: dict[str, Any] = {"who": self.actor or _("Alguém"), **self.data}
        return KINDS[self.kind].sentence % values

    @property
    def refused(self) -> bool:
        return KINDS[self.kind].refused
