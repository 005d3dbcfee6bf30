"""What was asked for in one scope and happens in another: callbacks, answers, carried work."""

from __future__ import annotations

from django.db import connection, transaction
from django.http import StreamingHttpResponse
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, consumes, precondition, rule

from atendo.tests.prove.machine_scopes import entered, look, numbers, orm, reads
from atendo.tests.prove.machine_threads import in_a_thread
from atendo.tests.prove.machine_transactions import (
    Transactions,
    errors,
    outside_blocks,
    outside_those_by_hand,
    while_usable,
)
from tenants import scope
from tenants.models import Membership
from tenants.tests.statements import QUERY, execute


class Callbacks(Transactions):
    """`on_commit`: what a callback saw is noted in `ran`, for one that fails has no other way."""

    def __init__(self):
        super().__init__()
        self.due = []  # (in how many blocks, what it must see), in the order of asking
        self.ran = []

    @outside_those_by_hand
    @rule(number=numbers, robust=st.booleans(), then=st.sampled_from(["end", "fail", "ask"]))
    def ask_for_a_callback(self, number, robust, then):
        """One that fails is robust: Django logs the error and goes on with the others."""
        state = self.state_of(number)
        with entered(state):
            transaction.on_commit(lambda: self._call(then), robust=robust or then == "fail")
        self.due.append((self.blocks(), self._seen_in(state)))
        if then == "ask":
            self.due.append((self.blocks(), self._seen_in(self.company_ids[0])))
        if not self.blocks():
            self._all_ran()

    @outside_those_by_hand
    @rule(number=numbers, error=errors)
    def ask_for_a_callback_in_a_block(self, number, error):
        self.before_the_end()
        self.push("block", transaction.atomic())
        self.ask_for_a_callback(number, robust=False, then="end")
        self.leave_by(error)

    def _call(self, then):
        self.ran.append((scope.current(), execute(), look(orm)))
        if then == "ask":
            with scope.company(self.company_ids[0], switch=True), transaction.atomic():
                transaction.on_commit(lambda: self._call("end"))
        elif then == "fail":
            with scope.company(self.company_ids[1], switch=True):
                raise KeyError(execute())

    def _seen_in(self, state):
        return state, self.expected(execute, state), self.expected(orm, state)

    def _all_ran(self):
        assert self.ran == [seen for _, seen in self.due]
        self.due, self.ran = [], []

    def committed(self):
        super().committed()
        self.due = [(min(blocks, self.blocks()), seen) for blocks, seen in self.due]
        if not self.blocks():
            self._all_ran()

    def rolled_back(self):
        super().rolled_back()
        self.due = [(blocks, seen) for blocks, seen in self.due if blocks <= self.blocks()]
        if not self.blocks():
            self.due = []
        assert self.ran == []


def pieces(read):
    while True:
        yield piece(look(read))


def piece(outcome):
    return "no scope" if outcome is scope.NoCompanyScope else f"{sorted(outcome)}"


class Answers(Transactions):
    """Streaming answers; without `bound` each piece is made in the scope of who reads it."""

    answers = Bundle("answers")

    @precondition(lambda self: len(self.bundle("answers")) < 3)
    @rule(target=answers, number=numbers, read=reads, bound=st.booleans())
    def begin_an_answer(self, number, read, bound):
        state = self.state_of(number)
        with entered(state):
            content = scope.bound(pieces(read)) if bound else pieces(read)
            return StreamingHttpResponse(content), read, bound, state

    @rule(answer=answers, in_thread=st.booleans())
    def read_a_piece(self, answer, in_thread):
        response, read, bound, state = answer
        in_thread = in_thread or not self.usable()
        if not bound:
            state = None if in_thread else self.state()
        found = in_a_thread(lambda: next(iter(response))) if in_thread else next(iter(response))
        assert found.decode() == piece(self.expected(read, state))

    @outside_blocks
    @rule(answer=consumes(answers))
    def close_an_answer(self, answer):
        """Which ends the request, too."""
        self.before_the_end()
        answer[0].close()
        self.request_ended()


def rows_of_a_cursor():
    with connection.chunked_cursor() as cursor:
        cursor.execute(QUERY)
        while rows := cursor.fetchmany(1):
            yield rows[0][0]


def rows_of_the_orm():
    for row in Membership.objects.iterator(chunk_size=1):
        yield row.company_id


class Rows(Transactions):
    """A bound answer whose rows come one by one out of a server-side cursor."""

    def __init__(self):
        super().__init__()
        self.rows = None  # the answer, its scope, and the companies seen so far

    def before_the_end(self):
        super().before_the_end()
        if self.rows:
            self.rows[0].close()
            self.rows = None

    @while_usable
    @rule(number=numbers, kind=st.sampled_from([rows_of_a_cursor, rows_of_the_orm]))
    def begin_rows_or_read_on(self, number, kind):
        if not self.rows:
            state = self.state_of(number)
            with entered(state):
                self.rows = scope.bound(kind()), state, set()
        rows, state, seen = self.rows
        try:
            seen.add(next(rows))
            assert seen <= self.expected(execute, state)
        except StopIteration:
            assert seen == self.expected(execute, state)
            self.rows = None
        except scope.NoCompanyScope:
            assert state is None
            self.rows = None
