"""A database to throw away: for the story, the browser tests and the benchmarks."""

from __future__ import annotations

from django.core.management import call_command
from django.db import connection, connections
from psycopg import sql

PREFIX = "atendo_fresh_"


class NotDisposable(RuntimeError):
    """The database has a name that somebody may have given to real data."""


def make() -> None:
    """Drop, create and migrate the database of the settings.  Raises NotDisposable."""
    drop()
    _execute("CREATE DATABASE {}")
    call_command("migrate", verbosity=0)


def drop() -> None:
    """Drop it, whoever is still connected; its two roles stay.  Raises NotDisposable."""
    if not connection.settings_dict["NAME"].startswith(PREFIX):
        raise NotDisposable(f"DATABASE_NAME={PREFIX}…")
    connections.close_all()
    _execute("DROP DATABASE IF EXISTS {} WITH (FORCE)")


def _execute(statement: str) -> None:
    name = sql.Identifier(connection.settings_dict["NAME"])
    with connection._nodb_cursor() as cursor:  # noqa: SLF001
        cursor.execute(sql.SQL(statement).format(name))
