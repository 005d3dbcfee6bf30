"""One DATABASE_URL suffices: with a superuser, with a plain login that may make roles, and with
one for which an administrator made them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import InternalError, ProgrammingError, connection, connections, transaction
from psycopg import sql

from tenants import roles, scope
from tenants.roles import make_roles

MANAGE = Path(settings.BASE_DIR, "manage.py")
PASSWORD = "a-password-of-the-tests"
PROBE = """
import json
from django.core.management import call_command
from django.db import connection
from tenants import roles, scope
from tenants.models import Company, Membership, User
call_command("migrate", verbosity=0)
call_command("check", tags=["isolation"], deploy=True, fail_level="WARNING")
with scope.every_company("a test"):
    ours, theirs = (Company.objects.create(name=name, slug=name) for name in ("a", "b"))
user = User.objects.create(email="a@example.org")
for company in (ours, theirs):
    with scope.company(company.pk):
        Membership.objects.create(user=user, role="owner")
seen = []
for enter in (scope.no_company, lambda: scope.company(ours.pk), lambda: scope.every_company("a")):
    with enter(), connection.cursor() as cursor:
        cursor.execute("SELECT current_user = session_user, count(*) FROM memberships")
        seen.append(cursor.fetchone())
print(json.dumps(seen))
"""


def address(**changes):
    """Where the server of the tests is, as psycopg takes it; the configured login by default."""
    params = connection.get_connection_params()
    known = {key: params[key] for key in ("host", "port", "user", "password") if key in params}
    return {**known, "dbname": "postgres", **changes}


def url(**changes):
    to = {"password": "", "port": 5432, **address(**changes)}
    host = quote(str(to["host"]), safe="")
    return f"postgres://{to['user']}:{to['password']}@{host}:{to['port']}/{to['dbname']}"


@contextmanager
def server(**changes):
    with psycopg.connect(**address(**changes), autocommit=True) as link:
        yield lambda statement, *names: link.execute(
            sql.SQL(statement).format(*map(sql.Identifier, names))
        )


@pytest.fixture(scope="module")
def prefix(django_db_setup):
    """Names of our own: roles belong to the whole server, which others may use."""
    name = connection.settings_dict["NAME"]
    with server() as run:
        role = "SELECT rolsuper OR (rolcreaterole AND rolcreatedb) FROM pg_roles"
        if run(f"{role} WHERE rolname = session_user").fetchone() != (True,):
            pytest.skip("the configured login role may not make roles and databases")
    return f"{name}_{os.getpid()}"[-40:]


@contextmanager
def a_login(name, attributes):
    """A plain login with a database of its own name, both gone afterwards with its roles."""
    with server() as run:
        run(f"CREATE ROLE {{}} LOGIN NOSUPERUSER {attributes} PASSWORD '{PASSWORD}'", name)
        try:
            with server(user=name, password=PASSWORD) as run_as_it:
                run_as_it("CREATE DATABASE {}", name)
            yield {"user": name, "password": PASSWORD, "dbname": name}
        finally:
            with server(user=name, password=PASSWORD) as run_as_it:
                run_as_it("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
                _drop(run_as_it, run, f"{name}_app", f"{name}_staff")
            run("DROP ROLE {}", name)


def _drop(run_as_maker, run, *roles):
    """A role may be dropped by whoever made it."""
    for role in roles:
        try:
            run_as_maker("DROP ROLE IF EXISTS {}", role)
        except psycopg.errors.InsufficientPrivilege:
            run("DROP ROLE IF EXISTS {}", role)


def manage(login, *arguments):
    env = {**os.environ, "DATABASE_URL": url(**login), "DJANGO_SETTINGS_MODULE": "atendo.settings"}
    env |= {"DEBUG": "true", "APP_ROLE": "", "STAFF_ROLE": "", "PYTHONWARNINGS": "ignore"}
    del env["APP_ROLE"], env["STAFF_ROLE"]
    return subprocess.run(
        [sys.executable, MANAGE, *arguments],
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def probe(login):
    """Migrate, check, and look at two companies; return what raw SQL saw in each scope."""
    done = manage(login, "shell", "-v", "0", "-c", PROBE)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


NONE_OURS_BOTH = [[False, 0], [False, 1], [False, 2]]


def test_a_plain_login_that_may_make_roles_suffices(prefix):
    with a_login(f"{prefix}_maker", "CREATEROLE CREATEDB") as login:
        assert probe(login) == NONE_OURS_BOTH


def test_a_login_that_may_not_make_roles_gets_the_sql_for_the_administrator(prefix):
    with a_login(f"{prefix}_plain", "CREATEDB NOCREATEROLE") as login:
        refused = manage(login, "migrate")
        assert refused.returncode != 0
        sentence = refused.stderr.strip().splitlines()[-1]
        request = sentence[sentence.index("CREATE ROLE") :]
        assert request == (
            f'CREATE ROLE "{prefix}_plain_app" NOLOGIN; CREATE ROLE "{prefix}_plain_staff"'
            f' NOLOGIN; GRANT "{prefix}_plain_app", "{prefix}_plain_staff" TO "{prefix}_plain";'
        )
        with server() as run:
            run(request)
        assert probe(login) == NONE_OURS_BOTH


# In this process, on databases of their own --------------------------------------------------


@pytest.fixture
def blocker(django_db_blocker):
    with django_db_blocker.unblock():
        yield


@contextmanager
def aliases(databases, **login):
    """Django's connections to these databases, under their names."""
    for name in databases:
        connections.settings[name] = {
            **connection.settings_dict,
            "NAME": name,
            **{key.upper(): value for key, value in login.items()},
        }
    try:
        yield
    finally:
        for name in databases:
            connections[name].close()
            del connections[name]
            del connections.settings[name]


