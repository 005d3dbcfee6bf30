"""What every test may use: two companies, a stranger, and the promise that no scope is left."""

from __future__ import annotations

import os
from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import settings

# The machine may be busy: a slow example is no failure.
settings.register_profile("atendo", deadline=None)
settings.load_profile("atendo")

# Playwright's synchronous interface leaves an event loop running in the thread of the tests.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files begin first, so that at the end no core waits for another: those with a
    browser or marked as slow, and those with many tests."""
    tests = Counter(item.path for item in items)

    def late(item: pytest.Item) -> tuple[bool, int]:
        long = any(item.get_closest_marker(name) for name in ("browser", "slow"))
        return not long, -tests[item.path]

    items.sort(key=late)


@pytest.fixture(autouse=True)
def no_scope_left():
    from tenants import scope

    assert scope.current() is None
    yield
    assert scope.current() is None, "the test left a scope behind"


@pytest.fixture(autouse=True)
def no_jobs_left(request):
    """Django's flush skips unmanaged tables, and procrastinate's are."""
    yield
    marker = request.node.get_closest_marker("django_db")
    committed = {"live_server", "transactional_db"} & set(request.fixturenames)
    if committed or (marker and marker.kwargs.get("transaction")):
        from django.db import connection

        blocker = request.getfixturevalue("django_db_blocker")
        with blocker.unblock(), connection.as_login_role(), connection.cursor() as cursor:
            cursor.execute(
                "TRUNCATE procrastinate_jobs, procrastinate_events,"
                " procrastinate_periodic_defers, procrastinate_workers CASCADE"
            )


@pytest.fixture
def now():
    """A Tuesday at noon, in São Paulo 09:00."""
    return datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def make_company(name: str, slug: str):
    from tenants import scope
    from tenants.models import Company

    with scope.every_company("test fixture"):
        return Company.objects.create(name=name, slug=slug)


@pytest.fixture
def company(db):
    return make_company("Salão Flor de Ipê", "flor-de-ipe")


@pytest.fixture
def rival(db):
    return make_company("Barbearia Prosa & Navalha", "prosa-e-navalha")
