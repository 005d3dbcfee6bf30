"""Novo agendamento."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from scheduling.client_card import glance_at
from scheduling.events import By
from scheduling.forms import BookingForm
from scheduling.forms.client_choice import ClientSearchForm, client_options
from scheduling.models import Appointment
from scheduling.wording import day_and_time
from tenants.http import CompanyRequest
from tenants.permissions import Right, may, requires
from tenants.security import Origin

PREFILLED = {
    "dia": "day",
    "hora": "time",
    "cliente": "client",
    "servico": "service",
    "profissional": "professional",
}


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.BOOK)
def appointment_new(request: CompanyRequest) -> HttpResponse:
    """Whatever button but the last one only shows what the choices so far lead to: `search` the
    clients, `show` the times, of a day if it names one.  A script presses them by itself."""
    form = _form(request)
    if form.is_valid():
        appointment = form.book(by=By(Origin.WEB, request.user))
        if appointment is not None:
            return _booked(request, form, appointment)
    client = form.chosen_client
    context = {
        "form": form,
        "may_manage": may(request.membership, Right.MANAGE),
        "glance": glance_at(client, now=form.now) if client else None,
        "now": form.now,
    }
    return render(request, "scheduling/appointment_new.html", context)


def _form(request: CompanyRequest) -> BookingForm:
    company = request.company
    rules: dict[str, Any] = {
        "zone": company.zone,
        "now": timezone.now(),
        "step": company.slot_minutes,
    }
    asks = "search" in request.POST or "show" in request.POST
    if request.method == "POST" and not asks:
        return BookingForm(request.POST, **rules)
    given = {name: request.GET[key] for key, name in PREFILLED.items() if key in request.GET}
    return BookingForm(initial={**given, **shown(request.POST.dict())}, **rules)


def shown(typed: dict[str, str]) -> dict[str, str]:
    """Return what was typed, with the day and the time of a button that shows them."""
    day, _t, clock = typed.get("show", "").partition("T")
    if "-" not in day:
        return typed
    return {**typed, "day": day, "time": clock, "other_time": "", "anyway": ""}


def _booked(request: CompanyRequest, form: BookingForm, appointment: Appointment) -> HttpResponse:
    if form.known_client is not None:
        known = _("Este celular já era de %(name)s: o horário ficou no cadastro que existia.")
        messages.info(request, known % {"name": form.known_client.name})
    values = {
        "client": appointment.client.first_name,
        "when": day_and_time(appointment.starts_at, now=form.now),
    }
    messages.success(request, _("Horário de %(client)s marcado: %(when)s.") % values)
    return redirect("scheduling:appointment", appointment.pk)


@require_safe
@requires(Right.BOOK)
def client_choice(request: CompanyRequest) -> HttpResponse:
    """The clients that match `q`, for htmx, with the one already chosen kept in the list."""
    form = ClientSearchForm(request.GET)
    options = client_options(form.text, form.chosen)
    return render(request, "scheduling/parts/client_options.html", {"options": options})
