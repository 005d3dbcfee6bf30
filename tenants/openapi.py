"""What the OpenAPI document says of every operation: how one logs in, and how errors look."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

ERROR = {
    "type": "object",
    "required": ["detail"],
    "properties": {
        "detail": {"type": "string", "description": "Uma frase em português."},
        "errors": {
            "type": "object",
            "description": "Com 400: as frases de cada campo.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
}
ERRORS = {
    "400": "O corpo ou os filtros não servem.",
    "401": "Sem token ou sessão que valha.",
    "403": "Falta o direito, ou o token CSRF de uma sessão.",
    "404": "A empresa não tem esta linha.",
    "409": "Não combina com o estado atual: `detail` diz por quê.",
}


class Schema(AutoSchema):
    def get_description(self) -> str:  # type: ignore[override]
        """Only what @extend_schema says: docstrings are for programmers, and in English."""
        return ""


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "tenants.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        description = "Um token `atd_…`, criado pela equipe da plataforma para a empresa."
        return {"type": "http", "scheme": "bearer", "description": description}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "tenants.authentication.SessionAuthentication"
    name = "sessao"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        description = "A sessão de quem entrou pelo navegador; para mudar algo, com X-CSRFToken."
        return {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": description}


def complete(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Give every operation the errors that it may answer, and drop the docstrings of
    serializers; a postprocessing hook."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    for schema in schemas.values():
        if schema.get("type") == "object":
            schema.pop("description", None)
    schemas["Error"] = ERROR
    for path, operations in result["paths"].items():
        for operation in operations.values():
            _add_errors(path, operation)
    return result


def _add_errors(path: str, operation: dict[str, Any]) -> None:
    parameters = operation.get("parameters", ())
    possible = {"401", "403"} | (set(operation["responses"]) & set(ERRORS))
    if "requestBody" in operation or any(given["in"] == "query" for given in parameters):
        possible.add("400")
    if "{" in path:
        possible.add("404")
    for status in sorted(possible):
        operation["responses"][status] = {
            "description": ERRORS[status],
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
        }
