"""The people who attend: the list, and each one's card in parts, each with a form of its own."""

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
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from scheduling import absences, week
from scheduling.availability import Interval
from scheduling.forms import HoursForm, ProfessionalForm, TermsForm
from scheduling.models import Appointment, Professional
from tenants.http import CompanyRequest
from tenants.permissions import Right, requires

PAGE_SIZE = 50
LOOKED_AT = 200  # appointments ahead that are compared with the week
NAMED = 5  # appointments and absences shown in the card


@require_safe
@requires(Right.MANAGE)
def professionals(request: CompanyRequest) -> HttpResponse:
    rows = Professional.objects.select_related("membership__user").prefetch_related("hours")
    rows = rows.order_by("-is_active", "name_search", "id")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    now = timezone.now()
    away = absences.next_of(page.object_list, now=now)
    for professional in page.object_list:
        professional.away = away.get(professional.pk)
    return render(request, "scheduling/professionals.html", {"page": page, "now": now})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.MANAGE)
def professional_new(request: CompanyRequest) -> HttpResponse:
    form = ProfessionalForm(request.POST or None)
    if form.is_valid() and (saved := form.saved()):
        done = _("%(name)s está no cadastro. Agora, os horários da semana.")
        messages.success(request, done % {"name": saved.name})
        return redirect(_card(saved, "horarios"))
    return render(request, "scheduling/professional_new.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.MANAGE)
def professional(request: CompanyRequest, pk: int) -> HttpResponse:
    """The card; a POST is its first part, Dados."""
    professional = _found(pk)
    form = ProfessionalForm(request.POST or None, instance=professional)
    if form.is_valid() and form.saved():
        messages.success(request, _("Dados de %(name)s salvos.") % {"name": professional.name})
        return redirect("scheduling:professional", pk)
    if form.errors:
        professional.refresh_from_db()  # the heading shows what is stored, not what was typed
    return _shown(request, professional, form=form)


@require_POST
@requires(Right.MANAGE)
def professional_hours(request: CompanyRequest, pk: int) -> HttpResponse:
    """Salvar, or one of the editor's other buttons, after which nothing is kept yet."""
    professional = _found(pk)
    hours, wish = HoursForm(request.POST), request.POST.get("do") or "save"
    if wish != "save":
        hours.apply(wish)
    elif hours.is_valid():
        hours.save(professional)
        messages.success(request, _("Horários de %(name)s salvos.") % {"name": professional.name})
        return redirect(_card(professional, "horarios"))
    if request.htmx:
        context = {"professional": professional, "hours": hours, **_likes(professional)}
        return render(request, "scheduling/parts/hours_form.html", context)
    return _shown(request, professional, hours=hours)


@require_POST
@requires(Right.MANAGE)
def professional_terms(request: CompanyRequest, pk: int) -> HttpResponse:
    professional = _found(pk)
    terms = TermsForm(request.POST, professional=professional)
    if terms.is_valid():
        terms.save()
        messages.success(request, _("Serviços de %(name)s salvos.") % {"name": professional.name})
        return redirect(_card(professional, "servicos"))
    return _shown(request, professional, terms=terms)


@require_POST
@requires(Right.MANAGE)
def professional_archive(request: CompanyRequest, pk: int) -> HttpResponse:
    """Whether somebody attends: `wanted` is "yes" or anything else for no.  The past stays."""
    professional = get_object_or_404(Professional, pk=pk)
    professional.is_active = request.POST.get("wanted") == "yes"
    professional.save(update_fields=["is_active"])
    done = (
        _("%(name)s volta a atender.")
        if professional.is_active
        else _("%(name)s não atende mais.")
    )
    messages.success(request, done % {"name": professional.name})
    if not professional.is_active and (ahead := _ahead(professional).count()):
        _warn_of(request, ahead)
    return redirect("scheduling:professional", pk)


def _found(pk: int) -> Professional:
    rows = Professional.objects.prefetch_related("hours")
    found: Professional = get_object_or_404(rows, pk=pk)
    return found


def _warn_of(request: CompanyRequest, ahead: int) -> None:
    sentence = ngettext(
        "%(count)s horário à frente continua marcado. Remarque com outra pessoa ou cancele.",
        "%(count)s horários à frente continuam marcados. Remarque com outra pessoa ou cancele.",
        ahead,
    )
    messages.warning(request, sentence % {"count": ahead})


def _card(professional: Professional, part: str) -> str:
    return f"{reverse('scheduling:professional', args=[professional.pk])}#{part}"


def _shown(
    request: CompanyRequest,
    professional: Professional,
    *,
    form: ProfessionalForm | None = None,
    hours: HoursForm | None = None,
    terms: TermsForm | None = None,
) -> HttpResponse:
    """The card, with what was typed into one of its parts."""
    now = timezone.now()
    context = {
        "professional": professional,
        "now": now,
        "form": form or ProfessionalForm(instance=professional),
        "hours": hours or HoursForm(professional=professional),
        "terms": terms or TermsForm(professional=professional),
        "absences": absences.of(professional).filter(ends_at__gt=now)[:NAMED],
        **_likes(professional),
        **_outside(request, professional),
    }
    return render(request, "scheduling/professional.html", context)


def _likes(professional: Professional) -> dict[str, Any]:
    """Whose hours can be copied."""
    others = Professional.objects.filter(is_active=True, hours__isnull=False)
    return {"likes": others.exclude(pk=professional.pk).distinct()}


def _ahead(professional: Professional) -> Any:
    return Appointment.objects.open_at(timezone.now()).filter(professional=professional)


def _outside(request: CompanyRequest, professional: Professional) -> dict[str, Any]:
    """The appointments ahead that the kept week does not hold: they stay, and somebody should
    know.  One query."""
    kept = week.kept(professional)
    zone = request.company.zone
    outside = [
        appointment
        for appointment in _ahead(professional).with_people()[:LOOKED_AT]
        if not week.holds(Interval(appointment.starts_at, appointment.ends_at), kept, zone)
    ]
    return {"outside": outside[:NAMED], "outside_more": max(len(outside) - NAMED, 0)}
