"""The messages of an appointment, and the last ones of a client."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from scheduling import agenda
from scheduling.events import By
from scheduling.models import Appointment, Client
from tenants.http import CompanyRequest
from tenants.permissions import Right, may, requires
from tenants.security import Origin
from whatsapp import chat, confirmation, preferences
from whatsapp.connection.requests import current_instance
from whatsapp.threads import Thread

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
    if not request.htmx:
        return render(request, "whatsapp/appointment_messages.html", context)
    if context["live"] and request.GET.get("version") == context["version"]:
        return HttpResponse(status=204)
    answer = render(request, "whatsapp/parts/chat.html", context)
    answer["HX-Retarget"], answer["HX-Reswap"] = "#mensagens", "outerHTML"
    return answer


def _chat(request: CompanyRequest, appointment: Appointment) -> dict[str, Any]:
    reader = reader_for(request)
    now = reader.now
    rows = list(appointment.messages.select_related("client"))
    return {
        "appointment": appointment,
        "days": chat.days(rows, reader),
        "version": chat.version(rows, reader),
        # A page about something that is over does not ask again.
        "live": appointment.is_open and now < appointment.ends_at,
        "may_send": may(request.membership, Right.SEND),
        "now": now,
    }


def reader_for(request: CompanyRequest) -> chat.Reader:
    """Return who reads the messages, and when.  Two queries."""
    instance = current_instance()
    connected = instance is not None and instance.is_open
    chosen = preferences.of(request.company)
    return chat.Reader(request.company, connected, timezone.now(), chosen)


@never_cache
@require_safe
@requires(Right.SEND)
def client_messages(request: CompanyRequest, pk: int) -> HttpResponse:
    """The last messages with a client, for htmx; without it the whole conversation."""
    client = get_object_or_404(Client, pk=pk)
    url = reverse("whatsapp:thread", args=[pk])
    if not request.htmx:
        return redirect(url)
    rows = list(Thread(client, client.phone, url).messages()[: LAST_SHOWN + 1])
    context = {
        "client": client,
        "days": chat.days(rows[:LAST_SHOWN], reader_for(request)),
        "more": len(rows) > LAST_SHOWN,
        "last": LAST_SHOWN,
    }
    return render(request, "whatsapp/parts/client_chat.html", context)


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
