"""Equipe: who is in it, who is invited, who may what."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tenants import invitations, letters, team
from tenants.forms import InvitationForm, RoleForm
from tenants.http import CompanyRequest
from tenants.jobs import wake
from tenants.links import links
from tenants.models import Invitation, Membership, Role
from tenants.permissions import LABELS, RIGHTS, SUMMARIES, Right, requires
from tenants.team_rules import Refused, may_touch, roles_given_by

PAGE_SIZE = 50
NEW_LINK = "invitation_to_show"  # in the session, until the next page of the team


@never_cache
@require_safe
@requires(Right.MANAGE_TEAM)
def team_page(request: CompanyRequest) -> HttpResponse:
    now = timezone.now()
    rows = Membership.objects.select_related("user").order_by("user__name", "pk")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    professionals = links().of_members()
    for member in page.object_list:
        member.professional = professionals.get(member.pk)
        member.may_be_changed = may_touch(request.membership, member)
    context = {"page": page, **_invited(request, now), **matrix()}
    return render(request, "tenants/team.html", context)


def _invited(request: CompanyRequest, now: Any) -> dict[str, Any]:
    """The invitations that wait, and the link that is shown this once."""
    pending, reserved = list(invitations.pending()), links().of_invitations()
    for invitation in pending:
        invitation.professional = reserved.get(invitation.pk)
        invitation.expired = not invitation.is_open(now)
        invitation.may_be_changed = invitation.role in roles_given_by(request.membership)
    new = request.session.pop(NEW_LINK, None)
    shown = next((each for each in pending if each.pk == new), None)
    link = invitations.link_of(shown.token) if shown else ""
    return {"invitations": pending, "shown": shown, "link": link}


def matrix() -> dict[str, Any]:
    """Who may what, drawn from the table that decides it."""
    roles = [(role, Role(role).label, SUMMARIES[role]) for role in Role.values]
    rows = [
        (label, [right in RIGHTS[role] for role in Role.values]) for right, label in LABELS.items()
    ]
    return {"roles": roles, "rights": rows}


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.MANAGE_TEAM)
def invitation_new(request: CompanyRequest) -> HttpResponse:
    form = InvitationForm(request.POST or None, actor=request.membership, now=timezone.now())
    if form.is_valid() and (made := form.invited(request.membership, request.user)):
        return _sent_off(request, made, _("Convite feito para %(email)s."))
    return render(request, "tenants/invitation_new.html", {"form": form, "says": SUMMARIES})


def _sent_off(request: CompanyRequest, invitation: Invitation, sentence: str) -> HttpResponse:
    wake(letters.send_letters, request.company.pk)
    request.session[NEW_LINK] = invitation.pk
    messages.success(request, sentence % {"email": invitation.email})
    return redirect("tenants:team")


@require_POST
@requires(Right.MANAGE_TEAM)
def invitation_renew(request: CompanyRequest, pk: int) -> HttpResponse:
    try:
        made = invitations.renew(request.membership, pk, by=request.user, now=timezone.now())
    except Invitation.DoesNotExist:
        raise Http404 from None
    except Refused as refusal:
        return _refused(request, refusal)
    return _sent_off(
        request, made, _("Convite de %(email)s com link novo. O anterior não vale mais.")
    )


@require_POST
@requires(Right.MANAGE_TEAM)
def invitation_revoke(request: CompanyRequest, pk: int) -> HttpResponse:
    try:
        gone = invitations.revoke(request.membership, pk, by=request.user, now=timezone.now())
    except Invitation.DoesNotExist:
        raise Http404 from None
    except Refused as refusal:
        return _refused(request, refusal)
    messages.success(request, _("Convite de %(email)s cancelado.") % {"email": gone.email})
    return redirect("tenants:team")


def _refused(request: CompanyRequest, refusal: Refused) -> HttpResponse:
    messages.error(request, str(refusal))
    return redirect("tenants:team")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.MANAGE_TEAM)
def member(request: CompanyRequest, pk: int) -> HttpResponse:
    """The role of a member.  Of oneself and of an owner the page only says why not."""
    found = get_object_or_404(Membership.objects.select_related("user"), pk=pk)
    actor = request.membership
    form = RoleForm(request.POST or None, initial={"role": found.role}, actor=actor)
    if form.is_valid() and _is_done(form, lambda: _change(request, found, form)):
        said = {"name": found.user, "role": Role(form.cleaned_data["role"]).label}
        messages.success(request, _("%(name)s agora tem o papel %(role)s.") % said)
        return redirect("tenants:team")
    context = {"member": found, "form": form, "may_change": may_touch(actor, found)}
    context |= {"says": SUMMARIES, "professional": links().of_members().get(pk)}
    return render(request, "tenants/member.html", context)


def _change(request: CompanyRequest, found: Membership, form: RoleForm) -> None:
    team.change_role(
        request.membership,
        found.pk,
        form.cleaned_data["role"],
        by=request.user,
        now=timezone.now(),
    )


def _is_done(form: Any, act: Any) -> bool:
    """Whether the act was done; else the form says why not."""
    try:
        act()
    except Membership.DoesNotExist:
        raise Http404 from None
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return False
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.MANAGE_TEAM)
def member_remove(request: CompanyRequest, pk: int) -> HttpResponse:
    """Asks first; the POST does it."""
    found = get_object_or_404(Membership.objects.select_related("user"), pk=pk)
    problem = ""
    if request.method == "POST":
        try:
            team.remove(request.membership, pk, by=request.user, now=timezone.now())
        except Membership.DoesNotExist:
            raise Http404 from None
        except Refused as refusal:
            problem = str(refusal)
        else:
            messages.success(request, _("%(name)s saiu da equipe.") % {"name": found.user})
            return redirect("tenants:team")
    context = {"member": found, "problem": problem, "professional": links().of_members().get(pk)}
    return render(request, "tenants/member_remove.html", context)
