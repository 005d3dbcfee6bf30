"""The four locks, and how each is taken away for a test."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import pytest
from django.db import connection

from tenants import scope
from tenants.checks import company_models
from tenants.constraints import TenantForeignKeyConstraint
from tenants.managers import InScope
from tenants.models import Company, TenantModel


def without_the_manager(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(InScope, "as_sql", lambda *args: ("(1 = 1)", []))


def without_bound_writes(patch: pytest.MonkeyPatch) -> None:
    def fill(row: Any) -> None:
        row.company_id = row.company_id or scope.one_company_id()

    patch.setattr(TenantModel, "bind_company", fill)
    patch.setattr(Company, "bind_company", lambda row: None)


def without_row_level_security(patch: pytest.MonkeyPatch) -> None:
    for model in company_models():
        _alter(model, "DISABLE ROW LEVEL SECURITY")


def without_composite_keys(patch: pytest.MonkeyPatch) -> None:
    for model in company_models():
        for constraint in model._meta.constraints:
            if isinstance(constraint, TenantForeignKeyConstraint):
                _alter(model, f"DROP CONSTRAINT {constraint.name}")


def _alter(model: Any, change: str) -> None:
    connection.check_constraints()
    with connection.as_login_role(), connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {model._meta.db_table} {change}")


# By the letter that docs/isolation.md has for each in its table.
LOCKS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "M": without_the_manager,
    "W": without_bound_writes,
    "R": without_row_level_security,
    "K": without_composite_keys,
}
NAMES = {
    "M": "manager",
    "W": "bound_writes",
    "R": "row_level_security",
    "K": "composite_keys",
}
SINGLES = list(LOCKS)
PAIRS = ["".join(pair) for pair in combinations(LOCKS, 2)]


def take_away(letters: str, patch: pytest.MonkeyPatch) -> None:
    for letter in letters:
        LOCKS[letter](patch)


def named(letters: str) -> str:
    return "+".join(NAMES[letter] for letter in letters) or "none"
