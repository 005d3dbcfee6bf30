"""Alternated measuring: the variants take turns, and only numbers of one round are compared.

A shared machine is now fast, now slow, and whatever else runs on it can only add to a time.  So a
turn is short and counts its fastest operation.  A round goes through the variants forth and back,
A B C C B A, and each counts its better turn: coming first, with cold caches, is no handicap.  A
round gives one ratio, in which slow spells cancel out; the result is the median over the rounds.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf
from statistics import median, quantiles
from time import monotonic, perf_counter
from typing import Any, TypeVar

FEWEST_ROUNDS = 5

Item = TypeVar("Item")
# Given the number of the round: the seconds of one operation, the fastest of a short loop.
Turn = Callable[[int], float]
# The seconds of one operation: for each variant one number a round.
Times = Mapping[str, list[float]]


@dataclass(frozen=True, slots=True)
class Measured:
    value: float
    detail: Mapping[str, Any]


def alternate(turns: Mapping[str, Turn], *, rounds: int, seconds: float) -> Times:
    """Play the rounds, each beginning with another variant; round 0 only warms up.

    When the seconds are over it ends before all rounds are played, but not before a few.
    """
    times: dict[str, list[float]] = {name: [] for name in turns}
    end = monotonic() + seconds
    with _no_garbage_collection():
        for number in range(rounds + 1):
            if number > FEWEST_ROUNDS and monotonic() > end:
                break
            order = _rotated(list(turns), number)
            forth = {name: turns[name](number) for name in order}
            back = {name: turns[name](number) for name in reversed(order)}
            for name in turns:
                times[name].append(min(forth[name], back[name]))
            gc.collect()
    return {name: played[1:] for name, played in times.items()}


def fastest(operation: Callable[[Item], object], items: Iterable[Item]) -> float:
    """Return the seconds that the operation takes on the item with which it is fastest."""
    best = inf
    for item in items:
        start = perf_counter()
        operation(item)
        best = min(best, perf_counter() - start)
    return best


def ratio(times: Times, ours: str, theirs: str, how: str) -> Measured:
    """Return the median over rounds of ours / theirs, with what one needs to judge it."""
    first, value, third = quantiles(_ratios(times, ours, theirs), n=4)
    detail = {
        "how": how,
        "us": {name: round(median(seconds) * 1e6, 1) for name, seconds in times.items()},
        "ratio_to": {
            name: round(median(_ratios(times, ours, name)), 3) for name in times if name != ours
        },
        "rounds": len(times[ours]),
        "ratio_quartiles": [round(first, 3), round(third, 3)],
    }
    return Measured(value, detail)


def _ratios(times: Times, ours: str, theirs: str) -> list[float]:
    return [a / b for a, b in zip(times[ours], times[theirs], strict=True)]


def _rotated(names: list[str], number: int) -> list[str]:
    first = number % len(names)
    return names[first:] + names[:first]


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
