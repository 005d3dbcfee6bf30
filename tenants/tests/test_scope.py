from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.http import StreamingHttpResponse

from tenants import scope
from tenants.models import Membership
from tenants.scope import EVERY_COMPANY, CrossCompanyAccess, NoCompanyScope

A, B = 17, 23


def test_there_are_three_states_and_the_first_is_none():
    assert scope.current() is None
    with scope.company(A) as entered:
        assert (entered, scope.current(), scope.company_id()) == (A, A, A)
    with scope.every_company("a test"):
        assert scope.current() is EVERY_COMPANY
        assert scope.company_id() is EVERY_COMPANY
    assert scope.current() is None


def test_asking_for_the_company_without_one_raises():
    with pytest.raises(NoCompanyScope):
        scope.company_id()


@pytest.mark.parametrize(
    "not_an_id", [None, "17", 17.0, True, 0, -17, 2**63, EVERY_COMPANY, [17], b"17"]
)
def test_only_a_positive_bigint_is_a_company_id(not_an_id):
    with pytest.raises(NoCompanyScope), scope.company(not_an_id):
        pass
    assert scope.current() is None


def test_the_same_company_may_be_entered_again():
    with scope.company(A):
        with scope.company(A):
            assert scope.current() == A
        assert scope.current() == A


def test_another_company_inside_a_company_is_refused():
    with scope.company(A):
        with pytest.raises(CrossCompanyAccess), scope.company(B):
            pass
        assert scope.current() == A


def test_switch_says_that_the_other_company_is_meant():
    with scope.company(A):
        with scope.company(B, switch=True):
            assert scope.current() == B
        assert scope.current() == A


def test_a_company_inside_every_company_narrows_the_view():
    with scope.every_company("a test"):
        with scope.company(A):
            assert scope.current() == A
        assert scope.current() is EVERY_COMPANY


def test_no_company_hides_the_company_for_a_block():
    with scope.company(A):
        with scope.no_company():
            assert scope.current() is None
        assert scope.current() == A


@pytest.mark.parametrize(
    "enter", [lambda: scope.company(A), lambda: scope.every_company("a test"), scope.no_company]
)
def test_an_error_leaves_the_scope_and_stays_itself(enter):
    with pytest.raises(KeyError, match="the error"), enter():
        raise KeyError("the error")
    assert scope.current() is None


# Generators -----------------------------------------------------------------------------------


def rows_of(enter):
    with enter():
        yield scope.current()
        yield scope.current()


def test_two_generators_that_yield_inside_a_scope_cannot_mix_two_companies():
    first, second = rows_of(lambda: scope.company(A)), rows_of(lambda: scope.company(B))
    assert next(first) == A
    with pytest.raises(CrossCompanyAccess):
        next(second)
    first.close()


@pytest.mark.parametrize(
    "enter", [lambda: scope.company(A, switch=True), lambda: scope.every_company("a test")]
)
def test_a_generator_that_ran_on_under_another_scope_is_told(enter):
    first = rows_of(enter)
    second = rows_of(lambda: scope.company(B, switch=True))
    next(first)
    next(second)
    next(first)
    with pytest.raises(CrossCompanyAccess, match="changed under the block"):
        next(first)
    second.close()
    with scope.no_company():
        pass  # what the generators left behind is not what later code starts from
    scope._current.set(None)


def test_bound_items_are_made_under_the_scope_in_which_they_were_asked_for():
    def seen():
        yield scope.current()
        yield scope.current()

    with scope.company(A):
        ours = scope.bound(seen())
    with scope.company(B):
        theirs = scope.bound(seen())
        mixed = [next(ours), next(theirs), scope.current(), next(ours), next(theirs)]
    assert mixed == [A, B, B, A, B]
    assert scope.current() is None


def test_a_bound_generator_that_yields_inside_a_scope_leaves_nothing_behind():
    ours = scope.bound(rows_of(lambda: scope.company(A)))
    theirs = scope.bound(rows_of(lambda: scope.company(B)))
    assert [next(ours), scope.current(), next(theirs), next(ours), next(theirs)] == [
        A,
        None,
        B,
        A,
        B,
    ]
    ours.close()  # half-way, as when a browser goes away
    assert list(theirs) == []
    assert scope.current() is None


