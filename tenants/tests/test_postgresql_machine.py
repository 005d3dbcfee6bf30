"""Any interleaving of scopes, transactions, errors and reconnects: raw SQL and the ORM both see
exactly the scope of the moment."""

from __future__ import annotations

import secrets
from functools import partial

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.backends.postgresql import base as django_backend
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tenants import scope
from tenants.models import ApiToken, Membership
from tenants.postgresql import base

pytestmark = pytest.mark.django_db(transaction=True)

QUERY = "SELECT company_id FROM memberships"


def with_execute():
    with connection.cursor() as cursor:
        cursor.execute(QUERY)
        return {value for (value,) in cursor.fetchall()}


def with_copy():
    with connection.cursor() as cursor, cursor.copy(f"COPY ({QUERY}) TO STDOUT") as copy:
        return {int(line) for line in b"".join(copy).split()}


def with_stream():
    with connection.cursor() as cursor:
        return {value for (value,) in cursor.stream(QUERY)}


def with_a_server_side_cursor():
    with connection.chunked_cursor() as cursor:
        cursor.execute(QUERY)
        return {value for (value,) in cursor.fetchall()}


def with_psycopg():
    connection.ensure_connection()
    return {value for (value,) in connection.connection.execute(QUERY).fetchall()}


def with_the_orm():
    return set(Membership.objects.values_list("company_id", flat=True))


# Without executemany, which psycopg 3.3 refuses on a connection whose last use was `stream`.
READS = [
    with_execute,
    with_copy,
    with_stream,
    with_a_server_side_cursor,
    with_psycopg,
    with_the_orm,
]


def fail_in_execute():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1/0")


def fail_in_copy():
    with connection.cursor() as cursor, cursor.copy("COPY (SELECT 1/0) TO STDOUT") as copy:
        list(copy)


def fail_in_a_server_side_cursor():
    with connection.chunked_cursor() as cursor:
        cursor.execute("SELECT nonsense")


FAILURES = [fail_in_execute, fail_in_copy, fail_in_a_server_side_cursor]


