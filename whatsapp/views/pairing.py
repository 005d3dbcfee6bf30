"""What a person asks of the connection: written as an intention, fulfilled by a job."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from scheduling.events import By
from scheduling.phone import whatsapp_number
from tenants.http import CompanyRequest
from tenants.permissions import Right, requires
from tenants.security import Origin
from whatsapp import overview
from whatsapp.connection import requests
from whatsapp.forms import PairForm, RiskForm
from whatsapp.models import Instance
from whatsapp.situation import WAITING
from whatsapp.views.connection import page


@require_POST
@requires(Right.CONNECT_WHATSAPP)
def accept_and_connect(request: CompanyRequest) -> HttpResponse:
    """The first time: the tick and the wish in one form; without the tick neither."""
    form = RiskForm(request.POST)
    if not form.is_valid():
        return page(request, form)
    by, now = By(Origin.WEB, request.user), timezone.now()
    requests.accept_risk(by=by, now=now)
    requests.connect(by=by, now=now)
    return redirect("whatsapp:connection")


@require_POST
@requires(Right.CONNECT_WHATSAPP)
def connect(request: CompanyRequest) -> HttpResponse:
    return _connected(request)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.CONNECT_WHATSAPP)
def pair(request: CompanyRequest) -> HttpResponse:
    """The company's number, for a code to type instead of one to scan."""
    instance = requests.current_instance()
    form = PairForm(request.POST or None, initial={"number": _known_number(instance)})
    if form.is_valid():
        return _connected(request, whatsapp_number(form.cleaned_data["number"]))
    return render(request, "whatsapp/pair.html", {"form": form})


def _known_number(instance: Instance | None) -> str:
    if instance is None:
        return ""
    return f"+{instance.wanted_number}" if instance.wanted_number else instance.phone


def _connected(request: CompanyRequest, number: str = "") -> HttpResponse:
    try:
        requests.connect(by=By(Origin.WEB, request.user), now=timezone.now(), number=number)
    except requests.RiskNotAccepted:
        messages.warning(
            request, _("Antes de conectar, leia o aviso e marque que aceita o risco.")
        )
    return redirect("whatsapp:connection")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.CONNECT_WHATSAPP)
def disconnect(request: CompanyRequest) -> HttpResponse:
    """Asks first, and says what becomes of the queue; works without a script."""
    instance = requests.current_instance()
    if instance is None or not _can_be_disconnected(instance):
        return redirect("whatsapp:connection")
    if request.method == "POST":
        requests.disconnect(by=By(Origin.WEB, request.user), now=timezone.now())
        return redirect("whatsapp:connection")
    context = {"instance": instance, "queued": overview.queue().count()}
    return render(request, "whatsapp/disconnect.html", context)


def _can_be_disconnected(instance: Instance) -> bool:
    return instance.is_open or instance.status in WAITING
