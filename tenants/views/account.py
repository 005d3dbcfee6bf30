"""Minha conta: the person's own, and what he has in the company."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tenants import team, tokens
from tenants.forms import TokenForm
from tenants.http import CompanyRequest
from tenants.models import ApiToken, Membership
from tenants.permissions import Right, requires
from tenants.team_rules import Refused
from tenants.themes import THEMES, remember, theme_of

NEW_TOKEN = "token_to_show"  # noqa: S105 -- the name in the session, until the next look


@never_cache
@login_required
@require_safe
def account(request: Any) -> HttpResponse:
    return _page(request, TokenForm(), shown=_new_token(request))


def _new_token(request: Any) -> str:
    """What was made a moment ago, shown this once."""
    return request.session.pop(NEW_TOKEN, "") if request.company is not None else ""


def _page(request: Any, form: TokenForm, *, shown: str = "") -> HttpResponse:
    context: dict[str, Any] = {"themes": THEMES, "theme": theme_of(request), "shown": shown}
    if is_member(request.membership):
        mine = list(tokens.of(request.membership))
        context |= {"form": form, "tokens": mine, "most": tokens.MOST}
        context["full"] = len(mine) >= tokens.MOST
    return render(request, "tenants/account.html", context)


def is_member(membership: Membership | None) -> bool:
    """Not in a visit of the staff, which has no row that a token could lean on."""
    return membership is not None and membership.pk is not None


def of_a_member(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Refuse a visit of the staff."""

    @wraps(view)
    def guarded(request: CompanyRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not is_member(request.membership):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


@require_POST
@login_required
def theme(request: HttpRequest) -> HttpResponse:
    return remember(redirect("tenants:account"), request.POST.get("theme", ""))


@require_POST
@requires(Right.SEE_OWN_AGENDA)
@of_a_member
def token_new(request: CompanyRequest) -> HttpResponse:
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    text = tokens.make(request.membership, form.instance, by=request.user)
    if text is None:
        said = _("Você já tem %(most)s tokens. Apague um que não usa mais.")
        messages.error(request, said % {"most": tokens.MOST})
    else:
        request.session[NEW_TOKEN] = text
        messages.success(request, _("Token criado. Copie agora: ele não aparece de novo."))
    return redirect("tenants:account")


@require_POST
@requires(Right.SEE_OWN_AGENDA)
@of_a_member
def token_delete(request: CompanyRequest, pk: int) -> HttpResponse:
    try:
        gone = tokens.delete(request.membership, pk, by=request.user)
    except ApiToken.DoesNotExist:
        raise Http404 from None
    said = _("Token “%(name)s” apagado. Quem o usava não entra mais.") % {"name": gone.name}
    messages.success(request, said)
    return redirect("tenants:account")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.SEE_OWN_AGENDA)
@of_a_member
def leave(request: CompanyRequest) -> HttpResponse:
    """Asks first; the POST does it."""
    problem = ""
    if request.method == "POST":
        try:
            team.leave(request.membership, by=request.user, now=timezone.now())
        except Refused as refusal:
            problem = str(refusal)
        else:
            return redirect("tenants:choose-company")
    return render(request, "tenants/leave.html", {"problem": problem})
