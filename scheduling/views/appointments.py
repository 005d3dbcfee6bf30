"""The day's list, one appointment, and what can be done with it."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from scheduling import agenda, services
from scheduling.events import By
from scheduling.forms import AgendaForm, CancelForm, MoveForm
from scheduling.groups import groups_of
from scheduling.history import current_version, history
from scheduling.models import Appointment, Professional
from scheduling.situations import FILTERS, situation_of
from scheduling.steps import Step
from scheduling.undo import NotUndoable, can_undo, undo
from scheduling.views.booking import shown
from scheduling.wording import day_and_time
from tenants.http import CompanyRequest
from tenants.permissions import Right, may, own_agenda_only, requires
from tenants.redirects import safe_next
from tenants.security import Origin

PAGE_SIZE = 50
MOST_ON_PAPER = 500


@require_safe
@requires(Right.SEE_OWN_AGENDA)
def appointments(request: CompanyRequest) -> HttpResponse:
    """The list of a day (`dia`) or of a period (`de`, `ate`), which `situacao`, `q` and
    `profissional` narrow."""
    return render(request, "scheduling/appointments.html", _listed(request, PAGE_SIZE))


@require_safe
@requires(Right.SEE_OWN_AGENDA)
def appointments_paper(request: CompanyRequest) -> HttpResponse:
    """The same list on one page, to be printed."""
    context = _listed(request, MOST_ON_PAPER) | {"may_change": False}
    return render(request, "scheduling/appointments_paper.html", context)


def _listed(request: CompanyRequest, page_size: int) -> dict[str, Any]:
    now = timezone.now()
    asked = AgendaForm(request.GET).asked(today=timezone.localdate(now))
    span = agenda.days_between(asked.first, asked.last, request.company.zone)
    listing = agenda.Listing(
        agenda.visible(request), span, text=asked.text, professional=asked.professional
    )
    page = Paginator(listing.rows(asked.situation), page_size).get_page(request.GET.get("page"))
    context = {"page": page, "asked": asked, **around(asked.day, now)}
    context |= {
        **_chips(listing.counts(), asked.situation),
        **_choices(request),
        **rights(request),
    }
    context["groups"] = groups_of(page, asked.is_period, now)
    return context


def around(day: date, now: datetime) -> dict[str, Any]:
    return {
        "now": now,
        "today": timezone.localdate(now),
        "previous_day": day - timedelta(days=1),
        "next_day": day + timedelta(days=1),
        "week_later": day + timedelta(days=6),
    }


def _chips(counts: dict[str, int], situation: str) -> dict[str, Any]:
    """The filters that would find something, and the one that is on."""
    chips = [(chip, counts[chip.slug]) for chip in FILTERS]
    shown = [
        (chip, count)
        for chip, count in chips
        if (count and not chip.quiet) or chip.slug == situation
    ]
    return {"chips": shown, "total": counts[""]}


def _choices(request: CompanyRequest) -> dict[str, Any]:
    """Whose agenda the member may choose; of a professional, whether he has one."""
    if not own_agenda_only(request):
        return {"professionals": Professional.objects.filter(is_active=True)}
    mine = Professional.objects.filter(membership_id=request.membership.pk)
    return {"unlinked": not mine.exists()}


def rights(request: CompanyRequest) -> dict[str, bool]:
    return {
        "may_change": may(request.membership, Right.BOOK),
        "may_send": may(request.membership, Right.SEND),
    }


def found(request: CompanyRequest, pk: int) -> Appointment:
    """Return the appointment if this member may see it, else 404 as for an unknown id."""
    appointment: Appointment = get_object_or_404(agenda.visible(request), pk=pk)
    return appointment


@require_safe
@requires(Right.SEE_OWN_AGENDA)
def appointment(request: CompanyRequest, pk: int) -> HttpResponse:
    context = _shown(request, pk)
    return render(request, "scheduling/appointment.html", context)


@require_safe
@requires(Right.SEE_OWN_AGENDA)
def appointment_part(request: CompanyRequest, pk: int) -> HttpResponse:
    """Status and history for htmx: 204 while nothing has changed since `version`."""
    context = _shown(request, pk)
    if context["live"] and request.GET.get("version") == str(context["version"]):
        return HttpResponse(status=204)
    return render(request, "scheduling/parts/appointment_state.html", context)


def _shown(request: CompanyRequest, pk: int) -> dict[str, Any]:
    # Read before the row: an older row under a newer version would never be asked for again.
    version = current_version(pk)
    appointment, now = found(request, pk), timezone.now()
    lines = history(appointment)
    newest = lines[0].fact if lines and can_undo(lines[0].fact, now=now) else None
    return {
        **rights(request),
        "appointment": appointment,
        "now": now,
        "history": lines,
        "undo": newest,
        "version": version,
        # A page about something that is over does not ask again.
        "live": not situation_of(appointment).over and now < appointment.ends_at,
    }


@require_POST
@requires(Right.BOOK)
def appointment_step(request: CompanyRequest, pk: int, step: Step) -> HttpResponse:
    """Confirmar, Chegou, Atendido, Faltou."""
    appointment = found(request, pk)
    try:
        step.apply(appointment, by=By(Origin.WEB, request.user), now=timezone.now())
    except services.NotChangeable:
        changed_meanwhile(request)
    else:
        done(request, appointment, step.done % {"client": appointment.client.first_name})
    return redirect(safe_next(request) or reverse("scheduling:appointment", args=[pk]))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.BOOK)
def appointment_cancel(request: CompanyRequest, pk: int) -> HttpResponse:
    """Asks first; works without a script."""
    appointment = found(request, pk)
    if not appointment.is_open:
        changed_meanwhile(request)
        return redirect("scheduling:appointment", pk)
    form = CancelForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        return _cancel(request, appointment, form.why)
    context = {"appointment": appointment, "form": form, "now": timezone.now()}
    return render(request, "scheduling/appointment_cancel.html", context)


def _cancel(request: CompanyRequest, appointment: Appointment, reason: str) -> HttpResponse:
    by = By(Origin.WEB, request.user)
    try:
        services.cancel(appointment, by=by, now=timezone.now(), reason=reason)
    except services.NotChangeable:
        changed_meanwhile(request)
    else:
        said = _("Horário de %(client)s cancelado.") % {"client": appointment.client.first_name}
        done(request, appointment, said)
    return redirect("scheduling:appointment", appointment.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.BOOK)
def appointment_move(request: CompanyRequest, pk: int) -> HttpResponse:
    appointment, now = found(request, pk), timezone.now()
    if not appointment.is_open:
        changed_meanwhile(request)
        return redirect("scheduling:appointment", pk)
    form = _move_form(request, appointment, now)
    try:
        if form.is_valid() and form.move(by=By(Origin.WEB, request.user)):
            return _moved(request, appointment)
    except services.NotChangeable:
        changed_meanwhile(request)
        return redirect("scheduling:appointment", pk)
    context = {"appointment": appointment, "form": form, "now": now}
    return render(request, "scheduling/appointment_move.html", context)


def _move_form(request: CompanyRequest, appointment: Appointment, now: datetime) -> MoveForm:
    """The button `show` shows the times of a day or of somebody else; any other one moves."""
    company = request.company
    rules: dict[str, Any] = {
        "appointment": appointment,
        "zone": company.zone,
        "now": now,
        "step": company.slot_minutes,
    }
    if request.method == "POST" and "show" not in request.POST:
        return MoveForm(request.POST, **rules)
    return MoveForm(initial=shown(request.POST.dict()), **rules)


def _moved(request: CompanyRequest, appointment: Appointment) -> HttpResponse:
    values = {
        "client": appointment.client.first_name,
        "when": day_and_time(appointment.starts_at, now=timezone.now()),
    }
    done(request, appointment, _("Horário de %(client)s remarcado para %(when)s.") % values)
    return redirect("scheduling:appointment", appointment.pk)


@require_POST
@requires(Right.BOOK)
def appointment_undo(request: CompanyRequest, pk: int) -> HttpResponse:
    """Take back the step that `fact` names, the newest of the appointment."""
    appointment = found(request, pk)
    fact = request.POST.get("fact", "")
    try:
        undo(
            appointment,
            int(fact) if re.fullmatch("[0-9]{1,18}", fact) else 0,
            by=By(Origin.WEB, request.user),
            now=timezone.now(),
        )
    except NotUndoable:
        messages.warning(request, _("Não dá mais para desfazer: já passou tempo, ou algo mudou."))
    except services.SlotTaken:
        messages.warning(request, _("Não dá para desfazer: o horário já é de outra pessoa."))
    else:
        values = {"client": appointment.client.first_name}
        messages.success(request, _("Desfeito. Horário de %(client)s como antes.") % values)
    return redirect(safe_next(request) or reverse("scheduling:appointment", args=[pk]))


def done(request: CompanyRequest, appointment: Appointment, sentence: str) -> None:
    """Say what was done, with a button that takes it back."""
    fact = current_version(appointment.pk)
    messages.success(request, sentence, extra_tags=f"undo {appointment.pk} {fact}")


def changed_meanwhile(request: CompanyRequest) -> None:
    messages.warning(
        request, _("Este horário mudou enquanto você olhava. Veja como ele está agora.")
    )
