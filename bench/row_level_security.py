"""What row level security costs: the same SQL on the same table, now with it and now without.

The SQL is what the ORM sends for `Appointment`, filter by company included.  Each turn is one
transaction that switches row level security on or off and is rolled back, so that rows, indexes,
role and cache are the same, and no turn leaves anything behind but rows that nobody sees.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final

from django.db import connection, transaction

from bench.rounds import Measured, alternate, fastest, ratio
from bench.tables import execute
from bench.world import LASTS, PROFESSIONALS, World, load_appointments
from scheduling.models import Appointment, Status
from tenants import scope

Statement = tuple[str, Any]

BULK: Final = 1000
TABLE: Final = Appointment._meta.db_table
HOW: Final = (
    "the ORM's SQL with its filter by company, as the app role, until the rows are fetched: with"
    " row level security / with it switched off; same table, one connection, alternated"
)


@dataclass(frozen=True, slots=True)
class Operation:
    """What the ORM does, in the scope of a company; the n-th time with other rows."""

    run: Callable[[World, int], Any]
    times: int  # in one turn
    seconds: float = 12  # of all turns


def get(world: World, n: int) -> Any:
    company = scope.one_company_id()
    return Appointment.objects.get(pk=world.row_id(company, n % world.appointments))


def list_50(world: World, n: int) -> Any:
    start = world.starts_at(n % max(1, world.appointments - 50))
    return list(Appointment.objects.filter(starts_at__gte=start)[:50])


def count(world: World, n: int) -> Any:
    return Appointment.objects.filter(status=Status.SCHEDULED).count()


def day(world: World, n: int) -> Any:
    start = world.starts_at(n % world.appointments)
    return list(Appointment.objects.between(start, start + timedelta(days=1)))


def insert(world: World, n: int) -> Any:
    return new_appointment(world).save()


def bulk_insert(world: World, n: int) -> Any:
    rows = [new_appointment(world) for _ in range(min(BULK, world.appointments))]
    return Appointment.objects.bulk_create(rows)


# Never one time twice in a company: looking for an overlap would meet the undone rows of before.
_next: dict[int, Iterator[int]] = defaultdict(itertools.count)


def new_appointment(world: World) -> Appointment:
    """The next one after all others of the company, without a break between them."""
    company = scope.one_company_id()
    n = next(_next[company])
    start = world.starts_at(world.appointments) + n * LASTS
    return Appointment(
        client_id=world.row_id(company, 0),
        professional_id=world.row_id(company, n % PROFESSIONALS),
        service_id=company,
        starts_at=start,
        ends_at=start + LASTS,
    )


OPERATIONS: Final = {
    "get": Operation(get, 50),
    "list": Operation(list_50, 20),
    "count": Operation(count, 20),
    "day": Operation(day, 30),
    "insert": Operation(insert, 20),
    "bulk_insert": Operation(bulk_insert, 1, seconds=60),
}


def cost(world: World, name: str) -> Measured:
    """Return the time with row level security / without."""
    load_appointments(world)
    _check(world)
    operation = OPERATIONS[name]
    turns = {
        "with": partial(turn, world, operation, "ENABLE"),
        "without": partial(turn, world, operation, "DISABLE"),
    }
    times = alternate(turns, rounds=world.rounds, seconds=operation.seconds)
    return ratio(times, "with", "without", HOW)


def turn(world: World, operation: Operation, switch: str, number: int) -> float:
    numbers = range(number * operation.times, (number + 1) * operation.times)
    with scope.company(world.company(number)):
        statements = [sent_by(partial(operation.run, world, n)) for n in numbers]
        with switched(switch) as cursor:
            return fastest(partial(fetch, cursor), statements)


class NotComparable(RuntimeError):
    """What is measured is not what it should be."""


class _Sent(Exception):
    """Carries a statement that was about to leave."""


def sent_by(operation: Callable[[], Any]) -> Statement:
    """Return the first statement that the ORM would send, without sending it."""

    def stop(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        raise _Sent(sql, params)

    try:
        with connection.execute_wrapper(stop):
            operation()
    except _Sent as sent:
        sql, params = sent.args
        return sql, params
    raise LookupError(f"{operation} sent nothing")


def fetch(cursor: Any, statement: Statement) -> list[Any]:
    cursor.execute(*statement)
    return list(cursor.fetchall())


@contextmanager
def switched(switch: str) -> Iterator[Any]:
    """A transaction of the app role's in which row level security is ENABLE or DISABLE."""
    with transaction.atomic(), connection.cursor() as cursor:
        execute(f"ALTER TABLE {TABLE} {switch} ROW LEVEL SECURITY")
        cursor.execute(f"SELECT FROM {TABLE} LIMIT 0")  # the role, and what the server caches
        yield cursor
        transaction.set_rollback(True)


def _check(world: World) -> None:
    """Raise unless the switch decides whether other companies' rows are seen, and nothing else."""
    company = world.company(0)
    foreign = f"SELECT FROM {TABLE} WHERE company_id <> %s LIMIT 1"
    with scope.company(company):
        reads = [sent_by(partial(run, world, 0)) for run in (get, list_50, count, day)]
        answers = {}
        for switch, leaks in (("ENABLE", False), ("DISABLE", True)):
            with switched(switch) as cursor:
                answers[switch] = [fetch(cursor, statement) for statement in reads]
                if bool(fetch(cursor, (foreign, [company]))) != leaks:
                    raise NotComparable(f"{switch} ROW LEVEL SECURITY has no effect")
    if answers["ENABLE"] != answers["DISABLE"] or not all(answers["ENABLE"]):
        raise NotComparable("the same SQL finds different rows, or none")
