"""The webhook under production settings, over Django's test client."""

import json
import threading

import pytest
from django.db import DatabaseError, connection, connections
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from procrastinate.contrib.django.models import ProcrastinateJob

from tenants import scope
from whatsapp import webhook
from whatsapp.models import Instance, WebhookEvent
from whatsapp.tests.factories import SECRET, an_instance, upsert

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/whatsapp-webhook/webhook"


@pytest.fixture(autouse=True)
def production(settings):
    settings.DEBUG = False
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["atendo.example"]
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000


@pytest.fixture
def bodies(company, rival, now):
    """One body for each of two companies with an instance."""
    made = {}
    for owner in (company, rival):
        with scope.company(owner.pk):
            an_instance()
            made[owner.pk] = upsert("+5531988771247", at=now, text="x" * 2000)
    return made


def post(body, secret=None, *, suffix="", **headers):
    data = body if isinstance(body, bytes | str) else json.dumps(body)
    if secret is not None:
        headers["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
    http = Client(enforce_csrf_checks=True)
    return http.post(
        ADDRESS + suffix,
        data=data,
        content_type="application/json",
        HTTP_HOST="evolution-cannot-know",
        **headers,
    )


def count(owner):
    with scope.company(owner.pk):
        return WebhookEvent.objects.count()


@pytest.mark.parametrize("suffix", ["", "/", "/messages-upsert", "/qrcode-updated", "/x/"])
def test_an_event_with_its_secret_is_stored_at_both_addresses(company, rival, bodies, suffix):
    answer = post(bodies[company.pk], f"{SECRET}-{company.pk}", suffix=suffix)

    assert (answer.status_code, answer.json()) == (200, {"stored": True})
    assert (count(company), count(rival)) == (1, 0)
    with scope.company(company.pk):
        assert "apikey" not in WebhookEvent.objects.get().payload
        assert Instance.objects.get().webhook_seen_at is not None


def test_every_refusal_is_the_same_401_and_stores_nothing(company, rival, bodies):
    body = bodies[company.pk]
    refused = [
        post(body),
        post(body, ""),
        post(body, "wrong"),
        post(body, f"{SECRET}-{rival.pk}"),
        post(body, "não-ascii"),
        post({**body, "instance": "company_424242_whatsapp"}, f"{SECRET}-{company.pk}"),
        post({**body, "instance": "company_999999999999999999_whatsapp"}, SECRET),
        post({**body, "instance": "company_٣_whatsapp"}, SECRET),
        post({**body, "instance": "atendo_whatsapp"}, SECRET),
        post({**body, "instance": f"company_{company.pk}_whatsapp "}, f"{SECRET}-{company.pk}"),
    ]
    assert {(answer.status_code, answer.content) for answer in refused} == {
        (401, refused[0].content)
    }
    assert (count(company), count(rival)) == (0, 0)


def test_a_repetition_stores_nothing_and_wakes_nobody(company, bodies):
    secret = f"{SECRET}-{company.pk}"
    first, again = post(bodies[company.pk], secret), post(bodies[company.pk], secret)

    assert (first.json(), again.json()) == ({"stored": True}, {"stored": False})
    assert count(company) == 1
    assert ProcrastinateJob.objects.filter(task_name="whatsapp.jobs.understand").count() == 1


def test_two_companies_may_use_the_same_message_key(company, rival, bodies):
    for owner in (company, rival):
        body = bodies[owner.pk]
        body["data"]["key"]["id"] = "3A00SAME"
        assert post(body, f"{SECRET}-{owner.pk}").json() == {"stored": True}
    assert (count(company), count(rival)) == (1, 1)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"1",
        b"\xff\xfe",
        b'{"event": 1, "instance": "company_1_whatsapp"}',
        b'{"event": "messages.upsert"}',
        b'{"event": "messages.upsert", "instance": null}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
    ],
)
def test_what_is_no_envelope_is_a_400(company, bodies, body):
    assert post(body, f"{SECRET}-{company.pk}").status_code == 400
    assert count(company) == 0


def test_too_large_is_a_413_and_far_more_than_djangos_limit_is_fine(company, bodies, settings):
    settings.WEBHOOK_MAX_BYTES = 3_000_000
    body, secret = bodies[company.pk], f"{SECRET}-{company.pk}"
    assert post({**body, "junk": "x" * 2_900_000}, secret).status_code == 200
    assert post({**body, "junk": "x" * 5_000_000}, secret).status_code == 413
    assert count(company) == 1


def test_an_unknown_event_and_odd_characters_are_stored(company, bodies):
    secret = f"{SECRET}-{company.pk}"
    instance = f"company_{company.pk}_whatsapp"
    odd = {"event": "some.thing", "instance": instance, "data": {"a": "\x00\ud800", "b": None}}
    assert post(json.dumps(odd), secret).json() == {"stored": True}
    assert count(company) == 1


def test_a_database_that_is_away_makes_evolution_repeat(company, bodies, monkeypatch):
    def away(*args, **kwargs):
        raise DatabaseError("the server is away")

    monkeypatch.setattr(webhook, "_insert", away)
    assert post(bodies[company.pk], f"{SECRET}-{company.pk}").status_code == 503


def test_only_post_is_served(company, bodies):
    http = Client()
    for method in (http.get, http.put, http.delete):
        assert method(ADDRESS, HTTP_HOST="x").status_code == 405


def test_an_error_after_the_wake_up_leaves_neither_row_nor_job(company, bodies, monkeypatch):
    def broken(job, company_id):
        raise DatabaseError("in the middle")

    monkeypatch.setattr(webhook, "wake", broken)
    assert post(bodies[company.pk], f"{SECRET}-{company.pk}").status_code == 503
    assert count(company) == 0
    assert ProcrastinateJob.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_two_deliveries_at_once_are_stored_once(company, bodies):
    answers = []

    def deliver():
        answers.append(post(bodies[company.pk], f"{SECRET}-{company.pk}"))
        connections.close_all()

    threads = [threading.Thread(target=deliver) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [200] * 6
    assert sum(answer.json()["stored"] for answer in answers) == 1
    assert count(company) == 1
    assert connection.is_usable()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=json_values, extra=st.dictionaries(st.text(max_size=8), json_values, max_size=2))
def test_a_valid_envelope_is_always_stored(company, bodies, data, extra):
    instance = f"company_{company.pk}_whatsapp"
    body = {**extra, "event": "messages.upsert", "instance": instance, "data": data}
    answer = post(body, f"{SECRET}-{company.pk}")
    assert answer.status_code == 200
    assert count(company) >= 1
