"""Errors of the REST API: always JSON, always with `detail` in Portuguese."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler

SENTENCES = {
    exceptions.ParseError: _("O corpo não é um JSON válido."),
    exceptions.NotAuthenticated: _("Entre ou envie um token."),
    exceptions.UnsupportedMediaType: _("Envie JSON (Content-Type: application/json)."),
}


def handle(exception: Exception, context: dict[str, Any]) -> Response | None:
    """Return the answer, or None for an error that is ours (a 500)."""
    response = exception_handler(exception, context)
    if response is None:
        return None
    if isinstance(exception, Http404):
        response.data = {"detail": str(exception) or _("Não encontrado.")}
    elif sentence := SENTENCES.get(type(exception)):
        response.data = {"detail": sentence}
    elif response.status_code == status.HTTP_400_BAD_REQUEST:
        response.data = {"detail": _("Confira os campos."), "errors": response.data}
    return response
