"""A person's tokens of the API in one company."""

from __future__ import annotations

from typing import Any, Final

from django.db import transaction

from tenants import security
from tenants.models import ApiToken, Membership, User
from tenants.security import Origin

MOST: Final = 10  # of one person in one company


def of(membership: Membership) -> Any:
    return ApiToken.objects.filter(membership=membership).order_by("-created_at", "-pk")


@transaction.atomic
def make(membership: Membership, token: ApiToken, *, by: User) -> str | None:
    """Save the new token and return its text, which is kept nowhere; None beyond the limit.

    The person's row is locked, so that two requests do not pass the limit together.
    """
    Membership.objects.select_for_update().get(pk=membership.pk)
    if of(membership).count() >= MOST:
        return None
    token.membership = membership
    token.bind_company()
    text = token.issue()
    token.save()
    security.record("token_made", origin=Origin.WEB, actor=by, name=token.name)
    return text


@transaction.atomic
def delete(membership: Membership, token_id: int, *, by: User) -> ApiToken:
    """Raises ApiToken.DoesNotExist, also for a colleague's token."""
    token: ApiToken = of(membership).get(pk=token_id)
    token.delete()
    security.record("token_removed", origin=Origin.WEB, actor=by, name=token.name)
    return token
