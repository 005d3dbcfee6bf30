from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from scheduling.doers import doers
from scheduling.forms import ServiceForm, TermsForm
from scheduling.forms.services import USUAL_MINUTES
from scheduling.models import Service
from tenants.http import CompanyRequest
from tenants.permissions import Right, requires

PAGE_SIZE = 50


@require_safe
@requires(Right.MANAGE)
def services(request: CompanyRequest) -> HttpResponse:
    rows = Service.objects.all().by_category("-is_active")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    people = doers(page.object_list)
    for service in page.object_list:
        service.doers = people[service.pk]
    return render(request, "scheduling/services.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.MANAGE)
def service_new(request: CompanyRequest) -> HttpResponse:
    form = ServiceForm(request.POST or None)
    if form.is_valid() and (saved := form.saved()):
        messages.success(
            request,
            _("%(name)s está na lista. Todos fazem; ajuste na ficha.") % {"name": saved.name},
        )
        return redirect("scheduling:services")
    context = {"form": form, "usual": USUAL_MINUTES}
    return render(request, "scheduling/service_new.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.MANAGE)
def service(request: CompanyRequest, pk: int) -> HttpResponse:
    """The card; a POST is its first part, Dados."""
    service = get_object_or_404(Service, pk=pk)
    form = ServiceForm(request.POST or None, instance=service)
    if form.is_valid() and form.saved():
        messages.success(request, _("Serviço %(name)s salvo.") % {"name": service.name})
        if form.duration_changed:
            messages.info(
                request, _("Os horários já marcados continuam com a duração que tinham.")
            )
        return redirect("scheduling:services")
    if form.errors:
        service.refresh_from_db()  # the heading shows what is stored, not what was typed
    return _shown(request, service, form, TermsForm(service=service))


@require_POST
@requires(Right.MANAGE)
def service_terms(request: CompanyRequest, pk: int) -> HttpResponse:
    service = get_object_or_404(Service, pk=pk)
    form = TermsForm(request.POST, service=service)
    if form.is_valid():
        form.save()
        messages.success(request, _("Salvo quem faz %(name)s.") % {"name": service.name})
        return redirect(f"{reverse('scheduling:service', args=[pk])}#quem-faz")
    return _shown(request, service, ServiceForm(instance=service), form)


@require_POST
@requires(Right.MANAGE)
def service_archive(request: CompanyRequest, pk: int) -> HttpResponse:
    """Whether a service can be booked: `wanted` is "yes" or anything else for no."""
    service = get_object_or_404(Service, pk=pk)
    service.is_active = request.POST.get("wanted") == "yes"
    service.save(update_fields=["is_active"])
    done = (
        _("%(name)s volta para Novo agendamento.")
        if service.is_active
        else _("%(name)s foi arquivado. O que já está marcado continua.")
    )
    messages.success(request, done % {"name": service.name})
    return redirect("scheduling:service", pk)


def _shown(
    request: CompanyRequest, service: Service, form: ServiceForm, terms: TermsForm
) -> HttpResponse:
    context = {"service": service, "form": form, "terms": terms, "usual": USUAL_MINUTES}
    return render(request, "scheduling/service.html", context)
