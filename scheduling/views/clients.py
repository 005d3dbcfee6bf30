"""Clientes: the list, a new one, the card, and the file."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from scheduling import client_card, services
from scheduling.client_list import ClientList, as_csv
from scheduling.events import By
from scheduling.forms import ClientForm, NewClientForm, NotesForm, SearchForm
from scheduling.forms.clients import known_to
from scheduling.models import Client
from tenants import scope, security
from tenants.http import CompanyRequest
from tenants.permissions import Right, may, requires
from tenants.security import Origin
from tenants.spreadsheet import csv_headers

PAST_PAGE_SIZE = 20
UPCOMING_SHOWN = 20
CHUNK = 500  # rows that the file keeps in memory


@require_safe
@requires(Right.BOOK)
def clients(request: CompanyRequest) -> HttpResponse:
    """The list; for htmx the part alone, while somebody types."""
    found = _list(request.GET)
    page = found.page(request.GET.get("page"))
    context = {
        "found": found,
        "chips": found.chips(),
        "page": page,
        "rows": found.with_visits(page),
        "may_manage": may(request.membership, Right.MANAGE),
    }
    part = request.htmx
    template = "scheduling/parts/client_list.html" if part else "scheduling/clients.html"
    answer = render(request, template, context)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def _list(data: Any) -> ClientList:
    text, slug = SearchForm(data).text, data.get("filtro", "")
    return ClientList(text=text, slug=slug, now=timezone.now())


@require_POST
@requires(Right.MANAGE)
def clients_file(request: CompanyRequest) -> HttpResponseBase:
    """What the search and the filter leave, as a file.  That it was taken stands in the log."""
    found = _list(request.POST).rows()
    rows = found.count()
    security.record("clients_exported", origin=Origin.WEB, actor=request.user, rows=rows)
    lines = as_csv(found, zone=request.company.zone, chunk=CHUNK)
    name = f"clientes-{request.company.slug}-{timezone.localdate():%Y-%m-%d}.csv"
    return StreamingHttpResponse(scope.bound(lines), headers=csv_headers(name))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.BOOK)
def client_new(request: CompanyRequest) -> HttpResponse:
    form = NewClientForm(request.POST or None)
    if form.is_valid() and (client := form.saved()):
        if form.cleaned_data["consent"]:
            services.note_consent(client, by=_by(request), now=timezone.now())
        messages.success(request, _("%(name)s está no cadastro.") % {"name": client.name})
        return redirect("scheduling:client", client.pk)
    return render(request, "scheduling/client_new.html", {"form": form, "known": form.known})


@require_safe
@requires(Right.BOOK)
def client_alike(request: CompanyRequest) -> HttpResponse:
    """Whom the name and the phone being typed are already, for htmx."""
    known = known_to(name=request.GET.get("name", ""), phone=request.GET.get("phone", ""))
    return render(request, "scheduling/parts/client_known.html", {"known": known})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.BOOK)
def client(request: CompanyRequest, pk: int) -> HttpResponse:
    """The client's card: who it is, what is ahead and what has been."""
    client = _client(pk)
    form = ClientForm(request.POST or None, instance=client)
    if form.is_valid() and form.saved():
        messages.success(request, _("Dados de %(name)s salvos.") % {"name": client.name})
        return redirect("scheduling:client", pk)
    if form.errors:
        client.refresh_from_db()  # the heading shows what is stored, not what was typed
    return _card(request, client, form=form)


@require_POST
@requires(Right.BOOK)
def client_notes(request: CompanyRequest, pk: int) -> HttpResponse:
    client = _client(pk)
    form = NotesForm(request.POST, instance=client)
    if form.is_valid():
        form.save()
        messages.success(request, _("Notas salvas."))
        return redirect("scheduling:client", pk)
    return _card(request, client, notes=form)


def _card(request: CompanyRequest, client: Client, **forms: Any) -> HttpResponse:
    now = timezone.now()
    upcoming = list(client_card.upcoming_of(client, now=now)[:UPCOMING_SHOWN])
    past = Paginator(client_card.past_of(client, now=now), PAST_PAGE_SIZE)
    context = {
        "client": client,
        "form": ClientForm(instance=client),
        "notes": NotesForm(instance=client),
        "now": now,
        "numbers": client_card.numbers_of(client, now=now),
        "upcoming": upcoming,
        "next": client_card.next_of(upcoming),
        "page": past.get_page(request.GET.get("page")),
    }
    return render(request, "scheduling/client.html", context | forms)


@require_POST
@requires(Right.BOOK)
def client_notices(request: CompanyRequest, pk: int) -> HttpResponse:
    """Whether the client gets automatic messages: `wanted` is "yes" or anything else for no."""
    client = _client(pk)
    if request.POST.get("wanted") == "yes":
        services.opt_in(client)
        said = _("%(name)s volta a receber avisos.")
    else:
        services.opt_out(client, now=timezone.now(), by=_by(request))
        said = _("%(name)s não recebe mais avisos automáticos.")
    messages.success(request, said % {"name": client.first_name})
    return redirect("scheduling:client", pk)


@require_POST
@requires(Right.BOOK)
def client_consent(request: CompanyRequest, pk: int) -> HttpResponse:
    """Note that the client agrees to notices: `given` is "yes" or anything else for no."""
    client = _client(pk)
    if request.POST.get("given") == "yes":
        services.note_consent(client, by=_by(request), now=timezone.now())
        messages.success(request, _("Consentimento anotado."))
    else:
        services.forget_consent(client)
        messages.success(request, _("A anotação do consentimento foi apagada."))
    return redirect("scheduling:client", pk)


def _client(pk: int) -> Client:
    client: Client = get_object_or_404(Client.objects.select_related("notices_consent_by"), pk=pk)
    return client


def _by(request: CompanyRequest) -> By:
    return By(Origin.WEB, request.user)
