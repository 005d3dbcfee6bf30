"""How the REST API knows who asks: ScopeMiddleware has looked already, these report it."""

from __future__ import annotations

from typing import Any, cast

from django.utils.translation import gettext as _
from rest_framework import authentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from tenants.http import CompanyRequest
from tenants.models import ApiToken, User


class TokenAuthentication(authentication.BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        token = getattr(request._request, "api_token", None)
        return None if token is None else (token.membership.user, token)

    def authenticate_header(self, request: Request) -> str:
        """Makes an anonymous call a 401 rather than a 403."""
        return "Bearer"


class SessionAuthentication(authentication.SessionAuthentication):
    """The session of the pages; what changes something needs the CSRF token."""

    def enforce_csrf(self, request: Any) -> None:
        try:
            super().enforce_csrf(request)
        except PermissionDenied:
            raise PermissionDenied(
                _("Falta o token CSRF, ou ele não vale mais. Recarregue a página.")
            ) from None


def company_request(request: Request) -> CompanyRequest:
    """Return the request that REST framework wraps, once IsMember has let it pass."""
    return cast(CompanyRequest, request._request)
