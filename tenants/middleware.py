"""From request to scope: the claimed company first, then the proof inside its scope.

A page claims a company by its session, a program by its token (`atd_<company id>_<secret>`);
membership or secret are looked up inside that scope.  The staff's admin sees every company; a
visit as staff claims one by the session, too, and goes before the person's own company.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.encoding import escape_uri_path
from django.utils.translation import gettext as _

from tenants import scope, security, visits
from tenants.models import ApiToken, Membership, SupportVisit
from tenants.models.membership import digest_of
from tenants.secret_paths import without_secret
from tenants.security import Origin
from tenants.violations import (
    FOREIGN_KEY,
    READ_ONLY,
    ROW_LEVEL_SECURITY,
    constraint_of,
    sqlstate_of,
)

logger = logging.getLogger("atendo.request")

SESSION_KEY = "global:company_id"
TOKEN = re.compile(r"Bearer atd_([1-9][0-9]{0,17})_([A-Za-z0-9_-]{20,100})", re.ASCII)
API_PREFIX = "/api/"
ADMIN_PREFIX = "/admin/"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# What changes no company's rows: a visit ends there, or the person is asked who he is.
WAYS_OUT = frozenset({"tenants:login", "tenants:logout", "tenants:choose-company"})


class ScopeMiddleware:
    """Sets `request.company`, `membership`, `api_token` and `visit`, each of them or None."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        if scope.current() is not None:
            raise scope.CrossCompanyAccess("a scope was left over from before this request")
        request.company = request.membership = request.api_token = request.visit = None
        request.visit_is_over = request.tried_to_change = False
        response = self._answer(request)
        if request.company is not None:  # no cache on the way may keep it for somebody else
            patch_cache_control(response, private=True)
        return response

    def _answer(self, request: Any) -> HttpResponse:
        if request.path.startswith(API_PREFIX) and "Authorization" in request.headers:
            return self._as_program(request)
        if request.path.startswith(ADMIN_PREFIX):
            return self._as_staff(request)
        if visits.VISIT_KEY in request.session:
            return self._as_visitor(request)
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

    def _as_visitor(self, request: Any) -> HttpResponse:
        if claim := visits.claim_of(request):
            with scope.company(claim[0]):
                visit = visits.find(claim[1], user_id=request.user.pk, now=timezone.now())
                if visit is not None:
                    return self._visit(request, visit)
        visits.forget(request)
        request.visit_is_over = True
        return self._as_member(request)

    def _visit(self, request: Any, visit: SupportVisit) -> HttpResponse:
        line = "visit %s of the staff: %s %s"
        extra = {"user_id": visit.user_id}
        logger.info(line, visit.pk, request.method, request.path, extra=extra)
        request.visit = visit
        self._enter(request, visit.membership)
        if visit.may_change or request.method not in SAFE_METHODS:
            response = self.get_response(request)
        else:
            with connection.read_only():  # type: ignore[attr-defined]
                response = self.get_response(request)
        if request.tried_to_change:
            record_refusal(request)
        return response

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

    def process_view(self, request: Any, *args: Any) -> HttpResponse | None:
        """Who visits only to look changes nothing.  Nor does a form of a visit that is over: what
        it says was meant for another company than the one that would now get it."""
        if request.method in SAFE_METHODS or request.resolver_match.view_name in WAYS_OUT:
            return None
        if request.visit_is_over:
            return visit_is_over(request)
        if request.visit is not None and not request.visit.may_change:
            return refuse_change(request)
        return None

    def process_exception(self, request: Any, exception: Exception) -> HttpResponse | None:
        """A write across companies that was stopped stands in the company's security log; so does
        one of a visit that may only look, which the database has refused."""
        if request.visit is not None and is_read_only(exception):
            return refuse_change(request)
        if isinstance(scope.current(), int) and is_stopped_write(exception):
            logger.warning("write across companies stopped")
            if request.visit is not None and request.method in SAFE_METHODS:
                request.tried_to_change = True  # the transaction may be a read-only one
                return None
            origin = Origin.API if request.path.startswith(API_PREFIX) else Origin.WEB
            actor = request.user if request.user.is_authenticated else None
            path = without_secret(request.path)
            security.record("write_stopped", origin=origin, actor=actor, path=path)
        return None


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


def is_read_only(exception: BaseException) -> bool:
    return isinstance(exception, DatabaseError) and sqlstate_of(exception) == READ_ONLY


def unauthorized() -> JsonResponse:
    """The same answer for every reason."""
    sentence = _("Token ausente ou inválido.")
    return _json(sentence, status=401, headers={"WWW-Authenticate": "Bearer"})


def refuse_change(request: Any) -> HttpResponse:
    """The log is written when the transaction is over, which may be a read-only one."""
    request.tried_to_change = True
    return _forbidden(
        request,
        _("Esta visita é só para ver"),
        _(
            "Nada foi alterado. Para alterar a pedido da empresa, saia e entre de novo,"
            " dizendo o motivo."
        ),
    )


def visit_is_over(request: Any) -> HttpResponse:
    sentence = _("Nada foi enviado. Para continuar, entre de novo na empresa pela administração.")
    return _forbidden(request, _("A visita à empresa terminou"), sentence)


def record_refusal(request: Any) -> None:
    origin = Origin.API if request.path.startswith(API_PREFIX) else Origin.WEB
    path = escape_uri_path(without_secret(request.path))[:200]
    security.record("staff_refused_to_change", origin=origin, actor=request.user, path=path)


def _forbidden(request: Any, heading: str, sentence: str) -> HttpResponse:
    if request.path.startswith(API_PREFIX):
        return _json(f"{heading}. {sentence}", status=403)
    context = {"heading": heading, "sentence": sentence}
    return render(request, "tenants/visit_refused.html", context, status=403)


def _json(sentence: str, **kwargs: Any) -> JsonResponse:
    return JsonResponse({"detail": sentence}, json_dumps_params={"ensure_ascii": False}, **kwargs)
