"""A backend, a scope or a manager that lacks one thing, which the machine must find.

Each takes pytest's monkeypatch; beside it stands the part of the machine that finds it soon.
"""

from __future__ import annotations

from psycopg import Cursor

from atendo.tests.prove.machine_connections import Connections
from atendo.tests.prove.machine_later import Answers, Callbacks
from atendo.tests.prove.machine_threads import Threads
from atendo.tests.prove.machine_transactions import ServerSideCursors, Transactions
from tenants import scope
from tenants.postgresql import base
from tenants.postgresql.base import DatabaseWrapper, ScopedCursorMixin, ServerSideCursor

# Before a statement leaves


def execute_without_the_scope(patch):
    patch.delattr(ScopedCursorMixin, "execute")


def executemany_without_the_scope(patch):
    patch.delattr(ScopedCursorMixin, "executemany")


def stream_without_the_scope(patch):
    patch.delattr(ScopedCursorMixin, "stream")


def copy_without_the_scope(patch):
    patch.delattr(ScopedCursorMixin, "copy")


def callproc_without_the_scope(patch):
    def callproc(self, name, args=None):
        Cursor.execute(self, f"SELECT * FROM {name}()")

    patch.setattr(base.Cursor, "callproc", callproc)


def server_side_cursors_without_the_scope(patch):
    patch.delattr(ServerSideCursor, "execute")
    patch.delattr(ScopedCursorMixin, "execute")


def server_side_cursors_read_in_any_scope(patch):
    patch.setattr(ServerSideCursor, "_return_to_scope", lambda self: None)


def no_scope_is_the_login_role(patch):
    wanted = base.wanted
    patch.setattr(base, "wanted", lambda: wanted() if scope.current() else base.LOGIN_ROLE)


def settings_sent_into_a_failed_transaction(patch):
    patch.setattr(DatabaseWrapper, "_transaction_failed", lambda self: False)


# What was applied is forgotten when the server forgot it


def remembered_after_a_rollback(patch):
    patch.delattr(DatabaseWrapper, "_rollback")


def remembered_after_a_commit_that_failed(patch):
    patch.delattr(DatabaseWrapper, "_commit")


def remembered_after_what_undoes_it(patch):
    patch.setattr(base, "UNDOING", frozenset())


def remembered_after_the_second_command_of_a_string(patch):
    def forget(self):
        if self._statusmessage in base.UNDOING:
            self.connection.forget_scope()

    patch.setattr(ScopedCursorMixin, "_forget_what_was_undone", forget)


def remembered_after_a_stream(patch):
    def stream(self, *args):
        self.connection.apply_scope()
        return Cursor.stream(self, *args)

    patch.setattr(ScopedCursorMixin, "stream", stream)


def remembered_after_executemany_failed(patch):
    def executemany(self, *args, **kwargs):
        self.connection.apply_scope()
        Cursor.executemany(self, *args, **kwargs)

    patch.setattr(ScopedCursorMixin, "executemany", executemany)


def remembered_by_a_new_connection(patch):
    connect = DatabaseWrapper.get_new_connection

    def get_new_connection(self, params):
        applied = self._applied
        connection = connect(self, params)
        self._applied = applied
        return connection

    patch.setattr(DatabaseWrapper, "get_new_connection", get_new_connection)


# The scope that is carried to where the work is done


def on_commit_in_the_scope_of_the_commit(patch):
    patch.delattr(DatabaseWrapper, "on_commit")


def answers_in_the_scope_of_the_reader(patch):
    patch.setattr(scope, "bound", iter)


def carried_work_in_the_scope_of_the_worker(patch):
    patch.setattr(scope, "carried", lambda function: function)


def one_scope_for_all_threads(patch):
    class Shared:
        value = None

        def get(self):
            return self.value

        def set(self, value):
            before, self.value = self.value, value
            return before

        def reset(self, before):
            self.value = before

    patch.setattr(scope, "_current", Shared())


# The scope itself, and the manager


def another_company_without_switch(patch):
    company = scope.company
    patch.setattr(
        scope, "company", lambda company_id, switch=True: company(company_id, switch=True)
    )


def the_orm_answers_without_a_scope(patch):
    patch.setattr(scope, "company_id", lambda: scope.current() or scope.EVERY_COMPANY)


MUTANTS = {
    execute_without_the_scope: Transactions,
    executemany_without_the_scope: Transactions,
    stream_without_the_scope: Transactions,
    copy_without_the_scope: Transactions,
    callproc_without_the_scope: Transactions,
    server_side_cursors_without_the_scope: Transactions,
    server_side_cursors_read_in_any_scope: ServerSideCursors,
    no_scope_is_the_login_role: Transactions,
    settings_sent_into_a_failed_transaction: Transactions,
    remembered_after_a_rollback: Transactions,
    remembered_after_a_commit_that_failed: Transactions,
    remembered_after_what_undoes_it: Transactions,
    remembered_after_the_second_command_of_a_string: Transactions,
    remembered_after_a_stream: Transactions,
    remembered_after_executemany_failed: Transactions,
    remembered_by_a_new_connection: Connections,
    on_commit_in_the_scope_of_the_commit: Callbacks,
    answers_in_the_scope_of_the_reader: Answers,
    carried_work_in_the_scope_of_the_worker: Threads,
    one_scope_for_all_threads: Threads,
    another_company_without_switch: Transactions,
    the_orm_answers_without_a_scope: Transactions,
}
