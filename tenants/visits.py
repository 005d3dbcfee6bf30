"""A visit of the platform's staff to one company: by permission, with a reason, for a time.

The session holds the claim, company and visit, beside the person's own company.  ScopeMiddleware
enters the claimed company and asks `find` inside its scope.  Entering and leaving stand in the
company's security log and in the staff's.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.backends import ModelBackend
from django.db import transaction
from django.middleware.csrf import rotate_token
from django.utils import timezone
from django.utils.translation import gettext as _

from tenants import scope, security
from tenants.models import Company, SupportVisit
from tenants.security import Origin

VISIT_KEY = "global:visit"
PERMISSION = "tenants.enter_company"


def may_enter(request: Any) -> bool:
    return bool(request.user.has_perm(PERMISSION))


def claim_of(request: Any) -> tuple[int, int] | None:
    """Return the company id and the visit id that the session claims."""
    claim = request.session.get(VISIT_KEY)
    if not isinstance(claim, list) or len(claim) != 2 or not all(map(scope.is_company_id, claim)):
        return None
    return claim[0], claim[1]


def forget(request: Any) -> None:
    """Drop the claim.  Forms that are still open were of another company: they are refused."""
    if request.session.pop(VISIT_KEY, None) is not None:
        rotate_token(request)


def find(visit_id: int, *, user_id: int | None, now: datetime) -> SupportVisit | None:
    """Return the visit to the company in scope, if it is this user's and still goes on, and the
    user is still staff with the permission.  One query."""
    allowed = ModelBackend().with_perm(PERMISSION).filter(is_staff=True)
    visit: SupportVisit | None = (
        _open(visit_id, user_id, now).filter(user__in=allowed).select_related("user").first()
    )
    return visit


def _open(visit_id: int, user_id: int | None, now: datetime) -> Any:
    visits = SupportVisit.objects.select_related("company").filter(pk=visit_id, user_id=user_id)
    return visits.filter(ended_at=None, expires_at__gt=now)


@transaction.atomic
def enter(
    request: Any, company: Company, *, reason: str, may_change: bool, lasts: timedelta
) -> SupportVisit:
    """From the next request on this session works in the company; an earlier visit ends."""
    leave(request)
    now = timezone.now()
    visit = SupportVisit(
        company=company,
        user=request.user,
        reason=reason,
        may_change=may_change,
        started_at=now,
        expires_at=now + lasts,
    )
    said = {"access": visit.access, "until": visit.until, "reason": reason}
    with scope.company(company.pk):
        visit.save()
        security.record("staff_entered", origin=Origin.ADMIN, actor=request.user, **said)
    _note(visit, _("Entrou como empresa %(access)s, até %(until)s. Motivo: %(reason)s") % said)
    request.session[VISIT_KEY] = [company.pk, visit.pk]
    rotate_token(request)
    return visit


@transaction.atomic
def leave(request: Any) -> SupportVisit | None:
    """End the visit that the session claims; return None when there is none to end."""
    claim = claim_of(request)
    forget(request)
    if claim is None:
        return None
    with scope.company(claim[0]):
        visit = _end(claim[1], request.user)
    if visit is not None:
        _note(visit, _("Saiu da empresa."))
    return visit


def _end(visit_id: int, user: Any) -> SupportVisit | None:
    now = timezone.now()
    going_on = _open(visit_id, user.pk, now)
    visit: SupportVisit | None = going_on.first()
    if visit is None or not going_on.update(ended_at=now):
        return None
    security.record("staff_left", origin=Origin.ADMIN, actor=user)
    return visit


def _note(visit: SupportVisit, sentence: str) -> None:
    """Write in the staff's own log, which the application's role may not."""
    reason = f"the staff's log, visit {visit.pk} to company {visit.company_id}"
    with scope.every_company(reason, user_id=visit.user_id):
        LogEntry.objects.log_actions(
            visit.user_id, [visit.company], CHANGE, sentence, single_object=True
        )
