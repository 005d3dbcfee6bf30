"""Novo agendamento."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from scheduling.events import By
from scheduling.forms import BookingForm
from scheduling.forms.booking import ClientSearchForm, client_options
from scheduling.models import Appointment
from scheduling.wording import day_and_time
from tenants.http import CompanyRequest
from tenants.permissions import Right, may, requires
from tenants.security import Origin

PREFILLED = {"dia": "day", "hora": "time", "cliente": "client", "profissional": "professional"}


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.BOOK)
def appointment_new(request: CompanyRequest) -> HttpResponse:
    """Without a script the button Buscar posts the whole form and gets it back with clients."""
    form = _form(request)
    if form.is_valid():
        appointment = form.book(by=By(Origin.WEB, request.user))
        if appointment is not None:
            return _booked(request, form, appointment)
    manages = may(request.membership, Right.MANAGE)
    context = {"form": form, "options": form.options(), "may_manage": manages}
    return render(request, "scheduling/appointment_new.html", context)


def _form(request: CompanyRequest) -> BookingForm:
    zone, now = request.company.zone, timezone.now()
    if request.method == "POST" and "search" not in request.POST:
        return BookingForm(request.POST, zone=zone, now=now)
    given = {name: request.GET[key] for key, name in PREFILLED.items() if key in request.GET}
    initial = {"day": timezone.localdate(now), **given, **request.POST.dict()}
    return BookingForm(initial=initial, zone=zone, now=now)


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
