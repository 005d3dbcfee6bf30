"""A value against its target; what a benchmark prints that cannot run."""

from __future__ import annotations

import pytest

from bench.catalogue import Benchmark
from bench.rounds import Measured


def benchmark(target):
    return Benchmark("name", "ratio", target, lambda world: Measured(1.0, {}))


@pytest.mark.parametrize(
    ("target", "value", "met"),
    [
        ("<= 1.06", 1.06, True),
        ("<= 1.06", 1.061, False),
        ("< 0.90", 0.899, True),
        ("< 0.90", 0.9, False),
        (">= 0.22", 0.3, True),
        (">= 0.22", 0.2, False),
        (None, 5.0, None),
    ],
)
def test_a_missed_target_is_printed_as_missed(target, value, met):
    line = benchmark(target).line(Measured(value, {"rounds": 3}))
    assert (line["value"], line["target"]) == (value, target)
    assert line["detail"] == {"met": met, "rounds": 3}


def test_a_value_is_judged_as_it_is_printed():
    assert benchmark("<= 1.06").line(Measured(1.0604, {}))["detail"]["met"] is True


def test_a_benchmark_that_cannot_run_prints_no_value_and_why():
    line = benchmark("<= 1.06").line_of_error(RuntimeError("no server"))
    assert line["value"] is None
    assert line["detail"] == {"met": False, "error": "RuntimeError('no server')"}
