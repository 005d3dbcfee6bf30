"""A PostgreSQL backend whose every statement runs as the company in scope.

Before a statement leaves, the cursor compares the wanted (company, role) with the applied one
and sends one `set_config` only when they differ.  It sits in the cursor class and not in
Django's `execute_wrappers`, because `copy()` and `callproc()` never pass through those.

What this does not promise: SQL that says RESET ROLE or calls set_config itself is obeyed by
PostgreSQL, and a rollback by psycopg's own `connection.connection.transaction()` goes unseen (a
test forbids it).  The layer guards against our mistakes, not against injected SQL.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.conf import settings
from django.db import transaction
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base
from psycopg.pq import Format, TransactionStatus

from tenants import scope
from tenants.postgresql.creation import DatabaseCreation

# Django's own cursors for psycopg 3; the type stubs do not know them.
cursors: Any = base

Wanted = tuple[str, str]
LOGIN_ROLE: Wanted = ("", "none")
APPLY = "SELECT set_config('app.company_id', %s, false), set_config('role', %s, false)"
# After these the server may hold another role or company than the one applied last: `None` stands
# for an error, ROLLBACK also for a savepoint's and for the COMMIT of a failed transaction.
UNDOING = frozenset({None, b"ROLLBACK", b"SET", b"RESET", b"DISCARD ALL"})


def wanted() -> Wanted:
    """Return the (company id, role) that the scope asks for; without a scope the app role
    with no company, which sees no row of any company."""
    current = scope.current()
    if current is scope.EVERY_COMPANY:
        return ("", settings.STAFF_ROLE)
    return ("" if current is None else str(current), settings.APP_ROLE)


class ScopedCursorMixin:
    """Applies the scope before every way in which a cursor can send a statement.

    `callproc` follows, since Django's goes through `execute`.
    """

    connection: Any

    def execute(self, *args: Any, **kwargs: Any) -> Any:
        self.connection.apply_scope()
        try:
            return super().execute(*args, **kwargs)  # type: ignore[misc]
        finally:
            self._forget_what_was_undone()

    def executemany(self, *args: Any, **kwargs: Any) -> Any:
        self.connection.apply_scope()
        try:
            return super().executemany(*args, **kwargs)  # type: ignore[misc]
        finally:
            self._forget_what_was_undone()

    def stream(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        self.connection.apply_scope()
        try:
            yield from super().stream(*args, **kwargs)  # type: ignore[misc]
        finally:
            self.connection.forget_scope()  # psycopg does not tell which command it was

    @contextmanager
    def copy(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        self.connection.apply_scope()
        with super().copy(*args, **kwargs) as copy:  # type: ignore[misc]
            yield copy

    def _forget_what_was_undone(self) -> None:
        """Each command of a string has its own result; executemany keeps the last status."""
        results = self._results  # type: ignore[attr-defined]
        statuses = {result.command_status for result in results} or {self._statusmessage}  # type: ignore[attr-defined]
        if statuses & UNDOING:
            self.connection.forget_scope()


class Cursor(ScopedCursorMixin, cursors.Cursor):  # type: ignore[misc]
    pass


class ServerBindingCursor(ScopedCursorMixin, cursors.ServerBindingCursor):  # type: ignore[misc]
    pass


class ServerSideCursor(ScopedCursorMixin, cursors.ServerSideCursor):  # type: ignore[misc]
    """Read under the scope in which it was opened, or it raises CrossCompanyAccess.

    PostgreSQL may ask the policy for each row as it is fetched, with the company of that moment.
    """

    _opened_as: Wanted | None = None

    def execute(self, *args: Any, **kwargs: Any) -> Any:
        self._opened_as = self.connection.apply_scope()
        return cursors.ServerSideCursor.execute(self, *args, **kwargs)

    def _return_to_scope(self) -> None:
        if self._opened_as is not None and self.connection.apply_scope() != self._opened_as:
            raise scope.CrossCompanyAccess("a server-side cursor was carried into another scope")

    def fetchone(self) -> Any:
        self._return_to_scope()
        return super().fetchone()

    def fetchmany(self, size: int = 0) -> Any:
        self._return_to_scope()
        return super().fetchmany(size)

    def fetchall(self) -> Any:
        self._return_to_scope()
        return super().fetchall()

    def __next__(self) -> Any:
        self._return_to_scope()
        return super().__next__()

    def scroll(self, *args: Any, **kwargs: Any) -> None:
        self._return_to_scope()
        super().scroll(*args, **kwargs)


class DatabaseWrapper(base.DatabaseWrapper):
    creation_class = DatabaseCreation

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._applied: Wanted | None = None
        # CREATE and DROP DATABASE run on Django's connection to the database "postgres".
        self._login_depth = 1 if self.alias == NO_DB_ALIAS else 0

    @contextmanager
    def as_login_role(self) -> Iterator[None]:
        """Run the block as the login role, which owns the tables: migrations, test databases."""
        self._login_depth += 1
        try:
            yield
        finally:
            self._login_depth -= 1

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """Run the block in one transaction in which PostgreSQL refuses every change (25006).

        It is always rolled back, so the error of a change leaves nothing behind.
        """
        with transaction.atomic(using=self.alias):
            with self.cursor() as cursor:
                cursor.execute("SELECT set_config('transaction_read_only', 'on', true)")
            try:
                yield
            finally:
                transaction.set_rollback(True, using=self.alias)

    def get_connection_params(self) -> dict[str, Any]:
        params = super().get_connection_params()
        server_binding = self.settings_dict["OPTIONS"].get("server_side_binding") is True
        params["cursor_factory"] = ServerBindingCursor if server_binding else Cursor
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        connection.server_cursor_factory = ServerSideCursor
        connection.apply_scope, connection.forget_scope = self._apply_scope, self._forget_scope
        self._forget_scope()
        return connection

    def create_cursor(self, name: str | None = None) -> Any:
        if not name:
            return super().create_cursor()
        connection = self.connection
        cursor = connection.cursor(name, scrollable=False, withhold=connection.autocommit)
        loader = connection.adapters.get_loader(cursors.TIMESTAMPTZ_OID, Format.TEXT)
        if self.timezone != loader.timezone:
            cursors.register_tzloader(self.timezone, cursor)
        return cursor

    def on_commit(self, func: Any, robust: bool = False) -> None:
        super().on_commit(scope.carried(func) if callable(func) else func, robust)

    def _apply_scope(self) -> Wanted:
        """Return the (company id, role) under which the next statement runs."""
        want = LOGIN_ROLE if self._login_depth else wanted()
        if want != self._applied and not self._transaction_failed():
            self._forget_scope()  # an interrupt may come after the server has obeyed
            try:
                psycopg.Cursor(self.connection).execute(APPLY, want)
            except psycopg.errors.InvalidParameterValue as error:
                # The kind of error that Django knows as "the database is not ready".
                raise psycopg.OperationalError(
                    f"{error}. `manage.py migrate` makes it."
                ) from error
            self._applied = want
        return want

    def _forget_scope(self) -> None:
        self._applied = None

    def _transaction_failed(self) -> bool:
        """In a failed transaction only ROLLBACK is accepted, and it needs no scope."""
        status = self.connection.info.transaction_status
        return bool(status == TransactionStatus.INERROR)

    # The end of a transaction by rollback undoes a set_config made inside it.

    def _commit(self) -> None:
        undone = self.connection is not None and self._transaction_failed()
        try:
            super()._commit()  # type: ignore[misc]
        except BaseException:
            undone = True
            raise
        finally:
            if undone:
                self._forget_scope()

    def _rollback(self) -> None:
        self._forget_scope()
        super()._rollback()  # type: ignore[misc]
