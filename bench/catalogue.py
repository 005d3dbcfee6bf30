"""Every benchmark, one row each, in the order in which they run.

To add one: a function that takes the World and returns Measured, and its row here.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from bench import free_times, pages, row_level_security, scoped_get
from bench.rounds import Measured
from bench.world import World

COMPARE: Final = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


@dataclass(frozen=True, slots=True)
class Benchmark:
    """`target` is a comparison and a number, as "<= 1.06"; None when there is nothing to meet."""

    name: str
    unit: str
    target: str | None
    measure: Callable[[World], Measured]

    def line(self, measured: Measured) -> dict[str, Any]:
        """What is printed.  Judged as printed: a value that reads 1.06 meets "<= 1.06"."""
        value = round(measured.value, 3)
        return self._line(value, {"met": self.is_met_by(value), **measured.detail})

    def line_of_error(self, error: BaseException) -> dict[str, Any]:
        return self._line(None, {"met": False, "error": repr(error)})

    def _line(self, value: float | None, detail: dict[str, Any]) -> dict[str, Any]:
        asked = {"unit": self.unit, "target": self.target}
        return {"name": self.name, "value": value, **asked, "detail": detail}

    def is_met_by(self, value: float) -> bool | None:
        if self.target is None:
            return None
        comparison, bound = self.target.split()
        return bool(COMPARE[comparison](value, float(bound)))


def _get_versus(rival: str) -> Callable[[World], Measured]:
    return partial(scoped_get.versus, rival=rival)


def _cost_of(operation: str) -> Callable[[World], Measured]:
    return partial(row_level_security.cost, name=operation)


def _page(name: str) -> tuple[Benchmark, Benchmark]:
    return (
        Benchmark(f"page_{name}_ms", "ms", "<= 200", partial(pages.milliseconds, name=name)),
        Benchmark(f"page_{name}_queries", "queries", "<= 12", partial(pages.queries, name=name)),
    )


# Reads before inserts, whose undone rows stay in the table until it is vacuumed.
BENCHMARKS: Final = (
    Benchmark("scoped_get_vs_plain", "ratio", "<= 1.06", _get_versus("plain")),
    Benchmark("scoped_get_vs_filter", "ratio", "< 0.90", _get_versus("explicit_filter")),
    Benchmark("scoped_get_vs_django_scopes", "ratio", None, _get_versus("django_scopes")),
    Benchmark(
        "scoped_get_vs_django_multitenant", "ratio", None, _get_versus("django_multitenant")
    ),
    Benchmark("rls_get", "ratio", "<= 1.10", _cost_of("get")),
    Benchmark("rls_list", "ratio", "<= 1.10", _cost_of("list")),
    Benchmark("rls_count", "ratio", "<= 1.10", _cost_of("count")),
    Benchmark("rls_day", "ratio", "<= 1.10", _cost_of("day")),
    *(benchmark for name in pages.PAGES for benchmark in _page(name)),
    Benchmark("list_page_vs_sql", "ratio", "<= 15", pages.list_versus_sql),
    Benchmark("rls_insert", "ratio", "<= 1.10", _cost_of("insert")),
    Benchmark("rls_bulk_insert", "ratio", "<= 1.10", _cost_of("bulk_insert")),
    Benchmark("free_times_vs_sql", "ratio", "<= 0.6", free_times.versus_sql),
)
