"""Entrar como empresa: from a company's page in the admin into its pages, and back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import helpers
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AdminRadioSelect, AdminTextareaWidget
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from tenants import visits
from tenants.admin_site import StaffAdmin
from tenants.models import Company, SupportVisit

LOOK, CHANGE = "look", "change"
SHORTEST_REASON = 10


class EnterForm(forms.Form):
    access = forms.ChoiceField(
        label=gettext_lazy("O que vai fazer"),
        choices=[
            (LOOK, gettext_lazy("Só olhar")),
            (CHANGE, gettext_lazy("Alterar a pedido da empresa")),
        ],
        initial=LOOK,
        widget=AdminRadioSelect,
        error_messages=dict.fromkeys(
            ("required", "invalid_choice"),
            gettext_lazy("Escolha entre só olhar e alterar a pedido da empresa."),
        ),
    )
    reason = forms.CharField(
        label=gettext_lazy("Motivo"),
        min_length=SHORTEST_REASON,
        max_length=SupportVisit._meta.get_field("reason").max_length,
        widget=AdminTextareaWidget(attrs={"rows": 3}),
        help_text=gettext_lazy("Como “Chamado 418: a agenda não abre”. A empresa lê este texto."),
        error_messages={
            "required": gettext_lazy("Escreva o motivo. A empresa lê este texto."),
            "min_length": gettext_lazy("Explique melhor o motivo. A empresa lê este texto."),
            "max_length": gettext_lazy("Encurte o motivo para até %(limit_value)d letras."),
        },
    )
    minutes = forms.TypedChoiceField(
        label=gettext_lazy("Por quanto tempo"),
        choices=[
            (15, gettext_lazy("15 minutos")),
            (30, gettext_lazy("30 minutos")),
            (60, gettext_lazy("60 minutos")),
        ],
        initial=15,
        coerce=int,
        widget=AdminRadioSelect,
        error_messages=dict.fromkeys(
            ("required", "invalid_choice"), gettext_lazy("Escolha 15, 30 ou 60 minutos.")
        ),
    )

    def enter(self, request: HttpRequest, company: Company) -> SupportVisit:
        said = self.cleaned_data
        return visits.enter(
            request,
            company,
            reason=said["reason"],
            may_change=said["access"] == CHANGE,
            lasts=timedelta(minutes=said["minutes"]),
        )


class VisitedAdmin(StaffAdmin):
    """The admin of companies, with the ways in and out."""

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        enter = require_http_methods(["GET", "HEAD", "POST"])(self.enter_view)
        leave = require_POST(self.leave_view)
        return [
            path("leave/", wrap(leave), name="tenants_company_leave"),
            path("<path:object_id>/enter/", wrap(enter), name="tenants_company_enter"),
            *super().get_urls(),
        ]

    def enter_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The permission is asked for before anybody looks whether the company exists."""
        if not visits.may_enter(request):
            raise PermissionDenied
        company = self.get_object(request, unquote(object_id))
        if company is None:
            return self._get_obj_does_not_exist_redirect(  # type: ignore[attr-defined,no-any-return]
                request, self.opts, object_id
            )
        form = EnterForm(request.POST or None)
        if form.is_valid():
            form.enter(request, company)
            return redirect("home")
        return TemplateResponse(
            request, "admin/tenants/company/enter.html", self._shown(request, company, form)
        )

    def _shown(self, request: HttpRequest, company: Company, form: EnterForm) -> dict[str, Any]:
        fieldsets: Any = [(None, {"fields": list(form.fields)})]
        in_rows: Any = helpers.AdminForm
        return {
            **self.admin_site.each_context(request),
            "title": _("Entrar como empresa: %(company)s") % {"company": company},
            "company": company,
            "form": form,
            "adminform": in_rows(form, fieldsets, {}),
            "opts": self.opts,
        }

    def leave_view(self, request: HttpRequest) -> HttpResponse:
        """Back to the company's page in the admin, for those who may see it."""
        visit = visits.leave(request)
        if visit is None:
            messages.info(request, _("A visita já tinha terminado."))
            return redirect("admin:index")
        messages.success(request, _("Você saiu de %(company)s.") % {"company": visit.company})
        if not self.has_view_permission(request, visit.company):
            return redirect("admin:index")
        return redirect("admin:tenants_company_change", visit.company_id)
