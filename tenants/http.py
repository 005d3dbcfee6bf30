"""The request as views of a company's pages see it."""

from __future__ import annotations

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from tenants.models import ApiToken, Company, Membership, SupportVisit, User


class CompanyRequest(HttpRequest):
    """Passed on by ScopeMiddleware: a member of `company` is asking, in its scope."""

    user: User
    company: Company
    membership: Membership
    api_token: ApiToken | None
    visit: SupportVisit | None
    htmx: HtmxDetails  # by HtmxMiddleware
