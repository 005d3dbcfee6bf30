"""`manage.py check --tag isolation --deploy`: what the database server really holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, register
from django.db import OperationalError, connection, models

from tenants.checks import company_models
from tenants.constraints import CompanyPolicy, TenantForeignKeyConstraint

EXPRESSION = "({} = (NULLIF(current_setting('app.company_id'::text, true), ''::text))::bigint)"

ROLES = "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND NOT (rolsuper OR rolbypassrls)"
# A member of the owner escapes the policies like the owner himself.
OWNED = """SELECT DISTINCT c.relname FROM pg_class c, unnest(%s::name[]) role
    WHERE c.relnamespace = 'public'::regnamespace AND pg_has_role(role, c.relowner, 'USAGE')"""
ENABLED = """SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relrowsecurity AND relname = ANY(%s)"""
# The policies that let a role in, also as a member of another role.
POLICIES = """SELECT tablename, policyname, cmd, qual, with_check FROM pg_policies
    WHERE schemaname = 'public' AND permissive = 'PERMISSIVE' AND tablename = ANY(%s) AND EXISTS (
        SELECT FROM unnest(roles) role WHERE role = 'public' OR pg_has_role(%s, role, 'USAGE'))"""
FORBIDDEN = """SELECT DISTINCT relname || ': ' || privilege
    FROM pg_class, unnest(%s::name[]) role, unnest(%s::text[]) privilege
    WHERE relnamespace = 'public'::regnamespace AND relname = ANY(%s)
    AND has_table_privilege(role, pg_class.oid, privilege)"""
FOREIGN_KEYS = "SELECT conname FROM pg_constraint WHERE contype = 'f' AND cardinality(conkey) = 2"
SUPERUSER = "SELECT rolsuper FROM pg_roles WHERE rolname = session_user"


@register("isolation", deploy=True)
def check_server(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    try:
        return list(_problems())
    except OperationalError as error:
        return [_error(20, f"the database cannot be asked: {error}")]


def _problems() -> Iterator[CheckMessage]:
    roles = [settings.APP_ROLE, settings.STAFF_ROLE]
    tables = [model._meta.db_table for model in company_models()]
    for role in set(roles) - set(_column(ROLES, roles)):
        yield _error(20, f"role {role!r} is missing or escapes row level security")
    for table in _column(OWNED, roles):
        yield _error(21, f"{table!r} is owned by a role of the application")
    yield from _policy_problems(tables)
    for name in sorted(_declared_keys() - set(_column(FOREIGN_KEYS))):
        yield _error(24, f"foreign key {name!r} is missing or does not carry the company")
    for privilege in _forbidden(roles, tables):
        yield _error(26, f"a role of the application may do what it must not: {privilege}")
    if not settings.DATABASE_IS_EMBEDDED and _column(SUPERUSER) == [True]:
        yield checks.Warning(
            "The login role of the database is a superuser; a plain login role is safer.",
            id="tenants.W025",
        )


def _policy_problems(tables: list[str]) -> Iterator[CheckMessage]:
    """Each policy that lets the app role in must be the one of the company, word by word."""
    right = {model._meta.db_table: _expression(model) for model in company_models()}
    protected = set()
    for table, policy, command, using, check in _rows(POLICIES, tables, settings.APP_ROLE):
        if not {using, check} <= {right[table], None}:
            yield _error(23, f"policy '{table}.{policy}' lets the application see other rows")
        elif command == "ALL" and using:
            protected.add(table)
    protected &= set(_column(ENABLED, tables))
    for table in sorted(set(tables) - protected):
        yield _error(22, f"table {table!r} has no company policy for {settings.APP_ROLE!r}")


def _expression(model: type[models.Model]) -> str:
    name = getattr(model, "company_field", "company")
    return EXPRESSION.format(model._meta.get_field(name).column)  # type: ignore[union-attr]


def _forbidden(roles: list[str], tables: list[str]) -> list[str]:
    """TRUNCATE asks no policy; what is append-only is neither changed nor deleted."""
    append_only = [
        model._meta.db_table
        for model in company_models()
        for constraint in model._meta.constraints
        if isinstance(constraint, CompanyPolicy) and constraint.append_only
    ]
    return sorted(
        _column(FORBIDDEN, roles, ["TRUNCATE"], tables)
        + _column(FORBIDDEN, roles, ["UPDATE", "DELETE"], append_only)
    )


def _declared_keys() -> set[str]:
    return {
        constraint.name
        for model in company_models()
        for constraint in model._meta.constraints
        if isinstance(constraint, TenantForeignKeyConstraint)
    }


def _column(sql: str, *params: Any) -> list[Any]:
    return [value for (value,) in _rows(sql, *params)]


def _rows(sql: str, *params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def _error(number: int, message: str) -> CheckMessage:
    return checks.Error(f"{message}. Run `manage.py migrate`.", id=f"tenants.E{number:03}")
