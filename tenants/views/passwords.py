from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext as _

from tenants import security
from tenants.forms import ChangePasswordForm
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
