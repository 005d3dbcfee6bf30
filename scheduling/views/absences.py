"""Absences of the professionals, and the days on which the company is closed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from scheduling.forms import AbsenceForm
from scheduling.models import Absence, Professional
from tenants.http import CompanyRequest
from tenants.permissions import Right, requires

PAGE_SIZE = 50


@require_safe
@requires(Right.MANAGE)
def absences(request: CompanyRequest) -> HttpResponse:
    """What goes on and is ahead, the next first; what is over (`quando`), the latest first."""
    now, rows = timezone.now(), Absence.objects.select_related("professional")
    over = request.GET.get("quando") == "passadas"
    rows = (
        rows.filter(ends_at__lte=now).order_by("-ends_at", "-id")
        if over
        else rows.filter(ends_at__gt=now)
    )
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"page": page, "over": over, "now": now}
    return render(request, "scheduling/absences.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.MANAGE)
def absence_new(request: CompanyRequest) -> HttpResponse:
    """`profissional` in the address says who; without it the company is closed."""
    asked = request.GET.get("profissional", "")
    wanted = int(asked) if asked.isdecimal() and len(asked) < 19 else 0
    professional = Professional.objects.filter(pk=wanted).first()
    form = _form(request, professional=professional)
    return _edited(request, form, {"professional": professional})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.MANAGE)
def absence(request: CompanyRequest, pk: int) -> HttpResponse:
    absence = get_object_or_404(Absence.objects.select_related("professional"), pk=pk)
    form = _form(request, absence=absence)
    return _edited(request, form, {"absence": absence, "professional": absence.professional})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.MANAGE)
def absence_delete(request: CompanyRequest, pk: int) -> HttpResponse:
    """Asks first; works without a script."""
    absence = get_object_or_404(Absence.objects.select_related("professional"), pk=pk)
    if request.method == "POST":
        absence.delete()
        messages.success(request, _("Apagado. A agenda volta a aceitar este tempo."))
        return redirect(_back(absence))
    context = {"absence": absence, "back": _back(absence), "now": timezone.now()}
    return render(request, "scheduling/absence_delete.html", context)


def _form(request: CompanyRequest, **about: Any) -> AbsenceForm:
    now, zone = timezone.now(), request.company.zone
    return AbsenceForm(request.POST or None, zone=zone, now=now, **about)


def _edited(request: CompanyRequest, form: AbsenceForm, context: dict[str, Any]) -> HttpResponse:
    """Keep what is valid; when appointments fall into it, only once somebody has seen them."""
    struck = form.struck()
    if form.is_valid() and (not struck or form.cleaned_data["anyway"]):
        saved = form.save()
        _say(request, len(saved), len(struck))
        return redirect(_back(saved[0]))
    context |= {"form": form, "struck": struck, "now": form.now}
    return render(request, "scheduling/absence.html", context)


def _say(request: CompanyRequest, count: int, struck: int) -> None:
    done = ngettext("Ausência salva.", "%(count)s ausências salvas.", count)
    messages.success(request, done % {"count": count})
    if struck:
        left = ngettext(
            "%(count)s horário marcado neste tempo continua na agenda.",
            "%(count)s horários marcados neste tempo continuam na agenda.",
            struck,
        )
        messages.warning(request, left % {"count": struck})


def _back(absence: Absence) -> str:
    if absence.professional_id is None:
        return reverse("scheduling:absences")
    return f"{reverse('scheduling:professional', args=[absence.professional_id])}#ausencias"
