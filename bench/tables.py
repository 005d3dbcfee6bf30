"""Loads tables as fast as the server can, as the owner of the tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, models
from psycopg import sql

# What makes a load slow: foreign keys, exclusion constraints and plain indexes.  How to drop each
# and how to make the same again; indexes first, for the constraints' checks use them.
SLOW = """
    SELECT format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid), 1 place
    FROM pg_index WHERE indrelid = %(table)s::regclass
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
    UNION ALL
    SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
        format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s',
            conrelid::regclass, conname, pg_get_constraintdef(oid)), 2
    FROM pg_constraint WHERE conrelid = %(table)s::regclass AND contype IN ('f', 'x')
    ORDER BY place"""


def insert_rows(pattern: models.Model, size: tuple[int, int], **computed: str) -> None:
    """Insert the rows n = 0, 1, ... of the companies c = 1, 2, ...; `size` is how many of both.

    `computed` gives columns as expressions of n and c; the others are as in `pattern`.  Companies
    take turns, as they do in real life: one company's rows are far from each other on the disk.
    """
    columns = _literals(pattern) | {name: sql.SQL(text) for name, text in computed.items()}
    statement = sql.SQL(
        "INSERT INTO {} ({}) SELECT {} FROM generate_series(0, {} - 1) n,"
        " generate_series(1, {}) c ORDER BY n, c"
    )
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    values = sql.SQL(", ").join(columns.values())
    target = sql.Identifier(pattern._meta.db_table)
    execute(statement.format(target, names, values, *size))


def _literals(row: models.Model) -> dict[str, sql.Composable]:
    """What saving the row would write, but for the id and generated columns."""
    return {
        str(field.column): sql.Literal(
            field.get_db_prep_save(field.pre_save(row, add=True), connection)
        )
        for field in row._meta.local_concrete_fields
        if not (field.primary_key or field.generated)
    }


@contextmanager
def fast_load(table: str) -> Iterator[None]:
    """Do without what makes a load slow, and put it back in the end: the table is as before."""
    slow = execute(SLOW, {"table": table})
    for drop, *_ in slow:
        execute(drop)
    yield
    for _, make, _ in slow:
        execute(make)
    execute(f"VACUUM (ANALYZE) {table}")


def execute(statement: Any, params: Any = None) -> list[Any]:
    """Run one statement as the owner of the tables; returns its rows, if it has any."""
    wrapper: Any = connection
    with wrapper.as_login_role(), connection.cursor() as cursor:
        cursor.execute(statement, params)
        return list(cursor.fetchall()) if cursor.description else []
