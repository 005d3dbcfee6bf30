"""Entrar, Sair, the password, the choice of company, and the security log."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from tenants import security
from tenants.companies import activate, memberships_of
from tenants.forms import ChangePasswordForm, LoginForm
from tenants.http import CompanyRequest
from tenants.models import Membership, SecurityEvent, User
from tenants.permissions import Right, requires
from tenants.redirects import safe_next
from tenants.security import KINDS, Origin

PAGE_SIZE = 50
REFUSALS = [name for name, kind in KINDS.items() if kind.refused]


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
    """Newest first; `so=recusas` leaves the refusals."""
    only_refusals = request.GET.get("so") == "recusas"
    events = SecurityEvent.objects.select_related("actor").order_by("-created_at", "-id")
    refused = events.filter(kind__in=REFUSALS)
    page = Paginator(refused if only_refusals else events, PAGE_SIZE)
    context = {
        "page": page.get_page(request.GET.get("page")),
        "only_refusals": only_refusals,
        "refusals": refused.count(),
        "today": timezone.localdate(),
    }
    return render(request, "tenants/security_log.html", context)
