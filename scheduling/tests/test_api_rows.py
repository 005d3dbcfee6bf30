"""Clients, professionals and services over REST."""

from __future__ import annotations

import json

import pytest
from django.db import connection

from scheduling.models import Client, Professional, Service
from tenants import scope
from tenants.models import ApiToken, Role

NEVER_USED = 987_654_321
PEOPLE = "/api/v1/clients/"
ROWS = {
    "clients": ("camila", {"name": "Ana Luz", "phone": "(31) 98877-1100"}),
    "professionals": ("bia", {"name": "Elisa"}),
    "services": ("cut", {"name": "Escova", "duration_minutes": 50, "price": "85.00"}),
}


def token_of(shop, role=Role.OWNER):
    """The text of a new token that acts with the rights of the role."""
    with scope.company(shop.company.pk):
        token = ApiToken(membership=shop.members[role], name="Programa")
        token.bind_company()
        text = token.issue()
        token.save()
    return text


def send(browser, method, path, body=None, **extra):
    body = None if body is None else json.dumps(body)
    return browser.generic(method, path, body or "", "application/json", **extra)


def test_a_client_is_made_with_the_phone_in_e164(salon):
    answer = send(
        salon.browser(), "POST", PEOPLE, {"name": " Ana Luz ", "phone": "31 9 8877-1100"}
    )

    assert answer.status_code == 201
    assert answer.json() == {
        "id": answer.json()["id"],
        "name": "Ana Luz",
        "phone": "+5531988771100",
        "notes": "",
        "opted_out_at": None,
        "created_at": "2026-11-24T09:00:00-03:00",
    }


def test_a_changed_phone_changes_what_the_client_is_found_by(salon):
    answer = send(
        salon.browser(), "PATCH", f"{PEOPLE}{salon.camila.pk}/", {"phone": "(31) 98877-0000"}
    )

    assert answer.status_code == 200
    assert salon.fresh(salon.camila).phone_key == "553188770000"


def test_the_list_has_pages_and_only_the_companys_rows(salon, barber):
    answer = salon.browser().get(PEOPLE).json()

    assert answer["count"] == 1
    assert (answer["next"], answer["previous"]) == (None, None)
    assert [row["id"] for row in answer["results"]] == [salon.camila.pk]


def test_a_list_asks_as_many_queries_for_three_rows_as_for_one(salon, django_assert_num_queries):
    browser = salon.browser()
    for extra in ("", "um dois"):
        with scope.company(salon.company.pk):
            for name in extra.split():
                Client.objects.create(name=name, phone=f"+55319887720{len(name)}1")
        with django_assert_num_queries(5):  # session, user, membership; count, rows
            assert browser.get(PEOPLE).status_code == 200


@pytest.mark.parametrize("text", ["camila", "CAMÍLA", "1247"])
def test_clients_are_searched_by_name_and_by_the_end_of_the_phone(salon, barber, text):
    with scope.company(salon.company.pk):
        Client.objects.create(name="Outra", phone="+5531988770000")

    answer = salon.browser().get(PEOPLE, {"search": text}).json()

    assert [row["name"] for row in answer["results"]] == ["Camila Prates"]


@pytest.mark.parametrize(
    ("phone", "sentence"),
    [
        ("8877-1100", "Falta o DDD. Escreva como (11) 98765-4321."),
        ("(20) 98877-1100", "Este DDD não existe. Confira os dois primeiros números."),
        ("liga pra mim", "Escreva só os números do celular, com DDD, como (11) 98765-4321."),
    ],
)
def test_a_phone_that_is_none_is_refused_with_a_sentence(salon, phone, sentence):
    answer = send(salon.browser(), "POST", PEOPLE, {"name": "Ana", "phone": phone})

    assert answer.status_code == 400
    assert answer.json() == {"detail": "Confira os campos.", "errors": {"phone": [sentence]}}
    assert salon.count(Client) == 1


def test_a_phone_that_another_client_has_is_refused_with_or_without_the_ninth_digit(salon):
    for phone in ("+55 31 98765-1247", "(31) 8765-1247"):
        answer = send(salon.browser(), "POST", PEOPLE, {"name": "Ana", "phone": phone})

        assert answer.status_code == 400
        assert answer.json()["errors"] == {"phone": ["Já existe um cliente com este celular."]}


def test_the_same_phone_may_be_a_client_of_both_companies(salon, barber):
    assert salon.camila.phone == barber.camila.phone


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("professionals", "Já existe um profissional com este nome."),
        ("services", "Já existe um serviço com este nome."),
    ],
)
def test_a_second_row_of_one_name_is_refused(salon, path, sentence):
    name = {"professionals": "Bia", "services": "Corte"}[path]

    answer = send(salon.browser(), "POST", f"/api/v1/{path}/", {"name": name})

    assert answer.status_code == 400
    assert answer.json()["errors"] == {"non_field_errors": [sentence]}


