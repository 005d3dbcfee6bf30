"""Transactions of Django and by hand, savepoints, errors, and server-side cursors inside them."""

from __future__ import annotations

import secrets
from itertools import cycle

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from atendo.tests.prove.machine_scopes import Scopes, entered, numbers, two_scopes
from tenants import scope
from tenants.models import ApiToken
from tenants.tests.statements import FAILURES, QUERY, execute

while_usable = precondition(lambda self: self.usable())
outside_blocks = precondition(lambda self: not self.blocks())
outside_those_by_hand = precondition(lambda self: self.usable() and not self.by_hand)
inside_a_transaction = precondition(lambda self: self.usable() and self.in_transaction())

ERROR = KeyError, KeyError(), None
NO_ERROR = None, None, None
errors = st.sampled_from([NO_ERROR, ERROR])

ENTER, BEGIN, LEAVE, LEAVE_BY_ERROR = "enter a scope", "begin a block", "leave", "leave by error"
failures = [*FAILURES, *[None] * len(FAILURES)]
ways = st.sampled_from([ENTER, BEGIN, LEAVE, LEAVE_BY_ERROR])
DEEP = 5  # more nesting finds nothing new, and the way out is long


def alone(cursor, command):
    cursor.execute(command)


def after_another(cursor, command):
    cursor.execute(f"SELECT 1; {command}")


def streamed(cursor, command):
    with pytest.raises(psycopg.ProgrammingError, match="didn't produce a result"):
        list(cursor.stream(command))


def point_to_a_missing_row():
    """An insert whose composite foreign key is checked, and fails, at COMMIT."""
    ApiToken(membership_id=987654321, name="x", digest=secrets.token_hex(32)).save()