class Scopes(RuleBasedStateMachine):
    """`stack` holds what is open, innermost last: ("scope" or "block", context manager)."""

    company_ids: tuple[int, ...]

    def __init__(self):
        super().__init__()
        self.stack = []
        self.failed = False  # the transaction, until a rollback
        self.by_hand = False  # whether autocommit is off
        self.doomed = None  # in how many blocks a row was written that no COMMIT accepts
        self.open_cursor = None  # and the scope in which it was opened

    def visible(self):
        current = scope.current()
        if current is scope.EVERY_COMPANY:
            return set(self.company_ids)
        return set() if current is None else {current}

    def _push(self, kind, context):
        context.__enter__()
        self.stack.append((kind, context))

    # Scopes

    @rule(number=st.integers(0, 4))
    def enter(self, number):
        if number < 3:
            self._push("scope", scope.company(self.company_ids[number], switch=True))
        else:
            self._push(
                "scope", [scope.no_company, partial(scope.every_company, "a test")][number - 3]()
            )

    # Transactions

    @precondition(lambda self: not self.failed)
    @rule()
    def begin(self):
        self._close_cursor()
        self._push("block", transaction.atomic())

    @precondition(lambda self: self.stack)
    @rule(error=st.booleans())
    def leave(self, error):
        kind, context = self.stack.pop()
        if kind == "scope":
            context.__exit__(None, None, None)
        elif error or self.failed:
            self._close_cursor()
            context.__exit__(KeyError, KeyError(), None)
            self.failed = False
            if self.doomed is not None and self.doomed > self._blocks():
                self.doomed = None
            assert with_execute() == self.visible()
        else:
            self._close_cursor()
            outermost = self._blocks() == 0 and not self.by_hand
            self._commit(lambda: context.__exit__(None, None, None), final=outermost)
            assert with_execute() == self.visible()

    def _in_transaction(self):
        return self.by_hand or self._blocks() > 0

    def _blocks(self):
        return sum(kind == "block" for kind, _ in self.stack)

    def _commit(self, commit, *, final):
        if self.doomed is None:
            commit()
        elif final:
            with pytest.raises(IntegrityError):
                commit()
            self.doomed = None
        else:
            commit()
            self.doomed = min(self.doomed, self._blocks())

    @precondition(lambda self: not self._blocks())
    @rule(commit=st.booleans(), go_on=st.booleans())
    def begin_or_end_by_hand(self, commit, go_on):
        """Also the COMMIT of a failed transaction, which PostgreSQL takes as a ROLLBACK."""
        self._close_cursor()
        if self.by_hand and commit and not self.failed:
            self._commit(connection.commit, final=True)
        elif self.by_hand:
            connection.commit() if commit else connection.rollback()
        self.failed, self.doomed, self.by_hand = False, None, go_on
        connection.set_autocommit(not go_on)
        assert with_execute() == self.visible()

    @precondition(lambda self: self._in_transaction() and not self.failed)
    @rule(number=st.integers(0, 2))
    def visit_a_company_and_roll_back_by_hand(self, number):
        self._close_cursor()
        company_id = self.company_ids[number]
        with connection.cursor() as cursor:
            cursor.execute("SAVEPOINT by_hand")
        with scope.company(company_id, switch=True), connection.cursor() as cursor:
            assert with_execute() == {company_id}
            cursor.execute("ROLLBACK TO SAVEPOINT by_hand")
            assert with_execute() == {company_id}

    @precondition(lambda self: not self.failed)
    @rule(fail=st.sampled_from(FAILURES))
    def fail(self, fail):
        with pytest.raises((DatabaseError, psycopg.Error)):
            fail()
        self.failed = self._in_transaction()

    @precondition(
        lambda self: (
            self._in_transaction() and not self.failed and isinstance(scope.current(), int)
        )
    )
    @rule()
    def write_what_no_commit_accepts(self):
        ApiToken(membership_id=987654321, name="x", digest=secrets.token_hex(32)).save()
        if self.doomed is None:
            self.doomed = self._blocks()

    @precondition(lambda self: not self._in_transaction())
    @rule()
    def reconnect(self):
        self._close_cursor()
        connection.close()

    # Reading

    @precondition(lambda self: not self.failed)
    @rule(read=st.sampled_from(READS))
    def read(self, read):
        if read is with_the_orm and scope.current() is None:
            with pytest.raises(scope.NoCompanyScope):
                read()
        else:
            assert read() == self.visible()

    @precondition(lambda self: not self.failed)
    @rule()
    def open_a_server_side_cursor(self):
        self._close_cursor()
        cursor = connection.chunked_cursor()
        cursor.execute(QUERY)
        self.open_cursor = cursor, scope.current()

    @precondition(lambda self: self.open_cursor and not self.failed)
    @rule()
    def read_on(self):
        cursor, opened_in = self.open_cursor
        if scope.current() is opened_in or scope.current() == opened_in:
            assert {value for (value,) in cursor.fetchmany(1)} <= self.visible()
        else:
            with pytest.raises(scope.CrossCompanyAccess):
                cursor.fetchmany(1)

    def _close_cursor(self):
        if self.open_cursor:
            self.open_cursor[0].close()
            self.open_cursor = None

    def teardown(self):
        while self.stack:
            self.leave(error=True)
        self._close_cursor()
        if self.by_hand:
            connection.rollback()
            connection.set_autocommit(True)
        assert scope.current() is None


@pytest.fixture
def machine(company, rival, member, rival_member):
    from conftest import make_company
    from tenants.tests.conftest import make_member

    third = make_company("Clínica Boa Hora", "boa-hora")
    make_member(third, "carla@boahora.example")
    return type("Machine", (Scopes,), {"company_ids": (company.pk, rival.pk, third.pk)})


def run(machine, *, examples, **options):
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            database=None,
            suppress_health_check=[HealthCheck.too_slow],
            **options,
        ),
    )


def test_the_server_always_agrees_with_the_scope(machine):
    assert run(machine, examples=80) is None


def forget_nothing_at_rollback(monkeypatch):
    monkeypatch.setattr(
        base.DatabaseWrapper, "_rollback", django_backend.DatabaseWrapper._rollback
    )


def forget_nothing_at_a_rollback_in_sql(monkeypatch):
    monkeypatch.setattr(base, "UNDOING", frozenset())


def leave_copy_to_psycopg(monkeypatch):
    monkeypatch.delattr(base.ScopedCursorMixin, "copy")


@pytest.mark.parametrize(
    "break_it",
    [
        forget_nothing_at_rollback,
        forget_nothing_at_a_rollback_in_sql,
        leave_copy_to_psycopg,
    ],
    ids=lambda break_it: break_it.__name__,
)
def test_the_machine_finds_a_backend_that_forgets_less(break_it, machine, monkeypatch):
    break_it(monkeypatch)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        run(machine, examples=200, phases=[Phase.generate], derandomize=True)
    monkeypatch.undo()
    connection.close()