def test_a_row_may_keep_its_own_name_and_phone(salon):
    browser = salon.browser()
    body = {"name": "Camila", "phone": salon.camila.phone}

    assert send(browser, "PUT", f"{PEOPLE}{salon.camila.pk}/", body).status_code == 200
    body = {"name": "Corte", "duration_minutes": 45}
    answer = send(browser, "PATCH", f"/api/v1/services/{salon.cut.pk}/", body)
    assert answer.json()["duration_minutes"] == 45


def test_losing_the_race_for_a_phone_is_a_400(salon, monkeypatch):
    """Both found the phone free; the constraint is the referee."""
    monkeypatch.setattr(
        "scheduling.api.rows.Client.objects.with_phone", lambda e164: Client.objects.none()
    )
    body = {"name": "Ana", "phone": salon.camila.phone}

    answer = send(salon.browser(), "POST", PEOPLE, body)

    assert answer.status_code == 400
    assert answer.json()["errors"] == {
        "non_field_errors": ["Já existe um cliente com este celular."]
    }


def test_losing_the_race_for_a_name_is_a_400(salon, monkeypatch):
    monkeypatch.setattr(Service, "validate_constraints", lambda self, exclude: None)

    answer = send(salon.browser(), "POST", "/api/v1/services/", {"name": "Corte"})

    assert answer.status_code == 400
    assert answer.json()["errors"] == {"non_field_errors": ["Já existe um serviço com este nome."]}


@pytest.mark.parametrize("path", ROWS)
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
def test_another_companys_row_is_answered_as_an_id_never_used(salon, barber, path, method):
    name, body = ROWS[path]
    foreign = getattr(barber, name)
    before = (salon.count(type(foreign)), barber.count(type(foreign)))
    browser = salon.browser()

    seen = send(browser, method, f"/api/v1/{path}/{foreign.pk}/", body)
    unused = send(browser, method, f"/api/v1/{path}/{NEVER_USED}/", body)

    assert seen.status_code == (405 if method == "OPTIONS" else 404)
    assert (seen.status_code, seen.content) == (unused.status_code, unused.content)
    assert seen.headers.items() == unused.headers.items()
    assert (salon.count(type(foreign)), barber.count(type(foreign))) == before


@pytest.mark.parametrize("path", ROWS)
def test_a_row_that_nothing_uses_is_deleted(salon, barber, path):
    name, _body = ROWS[path]
    row = getattr(salon, name)

    assert send(salon.browser(), "DELETE", f"/api/v1/{path}/{row.pk}/").status_code == 204

    assert salon.count(type(row)) == (1 if path == "professionals" else 0)
    assert barber.count(type(row)) == (2 if path == "professionals" else 1)


@pytest.mark.parametrize("path", ROWS)
def test_a_row_in_use_is_not_deleted(salon, path):
    name, _body = ROWS[path]
    row = getattr(salon, name)
    salon.book()

    answer = send(salon.browser(), "DELETE", f"/api/v1/{path}/{row.pk}/")

    assert answer.status_code == 409
    assert answer.json() == {"detail": "Há agendamentos ou mensagens ligados a este registro."}
    assert salon.fresh(row) == row


@pytest.mark.django_db(transaction=True)
def test_deleting_what_is_being_used_at_this_moment_is_a_409(salon, monkeypatch):
    """The appointment is made after the look at what points to the client."""
    look = Client.delete

    def delete(client, *args, **kwargs):
        with monkeypatch.context() as patched:
            patched.setattr("django.db.models.deletion.Collector.collect", _collect_only(client))
            salon.book()
            return look(client, *args, **kwargs)

    monkeypatch.setattr(Client, "delete", delete)

    answer = send(salon.browser(), "DELETE", f"{PEOPLE}{salon.camila.pk}/")

    assert answer.status_code == 409
    assert salon.fresh(salon.camila) == salon.camila


def _collect_only(row):
    def collect(collector, objects, *args, **kwargs):
        collector.add([row])

    return collect


RIGHTS = [
    # path, role, may read, may write
    ("clients", Role.RECEPTIONIST, 200, 201),
    ("clients", Role.PROFESSIONAL, 403, 403),
    ("professionals", Role.RECEPTIONIST, 200, 403),
    ("professionals", Role.MANAGER, 200, 201),
    ("professionals", Role.PROFESSIONAL, 403, 403),
    ("services", Role.RECEPTIONIST, 200, 403),
    ("services", Role.MANAGER, 200, 201),
    ("services", Role.PROFESSIONAL, 403, 403),
]


@pytest.mark.parametrize(("path", "role", "read", "write"), RIGHTS)
def test_a_role_reads_and_writes_what_it_may(salon, path, role, read, write):
    browser, body = salon.browser(role), ROWS[path][1]

    assert browser.get(f"/api/v1/{path}/").status_code == read
    assert send(browser, "POST", f"/api/v1/{path}/", body).status_code == write


def test_a_token_acts_in_its_company_with_the_rights_of_its_membership(salon, barber, client):
    headers = {"authorization": f"Bearer {token_of(salon, Role.RECEPTIONIST)}"}

    rows = client.get("/api/v1/professionals/", headers=headers).json()["results"]
    refused = client.post("/api/v1/professionals/", {}, headers=headers)

    assert [row["id"] for row in rows] == [salon.bia.pk, salon.denise.pk]
    assert refused.status_code == 403
    assert refused.json() == {"detail": "Você não tem permissão para executar essa ação."}


