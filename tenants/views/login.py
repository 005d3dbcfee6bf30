"""Entrar, and the choice of company."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from tenants.companies import activate, memberships_of
from tenants.forms import LoginForm
from tenants.models import Membership, User
from tenants.redirects import leads_to_invitation, safe_next


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
        if leads_to_invitation(safe_next(self.request)):
            return answer
        if not found and user.is_staff:
            return redirect("admin:index")
        return redirect(_choice_address(safe_next(self.request)))


def _choice_address(target: str) -> str:
    return reverse("tenants:choose-company", query={"next": target} if target else None)


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
