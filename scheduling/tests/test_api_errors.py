"""Whatever comes in: never a 5xx, never HTML, always a sentence in Portuguese."""

from __future__ import annotations

import json

import pytest
from django.test import Client as Browser
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduling.models import Appointment, Client
from scheduling.tests.test_api_rows import token_of

PEOPLE = "/api/v1/clients/"
NOT_JSON = "O corpo não é um JSON válido."
NOT_AN_OBJECT = "O corpo tem de ser um objeto JSON."
BODIES = [
    (b"{", NOT_JSON),
    (b"\xff\xfe\x00", NOT_JSON),
    (b'{"name": NaN}', NOT_JSON),
    (b'{"name": -Infinity}', NOT_JSON),
    (b'{"name": 1e999}', NOT_JSON),
    (b'{"name": ' + b"9" * 5000 + b"}", NOT_JSON),
    (b"[" * 100_000, NOT_JSON),
    (b"[]", NOT_AN_OBJECT),
    (b'[{"name": "Ana"}]', NOT_AN_OBJECT),
    (b"null", NOT_AN_OBJECT),
    (b"1", NOT_AN_OBJECT),
    (b'"Ana"', NOT_AN_OBJECT),
]


@pytest.mark.parametrize(("body", "sentence"), BODIES, ids=range(len(BODIES)))
def test_a_body_that_is_no_json_object_is_a_400(salon, body, sentence):
    answer = salon.browser().post(PEOPLE, body, "application/json")

    assert answer.status_code == 400
    assert answer.json() == {"detail": sentence}
    assert salon.count(Client) == 1


def test_no_body_is_a_400_that_names_the_fields(salon):
    answer = salon.browser().post(PEOPLE, b"", "application/json")

    assert answer.status_code == 400
    assert answer.json() == {
        "detail": "Confira os campos.",
        "errors": {"name": ["Este campo é obrigatório."], "phone": ["Este campo é obrigatório."]},
    }


def test_five_megabytes_are_a_413(salon):
    body = json.dumps({"name": "a" * 5_000_000}).encode()

    answer = salon.browser().post(PEOPLE, body, "application/json")

    assert (answer.status_code, answer.json()) == (413, {"detail": "O corpo é grande demais."})


def test_five_megabytes_of_a_form_are_not_even_read(salon):
    browser = Browser(enforce_csrf_checks=True)
    browser.cookies = salon.browser().cookies
    browser.cookies["csrftoken"] = "a" * 32

    answer = browser.post(PEOPLE, b"a=" + b"a" * 5_000_000, "application/x-www-form-urlencoded")

    assert answer.status_code == 415


@pytest.mark.parametrize(
    "content_type",
    ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "a/b"],
)
def test_another_kind_of_body_is_a_415(salon, content_type):
    answer = salon.browser().post(PEOPLE, b"name=Ana", content_type)

    assert answer.status_code == 415
    assert answer.json() == {"detail": "Envie JSON (Content-Type: application/json)."}


def test_a_charset_that_does_not_exist_does_not_matter(salon):
    answer = salon.browser().generic("POST", PEOPLE, b"{}", "application/json; charset=nenhum")

    assert answer.status_code == 400


def test_a_method_that_is_not_offered_is_a_405(salon):
    answer = salon.browser().delete(PEOPLE)

    assert answer.status_code == 405
    assert answer.json() == {"detail": 'Método "DELETE" não é permitido.'}


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "BREW"])
@pytest.mark.parametrize(
    "path",
    [
        "/api/",
        "/api/v1/",
        "/api/v1/clients",
        "/api/v1/clients/x/",
        f"/api/v1/clients/{'9' * 5000}/",
        "/api/v1/appointments/1/nada/",
        "/api/v2/clients/",
        "/api/v1/whatsapp/send-confirmation/x",
        "/api/%00/",
    ],
)
def test_an_unknown_address_is_a_404_in_json(db, client, method, path):
    answer = client.generic(method, path, b"{}", "application/json")

    assert (answer.status_code, answer.json()) == (404, {"detail": "Não encontrado."})
    assert answer["Content-Type"] == "application/json"


def test_an_id_beyond_every_number_is_a_404(salon):
    answer = salon.browser().get(f"{PEOPLE}{'9' * 40}/")

    assert (answer.status_code, answer.json()) == (404, {"detail": "Não encontrado."})


def test_what_only_html_would_satisfy_gets_json(salon):
    answer = salon.browser().get(PEOPLE, headers={"accept": "text/html"})

    assert answer.status_code == 406
    assert answer["Content-Type"] == "application/json"


def test_an_unknown_host_is_a_400_in_json(db, client):
    answer = client.get(PEOPLE, headers={"host": "outro.example"})

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/json")


def test_our_own_error_is_a_500_in_json(salon, monkeypatch):
    def broken(*args):
        raise ZeroDivisionError

    monkeypatch.setattr("scheduling.api.rows.Clients.get_queryset", broken)
    browser = salon.browser()
    browser.raise_request_exception = False

    answer = browser.get(PEOPLE)

    assert answer.status_code == 500
    assert answer.json() == {"detail": "Algo deu errado do nosso lado. Tente de novo."}


def test_pages_keep_their_own_errors(db, client):
    client.raise_request_exception = False

    assert client.get("/entrar/", headers={"host": "x.example"})["Content-Type"].startswith(
        "text/html"
    )


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
NAMES = {
    PEOPLE: ["name", "phone", "notes"],
    "/api/v1/professionals/": ["name", "is_active"],
    "/api/v1/services/": ["name", "duration_minutes", "price", "is_active"],
    "/api/v1/appointments/": ["client", "professional", "service", "starts_at", "notes"],
    "/api/v1/appointments/{}/cancel/": ["reason"],
    "/api/v1/whatsapp/connect": ["accept_risk"],
}


@pytest.mark.parametrize("path", NAMES)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_value_in_any_field_has_an_answer(salon, path, data):
    """Half of the fields are right, so that the others are reached."""
    right = {
        "client": salon.camila.pk,
        "professional": salon.bia.pk,
        "service": salon.cut.pk,
        "starts_at": "2026-11-26T10:00",
        "name": "Ana",
        "phone": "(31) 98877-1100",
    }
    body = {
        name: data.draw(st.just(right[name]) | anything if name in right else anything)
        for name in NAMES[path]
    }
    appointment = _appointment(salon)
    headers = {"authorization": f"Bearer {_token(salon)}"}

    answer = Browser().generic(
        "POST", path.format(appointment), json.dumps(body), "application/json", headers=headers
    )

    assert answer.status_code in {200, 201, 400, 409}, answer.content
    if answer.status_code >= 400:
        assert isinstance(answer.json()["detail"], str)


def _token(salon):
    if not hasattr(salon, "token"):
        salon.token = token_of(salon)
    return salon.token


def _appointment(salon):
    from tenants import scope

    with scope.company(salon.company.pk):
        found = Appointment.objects.filter(starts_at__gt=salon.now).first()
    return found.pk if found else salon.book(hours=200).pk
