"""Fills the slot of tenants.links: which professional a member of the team is."""

from __future__ import annotations

from scheduling.models import Professional
from tenants.models import Invitation, Membership


class ProfessionalLinks:
    """Each method is one query."""

    def choices(self) -> list[tuple[int, str]]:
        free = Professional.objects.filter(membership=None, invitation=None, is_active=True)
        return list(free.values_list("pk", "name"))

    def reserve(self, choice: int | None, invitation: Invitation) -> None:
        if choice is None:
            Professional.objects.filter(invitation=invitation).update(invitation=None)
        else:
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
