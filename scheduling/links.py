"""Fills the slot of tenants.links: which professional a member of the team is."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from scheduling.models import Professional
from tenants.models import Invitation, Membership


class ProfessionalLinks:
    """Each method is one query."""

    def choices(self, *, now: datetime) -> list[tuple[int, str]]:
        answered = Q(invitation__accepted_at__isnull=False)
        ended = Q(invitation__revoked_at__isnull=False) | Q(invitation__expires_at__lte=now)
        free = Professional.objects.filter(membership=None, is_active=True)
        free = free.filter(Q(invitation=None) | answered | ended)
        return list(free.values_list("pk", "name"))

    def reserve(self, choice: int, invitation: Invitation) -> None:
        free = Professional.objects.filter(pk=choice, membership=None)
        free.update(invitation=invitation)

    def attach(self, invitation: Invitation, membership: Membership) -> None:
        waiting = Professional.objects.filter(invitation=invitation)
        waiting.filter(membership=None).update(membership=membership, invitation=None)

    def of_members(self) -> dict[int, str]:
        known = Professional.objects.exclude(membership=None)
        return dict(known.values_list("membership_id", "name"))

    def of_invitations(self) -> dict[int, str]:
        known = Professional.objects.exclude(invitation=None)
        return dict(known.values_list("invitation_id", "name"))
