from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tenants.models.base import TENANT_CONSTRAINTS, TenantModel
from tenants.models.membership import Membership, Role

LONGEST_VISIT = timedelta(hours=1)


class SupportVisit(TenantModel):
    """The platform's staff in one company: who, why, what for and until when.

    Nobody makes or changes one by hand: see tenants.visits.
    """

    user = models.ForeignKey(
        "tenants.User", models.PROTECT, related_name="+", verbose_name=_("quem")
    )
    reason = models.CharField(_("motivo"), max_length=300)
    may_change = models.BooleanField(_("pode alterar"), default=False)
    started_at = models.DateTimeField(_("entrou em"))
    expires_at = models.DateTimeField(_("vale até"))
    ended_at = models.DateTimeField(_("saiu em"), null=True)

    class Meta(TenantModel.Meta):
        db_table = "support_visits"
        verbose_name = _("visita da equipe")
        verbose_name_plural = _("visitas da equipe")
        default_permissions = ("view",)
        permissions = [("enter_company", _("Pode entrar como empresa"))]
        constraints = [
            *TENANT_CONSTRAINTS,
            models.CheckConstraint(name="support_visits_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="support_visits_time_limit",
                condition=Q(
                    expires_at__gt=F("started_at"), expires_at__lte=F("started_at") + LONGEST_VISIT
                ),
            ),
        ]
        indexes = [models.Index(fields=["company", "user"], name="idx_support_visits_company")]

    def __str__(self) -> str:
        return f"{self.user}, {self.started_at:%d/%m/%Y %H:%M}"

    @property
    def access(self) -> str:
        """What it is for, as it stands in a sentence."""
        if self.may_change:
            return gettext("para alterar a pedido da empresa")
        return gettext("só para ver")

    @property
    def until(self) -> str:
        """The end in the company's time zone."""
        return f"{timezone.localtime(self.expires_at, self.company.zone):%d/%m/%Y às %H:%M}"

    @property
    def membership(self) -> Membership:
        """The rights of an owner while the visit lasts.  It has no row, and is never saved."""
        return Membership(company=self.company, user=self.user, role=Role.OWNER)
