from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.fields import TenantForeignKey
from tenants.models.base import TENANT_CONSTRAINTS, TenantModel

USE_RECORDED_EVERY = timedelta(minutes=5)


class Role(models.TextChoices):
    OWNER = "owner", _("Dono")
    MANAGER = "manager", _("Gerente")
    RECEPTIONIST = "receptionist", _("Recepção")
    PROFESSIONAL = "professional", _("Profissional")


class Membership(TenantModel):
    """What a user may do in one company."""

    user = models.ForeignKey(
        "tenants.User", models.CASCADE, related_name="+", verbose_name=_("usuário")
    )
    role = models.CharField(_("papel"), max_length=20, choices=Role.choices)
    created_at = models.DateTimeField(_("criado em"), auto_now_add=True)

    class Meta(TenantModel.Meta):
        db_table = "memberships"
        verbose_name = _("vínculo")
        verbose_name_plural = _("vínculos")
        constraints = [
            *TENANT_CONSTRAINTS,
            models.UniqueConstraint(
                name="memberships_one_per_user",
                fields=["company", "user"],
                violation_error_message=_("Esta pessoa já faz parte da empresa."),
            ),
            models.CheckConstraint(
                name="memberships_role", condition=models.Q(role__in=Role.values)
            ),
        ]
        indexes = [models.Index(fields=["company", "user"], name="idx_memberships_company")]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"


class ApiToken(TenantModel):
    """A key for programs.  It acts with the rights of one membership and dies with it.

    The text is `atd_<company id>_<secret>`; only the secret's SHA-256 is kept, which is enough
    for 256 random bits.
    """

    membership = TenantForeignKey(
        Membership, models.CASCADE, related_name="+", verbose_name=_("vínculo")
    )
    name = models.CharField(_("nome"), max_length=80)
    digest = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(_("criado em"), auto_now_add=True)
    last_used_at = models.DateTimeField(_("último uso"), null=True, editable=False)

    class Meta(TenantModel.Meta):
        db_table = "api_tokens"
        verbose_name = _("token da API")
        verbose_name_plural = _("tokens da API")
        constraints = [
            *TENANT_CONSTRAINTS,
            models.UniqueConstraint(name="api_tokens_digest", fields=["company", "digest"]),
        ]
        indexes = [models.Index(fields=["company", "membership"], name="idx_api_tokens_company")]

    def __str__(self) -> str:
        return self.name

    def issue(self) -> str:
        """Choose a secret, keep its digest and return the token's text, shown this once."""
        secret = secrets.token_urlsafe(32)
        self.digest = digest_of(secret)
        return f"atd_{self.company_id}_{secret}"

    def matches(self, secret: str) -> bool:
        return hmac.compare_digest(self.digest, digest_of(secret))

    def record_use(self, *, now: datetime) -> None:
        """Keep the time of the last use, at most once in five minutes."""
        if self.last_used_at is None or now - self.last_used_at > USE_RECORDED_EVERY:
            type(self).objects.filter(pk=self.pk).update(last_used_at=now)


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
