from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Max, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from scheduling import services
from scheduling.forms import ClientForm, SearchForm
from scheduling.models import Client, Status
from tenants.http import CompanyRequest
from tenants.permissions import Right, requires

PAGE_SIZE = 50
PAST_PAGE_SIZE = 20
UPCOMING_SHOWN = 20


@require_safe
@requires(Right.BOOK)
def clients(request: CompanyRequest) -> HttpResponse:
    text = SearchForm(request.GET).text
    rows = Client.objects.matching(text) if text else Client.objects.all()
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "scheduling/clients.html", {"page": page, "text": text})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.BOOK)
def client_new(request: CompanyRequest) -> HttpResponse:
    form = ClientForm(request.POST or None)
    if form.is_valid() and (client := form.saved()):
        messages.success(request, _("%(name)s está no cadastro.") % {"name": client.name})
        return redirect("scheduling:client", client.pk)
    return render(request, "scheduling/client_new.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.BOOK)
def client(request: CompanyRequest, pk: int) -> HttpResponse:
    """The client's card: the form, what is ahead and what has been."""
    client = get_object_or_404(Client, pk=pk)
    form = ClientForm(request.POST or None, instance=client)
    if form.is_valid() and form.saved():
        messages.success(request, _("Dados de %(name)s salvos.") % {"name": client.name})
        return redirect("scheduling:client", pk)
    if form.errors:
        client.refresh_from_db()  # the heading shows what is stored, not what was typed
    context = {"client": client, "form": form, **_visits(request, client)}
    return render(request, "scheduling/client.html", context)


def _visits(request: CompanyRequest, client: Client) -> dict[str, Any]:
    now = timezone.now()
    appointments = client.appointments.select_related("service", "professional")
    past = appointments.filter(ends_at__lte=now).order_by("-starts_at", "-id")
    been = Q(status=Status.COMPLETED)
    return {
        "now": now,
        "upcoming": appointments.filter(ends_at__gt=now).order_by("starts_at")[:UPCOMING_SHOWN],
        "page": Paginator(past, PAST_PAGE_SIZE).get_page(request.GET.get("page")),
        "numbers": appointments.order_by().aggregate(
            visits=Count("pk", filter=been),
            last=Max("starts_at", filter=been),
            missed=Count("pk", filter=Q(status=Status.NO_SHOW)),
        ),
    }


@require_POST
@requires(Right.BOOK)
def client_notices(request: CompanyRequest, pk: int) -> HttpResponse:
    """Whether the client gets automatic messages: `wanted` is "yes" or anything else for no."""
    client = get_object_or_404(Client, pk=pk)
    if request.POST.get("wanted") == "yes":
        services.opt_in(client)
        said = _("%(name)s volta a receber avisos.")
    else:
        services.opt_out(client, now=timezone.now())
        said = _("%(name)s não recebe mais avisos automáticos.")
    messages.success(request, said % {"name": client.first_name})
    return redirect("scheduling:client", pk)
