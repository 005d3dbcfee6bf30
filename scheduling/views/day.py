"""The day in columns."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from scheduling import agenda
from scheduling.day import board_of
from scheduling.forms import AgendaForm
from scheduling.models import Professional
from scheduling.views.appointments import around, rights
from tenants.http import CompanyRequest
from tenants.permissions import Right, own_agenda_only, requires


@require_safe
@requires(Right.SEE_OWN_AGENDA)
def day(request: CompanyRequest) -> HttpResponse:
    """A column for each professional, or of the one that `profissional` names."""
    company, now = request.company, timezone.now()
    asked = AgendaForm(request.GET).asked(today=timezone.localdate(now))
    span = agenda.bounds(asked.day, company.zone)
    everybody = list(_professionals(request, agenda.visible(request).between(*span)))
    shown = [each for each in everybody if each == asked.professional] or everybody
    board = board_of(
        shown,
        agenda.visible(request),
        day=asked.day,
        zone=company.zone,
        now=now,
        step=company.slot_minutes,
    )
    context = {"asked": asked, "board": board, "everybody": everybody, "shown": shown}
    context |= {**around(asked.day, now), **rights(request)}
    return render(request, "scheduling/day.html", context)


def _professionals(request: CompanyRequest, appointments: Any) -> Any:
    """Who attends, and who has somebody on that day all the same; of a professional, himself."""
    busy = Q(pk__in=appointments.order_by().values("professional"))
    working = Professional.objects.filter(busy | Q(is_active=True))
    if own_agenda_only(request):
        return working.filter(membership_id=request.membership.pk)
    return working