def make_roles_in(database):
    try:
        with connections[database].as_login_role():
            make_roles(database)
    finally:
        connections[database].close()


def test_roles_that_somebody_else_made_are_asked_of_the_administrator(prefix, blocker, settings):
    name = f"{prefix}_late"
    settings.APP_ROLE, settings.STAFF_ROLE = f"{name}_app", f"{name}_staff"
    with a_login(name, "CREATEROLE CREATEDB") as login, server() as run:
        run("CREATE ROLE {} NOLOGIN", settings.APP_ROLE)
        run("CREATE ROLE {} NOLOGIN", settings.STAFF_ROLE)
        with aliases([name], user=login["user"], password=PASSWORD):
            with pytest.raises(ImproperlyConfigured) as caught:
                make_roles_in(name)
            request = str(caught.value).partition("run once: ")[2]
            assert request == f'GRANT "{name}_app", "{name}_staff" TO "{name}";'
            run(request)
            make_roles_in(name)


def test_processes_that_start_at_once_make_the_roles_together(prefix, blocker, settings):
    """As a plain login, which has to grant the roles to itself as well."""
    name = f"{prefix}_race"
    rounds = [(f"{name}_app{number}", f"{name}_staff{number}") for number in range(4)]
    with a_login(name, "CREATEROLE CREATEDB") as login, server(**login) as run:
        databases = [f"{name}_{number}" for number in range(3)]
        try:
            for database in databases:
                run("CREATE DATABASE {}", database)
            for settings.APP_ROLE, settings.STAFF_ROLE in rounds:
                with (
                    aliases(databases, user=name, password=PASSWORD),
                    ThreadPoolExecutor(6) as pool,
                ):
                    list(pool.map(make_roles_in, databases * 2))
                found = run(
                    "SELECT rolname, rolcanlogin, rolsuper, rolbypassrls, rolcreaterole,"
                    " rolcreatedb, pg_has_role(session_user, oid, 'SET') FROM pg_roles"
                    f" WHERE rolname IN ('{settings.APP_ROLE}', '{settings.STAFF_ROLE}')"
                    " ORDER BY rolname"
                ).fetchall()
                plain = (False,) * 5
                assert found == [
                    (settings.APP_ROLE, *plain, True),
                    (settings.STAFF_ROLE, *plain, True),
                ]
        finally:
            for database in databases:
                run("DROP DATABASE IF EXISTS {} WITH (FORCE)", database)
            for role in (role for roles in rounds for role in roles):
                run("DROP ROLE IF EXISTS {}", role)


@pytest.mark.parametrize(("failures", "made"), [(0, True), (1, True), (7, True), (8, False)])
def test_a_rival_who_was_faster_is_no_reason_to_give_up(failures, made, monkeypatch):
    tries = []

    def concurrently_updated(using):
        tries.append(using)
        if len(tries) <= failures:
            raise InternalError("tuple concurrently updated")

    monkeypatch.setattr(roles, "_make_roles", concurrently_updated)
    monkeypatch.setattr(roles.time, "sleep", lambda seconds: None)
    with nullcontext() if made else pytest.raises(InternalError, match="concurrently"):
        make_roles("default")
    assert tries == ["default"] * min(failures + 1, 8)


# Privileges -----------------------------------------------------------------------------------

ENTER = {
    "the app role": scope.no_company,
    "the staff role": lambda: scope.every_company("a test"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("role", ENTER)
def test_a_table_made_later_needs_no_grant(role):
    with connection.as_login_role(), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE made_later (id bigserial PRIMARY KEY, name text)")
    with ENTER[role](), connection.cursor() as cursor:
        cursor.execute("INSERT INTO made_later (name) VALUES ('a') RETURNING id")
        assert cursor.fetchone() == (1,)
        cursor.execute("UPDATE made_later SET name = 'b'")
        cursor.execute("DELETE FROM made_later RETURNING name")
        assert cursor.fetchall() == [("b",)]
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            cursor.execute("TRUNCATE made_later")
    with ENTER[role](), connection.cursor() as cursor:
        with pytest.raises(ProgrammingError, match="must be owner"), transaction.atomic():
            cursor.execute("ALTER TABLE made_later DISABLE ROW LEVEL SECURITY")


@pytest.mark.django_db
@pytest.mark.parametrize("role", [settings.APP_ROLE, settings.STAFF_ROLE])
def test_the_tables_and_sequences_of_other_packages_are_covered(role):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND EXISTS ("
            "   SELECT FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) privilege"
            "   WHERE NOT has_table_privilege(%s, pg_class.oid, privilege)) ORDER BY 1",
            [role],
        )
        staff_only = ["django_admin_log"] if role == settings.APP_ROLE else []
        kept = [*staff_only, "django_migrations", "security_events"]
        assert [name for (name,) in cursor.fetchall()] == kept
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE has_sequence_privilege(%s, oid, 'USAGE'))"
            " FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'S'",
            [role],
        )
        every, usable = cursor.fetchone()
        assert every == usable > 10


@pytest.mark.django_db
@pytest.mark.parametrize("role", ENTER)
def test_the_list_of_migrations_is_read_and_not_written(role):
    with ENTER[role](), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) > 0 FROM django_migrations")
        assert cursor.fetchone() == (True,)
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            cursor.execute("DELETE FROM django_migrations")


def test_a_company_cannot_read_the_log_of_the_staff(company, rival):
    with scope.company(company.pk), pytest.raises(ProgrammingError, match="permission denied"):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT object_repr FROM django_admin_log")
    with scope.every_company("the staff's admin"), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_admin_log")
        assert cursor.fetchone() == (0,)
