"""The two roles that the application runs as, made before the first migration.

Roles belong to the whole server while advisory locks belong to one database, so several
databases and processes may race: the SQL is guarded, and retried when a rival was faster.
"""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import (
    IntegrityError,
    InternalError,
    OperationalError,
    ProgrammingError,
    connections,
    transaction,
)
from psycopg import errors, sql

TRIES = 8

MAKE_ROLES = """
DO $$ DECLARE role_name text; BEGIN
  PERFORM pg_advisory_xact_lock(7201);
  FOREACH role_name IN ARRAY ARRAY[{app_text}, {staff_text}] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS', role_name);
      EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
      END;
    END IF;
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AND NOT EXISTS (
        SELECT FROM pg_auth_members m
        WHERE roleid = role_name::regrole AND member = current_user::regrole
          AND to_jsonb(m)->>'set_option' IS DISTINCT FROM 'false'
          AND to_jsonb(m)->>'inherit_option' IS DISTINCT FROM 'false') THEN
      EXECUTE format('GRANT %I TO CURRENT_USER', role_name);
    END IF;
  END LOOP;
END $$
"""

GRANTS = (
    "GRANT USAGE ON SCHEMA public TO {app}, {staff}",
    """ALTER DEFAULT PRIVILEGES IN SCHEMA public
       GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}, {staff}""",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {app}, {staff}",
)

BOOKKEEPING = (
    "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {app}, {staff}",
    """DO $$ BEGIN
      IF to_regclass('django_admin_log') IS NOT NULL THEN
        REVOKE ALL ON django_admin_log FROM {app};
      END IF;
    END $$""",
)


def make_roles(using: str) -> None:
    """Make both roles, grant them to the login role, and let them use every later table.

    Raises ImproperlyConfigured with the SQL for an administrator when the login role may not.
    """
    for attempt in range(1, TRIES + 1):
        try:
            _make_roles(using)
            return
        except (InternalError, IntegrityError, OperationalError, ProgrammingError) as error:
            if isinstance(error.__cause__, errors.InsufficientPrivilege):
                request = _request_for_administrator(using, error.__cause__)
                raise ImproperlyConfigured(request) from error
            if attempt == TRIES:
                raise
            time.sleep(0.05 * attempt)


def _make_roles(using: str) -> None:
    names = _names()
    with transaction.atomic(using), connections[using].cursor() as cursor:
        for statement in (MAKE_ROLES, *GRANTS):
            cursor.execute(sql.SQL(statement).format(**names))


def _names() -> dict[str, Any]:
    return {
        "app": sql.Identifier(settings.APP_ROLE),
        "staff": sql.Identifier(settings.STAFF_ROLE),
        "app_text": sql.Literal(settings.APP_ROLE),
        "staff_text": sql.Literal(settings.STAFF_ROLE),
    }


def _request_for_administrator(using: str, refusal: BaseException) -> str:
    roles = [settings.APP_ROLE, settings.STAFF_ROLE]
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [roles])
        known = {role for (role,) in cursor.fetchall()}
        cursor.execute("SELECT session_user")
        (login,) = cursor.fetchone()
    statements = [f'CREATE ROLE "{role}" NOLOGIN;' for role in roles if role not in known]
    statements.append(f'GRANT "{roles[0]}", "{roles[1]}" TO "{login}";')
    return (
        f"The login role {login!r} may not make the roles of Atendo ({refusal}). An"
        f" administrator of the database has to run once: {' '.join(statements)}"
    )


def protect_bookkeeping(using: str) -> None:
    """Take from the application what is not its own: changes to Django's table of migrations,
    and the staff's log, which names rows of every company."""
    with connections[using].cursor() as cursor:
        for statement in BOOKKEEPING:
            cursor.execute(sql.SQL(statement).format(**_names()))
