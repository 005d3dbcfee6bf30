"""Errors outside every view: JSON under /api/, the pages elsewhere."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt

from tenants.middleware import API_PREFIX


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(API_PREFIX):
        return answer(_("O pedido não pôde ser entendido."), status=400)
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    if request.path.startswith(API_PREFIX):
        return answer(_("Algo deu errado do nosso lado. Tente de novo."), status=500)
    return defaults.server_error(request)


@csrf_exempt
def unknown_address(request: HttpRequest) -> JsonResponse:
    """Whatever under /api/ is no address of the API, by any method."""
    return answer(_("Não encontrado."), status=404)


def answer(detail: str, *, status: int) -> JsonResponse:
    return JsonResponse(
        {"detail": detail}, status=status, json_dumps_params={"ensure_ascii": False}
    )
