"""What a load balancer and an operator ask."""

from __future__ import annotations

from importlib.metadata import version

import pytest
from django.db import OperationalError, connection
from django.test import RequestFactory, override_settings

from atendo import health
from atendo.health import HealthFirst


@pytest.fixture(autouse=True)
def nobody_has_looked_yet(monkeypatch):
    monkeypatch.setattr(health, "_migrated", False)


def heartbeat(seconds_ago):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat)"
            " VALUES (now() - make_interval(secs => %s))",
            [seconds_ago],
        )


def test_the_process_lives_without_asking_the_database(client):
    answer = client.get("/healthz")  # no db fixture: a query would raise

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_ready_with_database_migrations_and_a_worker(db, client):
    heartbeat(seconds_ago=5)

    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "database": True,
        "migrations": True,
        "worker": True,
        "tzdata": version("tzdata"),
    }


def test_a_worker_that_fell_silent_is_told_but_pages_still_work(db, client):
    heartbeat(seconds_ago=90)

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["worker"]) == (200, False)


def test_without_the_database_it_is_not_ready(client, monkeypatch):
    def away(*args, **kwargs):
        raise OperationalError("the server is away, and this text says where")

    monkeypatch.setattr(health, "MigrationExecutor", away)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json() == {
        "status": "unavailable",
        "database": False,
        "migrations": False,
        "worker": False,
        "tzdata": version("tzdata"),
    }


def test_a_migration_that_is_missing_is_not_ready(db, client):
    with connection.as_login_role(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'whatsapp'")

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert (answer.json()["database"], answer.json()["migrations"]) == (True, False)


def test_once_migrated_nobody_looks_again(db, client, django_assert_num_queries):
    client.get("/readyz")

    with django_assert_num_queries(1):  # the worker
        assert client.get("/readyz").status_code == 200


@override_settings(SECURE_SSL_REDIRECT=True, ALLOWED_HOSTS=["atendo.example"])
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_are_neither_redirected_nor_asked_for_our_name(db, client, path):
    answer = client.get(path, headers={"host": "10.0.0.7:8000"})

    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/healthz/", "/healthzz", "/", "/api/readyz"])
def test_other_addresses_pass_through(path):
    answer = HealthFirst(lambda request: "the next one")(RequestFactory().get(path))

    assert answer == "the next one"
