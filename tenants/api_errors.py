"""Errors of the REST API: always JSON, always with `detail` in Portuguese."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

SENTENCES: dict[type[Exception], _StrPromise] = {
    Http404: gettext_lazy("Não encontrado."),
    exceptions.ParseError: gettext_lazy("O corpo não é um JSON válido."),
    exceptions.NotAuthenticated: gettext_lazy("Entre ou envie um token."),
    exceptions.UnsupportedMediaType: gettext_lazy("Envie JSON (Content-Type: application/json)."),
}


class Refused(exceptions.APIException):
    """400 for a request that is well formed; `detail` says why it cannot be done."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "refused"


class Conflict(exceptions.APIException):
    """409: possible as such, but not as things stand; `detail` says what stands in the way."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class TooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = gettext_lazy("O corpo é grande demais.")
    default_code = "too_large"


def handle(exception: Exception, context: dict[str, Any]) -> Response | None:
    """Return the answer, or None for an error that is ours (a 500)."""
    if isinstance(exception, RequestDataTooBig):  # beyond DATA_UPLOAD_MAX_MEMORY_SIZE
        exception = TooLarge()
    response = exception_handler(exception, context)
    if response is None:
        return None
    if sentence := SENTENCES.get(type(exception)):
        response.data = {"detail": str(sentence)}
    elif isinstance(exception, exceptions.ValidationError):
        response.data = {"detail": _("Confira os campos."), "errors": response.data}
    return response
