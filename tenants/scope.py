"""Which company the running code may see: one context variable with three states.

None (the default): no company, every query of a company table raises NoCompanyScope.
A company id: only that company's rows exist.
EVERY_COMPANY: all rows, a spelled-out act with a reason.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import wraps
from typing import Any, Final, TypeVar

logger = logging.getLogger("atendo.scope")

Item = TypeVar("Item")
Result = TypeVar("Result")


class NoCompanyScope(RuntimeError):
    """A company table was asked for outside `scope.company(id)`."""


class CrossCompanyAccess(RuntimeError):
    """Code that runs for one company touched another company's row or scope."""


class EveryCompany:
    """The type of the one value EVERY_COMPANY."""

    def __repr__(self) -> str:
        return "EVERY_COMPANY"


EVERY_COMPANY: Final = EveryCompany()
State = int | EveryCompany | None

_current: ContextVar[State] = ContextVar("company", default=None)

LARGEST_ID: Final = 2**63 - 1  # of a bigint
JOB_LOG_SECONDS: Final = 3600
_logged_at: dict[str, float] = {}


def current() -> State:
    return _current.get()


def company_id() -> int | EveryCompany:
    """Return the company in scope, or EVERY_COMPANY.  Raises NoCompanyScope."""
    value = _current.get()
    if value is None:
        raise NoCompanyScope("no company is in scope: wrap this code in scope.company(id)")
    return value


def is_company_id(value: object) -> bool:
    """Whether the value could be one: a positive bigint, and no bool."""
    return type(value) is int and 0 < value <= LARGEST_ID


@contextmanager
def _entered(state: State) -> Iterator[None]:
    """Hold the state for a block, and raise when the block ends under another one."""
    token = _current.set(state)
    try:
        yield
        if _current.get() != state:
            raise CrossCompanyAccess("the scope was changed under the block by a generator")
    finally:
        _current.reset(token)


def one_company_id() -> int:
    """Return the company in scope.  Raises NoCompanyScope also under EVERY_COMPANY."""
    value = company_id()
    if not isinstance(value, int):
        raise NoCompanyScope("one company is needed here, not every company")
    return value


def refuse_another(company_id: int) -> None:
    """Raise CrossCompanyAccess inside the scope of another company."""
    outer = _current.get()
    if isinstance(outer, int) and outer != company_id:
        raise CrossCompanyAccess(f"company {company_id} asked for inside company {outer}")


@contextmanager
def company(company_id: int, *, switch: bool = False) -> Iterator[int]:
    """Run the block as one company.

    Inside another company's scope it raises CrossCompanyAccess unless `switch` says that the
    change is meant.  It also raises when the scope was changed under the block, which a
    generator that yields inside a scope does.
    """
    if not is_company_id(company_id):
        raise NoCompanyScope(f"{company_id!r} is not a company id")
    if not switch:
        refuse_another(company_id)
    with _entered(company_id):
        yield company_id


@contextmanager
def every_company(reason: str, *, user_id: int | None = None) -> Iterator[None]:
    """Run the block across companies, as the staff role.

    The act is logged: each time for a person (`user_id`), once an hour per reason for a job.
    """
    if not reason.strip():
        raise ValueError("say why every company is looked at")
    _log_every_company(reason, user_id)
    with _entered(EVERY_COMPANY):
        yield


def _log_every_company(reason: str, user_id: int | None) -> None:
    if user_id is None:
        now = time.monotonic()
        if now - _logged_at.get(reason, -JOB_LOG_SECONDS) < JOB_LOG_SECONDS:
            return
        _logged_at[reason] = now
    logger.info("every company: %s", reason, extra={"user_id": user_id})


@contextmanager
def no_company() -> Iterator[None]:
    """Run the block without any company: what happens in a library that must not see one."""
    with _entered(None):
        yield


def bound(items: Iterable[Item]) -> Iterator[Item]:
    """Iterate later under the scope that is active now, as a streaming answer needs."""
    context, iterator, end = copy_context(), iter(items), object()

    def run() -> Iterator[Item]:
        try:
            while (item := context.run(next, iterator, end)) is not end:
                yield item  # type: ignore[misc]  # the sentinel was just excluded
        finally:
            if close := getattr(iterator, "close", None):
                context.run(close)

    return run()


def carried(function: Callable[..., Result]) -> Callable[..., Result]:
    """Return a function that runs under the scope active now, for threads and callbacks."""
    context = copy_context()

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Result:
        return context.copy().run(function, *args, **kwargs)

    return run
