"""A job runs as its company and as no other, and a wake-up is part of the transaction."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from django.conf import settings
from django.db import connection, connections, transaction
from procrastinate import App, PsycopgConnector
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.contrib.django.utils import connector_params

from tenants import scope
from tenants.jobs import company_job, wake
from tenants.models import Membership, Role

LONG = 30.0  # seconds between two looks of the worker when nothing wakes it
ran: list[tuple[object, list[int]]] = []


def companies_seen():
    """What raw SQL without a WHERE sees."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT company_id FROM memberships ORDER BY 1")
        return [company_id for (company_id,) in cursor.fetchall()]


@company_job()
def look(company_id: int) -> None:
    ran.append((scope.current(), companies_seen()))


@company_job(lock="chain")
def look_locked(company_id: int) -> None:
    ran.append((scope.current(), companies_seen()))


@company_job()
def fail(company_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1/0")


@pytest.fixture(autouse=True)
def two_companies(member, rival_member):
    """A row of each that every job could see too much of."""
    ran.clear()


def test_a_job_runs_in_the_scope_of_its_company(company):
    look(company.pk)
    assert ran == [(company.pk, [company.pk])]
    assert scope.current() is None


def test_two_companies_alternate_on_one_thread(company, rival):
    for owner in (company, rival, company, rival):
        look(owner.pk)
    assert ran == [(owner.pk, [owner.pk]) for owner in (company, rival)] * 2
    assert companies_seen() == []


@pytest.mark.parametrize("left", ["the same company", "another company", "every company"])
def test_a_scope_that_was_left_over_is_refused(left, company, rival):
    enter = {
        "the same company": lambda: scope.company(company.pk),
        "another company": lambda: scope.company(rival.pk),
        "every company": lambda: scope.every_company("a test"),
    }[left]
    with enter(), pytest.raises(scope.CrossCompanyAccess, match="left over"):
        look(company.pk)
    assert ran == []


@pytest.mark.parametrize("no_id", [None, "1", True, 0, -1])
def test_a_job_without_a_company_does_not_run(no_id):
    with pytest.raises(scope.NoCompanyScope):
        look(no_id)
    assert ran == []


def test_an_error_leaves_the_scope_for_the_next_job(company, rival):
    with suppress(Exception), transaction.atomic():
        fail(company.pk)
    assert scope.current() is None
    look(rival.pk)
    assert ran == [(rival.pk, [rival.pk])]


def test_a_job_of_a_company_that_is_gone_sees_nothing():
    look(987654321)
    assert ran == [(987654321, [])]


# Wake-ups -------------------------------------------------------------------------------------


def waiting():
    return list(ProcrastinateJob.objects.order_by("id").values_list("task_name", "args", "lock"))


def job_of(owner, task=look, lock=None):
    return (task.name, {"company_id": owner.pk}, lock and f"{lock}:{owner.pk}")


def test_a_wake_up_is_queued_once_for_each_company(company, rival):
    assert [wake(look, company.pk) for _ in range(3)] == [True, False, False]
    assert [wake(look, rival.pk) for _ in range(2)] == [True, False]
    assert wake(look_locked, company.pk) is True
    assert waiting() == [
        job_of(company),
        job_of(rival),
        job_of(company, look_locked, "chain"),
    ]


def test_a_wake_up_that_waits_already_leaves_the_transaction_whole(company, rival):
    wake(look, company.pk)
    with transaction.atomic(), scope.company(company.pk):
        assert wake(look, company.pk) is False
        Membership.objects.update(role=Role.MANAGER)
        assert companies_seen() == [company.pk]
    with scope.company(company.pk):
        assert Membership.objects.get().role == Role.MANAGER
    with scope.company(rival.pk):
        assert Membership.objects.get().role == Role.OWNER


def test_a_wake_up_goes_with_its_transaction(company):
    def book_and_fail():
        with transaction.atomic(), scope.company(company.pk):
            wake(look, company.pk)
            raise KeyError

    with pytest.raises(KeyError):
        book_and_fail()
    assert waiting() == []


@pytest.mark.parametrize("where", ["no scope", "its company", "every company"])
def test_a_wake_up_may_be_asked_for_from_every_scope(where, company):
    enter = {
        "no scope": scope.no_company,
        "its company": lambda: scope.company(company.pk),
        "every company": lambda: scope.every_company("a test"),
    }[where]
    with enter():
        assert wake(look, company.pk) is True
    assert waiting() == [job_of(company)]


# A real worker --------------------------------------------------------------------------------


async def run_worker(start, finished):
    """Work until `finished`, with one thread for the jobs, as the app role."""
    pool = ThreadPoolExecutor(1)
    asyncio.get_running_loop().set_default_executor(pool)
    connector = PsycopgConnector(
        kwargs={**connector_params(), "options": f"-c role={settings.APP_ROLE}"},
        min_size=1,
        max_size=4,
    )
    beside = App(connector=connector)
    beside.tasks = app.tasks
    async with beside.open_async():
        role = await connector.execute_query_one_async("SELECT current_user AS name")
        worker = asyncio.create_task(
            beside.run_worker_async(
                fetch_job_polling_interval=LONG, install_signal_handlers=False, concurrency=1
            )
        )
        await asyncio.sleep(0.3)  # it has looked once, found nothing, and listens
        try:
            pool.submit(start).result(10)
            begun = time.monotonic()
            while not finished() and time.monotonic() < begun + 10:
                await asyncio.sleep(0.01)
            return role["name"], time.monotonic() - begun
        finally:
            worker.cancel()
            with suppress(asyncio.CancelledError):
                await worker
            pool.submit(connections.close_all).result(10)


@pytest.mark.django_db(transaction=True)
def test_a_worker_runs_a_chain_on_one_lock_without_waiting_in_between(company, rival):
    owners = [company, rival, company, rival, company]

    def queue():
        with transaction.atomic():
            for owner in owners:
                look.configure(lock="one lock for all").defer(company_id=owner.pk)

    role, seconds = asyncio.run(run_worker(queue, lambda: len(ran) == len(owners)))
    assert ran == [(owner.pk, [owner.pk]) for owner in owners]
    assert role == settings.APP_ROLE
    assert seconds < 1.0


@pytest.mark.django_db(transaction=True)
def test_a_worker_goes_on_after_a_job_that_failed(company, rival):

    def queue():
        with transaction.atomic():
            fail.configure(lock="chain").defer(company_id=company.pk)
            look.configure(lock="chain").defer(company_id=rival.pk)

    asyncio.run(run_worker(queue, lambda: len(ran) == 1))
    assert ran == [(rival.pk, [rival.pk])]
    statuses = dict(ProcrastinateJob.objects.values_list("task_name", "status"))
    assert statuses[fail.name] == "failed"
