"""The most used pages of a company with thousands of rows, through every middleware, in process.

What is measured is the server's part: from the request to the last byte of the answer, without the
way through a socket.  Each page is asked for as the owner, for rows of which a lot is to show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from statistics import median, quantiles
from time import perf_counter, process_time
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from atendo.tests.busy_company import BusyCompany
from bench.rounds import Measured, alternate, ratio
from bench.tables import execute
from bench.world import World
from tenants import scope

# A statement with its parameters, and the scope in which it was sent.
Statement = tuple[str, Any, Any]

FIRST: Final = 100_000_001  # the id of the company and of its first row in every table
REQUESTS: Final = 4  # in each round
# `{id}` is the first row of its kind.
PAGES: Final = {
    "panel": "/",
    "day": "/agenda/",
    "appointment": "/agendamentos/{id}/",
    "appointment_new": "/agendamentos/novo/",
    "clients": "/clientes/",
    "client": "/clientes/{id}/",
    "conversations": "/conversas/",
    "conversation": "/conversas/{id}/",
    "professionals": "/profissionais/",
    "whatsapp": "/whatsapp/",
}
LIST: Final = "clients"


class Refused(RuntimeError):
    """The page did not answer 200."""


@cache
def busy_company(world: World) -> tuple[BusyCompany, Any]:
    """The company, and a browser in which its owner has logged in."""
    busy = BusyCompany(first=FIRST, at_most=world.busy_rows, now=timezone.now())
    execute("VACUUM (ANALYZE)")
    return busy, busy.browser()


def opener(world: World, name: str) -> Callable[[], bytes]:
    """A function that opens the page and returns what came."""
    busy, browser = busy_company(world)
    address = PAGES[name].format(id=busy.first)

    def opened() -> bytes:
        response = browser.get(address)
        if response.status_code != 200:
            raise Refused(f"{address} answered {response.status_code}")
        content: bytes = response.content
        return content

    opened()  # templates are read and compiled once
    return opened


def milliseconds(world: World, name: str) -> Measured:
    """Return the median of all requests."""
    opened = opener(world, name)
    count = max(2, REQUESTS * world.rounds)
    began = process_time()
    times = [_seconds(opened) * 1000 for _ in range(count)]
    worked = (process_time() - began) * 1000 / count
    detail = {
        "how": "in process, through every middleware, as the owner: the median of all requests",
        "address": PAGES[name],
        "rows": world.busy_rows,
        "requests": len(times),
        "fastest": round(min(times), 1),
        "python": round(worked, 1),  # of our process alone, whatever else the machine does
        "p95": round(quantiles(times, n=20)[-1], 1),
        "kilobytes": round(len(opened()) / 1000, 1),
    }
    return Measured(median(times), detail)


def queries(world: World, name: str) -> Measured:
    """Return how many statements the page sends, those for session and membership among them."""
    opened = opener(world, name)
    with statements_sent() as sent:
        opened()
    return Measured(len(sent), {"address": PAGES[name], "rows": world.busy_rows})


def list_versus_sql(world: World) -> Measured:
    """Return the time of a list of 50 rows / that of the very statements that it sends."""
    opened = opener(world, LIST)
    with statements_sent() as sent:
        opened()
    turns = {
        "page": partial(_fastest, opened),
        "statements": partial(_fastest, partial(send_again, sent)),
    }
    times = alternate(turns, rounds=world.rounds, seconds=30)
    how = (
        f"{PAGES[LIST]}, 50 of {world.busy_rows} rows, in process through every middleware / its"
        " own statements on the same connection, in the same scopes, until the rows are fetched"
    )
    return ratio(times, "page", "statements", how)


@contextmanager
def statements_sent() -> Iterator[list[Statement]]:
    sent: list[Statement] = []

    def noting(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        sent.append((sql, params, scope.current()))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(noting):
        yield sent


def send_again(statements: list[Statement]) -> None:
    for sql, params, company in statements:
        with in_scope(company), connection.cursor() as cursor:
            cursor.execute(sql, params)
            cursor.fetchall()


@contextmanager
def in_scope(current: Any) -> Iterator[None]:
    if current is None:
        yield
    else:
        with scope.company(current):
            yield


def _fastest(operation: Callable[[], Any], _number: int) -> float:
    return min(_seconds(operation) for _ in range(REQUESTS))


def _seconds(operation: Callable[[], Any]) -> float:
    start = perf_counter()
    operation()
    return perf_counter() - start
