"""Importar clientes: the file, its columns, how it will be read, the work, and what came of it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from scheduling import client_imports, jobs
from scheduling.client_imports import InUse, NotNow
from scheduling.forms import ColumnsForm, UploadForm
from scheduling.forms.client_imports import letter, problem_of
from scheduling.models import Client, ClientImport, ImportStatus, Outcome
from tenants.http import CompanyRequest
from tenants.permissions import Right, requires
from tenants.spreadsheet import csv_headers, csv_lines

LAST_SHOWN = 10
ROWS_SHOWN = 15
PROBLEMS_PAGE_SIZE = 20
TOO_LATE = gettext_lazy("Esta importação já passou deste ponto. Veja como ela está agora.")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.MANAGE)
def client_import(request: CompanyRequest) -> HttpResponse:
    """The file to import, and the last imports."""
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if form.is_valid():
        received = client_imports.receive(
            form.cleaned_data["file"],
            file_name=form.file_name,
            by=request.user,
            now=timezone.now(),
        )
        return redirect("scheduling:client-import-columns", received.pk)
    last = ClientImport.objects.defer("table").select_related("created_by")[:LAST_SHOWN]
    context = {"form": form, "last": last, "now": timezone.now()}
    return render(request, "scheduling/client_import.html", context)


@require_safe
@requires(Right.MANAGE)
def client_import_example(request: CompanyRequest) -> HttpResponse:
    """A file to fill in."""
    header = [_("Nome"), _("Celular"), _("Notas")]
    rows = [
        ["Maria Souza", "(31) 98765-4321", _("Prefere de manhã")],
        ["João Lima", "(31) 98888-7777", ""],
    ]
    return _file("modelo-clientes.csv", "".join(csv_lines(header, rows)))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Right.MANAGE)
def client_import_columns(request: CompanyRequest, pk: int) -> HttpResponse:
    shown = get_object_or_404(ClientImport, pk=pk)
    if not shown.is_open:
        return redirect("scheduling:client-import-state", pk)
    form = ColumnsForm(request.POST or None, of=shown)
    if form.is_valid():
        try:
            client_imports.check(shown, form.choices)
        except NotNow:
            messages.warning(request, TOO_LATE)
        return redirect("scheduling:client-import-state", pk)
    context = {"shown": shown, "form": form, "rows": len(shown.table) - int(shown.has_header)}
    return render(request, "scheduling/client_import_columns.html", context)


@never_cache
@require_safe
@requires(Right.MANAGE)
def client_import_state(request: CompanyRequest, pk: int) -> HttpResponse:
    """How the rows will be read, how far the work is, or what came of it; for htmx the part."""
    shown = _shown(pk)
    if shown.status == ImportStatus.COLUMNS:
        return redirect("scheduling:client-import-columns", pk)
    part = request.htmx
    template = "parts/client_import_state.html" if part else "client_import_state.html"
    return render(request, f"scheduling/{template}", _context(request, shown))


def _shown(pk: int) -> ClientImport:
    rows = ClientImport.objects.defer("table").select_related("created_by")
    shown: ClientImport = get_object_or_404(rows, pk=pk)
    return shown


def _context(request: CompanyRequest, shown: ClientImport) -> dict[str, Any]:
    counts = client_imports.counts_of(shown)
    context: dict[str, Any] = {"shown": shown, "counts": counts, "now": timezone.now()}
    if shown.status == ImportStatus.RUNNING:
        return context
    refused = shown.rows.filter(outcome=Outcome.REFUSED).order_by("number")
    context["page"] = Paginator(refused, PROBLEMS_PAGE_SIZE).get_page(request.GET.get("page"))
    if shown.status == ImportStatus.CHECKED:
        same = Client.objects.filter(phone_key=OuterRef("phone_key"))
        good = shown.rows.filter(outcome=Outcome.WAITING).annotate(is_known=Exists(same))
        context["rows"] = good.order_by("number")[:ROWS_SHOWN]
    return context


@require_POST
@requires(Right.MANAGE)
def client_import_begin(request: CompanyRequest, pk: int) -> HttpResponse:
    try:
        jobs.begin_import(_shown(pk), by=request.user)
    except NotNow:
        messages.warning(request, TOO_LATE)
    return redirect("scheduling:client-import-state", pk)


@require_safe
@requires(Right.MANAGE)
def client_import_problems(request: CompanyRequest, pk: int) -> HttpResponse:
    """The refused rows as they came, each with what to correct, to be corrected and sent again."""
    shown = get_object_or_404(ClientImport, pk=pk)
    refused = {row.number: row for row in shown.rows.filter(outcome=Outcome.REFUSED)}
    width = len(shown.table[0][1]) if shown.table else 0
    titles = shown.table[0][1] if shown.has_header and width else map(letter, range(width))
    rows = (
        [problem_of(refused[number]), str(number), *cells]
        for number, cells in shown.table
        if number in refused
    )
    lines = csv_lines([_("O que corrigir"), _("Linha do arquivo"), *titles], rows)
    return _file(f"corrigir-{shown.pk}.csv", "".join(lines))


@require_POST
@requires(Right.MANAGE)
def client_import_undo(request: CompanyRequest, pk: int) -> HttpResponse:
    try:
        client_imports.undo(_shown(pk))
    except InUse as used:
        said = ngettext(
            "Não dá mais para desfazer: %(count)s cliente desta importação já tem horário ou"
            " mensagem.",
            "Não dá mais para desfazer: %(count)s clientes desta importação já têm horário ou"
            " mensagem.",
            used.count,
        )
        messages.warning(request, said % {"count": used.count})
    except NotNow:
        messages.warning(request, TOO_LATE)
    else:
        messages.success(request, _("Importação desfeita. Quem ela criou saiu do cadastro."))
    return redirect("scheduling:client-import-state", pk)


@require_POST
@requires(Right.MANAGE)
def client_import_discard(request: CompanyRequest, pk: int) -> HttpResponse:
    try:
        client_imports.discard(_shown(pk))
    except NotNow:
        messages.warning(request, TOO_LATE)
        return redirect("scheduling:client-import-state", pk)
    messages.success(request, _("Arquivo descartado. Nada foi importado."))
    return redirect("scheduling:client-import")


def _file(name: str, text: str) -> HttpResponse:
    return HttpResponse(text, headers=csv_headers(name))
