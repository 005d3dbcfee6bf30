"""The ground of the machine: which scopes are open, and what a read must see in one of them."""

from __future__ import annotations

from itertools import cycle

import pytest
from django.db import connection
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tenants import scope
from tenants.models import Membership
from tenants.tests.statements import READS, execute

# Which of the machine's five scopes: three companies, every company, none.
numbers = st.integers(0, 4)
two_scopes = st.lists(numbers, min_size=2, max_size=2, unique=True)


def orm():
    return set(Membership.objects.values_list("company_id", flat=True))


def orm_iterator():
    rows = Membership.objects.order_by("pk").iterator(chunk_size=1)
    return {row.company_id for row in rows}


def orm_aggregate():
    companies = Membership.objects.values("company_id").order_by().distinct()
    assert Membership.objects.count() == len(companies)
    return {row["company_id"] for row in companies}


def as_the_login_role():
    with connection.as_login_role():
        return execute()


RAW_READS = [*READS, as_the_login_role]
ORM_READS = [orm, orm_iterator, orm_aggregate]
reads = st.sampled_from([*RAW_READS, *ORM_READS])


def look(read):
    """The companies whose rows were read, or NoCompanyScope when that was the answer."""
    try:
        return read()
    except scope.NoCompanyScope:
        return scope.NoCompanyScope


def entered(state):
    if state is None:
        return scope.no_company()
    if state is scope.EVERY_COMPANY:
        return scope.every_company("a test")
    return scope.company(state, switch=True)


def start_afresh():
    """What a broken backend left behind must not make the next example another one."""
    connection.close()
    connection._forget_scope()
    scope._current.set(None)


class Scopes(RuleBasedStateMachine):
    """Each company has one membership.  `states` counts what all examples together visited."""

    company_ids: tuple[int, ...]
    states = 0

    def __init__(self):
        super().__init__()
        start_afresh()
        self.stack = []  # what is open, innermost last: ("scope", context, state) or ("block", ..)

    def state_of(self, number):
        return [*self.company_ids, scope.EVERY_COMPANY, None][number]

    def state(self):
        """The scope that must be active: the innermost one that is open."""
        return next((state for kind, _, state in reversed(self.stack) if kind == "scope"), None)

    def expected(self, read, state):
        """What `look(read)` answers in that scope."""
        if state is scope.EVERY_COMPANY or read is as_the_login_role:
            return set(self.company_ids)
        if state is None:
            return scope.NoCompanyScope if read in ORM_READS else set()
        return {state}

    def usable(self):
        """Whether the connection takes statements; transactions say more about it."""
        return True

    def push(self, kind, context, state=None):
        context.__enter__()
        self.stack.append((kind, context, state))

    def enter(self, number):
        state = self.state_of(number)
        self.push("scope", entered(state), state)

    @invariant()
    def the_innermost_scope_is_the_active_one(self):
        type(self).states += 1
        assert scope.current() == self.state()

    @precondition(lambda self: isinstance(self.state(), int))
    @rule(number=st.integers(0, 2))
    def ask_for_a_company_without_saying_switch(self, number):
        state = self.state()
        if (asked := self.company_ids[number]) != state:
            with pytest.raises(scope.CrossCompanyAccess), scope.company(asked):
                pass
        with scope.company(state):
            assert scope.current() == state

    @precondition(lambda self: self.usable())
    @rule(read=st.sampled_from(RAW_READS), number=numbers)
    def read(self, read, number):
        self._read_in_a_scope_and_after_it(read, number)

    @precondition(lambda self: self.usable())
    @rule(read=st.sampled_from(ORM_READS), number=numbers)
    def read_with_the_orm(self, read, number):
        self._read_in_a_scope_and_after_it(read, number)

    def _read_in_a_scope_and_after_it(self, read, number):
        state = self.state_of(number)
        with entered(state):
            assert look(read) == self.expected(read, state)
        assert look(read) == self.expected(read, self.state())

    @precondition(lambda self: self.usable())
    @rule(numbers=two_scopes)
    def read_in_every_way(self, numbers):
        """From one scope to the other and back, so that each way has something to apply."""
        states = cycle(map(self.state_of, numbers))
        for read, state in zip([*RAW_READS, *ORM_READS], states, strict=False):
            with entered(state):
                assert look(read) == self.expected(read, state)

    def teardown(self):
        assert self.stack == []
        assert scope.current() is None
