"""What the tests of the proof have counted, added up.

A test leaves figures with `record_property`: requests, routes, models, violations, states, leaks,
left_out, times.  A test that fails without having counted a violation is one.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import PurePath
from typing import Any, TextIO

from atendo.tests.prove.masks import MASKED

PARTS = {
    "test_coverage": "Nothing is left out",
    "test_walk": "The walk over every route",
    "test_staff": "The staff's pages",
    "test_visits": "Staff in a company",
    "test_jobs": "Jobs and commands",
    "test_webhook": "The webhook",
    "test_locks": "Without one lock, without two",
    "test_machine": "The state machine",
    "test_channels": "Side channels",
    "test_times": "Response times",
}

EVERY_MASK = [*MASKED, "ids made by the request itself", "the value that was asked for"]


class Report:
    """A plugin for pytest.  With workers, it stands in the process that started them."""

    def __init__(self) -> None:
        self.sums: dict[str, Counter[str]] = defaultdict(Counter)
        self.routes: set[str] = set()
        self.models = self.states = 0
        self.leaks: dict[str, dict[str, int]] = {}
        self.left_out: dict[str, str] = {}
        self.times: list[tuple[str, float, float]] = []
        self._failed: set[str] = set()
        self._skipped: list[str] = []

    @property
    def violations(self) -> int:
        return sum(part["violations"] for part in self.sums.values())

    @property
    def missing(self) -> list[str]:
        """What a whole proof has and this one has not: parts without a test, tests left out."""
        return [*(title for name, title in PARTS.items() if name not in self.sums), *self._skipped]

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Called after set-up, test and tear-down; the last knows all that was recorded."""
        if report.skipped:
            self._skipped.append(report.nodeid)
        if report.failed:
            self._failed.add(report.nodeid)
        part = self.sums[PurePath(report.nodeid.partition("::")[0]).stem]
        part["milliseconds"] += round(report.duration * 1000)
        if report.when == "teardown":
            part["tests"] += 1
            self._add(part, report)

    def _add(self, part: Counter[str], report: Any) -> None:
        violations = 0
        for name, value in report.user_properties:
            if name == "violations":
                violations += value
            elif name == "requests":
                part["requests"] += value
            elif name == "leaks":
                letters, whose, count = value
                self.leaks.setdefault(letters, {})[whose] = count
            elif name == "models":
                self.models = value
            elif name == "states":
                self.states += value
            else:
                _gather(getattr(self, name), value)
        failed = report.nodeid in self._failed
        part["violations"] += violations or int(failed)

    def line(self) -> str:
        return json.dumps(
            {
                "routes": len(self.routes),
                "models": self.models,
                "requests": sum(part["requests"] for part in self.sums.values()),
                "violations": self.violations,
                "mutations": self.leaks,
                "states": self.states,
            }
        )

    def show(self, out: TextIO) -> None:
        """The tables, and the line of JSON last."""
        rows = [
            (title, sums["tests"], sums["requests"], sums["violations"], _seconds(sums))
            for name, title in PARTS.items()
            if (sums := self.sums.get(name))
        ]
        _table(out, ("part", "tests", "requests", "violations", "seconds"), rows)
        leaks = [
            (letters, row.get("product", 0), row.get("careless", 0))
            for letters, row in sorted(
                self.leaks.items(), key=lambda item: (item[0].count("+"), item[0])
            )
        ]
        _table(out, ("locks taken away", "leaks of the product", "of the careless views"), leaks)
        _table(out, ("left out", "why"), sorted(self.left_out.items()))
        _table(out, ("masked before answers are compared",), [(name,) for name in EVERY_MASK])
        _table(out, ("route, median ms", "foreign id", "unknown id"), sorted(self.times))
        print(self.line(), file=out)


def _gather(known: Any, value: Any) -> None:
    """Into the set, dict or list that the report has for it."""
    if isinstance(known, list):
        known.extend(tuple(row) for row in value)
    else:
        known.update(value)


def _seconds(sums: Counter[str]) -> str:
    return f"{sums['milliseconds'] / 1000:.1f}"


def _table(out: TextIO, header: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    if not rows:
        return
    cells = [[f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(header, *cells, strict=True)]
    print(file=out)
    for row in (list(header), ["─" * width for width in widths], *cells):
        print("  ".join(map(_aligned, row, widths)).rstrip(), file=out)
    print(file=out)


def _aligned(cell: str, width: int) -> str:
    return cell.rjust(width) if _is_number(cell) else cell.ljust(width)


def _is_number(cell: str) -> bool:
    return cell.replace(",", "").replace(".", "").isdigit()
