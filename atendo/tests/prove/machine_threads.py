"""Threads and asynchronous tasks: each starts without a scope and keeps its own."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

from asgiref.sync import async_to_sync, sync_to_async
from django.db import connection, connections
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, precondition, rule

from atendo.tests.prove.machine_scopes import entered, look, numbers, orm, reads
from atendo.tests.prove.machine_transactions import Transactions, while_usable
from tenants import scope
from tenants.models import Membership
from tenants.tests.statements import execute

SECONDS = 60  # until a thread that waits for the other one gives up


def in_a_thread(function):
    """What the function returns in a new thread; the thread's connection does not outlive it."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(_then_close, function).result()


def _then_close(function):
    try:
        return function()
    finally:
        connection.close()
        assert connection.connection is None


class Threads(Transactions):
    carried = Bundle("carried")

    @rule(read=reads)
    def read_in_a_new_thread(self, read):
        assert in_a_thread(partial(look, read)) == self.expected(read, None)

    @precondition(lambda self: len(self.bundle("carried")) < 3)
    @rule(target=carried, number=numbers, read=reads)
    def carry(self, number, read):
        state = self.state_of(number)
        with entered(state):
            return scope.carried(partial(look, read)), read, state

    @rule(work=carried, in_thread=st.booleans())
    def do_what_was_carried(self, work, in_thread):
        """In a thread nothing of it is left for the next look."""
        function, read, state = work
        if in_thread or not self.usable():
            found, after = in_a_thread(lambda: (function(), look(read)))
            assert after == self.expected(read, None)
        else:
            found = function()
        assert found == self.expected(read, state)

    @rule(numbers=st.lists(numbers, min_size=2, max_size=4))
    def two_threads_take_turns(self, numbers):
        """Both read at once, the second a step ahead; the last look is without a company."""
        states = list(map(self.state_of, numbers))
        visits = [*states, None], [*states[1:], states[0], None]
        together = Barrier(2, timeout=SECONDS)
        with ThreadPoolExecutor(2) as pool:
            seen = pool.map(_then_close, [partial(_visit, each, together) for each in visits])
            for states, found in zip(visits, seen, strict=True):
                assert found == list(map(self._both, states))

    def _both(self, state):
        return self.expected(execute, state), self.expected(orm, state)

    @while_usable
    @rule(numbers=st.lists(numbers, min_size=2, max_size=4))
    def tasks_take_turns(self, numbers):
        states = list(map(self.state_of, numbers))
        assert async_to_sync(_gather)(states) == list(map(self._both, states))


def _visit(states, together):
    seen = []
    for state in states:
        with entered(state):
            together.wait()
            seen.append((look(execute), look(orm)))
    return seen


async def _gather(states):
    return await asyncio.gather(*map(_look_later, states))


async def _look_later(state):
    with entered(state):
        await asyncio.sleep(0)
        raw = await sync_to_async(execute)()
        await asyncio.sleep(0)
        try:
            return raw, {row.company_id async for row in Membership.objects.all()}
        except scope.NoCompanyScope:
            return raw, scope.NoCompanyScope


class Visitors(Transactions):
    """A thread that lives as long as the example, in a scope of its own."""

    def __init__(self):
        super().__init__()
        self.thread = ThreadPoolExecutor(1)
        self.visiting = None  # what the thread has entered, and its scope

    def _in_the_thread(self, function):
        return self.thread.submit(function).result(SECONDS)

    def _there(self):
        return self.visiting[1] if self.visiting else None

    @rule(read=reads, number=numbers)
    def the_visitor_reads_and_goes_on(self, read, number):
        assert self._in_the_thread(partial(look, read)) == self.expected(read, self._there())
        self._call_back()
        state = self.state_of(number)
        context = entered(state)
        self._in_the_thread(context.__enter__)
        self.visiting = context, state

    def _call_back(self):
        if self.visiting:
            self._in_the_thread(partial(self.visiting[0].__exit__, None, None, None))
            self.visiting = None

    def teardown(self):
        try:
            self._call_back()
            self._in_the_thread(connections.close_all)
        finally:
            self.thread.shutdown()
            super().teardown()