def test_a_streamed_answer_reads_under_the_scope_of_its_view(company, member, rival_member):
    def view():
        with scope.company(company.pk):
            rows = Membership.objects.values_list("pk", flat=True)
            return StreamingHttpResponse(scope.bound(f"{pk};" for pk in rows.iterator()))

    assert b"".join(view()) == f"{member.pk};".encode()


# Threads and tasks ----------------------------------------------------------------------------


def test_a_new_thread_starts_without_a_company():
    seen = []
    with scope.company(A), ThreadPoolExecutor(1) as pool:
        thread = threading.Thread(target=lambda: seen.append(scope.current()))
        thread.start()
        thread.join()
        seen.append(pool.submit(scope.current).result())
    assert seen == [None, None]


def test_carried_takes_the_scope_into_a_thread_and_keeps_it_out_afterwards():
    with scope.company(A):
        ours = scope.carried(scope.current)
    with scope.company(B), ThreadPoolExecutor(1) as pool:
        assert pool.submit(ours).result() == A
        assert pool.submit(scope.current).result() is None
        assert ours() == A
        assert scope.current() == B


def test_carried_may_run_many_times_at_once_and_keeps_name_and_arguments():
    together = threading.Barrier(4, timeout=10)

    def add(left, *, right):
        together.wait()
        return left + right, scope.current()

    with scope.company(A):
        ours = scope.carried(add)
    with ThreadPoolExecutor(4) as pool:
        results = [pool.submit(ours, 1, right=number) for number in range(4)]
    assert [result.result() for result in results] == [(1 + number, A) for number in range(4)]
    assert ours.__name__ == "add"


def test_sync_to_async_keeps_the_scope():
    async def seen():
        return await sync_to_async(scope.current)()

    with scope.company(A):
        assert async_to_sync(seen)() == A
    assert async_to_sync(seen)() is None


def test_twenty_interleaved_tasks_of_two_companies_never_mix(company, rival, member, rival_member):
    async def rows_of_one(company_id):
        with scope.company(company_id, switch=True):
            await asyncio.sleep(0.001)
            first = await Membership.objects.aget()
            await asyncio.sleep(0.001)
            pks = [pk async for pk in Membership.objects.values_list("pk", flat=True)]
            return company_id, first.pk, pks

    async def all_of_them():
        return await asyncio.gather(*map(rows_of_one, [company.pk, rival.pk] * 10))

    ours = (company.pk, member.pk, [member.pk])
    theirs = (rival.pk, rival_member.pk, [rival_member.pk])
    assert async_to_sync(all_of_them)() == [ours, theirs] * 10


def test_a_copied_context_keeps_the_scope_of_the_moment():
    with scope.company(A):
        context = contextvars.copy_context()
    assert context.run(scope.current) == A


# Every company --------------------------------------------------------------------------------


@pytest.mark.parametrize("no_reason", ["", "  ", "\n"])
def test_every_company_needs_a_reason(no_reason):
    with pytest.raises(ValueError, match="say why"), scope.every_company(no_reason):
        pass
    assert scope.current() is None


@pytest.fixture
def clock(monkeypatch):
    """Seconds since the start of the machine, and nothing logged yet."""
    monkeypatch.setattr(scope, "_logged_at", {})
    clock = type("Clock", (), {"now": 5.0})()
    monkeypatch.setattr(scope.time, "monotonic", lambda: clock.now)
    return clock


def look(reason, **who):
    with scope.every_company(reason, **who):
        pass


def test_a_person_who_looks_across_companies_is_logged_each_time(caplog, clock):
    caplog.set_level(logging.INFO, logger="atendo.scope")
    for _ in range(3):
        look("admin GET /admin/", user_id=5)
    lines = [(r.getMessage(), r.user_id) for r in caplog.records]
    assert lines == [("every company: admin GET /admin/", 5)] * 3


def test_a_job_that_looks_across_companies_is_logged_once_an_hour(caplog, clock):
    caplog.set_level(logging.INFO, logger="atendo.scope")
    for clock.now in (5.0, 6.0, 3604.9):
        look("sweep")
    assert [r.getMessage() for r in caplog.records] == ["every company: sweep"]
    clock.now = 3605.0
    look("sweep")
    look("another sweep")
    assert [r.getMessage() for r in caplog.records[1:]] == [
        "every company: sweep",
        "every company: another sweep",
    ]