class Transactions(Scopes):
    """Blocks of `atomic`, in a transaction of Django's own or in one that was begun by hand."""

    def __init__(self):
        super().__init__()
        self.failed = False  # the transaction, until a rollback
        self.by_hand = False  # whether autocommit is off
        self.doomed = None  # in how many blocks a row was written that no COMMIT accepts

    def usable(self):
        return not self.failed

    def in_transaction(self):
        return self.by_hand or self.blocks() > 0

    def blocks(self):
        return sum(kind == "block" for kind, _, _ in self.stack)

    # What other parts of the machine take part in

    def before_the_end(self):
        """A block or transaction is about to end: close what does not outlive it."""

    def committed(self):
        """A block was left well; with none left, and not by hand, its transaction as well."""

    def rolled_back(self):
        """What the blocks that are no longer open have done is undone."""

    def request_ended(self):
        """Django closes a connection whose autocommit was left off."""
        self.by_hand, self.failed, self.doomed = False, False, None

    # Blocks

    @initialize(moves=st.lists(st.tuples(st.sampled_from([ENTER, BEGIN]), numbers), max_size=4))
    def begin_somewhere(self, moves):
        """Where the example stays if `go` is among the rules that Hypothesis leaves out of it."""
        for way, number in moves:
            self._move(way, number)

    @rule(moves=st.lists(st.tuples(ways, numbers, st.booleans()), min_size=1, max_size=4))
    def go(self, moves):
        for way, number, then_look in moves:
            self._move(way, number)
            if then_look:  # not always, for it may hide that something should have been forgotten
                self.look()

    def _move(self, way, number):
        if way is ENTER and len(self.stack) < DEEP:
            self.enter(number)
        elif way is BEGIN and len(self.stack) < DEEP and self.usable():
            self.before_the_end()
            self.push("block", transaction.atomic())
        elif self.stack:
            self.leave_by(ERROR if way is LEAVE_BY_ERROR else NO_ERROR)

    def leave_by(self, error):
        kind, context, _ = self.stack[-1]
        if kind == "block":
            self.before_the_end()
        self.stack.pop()
        if kind == "scope":
            assert not context.__exit__(*error)
        elif error is ERROR or self.failed:
            context.__exit__(*ERROR)
            self._undone()
        else:
            final = self.blocks() == 0 and not self.by_hand
            self._commit(lambda: context.__exit__(*NO_ERROR), final=final)

    def look(self):
        if self.usable():
            assert execute() == self.expected(execute, self.state())

    def _commit(self, commit, *, final):
        if self.doomed is None or not final:
            commit()
            if self.doomed is not None:
                self.doomed = min(self.doomed, self.blocks())
            self.committed()
        else:
            with pytest.raises(IntegrityError):
                commit()
            self._undone()

    def _undone(self):
        self.failed = False
        if self.doomed is not None and self.doomed > self.blocks():
            self.doomed = None
        self.rolled_back()

    @inside_a_transaction
    @precondition(lambda self: isinstance(self.state(), int))
    @rule()
    def write_what_no_commit_accepts(self):
        point_to_a_missing_row()
        if self.doomed is None:
            self.doomed = self.blocks()

    # By hand

    @outside_blocks
    @rule(commit=st.booleans(), go_on=st.booleans(), then_look=st.booleans())
    def begin_or_end_by_hand(self, commit, go_on, then_look):
        """Also the COMMIT of a failed transaction, which PostgreSQL takes as a ROLLBACK."""
        self.before_the_end()
        if self.by_hand and commit and self.doomed is not None and not self.failed:
            with pytest.raises(IntegrityError):
                connection.commit()
        elif self.by_hand:
            connection.commit() if commit else connection.rollback()
        self.failed, self.doomed, self.by_hand = False, None, go_on
        connection.set_autocommit(not go_on)
        if then_look:
            self.look()

    @while_usable
    @outside_blocks
    @rule(number=st.integers(0, 2))
    def fail_to_commit_by_hand(self, number):
        self.before_the_end()
        if not self.by_hand:
            connection.set_autocommit(False)
        visited = self.company_ids[number]
        with scope.company(visited, switch=True):
            point_to_a_missing_row()
            with pytest.raises(IntegrityError):
                connection.commit()
            assert execute() == {visited}
        self.doomed, self.by_hand = None, True

    @while_usable
    @rule(number=numbers, error=errors, fail=st.sampled_from(failures))
    def visit_inside_a_block(self, number, error, fail):
        """An error of SQL is rolled back when its scope has been left."""
        self.before_the_end()
        self.push("block", transaction.atomic())
        state = self.state_of(number)
        with entered(state):
            assert execute() == self.expected(execute, state)
        if fail:
            self.fail(number, fail)
        self.leave_by(error)

    @while_usable
    @rule(number=st.integers(0, 2), send=st.sampled_from([alone, after_another, streamed]))
    def visit_a_company_and_roll_back_in_sql(self, number, send):
        self.before_the_end()
        begin, undo = "BEGIN", "ROLLBACK"
        if self.in_transaction():
            begin, undo = "SAVEPOINT by_hand", "ROLLBACK TO SAVEPOINT by_hand"
        visited = self.company_ids[number]
        with connection.cursor() as cursor:
            cursor.execute(begin)
            with scope.company(visited, switch=True):
                assert execute() == {visited}
                send(cursor, undo)
                assert execute() == {visited}

    @precondition(lambda self: not self.in_transaction())
    @rule(numbers=two_scopes)
    def fail_in_every_way(self, numbers):
        for fail, number in zip(FAILURES, cycle(numbers), strict=False):
            self.fail(number, fail)

    @while_usable
    @rule(number=numbers, fail=st.sampled_from(FAILURES))
    def fail(self, number, fail):
        state = self.state_of(number)
        with entered(state):
            with pytest.raises((DatabaseError, psycopg.Error)):
                fail()
            self.failed = self.in_transaction()
            if self.usable():
                assert execute() == self.expected(execute, state)

    def teardown(self):
        while self.stack:
            self.leave_by(ERROR)
        self.before_the_end()
        if self.by_hand:
            connection.rollback()
            connection.set_autocommit(True)
        super().teardown()


class ServerSideCursors(Transactions):
    """One that stays open while scopes come and go."""

    def __init__(self):
        super().__init__()
        self.open_cursor = None  # and the scope in which it was opened

    def before_the_end(self):
        super().before_the_end()
        if self.open_cursor:
            self.open_cursor[0].close()
            self.open_cursor = None

    @while_usable
    @rule(fetch=st.sampled_from(["fetchone", "fetchmany", "fetchall", "__next__"]), number=numbers)
    def open_a_server_side_cursor_or_read_on(self, fetch, number):
        if not self.open_cursor:
            cursor = connection.chunked_cursor()
            cursor.execute(QUERY)
            self.open_cursor = cursor, self.state()
        self._read_on(fetch, self.state())
        state = self.state_of(number)
        with entered(state):
            self._read_on(fetch, state)

    def _read_on(self, fetch, state):
        cursor, opened_in = self.open_cursor
        if state == opened_in:
            assert self._rows(cursor, fetch) <= self.expected(execute, state)
        else:
            with pytest.raises(scope.CrossCompanyAccess):
                self._rows(cursor, fetch)

    def _rows(self, cursor, fetch):
        try:
            found = getattr(cursor, fetch)()
        except StopIteration:
            return set()
        rows = found if isinstance(found, list) else filter(None, [found])
        return {company_id for (company_id,) in rows}
