from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from tenants import scope, security
from tenants.http import CompanyRequest
from tenants.permissions import Right, requires
from tenants.security import Origin
from tenants.security_log import LogFilter, as_csv
from tenants.spreadsheet import csv_headers

PAGE_SIZE = 50
CHUNK = 500  # rows that the file keeps in memory


@require_safe
@requires(Right.SEE_SECURITY_LOG)
def security_log(request: CompanyRequest) -> HttpResponse:
    """Newest first, narrowed by the fields of LogFilter and by `so=recusas`."""
    form = LogFilter(request.GET, zone=request.company.zone)
    page = Paginator(form.shown(), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"page": page, "form": form, "refusals": form.refusals().count()}
    return render(request, "tenants/security_log.html", context)


@require_POST
@requires(Right.SEE_SECURITY_LOG)
def security_log_file(request: CompanyRequest) -> HttpResponseBase:
    """What the filter leaves, as a file.  That it was taken stands in the log, from then on."""
    zone = request.company.zone
    form = LogFilter(request.POST, zone=zone)
    if not form.is_valid():
        return redirect(reverse("tenants:security-log", query=form.asked))
    found = form.shown()
    rows = found.count()
    taken = security.record("log_downloaded", origin=Origin.WEB, actor=request.user, rows=rows)
    lines = as_csv(found.filter(pk__lt=taken.pk).iterator(chunk_size=CHUNK), zone=zone)
    name = f"seguranca-{request.company.slug}-{timezone.localdate():%Y-%m-%d}.csv"
    return StreamingHttpResponse(scope.bound(lines), headers=csv_headers(name))
