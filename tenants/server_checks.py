"""`manage.py check --tag isolation --deploy`: what the database server really holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.db import connection

from tenants.checks import company_models
from tenants.constraints import TenantForeignKeyConstraint

ROLES = "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND NOT (rolsuper OR rolbypassrls)"
OWNED = """SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND pg_get_userbyid(c.relowner) = ANY(%s)"""
PROTECTED = """SELECT c.relname FROM pg_class c JOIN pg_policies p ON p.tablename = c.relname
    WHERE c.relrowsecurity AND c.relname = ANY(%s) AND %s = ANY(p.roles)
      AND p.qual LIKE '%%current_setting%%' AND p.with_check LIKE '%%current_setting%%'"""
PERMISSIVE = """SELECT tablename || '.' || policyname FROM pg_policies
    WHERE tablename = ANY(%s) AND roles && ARRAY[%s, 'public']::name[]
      AND (qual NOT LIKE '%%current_setting%%' OR with_check NOT LIKE '%%current_setting%%')"""
FOREIGN_KEYS = "SELECT conname FROM pg_constraint WHERE contype = 'f' AND cardinality(conkey) = 2"
SUPERUSER = "SELECT rolsuper FROM pg_roles WHERE rolname = session_user"


@register("isolation", deploy=True)
def check_server(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    return list(_problems())


def _problems() -> Iterator[CheckMessage]:
    roles = [settings.APP_ROLE, settings.STAFF_ROLE]
    tables = [model._meta.db_table for model in company_models()]
    for role in set(roles) - set(_column(ROLES, roles)):
        yield _error(20, f"role {role!r} is missing or escapes row level security")
    for table in _column(OWNED, roles):
        yield _error(21, f"{table!r} is owned by a role of the application")
    for table in sorted(set(tables) - set(_column(PROTECTED, tables, settings.APP_ROLE))):
        yield _error(22, f"table {table!r} has no company policy for {settings.APP_ROLE!r}")
    for policy in _column(PERMISSIVE, tables, settings.APP_ROLE):
        yield _error(23, f"policy {policy!r} lets the application see every company")
    for name in sorted(_declared_keys() - set(_column(FOREIGN_KEYS))):
        yield _error(24, f"foreign key {name!r} is missing or does not carry the company")
    if not settings.DATABASE_IS_EMBEDDED and _column(SUPERUSER) == [True]:
        yield Warning(
            "The login role of the database is a superuser; a plain login role is safer.",
            id="tenants.W025",
        )


def _declared_keys() -> set[str]:
    return {
        constraint.name
        for model in company_models()
        for constraint in model._meta.constraints
        if isinstance(constraint, TenantForeignKeyConstraint)
    }


def _column(sql: str, *params: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [value for (value,) in cursor.fetchall()]


def _error(number: int, message: str) -> CheckMessage:
    return Error(f"{message}. Run `manage.py migrate`.", id=f"tenants.E{number:03}")
