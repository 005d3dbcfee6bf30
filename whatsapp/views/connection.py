"""The connection page, its part that renews itself, and the light in the header.

They show what is stored; nothing here calls the gateway.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tenants.http import CompanyRequest
from tenants.permissions import Right, may, requires
from whatsapp import overview, qr, threads
from whatsapp.connection import driver
from whatsapp.connection.requests import current_instance
from whatsapp.forms import RiskForm
from whatsapp.models import Instance
from whatsapp.situation import LIGHTS, Situation

SHOWN = 5


@never_cache
@require_safe
@requires(Right.SEE_OWN_AGENDA)
def connection(request: CompanyRequest) -> HttpResponse:
    return page(request, RiskForm())


def page(request: CompanyRequest, form: RiskForm) -> HttpResponse:
    """The whole page, with the form of the tick as it was sent."""
    situation = Situation(current_instance(), timezone.now())
    context = _shown(request, situation) | {"form": form}
    return render(request, "whatsapp/connection.html", context)


@never_cache
@require_safe
@requires(Right.SEE_OWN_AGENDA)
def connection_status(request: CompanyRequest) -> HttpResponse:
    """The part for htmx: 204 while it would show what `version` shows."""
    if not request.htmx:
        return redirect("whatsapp:connection")
    situation = Situation(current_instance(), timezone.now())
    if situation.live and request.GET.get("version") == situation.version:
        return HttpResponse(status=204)
    context = _shown(request, situation) | {"form": RiskForm(), "part": True}
    return render(request, "whatsapp/parts/status.html", context)


@never_cache
@require_safe
@requires(Right.SEE_OWN_AGENDA)
def light(request: CompanyRequest) -> HttpResponse:
    """The light, and beside Conversas how many messages want a person."""
    status = Situation(current_instance(), timezone.now()).status
    may_send = may(request.membership, Right.SEND)
    attention = threads.attention_count() if may_send else None
    context = {"light": LIGHTS[status], "attention": attention}
    return render(request, "whatsapp/parts/light.html", context)


def _shown(request: CompanyRequest, situation: Situation) -> dict[str, Any]:
    may_connect = may(request.membership, Right.CONNECT_WHATSAPP)
    context = {
        "situation": situation,
        "instance": situation.instance,
        "now": situation.now,
        "words": situation.words,
        "may_connect": may_connect,
        "needs_tick": may_connect and situation.needs_tick,
        "webhook_url": driver.webhook_url(),
        "team": overview.team(),
    }
    if situation.instance is None:
        return context
    if situation.pairing:
        return context | _code(situation.instance)
    context |= _past(situation)
    if may(request.membership, Right.SEE_AGENDA):
        context |= _work(situation.instance, situation.now)
    return context


def _code(instance: Instance) -> dict[str, Any]:
    return {"drawing": qr.draw(instance.qr_code), "image": qr.png_address(instance.qr_image)}


def _past(situation: Situation) -> dict[str, Any]:
    story = overview.story()
    return {"story": story.lines, "words": situation.ended_by(story.ended_by)}


def _work(instance: Instance, now: datetime) -> dict[str, Any]:
    """The queue and what waits for a person, for those who may read every client's messages."""
    queue, unread = overview.queue(), overview.to_read()
    return {
        "figures": overview.figures(now),
        "next_send": overview.next_send(instance, now),
        "queue": queue[:SHOWN],
        "to_read": unread[:SHOWN],
        "to_read_count": unread.count(),
    }
