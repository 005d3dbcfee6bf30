"""The page behind an invitation's link.  A GET changes nothing; whoever holds the link came from
outside, so nothing is said but to whom the invitation is."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth import login
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from tenants import invitations, letters, scope
from tenants.accounts import account_of, open_account
from tenants.companies import activate, memberships_of
from tenants.forms import JoinForm
from tenants.invitations import Claim
from tenants.jobs import wake
from tenants.models import Invitation, Membership, User

Answer = HttpResponse | Membership | None
BACKEND = "django.contrib.auth.backends.ModelBackend"


def unseen(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The address is a secret: no other site learns it, and no search engine keeps it."""

    @wraps(view)
    def answered(*args: Any, **kwargs: Any) -> HttpResponse:
        response = view(*args, **kwargs)
        # Not no-referrer: browsers would then name no origin either, and every form be refused.
        response["Referrer-Policy"] = "strict-origin"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return answered


@unseen
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, invitation: str) -> HttpResponse:
    """Wrong, expired, used, revoked: one answer, which says none of these."""
    claim = invitations.claim_of(invitation)
    if claim is None:
        return _gone(request)
    with scope.company(claim.company_id, switch=True):
        found = claim.find(now=timezone.now())
        answer = _answer(request, claim, found) if found else None
    if isinstance(answer, Membership):
        return _came_in(request, answer)
    return answer or _gone(request)


def _came_in(request: HttpRequest, membership: Membership) -> HttpResponse:
    user = membership.user
    if not request.user.is_authenticated:
        login(request, user, backend=BACKEND)
    activate(request, membership, several=len(memberships_of(user)) > 1)
    return redirect("home")


def _gone(request: HttpRequest) -> HttpResponse:
    response = render(request, "tenants/invitation_gone.html", status=404)
    response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001 -- with its path
    return response


def _answer(request: HttpRequest, claim: Claim, found: Invitation) -> Answer:
    if request.user.is_authenticated:
        return _as_person(request, found)
    if not claim.mailed:
        return _without_proof(request, found)
    if account_of(found.email) is not None:
        return _page(request, found, way="log_in")
    return _as_new_person(request, found)


def _page(request: HttpRequest, found: Invitation, *, way: str, **more: Any) -> HttpResponse:
    return render(request, "tenants/invitation.html", {"invitation": found, "way": way, **more})


def _as_person(request: HttpRequest, found: Invitation) -> Answer:
    user: User = request.user  # type: ignore[assignment]  # is_authenticated was asked
    if user.email != found.email:
        return _page(request, found, way="somebody_else")
    if request.method == "POST":
        return invitations.accept(found, user, now=timezone.now())
    return _page(request, found, way="accept")


def _without_proof(request: HttpRequest, found: Invitation) -> HttpResponse:
    """The link was copied: who has no account gets another one by mail, which proves that the
    mailbox is his.  Whether there is an account is not said."""
    if request.method != "POST":
        return _page(request, found, way="mailed" if request.GET.get("enviado") else "choose")
    if invitations.ask_for_letter(found):
        wake(letters.send_letters, found.company_id)
    return redirect(f"{request.path}?enviado=1")


def _as_new_person(request: HttpRequest, found: Invitation) -> Answer:
    form = JoinForm(request.POST or None, email=found.email)
    if form.is_valid():
        return _new_member(found, form)
    return _page(request, found, way="new", form=form)


def _new_member(found: Invitation, form: JoinForm) -> Membership | None:
    """Open the account and accept, both or neither."""
    said = {"name": form.cleaned_data["name"], "password": form.cleaned_data["new_password1"]}
    try:
        with transaction.atomic():
            membership = invitations.accept(
                found, open_account(found.email, **said), now=timezone.now()
            )
            if membership is None:
                transaction.set_rollback(True)
            return membership
    except IntegrityError:  # the same form, sent twice
        return None
