"""Configurações, Avisos: which notices leave, when, and in which hours."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from tenants.http import CompanyRequest
from tenants.permissions import Right, requires
from whatsapp import preferences, wording_pages
from whatsapp.forms import NoticesForm


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.MANAGE)
def notices(request: CompanyRequest) -> HttpResponse:
    form = _form(request)
    if form.is_valid():
        now, company = timezone.now(), request.company
        changed = preferences.save_notices(company, form.notices, by=request.user, now=now)
        said = _("Avisos salvos. O que ainda espera na fila muda em instantes.")
        messages.success(request, said if changed else _("Nada mudou: os avisos já eram estes."))
        return redirect("whatsapp:notices")
    return _page(request, form, refused=form.is_bound)


@never_cache
@require_POST
@requires(Right.MANAGE)
def notices_example(request: CompanyRequest) -> HttpResponse:
    """What a client would get by the choices as they stand on the page; nothing is saved."""
    form = _form(request)
    if not request.htmx:
        return _page(request, form)
    return render(request, "whatsapp/parts/notices_example.html", _shown(request, form))


def _form(request: CompanyRequest) -> NoticesForm:
    data = request.POST if request.method == "POST" else None
    chosen = preferences.of(request.company)
    return NoticesForm(data, company=request.company, chosen=chosen)


def _page(request: CompanyRequest, form: NoticesForm, *, refused: bool = False) -> HttpResponse:
    context = _shown(request, form) | {"refused": refused}
    return render(request, "whatsapp/notices.html", context)


def _shown(request: CompanyRequest, form: NoticesForm) -> dict[str, Any]:
    now = timezone.now()
    timeline = wording_pages.timeline(form.rules, request.company, now)
    return {"form": form, "timeline": timeline, "now": now}
