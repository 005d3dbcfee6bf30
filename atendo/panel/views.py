"""Hoje: what needs a person now, and what there is to know about the day."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from atendo.panel import lists, shown
from atendo.panel.figures import figures
from atendo.panel.setup import setup
from atendo.panel.soon import first_free, soon
from atendo.panel.tasks import MOST, tasks
from scheduling.agenda import visible
from tenants.http import CompanyRequest
from tenants.permissions import Right, may, own_agenda_only, requires
from whatsapp.models import Instance

PAGE_SIZE = 50


@never_cache
@require_safe
@requires(Right.SEE_OWN_AGENDA)
def home(request: CompanyRequest) -> HttpResponse:
    return render(request, "atendo/panel/home.html", _panel(request, timezone.now()))


@never_cache
@require_safe
@requires(Right.SEE_OWN_AGENDA)
def part(request: CompanyRequest) -> HttpResponse:
    """What htmx asks for each minute."""
    if not request.htmx:
        return redirect("home")
    return render(request, "atendo/panel/parts/live.html", _panel(request, timezone.now()))


@never_cache
@require_safe
@requires(Right.SEE_AGENDA)
def free_time(request: CompanyRequest) -> HttpResponse:
    """The first time that is still free today; alone it leads to where one books."""
    if not request.htmx:
        return redirect("scheduling:appointment-new")
    free = first_free(request.company, timezone.now())
    context = {"free": free, "free_url": shown.booking_url(free)}
    return render(request, "atendo/panel/parts/free_time.html", context)


def _panel(request: CompanyRequest, now: datetime) -> dict[str, Any]:
    zone, appointments = request.company.zone, visible(request)
    today = timezone.localdate(now, zone)
    steps = setup(request.company, request.membership)
    counted = figures(appointments, today, zone)
    return {
        "now": now,
        "today": today,
        "setup": None if steps.finished or own_agenda_only(request) else steps,
        "sees_all": not own_agenda_only(request),
        "tasks": tasks(request, _instance(), now),
        "soon": soon(appointments, now, zone),
        **shown.of_days(counted, today),
        **shown.of_weeks(counted, today),
        "may_change": may(request.membership, Right.BOOK),
        "sees_money": may(request.membership, Right.MANAGE),
    }


def _instance() -> Instance | None:
    """Without the codes, which are large."""
    instance: Instance | None = Instance.objects.defer("qr_code", "qr_image").first()
    return instance


@never_cache
@require_safe
@requires(Right.SEE_OWN_AGENDA)
def all_tasks(request: CompanyRequest) -> HttpResponse:
    now = timezone.now()
    found = tasks(request, _instance(), now, most=MOST)
    page = Paginator(found.rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "atendo/panel/tasks.html",
        {"tasks": found, "page": page, "most": MOST, "now": now},
    )


@require_safe
@requires(Right.SEE_OWN_AGENDA)
def unasked(request: CompanyRequest) -> HttpResponse:
    """Who was not asked yet on a day, or cannot be: `situacao` and `dia`."""
    zone, today = request.company.zone, timezone.localdate()
    situation, day = lists.UnaskedForm(request.GET).asked(today=today)
    rows = lists.unasked(visible(request), situation, day, zone)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    words = lists.LISTS[situation]
    context = {"page": page, "title": words.title, "explanation": words.explanation}
    return render(request, "atendo/panel/unasked.html", {**context, "day": day, "today": today})
