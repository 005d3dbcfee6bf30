"""The API's document: whole, valid, in Portuguese, and a page that needs nobody else's server."""

from __future__ import annotations

import re

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.validation import validate_schema


@pytest.fixture
def schema(db, client):
    return client.get("/api/schema/").json()


def test_the_document_is_valid_and_nothing_had_to_be_guessed(tmp_path):
    target = tmp_path / "schema.yml"

    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(target))

    assert target.stat().st_size > 10_000


def test_anybody_may_read_it_and_no_company_is_asked_for(schema):
    validate_schema(schema)
    assert schema["info"]["title"] == "Atendo"


def test_the_promised_addresses_stand_in_it(schema):
    promised = {
        "/api/v1/whatsapp/connect": {"post"},
        "/api/v1/whatsapp/send-confirmation/{appointment_id}": {"post"},
        "/api/v1/company/whatsapp-status": {"get"},
        "/api/v1/dashboard/whatsapp-metrics": {"get"},
        "/api/v1/clients/": {"get", "post"},
        "/api/v1/clients/{id}/": {"get", "put", "patch", "delete"},
        "/api/v1/appointments/": {"get", "post"},
        "/api/v1/appointments/{id}/": {"get", "patch"},
        "/api/v1/appointments/{id}/cancel/": {"post"},
        "/api/v1/appointments/{id}/no-show/": {"post"},
    }

    found = {path: set(schema["paths"].get(path, {})) for path in promised}

    assert found == promised


def _routes(resolver, prefix=""):
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _routes(entry, route)
        elif isinstance(entry, URLPattern):
            yield route


def test_no_address_of_the_api_is_missing(schema):
    routes = {
        "/" + re.sub(r"<(?:\w+:)?(\w+)>", "{}", route)
        for route in _routes(get_resolver())
        if route.startswith("api/v1/")
    }

    assert routes == {re.sub(r"{\w+}", "{}", path) for path in schema["paths"]}


def test_every_operation_can_be_refused_with_the_error_that_we_answer(schema):
    error = {"$ref": "#/components/schemas/Error"}
    operations = [operation for path in schema["paths"].values() for operation in path.values()]

    for operation in operations:
        refusals = {code: said for code, said in operation["responses"].items() if code >= "400"}
        assert {"401", "403"} <= refusals.keys()
        for said in refusals.values():
            assert said["content"]["application/json"]["schema"] == error
        assert operation["security"] == [{"token": []}, {"sessao": []}]
    assert len(operations) == 31


def test_the_token_is_a_bearer_token(schema):
    scheme = schema["components"]["securitySchemes"]["token"]

    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")


ENGLISH = re.compile(r"\b(the|of|and|with|from|whether|that|which)\b")


def test_no_docstring_got_into_it(schema):
    said = []

    def walk(value):
        if isinstance(value, dict):
            said.extend(value[key] for key in ("description", "summary") if key in value)
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk({key: value for key, value in schema.items() if key != "components"})
    walk(schema["components"]["schemas"])

    texts = [text for text in said if isinstance(text, str) and text]
    assert len(texts) > 100
    assert [text for text in texts if ENGLISH.search(text)] == []


def test_the_page_brings_no_inline_script_and_asks_no_other_server(db, client):
    answer = client.get("/api/docs/")
    page = answer.content.decode()

    assert answer.status_code == 200
    assert "default-src 'self';" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert re.findall(r"<style|\bstyle=|\bon\w+=", page) == []
    assert re.findall(r"https?://", page) == []
    assert 'data-schema="/api/schema/"' in page


def test_what_the_page_loads_is_there(db, client):
    page = client.get("/api/docs/").content.decode()
    addresses = re.findall(r'(?:src|href)="/static/([^"]+)"', page)

    assert len(addresses) == 5
    assert [address for address in addresses if finders.find(address) is None] == []
