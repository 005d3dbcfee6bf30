from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from scheduling.forms import ServiceForm
from scheduling.models import Service
from tenants.http import CompanyRequest
from tenants.permissions import Right, requires

PAGE_SIZE = 50


@require_safe
@requires(Right.MANAGE)
def services(request: CompanyRequest) -> HttpResponse:
    rows = Service.objects.order_by("-is_active", "name_search", "id")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "scheduling/services.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.MANAGE)
def service_new(request: CompanyRequest) -> HttpResponse:
    return _edited(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.MANAGE)
def service(request: CompanyRequest, pk: int) -> HttpResponse:
    return _edited(request, get_object_or_404(Service, pk=pk))


def _edited(request: CompanyRequest, service: Service | None) -> HttpResponse:
    title = service.name if service else _("Novo serviço")
    form = ServiceForm(request.POST or None, instance=service)
    if form.is_valid() and (saved := form.saved()):
        messages.success(request, _("Serviço %(name)s salvo.") % {"name": saved.name})
        return redirect("scheduling:services")
    return render(request, "scheduling/service.html", {"title": title, "form": form})
