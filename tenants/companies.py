"""From a person to a company: the one place, besides the admin, that looks across companies."""

from __future__ import annotations

from typing import Any

from django.middleware.csrf import rotate_token

from tenants import scope, security, visits
from tenants.middleware import SESSION_KEY
from tenants.models import Membership, User
from tenants.security import Origin

SEVERAL_KEY = "global:several_companies"


def memberships_of(user: User) -> list[Membership]:
    """Return the person's memberships with their companies, by company name.  One query."""
    with scope.every_company("choice of company", user_id=user.pk):
        rows = Membership.objects.filter(user=user).select_related("company")
        return list(rows.order_by("company__name", "company_id"))


def activate(request: Any, membership: Membership, *, several: bool) -> None:
    """From the next request on this session works in the membership's company; `several` says
    whether the person has others.  The company's security log says that the person came in.

    Forms that other tabs still show of the company before are refused from then on: what was
    typed for one company must not be written into the other.  A visit as staff ends.
    """
    visits.leave(request)
    if request.session.get(SESSION_KEY) != membership.company_id:
        rotate_token(request)
    request.session[SESSION_KEY] = membership.company_id
    request.session[SEVERAL_KEY] = several
    with scope.company(membership.company_id, switch=True):
        security.record("logged_in", origin=Origin.WEB, actor=request.user)


def record_everywhere(kind: str, user: User) -> None:
    """Write in the security log of each company of the person what he did for all of them."""
    for membership in memberships_of(user):
        with scope.company(membership.company_id, switch=True):
            security.record(kind, origin=Origin.WEB, actor=user)
