"""Configurações: the company's own data."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tenants import security
from tenants.forms import CompanyForm
from tenants.http import CompanyRequest
from tenants.models import Company, User
from tenants.permissions import Right, requires
from tenants.security import Origin


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.MANAGE_COMPANY)
def settings(request: CompanyRequest) -> HttpResponse:
    """A row of its own: what was typed and refused must not stand in the frame."""
    form = CompanyForm(request.POST or None, instance=Company.objects.get())
    if form.is_valid():
        _save(form, by=request.user)
        messages.success(request, _("Dados da empresa salvos."))
        return redirect("tenants:settings")
    return render(request, "tenants/settings.html", {"form": form})


@transaction.atomic
def _save(form: CompanyForm, *, by: User) -> None:
    changes = form.changes()
    if changes:
        form.save_changes()
        security.record("company_changed", origin=Origin.WEB, actor=by, changes=changes)
