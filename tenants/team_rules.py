"""Who may give and change which role: values alone, no question to the database."""

from __future__ import annotations

from tenants.models import Membership, Role
from tenants.permissions import Right, may


class Refused(Exception):
    """An act that the rules of the team forbid; its text is a sentence for the person."""


def roles_given_by(actor: Membership) -> list[str]:
    """The roles that the person may give: only an owner makes owners."""
    if not may(actor, Right.MANAGE_TEAM):
        return []
    every = list(Role.values)
    return every if actor.role == Role.OWNER else [role for role in every if role != Role.OWNER]


def may_touch(actor: Membership, member: Membership) -> bool:
    """Nobody changes his own access here, and only an owner changes an owner's."""
    return actor.user_id != member.user_id and member.role in roles_given_by(actor)
