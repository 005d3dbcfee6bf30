"""One statement that says what each table holds of two companies, and references between any."""

from __future__ import annotations

from typing import Any

from django.db import connection

from tenants.checks import company_models
from tenants.constraints import TenantForeignKeyConstraint
from tenants.models import TenantModel, User

# Global tables in which a row may speak of one company all the same.
JOBS = ("procrastinate_jobs", "(t.args->>'company_id')::bigint")


def census(ours: int, rival: int, name: str) -> str:
    """Each row: (table, the number of our rows, the hash of the rival's, the number of our rows
    that hold the rival's name, a regex), and for each foreign key between company tables (its
    name, how many references leave their company, NULL, 0)."""
    tables = [*(_owned(model) for model in [*company_models(), User]), JOBS]
    parts = [_rows_of(*table, ours, rival, name) for table in tables]
    for model in company_models():
        for constraint in model._meta.constraints:
            if isinstance(constraint, TenantForeignKeyConstraint):
                parts.append(_mixed(model, constraint))
    return " UNION ALL ".join(parts)


def _owned(model: Any) -> tuple[str, str]:
    owner = "company_id" if issubclass(model, TenantModel) else "id"
    return model._meta.db_table, f"t.{owner}"


def _rows_of(table: str, owner: str, ours: int, rival: int, name: str) -> str:
    return (
        f"SELECT '{table}', count(*) FILTER (WHERE {owner} = {ours}), coalesce(md5(string_agg("
        f"t::text, '' ORDER BY t.id) FILTER (WHERE {owner} = {rival})), '-'),"
        f" count(*) FILTER (WHERE {owner} = {ours} AND t::text ~* '{name}') FROM {table} t"
    )


def _mixed(model: Any, constraint: Any) -> str:
    foreign = model._meta.get_field(constraint.field)
    table, target = model._meta.db_table, foreign.remote_field.model._meta.db_table
    return (
        f"SELECT '{constraint.name}', count(*), NULL, 0 FROM {table} t JOIN {target} x"
        f" ON x.id = t.{foreign.column} WHERE x.company_id <> t.company_id"
    )


def count_ids_from(first: int) -> None:
    """Make the next row of each table get this id."""
    with connection.as_login_role(), connection.cursor() as cursor:
        for model in [*company_models(), User]:
            sequence = f"pg_get_serial_sequence('{model._meta.db_table}', 'id')"
            cursor.execute(f"SELECT setval({sequence}, {first}, false)")
