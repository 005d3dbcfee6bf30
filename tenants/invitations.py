"""The life of an invitation: made, mailed, accepted or revoked.

The link's token names its company, `<company id>.<secret>`: that scope is entered, and the secret
looked up inside it.  The letter's link ends in a proof that the mailbox is the person's; the one
that is copied has none, and never says whether there is an account.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from tenants import security
from tenants.links import links
from tenants.models import Invitation, Letter, Membership, User
from tenants.models.invitation import OPEN, is_proof
from tenants.models.membership import digest_of
from tenants.security import Origin
from tenants.team_rules import Refused, roles_given_by

TOKEN = re.compile(r"([1-9][0-9]{0,17})\.([A-Za-z0-9_-]{20,100})(?:\.([0-9a-f]{32}))?", re.ASCII)
MOST_LETTERS = 5  # of one link
MOST_PENDING = 50


@dataclass(frozen=True, slots=True)
class Claim:
    """What a token says: true only once `find` has looked in the company's scope."""

    company_id: int
    secret: str
    proof: str

    def find(self, *, now: datetime) -> Invitation | None:
        """Return the open invitation with this secret in the company in scope.  One query."""
        rows = Invitation.objects.filter(digest=digest_of(self.secret))
        invitation: Invitation | None = rows.select_related("company", "invited_by").first()
        return invitation if invitation is not None and invitation.is_open(now) else None

    @property
    def mailed(self) -> bool:
        """Whether the link came by mail."""
        return is_proof(self.secret, self.proof)


def claim_of(token: str) -> Claim | None:
    match = TOKEN.fullmatch(token)
    return Claim(int(match[1]), match[2], match[3] or "") if match else None


def pending() -> Any:
    """The invitations of the company in scope that were neither accepted nor revoked."""
    rows = Invitation.objects.filter(OPEN).select_related("invited_by")
    return rows.order_by("-created_at", "-pk")


def link_of(token: str) -> str:
    return settings.SITE_URL + reverse("tenants:invitation", args=[token])


@transaction.atomic
def invite(
    actor: Membership, invitation: Invitation, *, link: int | None, by: User, now: datetime
) -> Invitation:
    """Save the new invitation; an expired one for the same e-mail makes room.

    Raises Refused, or IntegrityError when another request was faster.
    """
    if invitation.role not in roles_given_by(_as_now(actor)):
        raise Refused(_("Só um dono convida outro dono."))
    if Invitation.objects.filter(OPEN, expires_at__gt=now).count() >= MOST_PENDING:
        raise Refused(_("Há convites demais sem resposta. Cancele alguns antes."))
    old = Invitation.objects.filter(OPEN, email=invitation.email, expires_at__lte=now)
    old.update(revoked_at=now)
    invitation.invited_by = by
    invitation.renew(now=now)
    invitation.save()
    if link is not None:
        links().reserve(link, invitation)
    _record("invitation_made", invitation, by, role=str(invitation.get_role_display()))
    return invitation


@transaction.atomic
def renew(actor: Membership, invitation_id: int, *, by: User, now: datetime) -> Invitation:
    """Give the invitation a new link and a new letter.

    Raises Refused or Invitation.DoesNotExist.
    """
    invitation = _locked(invitation_id, actor)
    invitation.renew(now=now)
    invitation.save()
    _record("invitation_renewed", invitation, by)
    return invitation


@transaction.atomic
def revoke(actor: Membership, invitation_id: int, *, by: User, now: datetime) -> Invitation:
    """From now on the link leads nowhere.  Raises Refused or Invitation.DoesNotExist."""
    invitation = _locked(invitation_id, actor)
    invitation.revoked_at = now
    invitation.save(update_fields=["revoked_at"])
    _record("invitation_revoked", invitation, by)
    return invitation


def _as_now(actor: Membership) -> Membership:
    """Lock the actor's row and read it anew: who is being removed or lowered invites nobody.

    A visit of the staff acts as an owner and has no row.
    """
    if actor._state.adding:
        return actor
    found: Membership | None = Membership.objects.select_for_update().filter(pk=actor.pk).first()
    if found is None:
        raise Refused(_("Você não faz mais parte desta equipe."))
    return found


def _locked(invitation_id: int, actor: Membership) -> Invitation:
    given = roles_given_by(_as_now(actor))
    invitation: Invitation = (
        Invitation.objects.select_for_update().filter(OPEN).get(pk=invitation_id)
    )
    if invitation.role not in given:
        raise Refused(_("Este convite é para um dono: só um dono cuida dele."))
    return invitation


def _record(kind: str, invitation: Invitation, by: User, **said: str) -> None:
    security.record(kind, origin=Origin.WEB, actor=by, email=invitation.email, **said)


@transaction.atomic
def accept(offer: Invitation, user: User, *, now: datetime) -> Membership | None:
    """Make the person a member; who is one already keeps his role.

    None when the link was used, revoked or renewed meanwhile.
    """
    rows = Invitation.objects.select_for_update(of=("self",)).select_related("invited_by")
    invitation = rows.filter(pk=offer.pk, digest=offer.digest).first()
    if invitation is None or not invitation.is_open(now):
        return None
    membership, created = Membership.objects.get_or_create(
        user=user, defaults={"role": invitation.role}
    )
    invitation.accepted_at = now
    invitation.save(update_fields=["accepted_at"])
    if created:
        links().attach(invitation, membership)
    said = {"inviter": str(invitation.invited_by), "role": str(membership.get_role_display())}
    security.record("invitation_accepted", origin=Origin.WEB, actor=user, **said)
    made: Membership = membership
    return made


def revoke_what_is_not_his_to_give(
    member: Membership, *, now: datetime, removed: bool = False
) -> None:
    """Who is removed, or gets a lesser role, leaves no link behind that could undo it."""
    kept = roles_given_by(member) if member.pk and not removed else []
    mine = Invitation.objects.filter(OPEN, invited_by=member.user_id)
    mine.exclude(role__in=kept).update(revoked_at=now)


@transaction.atomic
def ask_for_letter(invitation: Invitation) -> bool:
    """Have the letter sent once more; False when it was sent often enough."""
    again = Invitation.objects.filter(OPEN, pk=invitation.pk, letters_sent__lt=MOST_LETTERS)
    return bool(again.update(letter=Letter.WAITING))
