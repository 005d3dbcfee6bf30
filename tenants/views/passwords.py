from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from tenants import letters, security
from tenants.accounts import active_account_id
from tenants.companies import record_everywhere
from tenants.forms import ChangePasswordForm, NewPasswordForm, ResetForm
from tenants.security import Origin


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
@require_http_methods(["GET", "HEAD", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    """Queues a letter, to nobody where there is no account: the answer is the same and takes as
    long."""
    form = ResetForm(request.POST or None)
    if form.is_valid():
        user_id = active_account_id(form.cleaned_data["email"])
        letters.send_password_letter.defer(user_id=user_id)
        return redirect("tenants:password-asked")
    return render(request, "tenants/password_forgotten.html", {"form": form})


@require_safe
def asked(request: HttpRequest) -> HttpResponse:
    return render(request, "tenants/password_asked.html")


class NewPasswordView(auth_views.PasswordResetConfirmView):
    """Behind the letter's link.  Django keeps the link in the session and leaves the address."""

    http_method_names = ["get", "head", "post"]
    template_name = "tenants/password_new.html"
    form_class = NewPasswordForm
    success_url = reverse_lazy("tenants:login")

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        record_everywhere("password_renewed", form.user)
        messages.success(self.request, _("Senha nova salva. Entre com ela."))
        return answer
