"""Migrations forwards, backwards and forwards again leave the same locks on the same tables."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command
from django.db import connection
from psycopg import sql

from tenants import server_checks

pytestmark = pytest.mark.slow

OURS = ("whatsapp", "scheduling", "tenants")

CATALOGUE = {
    "constraints": """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
    "policies": """SELECT tablename, policyname, roles::text, cmd, qual, with_check
        FROM pg_policies WHERE schemaname = 'public'""",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "tables": """SELECT relname, relrowsecurity, relowner::regrole::text, (
        SELECT array_agg(grantee::regrole::text || privilege_type ORDER BY 1) FROM (
            SELECT grantee, privilege_type FROM aclexplode(relacl) ORDER BY 1, 2) granted)::text
        FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S')""",
    "triggers": "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
}


@pytest.fixture
def scratch_database(django_db_setup, django_db_blocker):
    """A copy of the test database in its place, which the test may spoil."""
    name = connection.settings_dict["NAME"]
    scratch = f"{name}_scratch"
    with django_db_blocker.unblock():
        connection.close()
        with connection._nodb_cursor() as cursor:
            for statement in ("DROP DATABASE IF EXISTS {0}", "CREATE DATABASE {0} TEMPLATE {1}"):
                names = map(sql.Identifier, (scratch, name))
                cursor.execute(sql.SQL(statement).format(*names))
        connection.settings_dict["NAME"] = scratch
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict["NAME"] = name
            with connection._nodb_cursor() as cursor:
                cursor.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(scratch)))


def catalogue():
    found = {}
    with connection.cursor() as cursor:
        for name, query in CATALOGUE.items():
            cursor.execute(query)
            found[name] = sorted(cursor.fetchall(), key=repr)
    return found


def tables():
    with connection.cursor() as cursor:
        return set(connection.introspection.table_names(cursor))


def migrate(*where):
    call_command("migrate", *where, verbosity=0)


def test_there_and_back_and_there_again(scratch_database):
    before = catalogue()
    migrate("tenants", "zero")
    assert not tables() & {"companies", "memberships", "clients", "appointments", "messages"}
    assert catalogue()["policies"] == []
    assert "atendo_wake_on_free_lock" not in str(catalogue()["triggers"])
    assert "procrastinate_jobs" in tables()

    migrate()
    assert catalogue() == before
    errors = [message for message in server_checks.check_server() if message.is_serious()]
    assert errors == []

    for app in OURS[:2]:
        migrate(app, "zero")
    migrate()
    assert catalogue() == before


def test_the_models_need_no_further_migration(db):
    out = io.StringIO()
    call_command("makemigrations", check=True, dry_run=True, stdout=out)
    assert "No changes detected" in out.getvalue()
