"""Every way in which a cursor can send a statement runs as the company in scope."""

from __future__ import annotations

import psycopg
import pytest
from django.conf import settings
from django.db import (
    IntegrityError,
    InternalError,
    NotSupportedError,
    ProgrammingError,
    connection,
    transaction,
)
from django.test.utils import CaptureQueriesContext
from psycopg import errors

from tenants import scope
from tenants.models import Membership, Role
from tenants.postgresql.base import Cursor, ServerBindingCursor
from tenants.scope import CrossCompanyAccess
from tenants.tests.statements import (
    QUERY,
    READS,
    copy_a_query_out,
    copy_a_table_out,
    execute,
    function_for_callproc,
    stream,
)


@pytest.fixture(autouse=True)
def two_companies(member, rival_member):
    """A row of each that every test could see too much of."""


@pytest.fixture
def visible_companies():
    with function_for_callproc():
        yield


@pytest.mark.parametrize("read", READS, ids=lambda read: read.__name__)
def test_every_read_sees_exactly_the_scope(read, company, rival, visible_companies):
    seen = [read()]
    with scope.company(company.pk):
        seen.append(read())
        with scope.company(rival.pk, switch=True):
            seen.append(read())
        seen.append(read())
    seen.append(read())
    with scope.every_company("a test"):
        seen.append(read())
    seen.append(read())
    ours, theirs = {company.pk}, {rival.pk}
    assert seen == [set(), ours, theirs, ours, set(), ours | theirs, set()]


@pytest.mark.parametrize("read", [execute, copy_a_table_out, copy_a_query_out, stream])
def test_a_cursor_that_logs_for_debugging_is_scoped_too(read, company, rival):
    with CaptureQueriesContext(connection):
        assert read() == set()
        for owner in (company, rival):
            with scope.company(owner.pk):
                assert read() == {owner.pk}


# Writes ---------------------------------------------------------------------------------------

WHO = "current_setting('app.company_id', true) || ' ' || current_user"


@pytest.fixture
def scratch():
    """A table that notes who wrote each row."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE scratch (n int, who text DEFAULT {WHO})")
        cursor.execute("GRANT ALL ON scratch TO PUBLIC")


def write_with_execute():
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO scratch VALUES (1)")


def write_with_executemany():
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO scratch VALUES (%s)", [[1]])


def write_with_copy():
    with connection.cursor() as cursor, cursor.copy("COPY scratch (n) FROM STDIN") as copy:
        copy.write_row([1])


@pytest.mark.parametrize("write", [write_with_execute, write_with_executemany, write_with_copy])
def test_every_write_runs_as_the_scope(write, company, rival, scratch):
    write()
    with scope.company(company.pk):
        write()
        with scope.company(rival.pk, switch=True):
            write()
        write()
    with scope.every_company("a test"):
        write()
    app, staff = settings.APP_ROLE, settings.STAFF_ROLE
    with connection.cursor() as cursor:
        cursor.execute("SELECT who FROM scratch ORDER BY ctid")
        assert [who for (who,) in cursor.fetchall()] == [
            f" {app}",
            f"{company.pk} {app}",
            f"{rival.pk} {app}",
            f"{company.pk} {app}",
            f" {staff}",
        ]


INSERT = """INSERT INTO memberships (company_id, user_id, role, created_at)
    VALUES (%s, %s, 'owner', now())"""


def insert_with_execute(company_id, user_id):
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [company_id, user_id])


def insert_with_executemany(company_id, user_id):
    with connection.cursor() as cursor:
        cursor.executemany(INSERT, [[company_id, user_id]])


def insert_with_psycopg(company_id, user_id):
    connection.ensure_connection()
    with connection.wrap_database_errors:
        connection.connection.execute(INSERT, [company_id, user_id])


@pytest.mark.parametrize(
    "insert", [insert_with_execute, insert_with_executemany, insert_with_psycopg]
)
def test_raw_sql_cannot_write_a_row_of_another_company(insert, company, rival, member):
    for enter in (lambda: scope.company(company.pk), scope.no_company):
        with (
            enter(),
            pytest.raises(ProgrammingError, match="row-level security"),
            transaction.atomic(),
        ):
            insert(rival.pk, member.user_id)
    with scope.company(rival.pk):
        insert(rival.pk, member.user_id)
        assert Membership.objects.count() == 2


def test_rows_cannot_be_copied_into_a_company_table(company, rival):
    """PostgreSQL has no COPY FROM under row level security: it refuses, whatever the scope."""
    copy_in = "COPY memberships (company_id, user_id, role, created_at) FROM STDIN"
    for enter in (
        lambda: scope.company(company.pk),
        lambda: scope.every_company("a test"),
        scope.no_company,
    ):
        with (
            enter(),
            pytest.raises((errors.FeatureNotSupported, NotSupportedError)),
            transaction.atomic(),
            connection.cursor() as cursor,
            cursor.copy(copy_in) as copy,
        ):
            copy.write_row([rival.pk, 1, "owner", "2026-01-01"])


@pytest.mark.parametrize(
    "statement", ["UPDATE memberships SET role = 'manager'", "DELETE FROM memberships"]
)
def test_raw_sql_without_a_where_touches_only_the_company(statement, company, rival, rival_member):
    with scope.company(company.pk), connection.cursor() as cursor:
        cursor.execute(statement)
        assert cursor.rowcount == 1
    with scope.company(rival.pk):
        assert Membership.objects.get().role == Role.OWNER
    with connection.cursor() as cursor:
        cursor.execute(statement)
        assert cursor.rowcount == 0


@pytest.mark.parametrize("role", ["company", "every company", "none"])
def test_no_role_of_the_application_may_truncate(role, company):
    enter = {
        "company": lambda: scope.company(company.pk),
        "every company": lambda: scope.every_company("a test"),
        "none": scope.no_company,
    }[role]
    with (
        enter(),
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("TRUNCATE memberships CASCADE")


# Server-side cursors --------------------------------------------------------------------------


@pytest.fixture
def rows_one_by_one():
    """Without an index PostgreSQL asks the policy at each row, as it is fetched."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = off;"
            " SET LOCAL enable_indexonlyscan = off"
        )


