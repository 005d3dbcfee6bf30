from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from scheduling.forms import HoursForm, ProfessionalForm
from scheduling.models import Professional
from tenants.http import CompanyRequest
from tenants.permissions import Right, requires

PAGE_SIZE = 50


@require_safe
@requires(Right.MANAGE)
def professionals(request: CompanyRequest) -> HttpResponse:
    rows = Professional.objects.select_related("membership__user").prefetch_related("hours")
    rows = rows.order_by("-is_active", "name_search", "id")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "scheduling/professionals.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.MANAGE)
def professional_new(request: CompanyRequest) -> HttpResponse:
    return _edited(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.MANAGE)
def professional(request: CompanyRequest, pk: int) -> HttpResponse:
    return _edited(request, get_object_or_404(Professional, pk=pk))


def _edited(request: CompanyRequest, professional: Professional | None) -> HttpResponse:
    title = professional.name if professional else _("Novo profissional")
    form = ProfessionalForm(request.POST or None, instance=professional)
    hours = HoursForm(request.POST or None, professional=professional)
    if form.is_valid() and hours.is_valid() and (saved := _saved(form, hours)):
        messages.success(request, _("Dados de %(name)s salvos.") % {"name": saved.name})
        return redirect("scheduling:professionals")
    context = {"title": title, "form": form, "hours": hours, "professional": professional}
    return render(request, "scheduling/professional.html", context)


@transaction.atomic
def _saved(form: ProfessionalForm, hours: HoursForm) -> Professional | None:
    professional = form.saved()
    if professional is not None:
        hours.save(professional)
    return professional
