"""The state machine: any interleaving of scopes, transactions, savepoints, errors, reconnects,
threads, callbacks and streaming answers; raw SQL and the ORM both see exactly the scope.

A part is a file: `machine_scopes` and `machine_transactions` hold the ground, the others add
their rules to it.  To add a rule, say in it what must be seen: `self.expected(read, scope)`.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from atendo.tests.prove.machine_connections import Connections
from atendo.tests.prove.machine_later import Answers, Callbacks, Rows
from atendo.tests.prove.machine_threads import Threads, Visitors
from atendo.tests.prove.machine_transactions import ServerSideCursors, Transactions

EXAMPLES = int(os.environ.get("MACHINE_EXAMPLES", "100"))
STEPS = 30  # of an example, at most

PARTS = (Transactions, ServerSideCursors, Connections, Callbacks, Answers, Rows, Threads, Visitors)


class Machine(*reversed(PARTS)):
    """All parts at once."""


def run(company_ids, *, part=Machine, examples=EXAMPLES, start=None, **options):
    """Play that many examples in these three companies.  Returns how many states were visited.

    With a number as `start` they are always the same ones.
    """
    machine = type(part.__name__, (part,), {"company_ids": company_ids, "states": 0})
    run_state_machine_as_test(
        machine if start is None else seed(start)(machine),
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
            **{"database": None, **options},
        ),
    )
    return machine.states
