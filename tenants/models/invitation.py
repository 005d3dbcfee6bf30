from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

from tenants.models.base import TENANT_CONSTRAINTS, TenantModel
from tenants.models.membership import Role, digest_of

LASTS = timedelta(hours=72)
OPEN = Q(accepted_at=None, revoked_at=None)


class Letter(models.TextChoices):
    """How far the e-mail with the link has come."""

    WAITING = "waiting", _("E-mail na fila")
    SENT = "sent", _("E-mail enviado")
    FAILED = "failed", _("O e-mail não saiu")


class Invitation(TenantModel):
    """The offer of a membership to whoever holds the link.

    The link's secret is made of a random seed and the SECRET_KEY: a job can write the letter
    after the request is over, and who reads the table alone has no link.
    """

    email = models.EmailField(_("e-mail"))
    role = models.CharField(_("papel"), max_length=20, choices=Role.choices)
    seed = models.CharField(max_length=43, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    expires_at = models.DateTimeField(_("vale até"), editable=False)
    letter = models.CharField(
        _("e-mail"), max_length=10, choices=Letter.choices, default=Letter.WAITING, editable=False
    )
    letters_sent = models.PositiveSmallIntegerField(default=0, editable=False)
    invited_by = models.ForeignKey(
        "tenants.User", models.PROTECT, related_name="+", verbose_name=_("quem convidou")
    )
    created_at = models.DateTimeField(_("criado em"), auto_now_add=True)
    accepted_at = models.DateTimeField(_("aceito em"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("cancelado em"), null=True, editable=False)

    class Meta(TenantModel.Meta):
        db_table = "invitations"
        verbose_name = _("convite")
        verbose_name_plural = _("convites")
        constraints = [
            *TENANT_CONSTRAINTS,
            models.UniqueConstraint(
                name="invitations_one_open_per_email",
                fields=["company", "email"],
                condition=OPEN,
                violation_error_message=_("Já há um convite para este e-mail."),
            ),
            models.UniqueConstraint(name="invitations_digest", fields=["company", "digest"]),
            models.CheckConstraint(name="invitations_role", condition=Q(role__in=Role.values)),
            models.CheckConstraint(
                name="invitations_letter", condition=Q(letter__in=Letter.values)
            ),
        ]
        indexes = [
            models.Index(fields=["company", "-created_at"], name="idx_invitations_company"),
            models.Index(
                fields=["company"],
                condition=Q(letter=Letter.WAITING) & OPEN,
                name="idx_invitations_letters",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} ({self.get_role_display()})"

    def renew(self, *, now: datetime) -> None:
        """Choose a new link, which the letter will carry; the one before counts no longer."""
        self.seed = secrets.token_urlsafe(32)
        self.digest = digest_of(self.secret)
        self.expires_at = now + LASTS
        self.letter = Letter.WAITING
        self.letters_sent = 0

    @property
    def secret(self) -> str:
        return salted_hmac("tenants.invitation", self.seed, algorithm="sha256").hexdigest()

    @property
    def token(self) -> str:
        """What the link to copy ends in: the company comes first, as in a token of the API."""
        return f"{self.company_id}.{self.secret}"

    @property
    def mailed_token(self) -> str:
        """What the letter's link ends in: it proves that the mailbox is the person's, too."""
        return f"{self.token}.{proof_of(self.secret)}"

    def is_open(self, now: datetime) -> bool:
        return self.accepted_at is None and self.revoked_at is None and now < self.expires_at


def proof_of(secret: str) -> str:
    """Return what only a letter holds: whoever knows the secret alone cannot make it."""
    return salted_hmac("tenants.invitation.mailed", secret, algorithm="sha256").hexdigest()[:32]


def is_proof(secret: str, proof: str) -> bool:
    return constant_time_compare(proof, proof_of(secret))
