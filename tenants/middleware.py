"""From request to scope: the claimed company first, then the proof inside its scope.

A page claims a company by its session, a program by its token (`atd_<company id>_<secret>`);
membership or secret are looked up inside that scope.  The staff's admin sees every company.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from tenants import scope, security
from tenants.models import ApiToken, Membership
from tenants.models.membership import digest_of
from tenants.security import Origin
from tenants.violations import FOREIGN_KEY, ROW_LEVEL_SECURITY, constraint_of, sqlstate_of

logger = logging.getLogger("atendo.request")

SESSION_KEY = "global:company_id"
TOKEN = re.compile(r"Bearer atd_([1-9][0-9]{0,17})_([A-Za-z0-9_-]{20,100})", re.ASCII)
API_PREFIX = "/api/"
ADMIN_PREFIX = "/admin/"


class ScopeMiddleware:
    """Sets `request.company`, `request.membership` (or None) and `request.api_token`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        if scope.current() is not None:
            raise scope.CrossCompanyAccess("a scope was left over from before this request")
        request.company = request.membership = request.api_token = None
        if request.path.startswith(API_PREFIX) and "Authorization" in request.headers:
            return self._as_program(request)
        if request.path.startswith(ADMIN_PREFIX):
            return self._as_staff(request)
        return self._as_member(request)

    def _as_program(self, request: Any) -> HttpResponse:
        match = TOKEN.fullmatch(request.headers["Authorization"])
        if match is None:
            return unauthorized()
        with scope.company(int(match[1])):
            token = find_token(match[2])
            if token is None:
                return unauthorized()
            token.record_use(now=timezone.now())
            request.api_token = token
            request.user = token.membership.user
            self._enter(request, token.membership)
            return self.get_response(request)

    def _as_staff(self, request: Any) -> HttpResponse:
        with staff_scope(request):
            return self.get_response(request)

    def _as_member(self, request: Any) -> HttpResponse:
        company_id = request.session.get(SESSION_KEY)
        if not scope.is_company_id(company_id) or not request.user.is_authenticated:
            return self.get_response(request)
        with scope.company(company_id):
            membership = find_membership(request.user.pk)
            if membership is not None:
                self._enter(request, membership)
                return self.get_response(request)
        del request.session[SESSION_KEY]
        return self.get_response(request)

    def _enter(self, request: Any, membership: Membership) -> None:
        request.membership = membership
        request.company = membership.company

    def process_exception(self, request: Any, exception: Exception) -> None:
        """A write across companies that was stopped stands in the company's security log."""
        if isinstance(scope.current(), int) and is_stopped_write(exception):
            logger.warning("write across companies stopped")
            origin = Origin.API if request.path.startswith(API_PREFIX) else Origin.WEB
            actor = request.user if request.user.is_authenticated else None
            security.record("write_stopped", origin=origin, actor=actor, path=request.path)


def find_membership(user_id: int) -> Membership | None:
    """Return the user's membership in the company in scope.  One query."""
    found: Membership | None = (
        Membership.objects.filter(user_id=user_id, user__is_active=True)
        .select_related("user", "company")
        .first()
    )
    return found


def find_token(secret: str) -> ApiToken | None:
    """Return the token with this secret in the company in scope.  One query."""
    token: ApiToken | None = (
        ApiToken.objects.filter(digest=digest_of(secret), membership__user__is_active=True)
        .select_related("membership__user", "membership__company")
        .first()
    )
    return token if token is not None and token.matches(secret) else None


def staff_scope(request: HttpRequest) -> AbstractContextManager[None]:
    user = request.user
    if user.is_authenticated and user.is_active and user.is_staff:
        return scope.every_company(f"admin {request.method} {request.path}", user_id=user.pk)
    return nullcontext()


def is_stopped_write(exception: BaseException) -> bool:
    """Whether a lock stopped a reference or a row of another company."""
    if isinstance(exception, scope.CrossCompanyAccess):
        return True
    if not isinstance(exception, DatabaseError):
        return False
    if sqlstate_of(exception) == FOREIGN_KEY:
        return str(constraint_of(exception)).endswith("_fk")  # ours; Django's end otherwise
    return sqlstate_of(exception) == ROW_LEVEL_SECURITY


def unauthorized() -> JsonResponse:
    """The same answer for every reason."""
    return JsonResponse(
        {"detail": _("Token ausente ou inválido.")},
        status=401,
        headers={"WWW-Authenticate": "Bearer"},
        json_dumps_params={"ensure_ascii": False},
    )