def test_a_rivals_token_sees_the_rivals_rows_even_in_our_browser(salon, barber):
    headers = {"authorization": f"Bearer {token_of(barber)}"}

    rows = salon.browser().get(PEOPLE, headers=headers).json()["results"]

    assert [row["id"] for row in rows] == [barber.camila.pk]


def test_every_credential_that_does_not_fit_gets_the_same_401(salon, barber, client):
    ours, theirs = token_of(salon), token_of(barber)
    secret = theirs.rsplit(f"atd_{barber.company.pk}_", 1)[1]
    bad = [
        f"Bearer atd_{salon.company.pk}_{secret}",
        f"Bearer {ours}x",
        "Bearer atd_999999999999999999_" + "a" * 43,
        "Bearer atd_0_" + "a" * 43,
        "Bearer ",
        "Basic YTpi",
        "Bearer ação",
    ]

    answers = [client.get(PEOPLE, headers={"authorization": value}) for value in bad]

    assert {answer.status_code for answer in answers} == {401}
    assert {answer.content for answer in answers} == {
        '{"detail": "Token ausente ou inválido."}'.encode()
    }


def test_without_any_credential_it_is_a_401_in_portuguese(client, salon):
    answer = client.get(PEOPLE)

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    assert answer.json() == {"detail": "Entre ou envie um token."}


def test_a_person_without_a_company_gets_403(salon, client, django_user_model):
    stranger = django_user_model.objects.create_user("x@y.example", "x" * 12, name="Sem Empresa")
    client.force_login(stranger)

    assert client.get(PEOPLE).status_code == 403


def test_a_session_needs_the_csrf_token_to_change_something(salon):
    from django.test import Client as Browser

    browser = Browser(enforce_csrf_checks=True)
    browser.cookies = salon.browser().cookies
    browser.cookies["csrftoken"] = "a" * 32
    body = {"name": "Ana", "phone": "(31) 98877-1100"}

    without = send(browser, "POST", PEOPLE, body)
    with_it = send(browser, "POST", PEOPLE, body, headers={"X-CSRFToken": "a" * 32})

    assert without.status_code == 403
    assert without.json() == {
        "detail": "Falta o token CSRF, ou ele não vale mais. Recarregue a página."
    }
    assert with_it.status_code == 201


def test_a_professional_and_a_service_are_made_by_the_manager(salon):
    browser = salon.browser(Role.MANAGER)

    made = send(browser, "POST", "/api/v1/services/", ROWS["services"][1]).json()

    assert made == {
        "id": made["id"],
        "name": "Escova",
        "category": "",
        "duration_minutes": 50,
        "price": "85.00",
        "buffer_before_minutes": 0,
        "buffer_after_minutes": 0,
        "is_active": True,
    }
    elisa = send(browser, "POST", "/api/v1/professionals/", {"name": "Elisa"}).json()
    assert elisa == {"id": elisa["id"], "name": "Elisa", "color": "rose", "is_active": True}


def test_a_colour_and_buffers_are_read_and_written(salon):
    browser = salon.browser(Role.MANAGER)

    cut = send(
        browser,
        "PATCH",
        f"/api/v1/services/{salon.cut.pk}/",
        {"category": "Cabelo", "buffer_before_minutes": 5, "buffer_after_minutes": 10},
    ).json()
    bia = send(
        browser, "PATCH", f"/api/v1/professionals/{salon.bia.pk}/", {"color": "teal"}
    ).json()

    assert [
        cut[name] for name in ("category", "buffer_before_minutes", "buffer_after_minutes")
    ] == [
        "Cabelo",
        5,
        10,
    ]
    assert bia["color"] == "teal"


@pytest.mark.parametrize(
    "body",
    [
        {"name": "Escova", "duration_minutes": 4},
        {"name": "Escova", "duration_minutes": 721},
        {"name": "Escova", "duration_minutes": 10**40},
        {"name": "Escova", "price": "-1"},
        {"name": "Escova", "buffer_after_minutes": 241},
        {"name": "Escova", "price": "1e9999"},
        {"name": "Escova", "price": "sNaN"},
        {"name": "a" * 121},
        {"name": None},
        {"name": "a\x00b"},
        {"name": "\ud800"},
        {},
    ],
)
def test_what_a_service_cannot_be_is_a_400(salon, body):
    answer = send(salon.browser(), "POST", "/api/v1/services/", body)

    assert answer.status_code == 400
    assert answer.json()["detail"] == "Confira os campos."
    assert salon.count(Service) == 1


def test_the_constraints_of_the_database_are_left_for_the_races_alone(salon):
    """No statement failed on the way to a refusal: the transaction of a test would be broken."""
    send(salon.browser(), "POST", "/api/v1/services/", {"name": "Corte"})

    with scope.company(salon.company.pk):
        assert Professional.objects.count() == 2
    assert connection.errors_occurred is False
