"""The messages of an appointment, those of a client, and those that a person must read."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from scheduling import agenda
from scheduling.events import By
from scheduling.models import Appointment, Client
from tenants.http import CompanyRequest
from tenants.permissions import Right, requires
from tenants.redirects import safe_next
from tenants.security import Origin
from whatsapp import chat, confirmation, overview, preferences
from whatsapp.connection.requests import current_instance
from whatsapp.models import Message

PAGE_SIZE = 50
LAST_SHOWN = 20


@never_cache
@require_safe
@requires(Right.SEE_OWN_AGENDA)
def appointment_messages(request: CompanyRequest, pk: int) -> HttpResponse:
    """The chat; for htmx the part alone, and 204 while it would show what `version` shows.

    The part takes the place of the element `#mensagens`, and from then on renews itself.
    """
    appointment = get_object_or_404(agenda.visible(request), pk=pk)
    context = _chat(request, appointment)
    if not request.htmx:  # type: ignore[attr-defined]  # set by HtmxMiddleware
        return render(request, "whatsapp/appointment_messages.html", context)
    if context["live"] and request.GET.get("version") == context["version"]:
        return HttpResponse(status=204)
    answer = render(request, "whatsapp/parts/chat.html", context)
    answer["HX-Retarget"], answer["HX-Reswap"] = "#mensagens", "outerHTML"
    return answer


def _chat(request: CompanyRequest, appointment: Appointment) -> dict[str, Any]:
    reader = _reader(request)
    now = reader.now
    rows = list(appointment.messages.all())
    return {
        "appointment": appointment,
        "days": chat.days(rows, appointment, reader),
        "version": chat.version(rows, reader),
        # A page about something that is over does not ask again.
        "live": appointment.is_open and now < appointment.ends_at,
        "now": now,
    }


def _reader(request: CompanyRequest) -> chat.Reader:
    instance = current_instance()
    connected = instance is not None and instance.is_open
    chosen = preferences.of(request.company)
    return chat.Reader(request.company, connected, timezone.now(), chosen)


@never_cache
@require_safe
@requires(Right.BOOK)
def client_messages(request: CompanyRequest, pk: int) -> HttpResponse:
    """The last messages with a client, of all appointments; for htmx the part alone."""
    client = get_object_or_404(Client, pk=pk)
    recent = client.messages.select_related("appointment__service", "appointment__professional")
    rows = list(recent.order_by("-id")[: LAST_SHOWN + 1])
    context = {
        "client": client,
        "days": chat.days_of_client(rows[:LAST_SHOWN], client, _reader(request)),
        "more": len(rows) > LAST_SHOWN,
        "speaker": {"client": client},  # a bubble names the client of an appointment
    }
    part = request.htmx  # type: ignore[attr-defined]  # set by HtmxMiddleware
    template = "parts/client_chat.html" if part else "client_messages.html"
    return render(request, f"whatsapp/{template}", context)


@require_POST
@requires(Right.SEND)
def send_confirmation(request: CompanyRequest, pk: int) -> HttpResponse:
    appointment = get_object_or_404(agenda.visible(request), pk=pk)
    by = By(Origin.WEB, request.user)
    try:
        confirmation.ask(appointment, by=by, now=timezone.now())
    except confirmation.Refused as refused:
        messages.warning(request, refused.reason)
    else:
        messages.success(request, confirmation.promise())
    return redirect("scheduling:appointment", pk)


@never_cache
@require_safe
@requires(Right.SEND)
def to_read(request: CompanyRequest) -> HttpResponse:
    page = Paginator(overview.to_read(), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "whatsapp/to_read.html", {"page": page, "now": timezone.now()})


@require_POST
@requires(Right.SEND)
def resolve(request: CompanyRequest, pk: int) -> HttpResponse:
    overview.resolve(get_object_or_404(Message, pk=pk))
    messages.success(request, _("Mensagem resolvida."))
    return redirect(safe_next(request) or "whatsapp:to-read")
