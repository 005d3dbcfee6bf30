"""Entrar, Sair, the password, the choice of company, and the security log."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tenants import scope, security
from tenants.companies import activate, memberships_of
from tenants.forms import ChangePasswordForm, LoginForm
from tenants.http import CompanyRequest
from tenants.models import Membership, User
from tenants.permissions import Right, requires
from tenants.redirects import safe_next
from tenants.security import Origin
from tenants.security_log import LogFilter, as_csv

PAGE_SIZE = 50
CHUNK = 500  # rows that the file keeps in memory


class LoginView(auth_views.LoginView):
    template_name = "tenants/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        user: User = form.get_user()
        found = memberships_of(user)
        if len(found) == 1:
            activate(self.request, found[0], several=False)
            return answer
        if not found and user.is_staff:
            return redirect("admin:index")
        return redirect(_choice_address(safe_next(self.request)))


def _choice_address(target: str) -> str:
    return reverse("tenants:choose-company", query={"next": target} if target else None)


class ChangePasswordView(auth_views.PasswordChangeView):
    template_name = "tenants/change_password.html"
    form_class = ChangePasswordForm
    success_url = reverse_lazy("home")

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        if self.request.company is not None and self.request.visit is None:  # type: ignore[attr-defined]
            security.record("password_changed", origin=Origin.WEB, actor=form.user)
        messages.success(self.request, _("Senha trocada. Use a nova na próxima vez."))
        return answer


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def choose_company(request: HttpRequest) -> HttpResponse:
    """The person's companies.  The session changes company by POST alone."""
    user: User = request.user  # type: ignore[assignment]  # login_required has answered
    found = {membership.company_id: membership for membership in memberships_of(user)}
    if request.method == "POST":
        return _switch(request, found)
    if not found and user.is_staff:
        return redirect("admin:index")
    companies = [membership.company for membership in found.values()]
    context = {"companies": companies, "memberships": found.values(), "next": safe_next(request)}
    return render(request, "tenants/choose_company.html", context)


def _switch(request: HttpRequest, found: dict[int, Membership]) -> HttpResponse:
    """A company that is not one of the person's is unknown, whether it exists or not."""
    asked = request.POST.get("company", "")
    membership = found.get(int(asked)) if re.fullmatch("[0-9]{1,18}", asked) else None
    if membership is None:
        raise Http404
    activate(request, membership, several=len(found) > 1)
    return redirect(safe_next(request) or "home")


@require_safe
@requires(Right.SEE_SECURITY_LOG)
def security_log(request: CompanyRequest) -> HttpResponse:
    """Newest first, narrowed by the fields of LogFilter and by `so=recusas`."""
    form = LogFilter(request.GET, zone=request.company.zone)
    page = Paginator(form.shown(), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"page": page, "form": form, "refusals": form.refusals().count()}
    return render(request, "tenants/security_log.html", context)


@require_POST
@requires(Right.SEE_SECURITY_LOG)
def security_log_file(request: CompanyRequest) -> HttpResponseBase:
    """What the filter leaves, as a file.  That it was taken stands in the log, from then on."""
    zone = request.company.zone
    form = LogFilter(request.POST, zone=zone)
    if not form.is_valid():
        return redirect(reverse("tenants:security-log", query=form.asked))
    found = form.shown()
    rows = found.count()
    taken = security.record("log_downloaded", origin=Origin.WEB, actor=request.user, rows=rows)
    lines = as_csv(found.filter(pk__lt=taken.pk).iterator(chunk_size=CHUNK), zone=zone)
    name = f"seguranca-{request.company.slug}-{timezone.localdate():%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(
        scope.bound(lines), content_type="text/csv; charset=utf-8", headers=headers
    )
