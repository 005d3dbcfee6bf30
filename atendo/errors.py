"""Errors outside every view: JSON under /api/, the pages elsewhere."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, requires_csrf_token

from tenants.middleware import API_PREFIX
from tenants.themes import theme_of


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(API_PREFIX):
        return answer(_("O pedido não pôde ser entendido."), status=400)
    return _page(request, "400.html", status=400)


@requires_csrf_token
def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _framed(request, "403.html", status=403)


@requires_csrf_token
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _framed(request, "403_csrf.html", status=403)


@requires_csrf_token
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _framed(request, "404.html", status=404)


def _framed(request: HttpRequest, template: str, *, status: int) -> HttpResponse:
    """In the frame of a member's pages, but for what is new each time: one 404 is like another to
    the byte."""
    framed = getattr(request, "company", None) is not None
    base = "base_error_framed.html" if framed else "base_error_plain.html"
    return render(request, template, {"is_error": True, "error_base": base}, status=status)


def server_error(request: HttpRequest) -> HttpResponse:
    if request.path.startswith(API_PREFIX):
        return answer(_("Algo deu errado do nosso lado. Tente de novo."), status=500)
    return _page(request, "500.html", status=500)


def _page(request: HttpRequest, template: str, *, status: int) -> HttpResponse:
    """Without the frame, and without a question to the database, which may be what is wrong."""
    return HttpResponse(render_to_string(template, {"theme": theme_of(request)}), status=status)


@csrf_exempt
def unknown_address(request: HttpRequest) -> JsonResponse:
    """Whatever under /api/ is no address of the API, by any method."""
    return answer(_("Não encontrado."), status=404)


def answer(detail: str, *, status: int) -> JsonResponse:
    return JsonResponse(
        {"detail": detail}, status=status, json_dumps_params={"ensure_ascii": False}
    )
