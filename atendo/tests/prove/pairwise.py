"""Few combinations in which any two values of two factors meet at least once."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

Combination = dict[str, Any]


def pairwise(factors: dict[str, tuple[Any, ...]]) -> list[Combination]:
    """Greedy: each combination is the first that meets the most pairs not yet met."""
    candidates = [dict(zip(factors, values, strict=True)) for values in product(*factors.values())]
    open_pairs = set().union(*map(_pairs, candidates))
    chosen = []
    while open_pairs:
        best = max(candidates, key=lambda candidate: len(_pairs(candidate) & open_pairs))
        chosen.append(best)
        open_pairs -= _pairs(best)
    return chosen


def _pairs(combination: Combination) -> set[tuple[Any, ...]]:
    return set(combinations(combination.items(), 2))
