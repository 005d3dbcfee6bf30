"""Every way in which a cursor can read, ways to fail, and a way to lose the connection."""

from __future__ import annotations

from contextlib import contextmanager

import psycopg
from django.db import connection

from tenants.models import Membership, Role
from tenants.postgresql.base import ServerBindingCursor

QUERY = "SELECT company_id FROM memberships"


@contextmanager
def function_for_callproc():
    """`callproc` reads through a function of the login role that runs as its caller."""
    with connection.as_login_role(), connection.cursor() as cursor:
        cursor.execute(
            f"CREATE FUNCTION visible_companies() RETURNS SETOF bigint LANGUAGE sql AS '{QUERY}'"
        )
    yield
    with connection.as_login_role(), connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION visible_companies()")


def firsts(rows):
    return {row[0] for row in rows}


def execute():
    with connection.cursor() as cursor:
        cursor.execute(QUERY)
        return firsts(cursor.fetchall())


def execute_with_parameters():
    with connection.cursor() as cursor:
        cursor.execute(f"{QUERY} WHERE role = %s", [Role.OWNER])
        return firsts(cursor)


def execute_with_server_binding():
    connection.ensure_connection()
    with ServerBindingCursor(connection.connection) as cursor:
        cursor.execute(f"{QUERY} WHERE role = %s", [Role.OWNER])
        return firsts(cursor.fetchall())


def executemany():
    with connection.cursor() as cursor:
        cursor.cursor.executemany(
            f"{QUERY} WHERE role = %s", [["owner"], ["none"]], returning=True
        )
        return firsts(cursor.fetchall())


def copy_a_table_out():
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY memberships (company_id) TO STDOUT") as copy,
    ):
        return {int(value) for (value,) in copy.rows()}


def copy_a_query_out():
    with connection.cursor() as cursor, cursor.copy(f"COPY ({QUERY}) TO STDOUT") as copy:
        return {int(line) for line in b"".join(copy).split()}


def stream():
    with connection.cursor() as cursor:
        return firsts(cursor.stream(QUERY))


def callproc():
    with connection.cursor() as cursor:
        cursor.callproc("visible_companies", [])
        return firsts(cursor.fetchall())


def chunked_cursor_fetchall():
    with connection.chunked_cursor() as cursor:
        cursor.execute(QUERY)
        return firsts(cursor.fetchall())


def chunked_cursor_fetchmany():
    with connection.chunked_cursor() as cursor:
        cursor.execute(QUERY)
        return firsts(cursor.fetchmany(1) + cursor.fetchmany(9))


def chunked_cursor_fetchone():
    with connection.chunked_cursor() as cursor:
        cursor.execute(QUERY)
        return firsts(iter(cursor.fetchone, None))


def chunked_cursor_iteration():
    with connection.chunked_cursor() as cursor:
        cursor.execute(QUERY)
        return firsts(cursor)


def psycopg_cursor():
    connection.ensure_connection()
    with connection.connection.cursor() as cursor:
        return firsts(cursor.execute(QUERY).fetchall())


def psycopg_execute():
    connection.ensure_connection()
    return firsts(connection.connection.execute(QUERY).fetchall())


def psycopg_named_cursor():
    connection.ensure_connection()
    hold = connection.connection.autocommit
    with connection.connection.cursor("named", scrollable=True, withhold=hold) as cursor:
        cursor.execute(QUERY)
        cursor.fetchall()
        cursor.scroll(0, mode="absolute")
        return firsts(cursor.fetchall())


@contextmanager
def pipeline():
    connection.ensure_connection()
    # psycopg 3.3 fails in a pipeline when the statement before it was a stream.
    connection.connection.pgconn.exec_(b"SELECT 1")
    with connection.connection.pipeline(), connection.connection.cursor() as cursor:
        yield cursor


def psycopg_pipeline():
    with pipeline() as cursor:
        return firsts(cursor.execute(QUERY).fetchall())


def orm_raw():
    return {row.company_id for row in Membership.objects.raw("SELECT * FROM memberships")}


READS = [
    execute,
    execute_with_parameters,
    execute_with_server_binding,
    executemany,
    copy_a_table_out,
    copy_a_query_out,
    stream,
    callproc,
    chunked_cursor_fetchall,
    chunked_cursor_fetchmany,
    chunked_cursor_fetchone,
    chunked_cursor_iteration,
    psycopg_cursor,
    psycopg_execute,
    psycopg_named_cursor,
    psycopg_pipeline,
    orm_raw,
]


def fail_in_execute():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1/0")


def fail_after_another_command():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1; SELECT 1/0")


def fail_in_executemany():
    with connection.cursor() as cursor:
        cursor.executemany("SELECT 1/%s", [[1], [0]])


def fail_in_stream():
    with connection.cursor() as cursor:
        list(cursor.stream("SELECT 1/0"))


def fail_in_copy():
    with connection.cursor() as cursor, cursor.copy("COPY (SELECT 1/0) TO STDOUT") as copy:
        list(copy)


def fail_in_callproc():
    with connection.cursor() as cursor:
        cursor.callproc("no_such_function")


def fail_in_a_server_side_cursor():
    with connection.chunked_cursor() as cursor:
        cursor.execute("SELECT nonsense")


def fail_in_a_pipeline():
    with pipeline() as cursor:
        cursor.execute("SELECT 1/0")
        cursor.execute(QUERY)


def fail_in_executemany_in_a_pipeline():
    with pipeline() as cursor:
        cursor.executemany("SELECT 1/%s", [[1], [0]])


FAILURES = [
    fail_in_execute,
    fail_after_another_command,
    fail_in_executemany,
    fail_in_stream,
    fail_in_copy,
    fail_in_callproc,
    fail_in_a_server_side_cursor,
    fail_in_a_pipeline,
    fail_in_executemany_in_a_pipeline,
]


def kill_the_connection():
    """End the server's side of it, as a restart of PostgreSQL does."""
    params = connection.get_connection_params()
    address = {key: params[key] for key in ("host", "port", "user", "password") if key in params}
    pid = connection.connection.info.backend_pid
    with psycopg.connect(dbname=params["dbname"], **address) as other:
        ended = other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid]).fetchone()
    assert ended == (True,)
