"""What a professional sees of himself: hours, absences and services, read only."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from scheduling import absences
from scheduling.forms import TermsForm
from scheduling.models import Professional
from tenants.http import CompanyRequest
from tenants.permissions import Right, requires

SHOWN = 20


@require_safe
@requires(Right.SEE_OWN_AGENDA)
def me(request: CompanyRequest) -> HttpResponse:
    """The professional with this login, never another one."""
    mine = Professional.objects.prefetch_related("hours")
    professional = mine.filter(membership_id=request.membership.pk).first()
    context = {"professional": professional, "now": timezone.now()}
    if professional is not None:
        ahead = absences.of(professional).filter(ends_at__gt=context["now"])
        terms = TermsForm(professional=professional)
        context |= {"absences": ahead[:SHOWN], "rows": [row for row in terms.rows if row.does]}
    return render(request, "scheduling/me.html", context)