@pytest.fixture
def three_events_each(company, rival, rows_one_by_one):
    with connection.as_login_role(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO security_events (company_id, kind, origin, data, created_at)"
            " SELECT c, 'logged_in', 'web', '{}', now() FROM generate_series(1, 3),"
            " unnest(ARRAY[%s, %s]::bigint[]) c",
            [company.pk, rival.pk],
        )


def test_a_server_side_cursor_is_read_under_its_own_scope(company, rival, three_events_each):
    seen = []
    with scope.company(company.pk), connection.chunked_cursor() as cursor:
        cursor.execute("SELECT company_id FROM security_events")
        seen += cursor.fetchmany(1)
        with scope.company(rival.pk, switch=True):
            assert execute() == {rival.pk}
        seen += cursor.fetchall()
    assert seen == [(company.pk,)] * 3


@pytest.mark.parametrize("name", ["fetchone", "fetchmany", "fetchall", "__next__"])
def test_a_server_side_cursor_cannot_be_carried_into_another_scope(
    name, company, rival, three_events_each
):
    with connection.chunked_cursor() as wrapper:
        with scope.company(company.pk):
            wrapper.execute("SELECT company_id FROM security_events")
            assert wrapper.fetchone() == (company.pk,)
        for enter in (lambda: scope.company(rival.pk), scope.no_company):
            with enter(), pytest.raises(CrossCompanyAccess, match="carried into another scope"):
                getattr(wrapper.cursor, name)()


def test_a_server_side_cursor_survives_visits_to_each_company(company, rival, three_events_each):
    """What a job does: walk over every company, and work as each of them."""
    worked = []
    with scope.every_company("a test"):
        for row in Membership.objects.order_by("pk").iterator(chunk_size=1):
            with scope.company(row.company_id):
                worked.append((row.company_id, execute()))
    assert worked == [(company.pk, {company.pk}), (rival.pk, {rival.pk})]


# Errors and savepoints ------------------------------------------------------------------------


def break_a_constraint(member):
    Membership(user_id=member.user_id, role=Role.OWNER).save()


