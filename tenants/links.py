"""The slot for what a member is in an upper app: the agenda says which professional he is.

A row of the upper app points to the invitation and, once it is accepted, to the membership.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from tenants.models import Invitation, Membership


class Links(Protocol):
    """Every method works in the scope of one company."""

    def choices(self, *, now: datetime) -> list[tuple[int, str]]:
        """Who nobody logs in as yet, nor is invited to, by id and name."""

    def reserve(self, choice: int, invitation: Invitation) -> None:
        """Keep the choice for who accepts the invitation, as long as it is open."""

    def attach(self, invitation: Invitation, membership: Membership) -> None:
        """Give the new member what was kept."""

    def of_members(self) -> dict[int, str]:
        """The names by membership id."""

    def of_invitations(self) -> dict[int, str]:
        """The names by invitation id."""


class NoLinks:
    """Where no upper app is."""

    def choices(self, *, now: datetime) -> list[tuple[int, str]]:
        return []

    def reserve(self, choice: int, invitation: Invitation) -> None:
        """There is nothing to keep."""

    def attach(self, invitation: Invitation, membership: Membership) -> None:
        """There is nothing to give."""

    def of_members(self) -> dict[int, str]:
        return {}

    def of_invitations(self) -> dict[int, str]:
        return {}


_provider: list[Links] = [NoLinks()]


def provide(links: Links) -> None:
    _provider[0] = links


def links() -> Links:
    return _provider[0]