def test_an_integrity_error_in_a_nested_block_is_itself(company, rival, member):
    with transaction.atomic():
        with scope.company(company.pk):
            with pytest.raises(IntegrityError) as caught, transaction.atomic():
                break_a_constraint(member)
            assert caught.value.__cause__.diag.constraint_name == "memberships_one_per_user"
            assert execute() == {company.pk}
        with scope.company(rival.pk):
            assert execute() == {rival.pk}


def test_an_integrity_error_is_itself_when_the_scope_is_left_before_the_rollback(
    company, rival, member
):
    with scope.company(rival.pk):
        assert execute() == {rival.pk}
    with pytest.raises(IntegrityError), transaction.atomic(), scope.company(company.pk):
        break_a_constraint(member)
    with scope.company(company.pk):
        assert execute() == {company.pk}
    with scope.company(rival.pk):
        assert execute() == {rival.pk}


def test_a_statement_in_a_failed_transaction_says_so_in_every_scope(company, rival):
    with transaction.atomic():
        sid = transaction.savepoint()
        with scope.company(company.pk), connection.cursor() as cursor:
            with pytest.raises(ProgrammingError):
                cursor.execute("SELECT nonsense FROM memberships")
            for enter in (
                lambda: scope.company(rival.pk, switch=True),
                lambda: scope.every_company("a test"),
            ):
                with enter(), pytest.raises(InternalError) as caught:
                    cursor.execute(QUERY)
                assert isinstance(caught.value.__cause__, errors.InFailedSqlTransaction)
        transaction.savepoint_rollback(sid)
        with scope.company(rival.pk):
            assert execute() == {rival.pk}


def test_a_savepoint_rollback_undoes_the_setting_and_it_is_set_anew(company, rival):
    with scope.company(company.pk):
        assert execute() == {company.pk}
        with pytest.raises(KeyError), transaction.atomic():
            with scope.company(rival.pk, switch=True):
                assert execute() == {rival.pk}
                raise KeyError
        with scope.company(rival.pk, switch=True):
            assert execute() == {rival.pk}
        assert execute() == {company.pk}


@pytest.mark.parametrize(
    "undo",
    [
        "ROLLBACK TO SAVEPOINT by_hand",
        "RESET ROLE",
        "SET ROLE NONE",
        "RESET ALL",
        "SET app.company_id = ''",
        "SELECT 1; ROLLBACK TO SAVEPOINT by_hand",
        "ROLLBACK TO SAVEPOINT by_hand; SELECT 1",
        "SELECT 1; RESET ROLE; SELECT 2",
    ],
)
def test_sql_that_undoes_the_setting_holds_for_no_further_statement(undo, company, rival):
    with scope.company(company.pk):
        with connection.cursor() as cursor:
            cursor.execute("SAVEPOINT by_hand")
        with scope.company(rival.pk, switch=True):
            assert execute() == {rival.pk}
            with connection.cursor() as cursor:
                cursor.execute(undo)
            assert execute() == {rival.pk}


def test_a_rollback_in_a_stream_holds_for_no_further_statement(company, rival):
    with scope.company(company.pk):
        with connection.cursor() as cursor:
            cursor.execute("SAVEPOINT by_hand")
        with scope.company(rival.pk, switch=True), connection.cursor() as cursor:
            assert execute() == {rival.pk}
            with pytest.raises(psycopg.ProgrammingError, match="didn't produce a result"):
                list(cursor.stream("ROLLBACK TO SAVEPOINT by_hand"))
            assert execute() == {rival.pk}


# The login role -------------------------------------------------------------------------------


def who():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT session_user = current_user, current_setting('app.company_id', true)"
        )
        return cursor.fetchone()


def test_the_login_role_is_entered_and_left_block_by_block(company):
    assert who() == (False, "")
    with scope.company(company.pk):
        with connection.as_login_role():
            with connection.as_login_role():
                assert who() == (True, "")
            assert who() == (True, "")
        assert who() == (False, str(company.pk))
    assert who() == (False, "")


def test_an_error_leaves_the_login_role():
    with pytest.raises(KeyError), connection.as_login_role():
        raise KeyError
    assert who() == (False, "")


def test_cursors_of_both_bindings_are_scoped(monkeypatch):
    assert connection.get_connection_params()["cursor_factory"] is Cursor
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "server_side_binding", True)
    assert connection.get_connection_params()["cursor_factory"] is ServerBindingCursor
