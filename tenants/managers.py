"""The manager that adds the company when the SQL is compiled, not when a queryset is built.

A queryset may therefore be built at import time (form fields, generic views, serializers): it
holds no company, and whatever executes it sees only the company in scope at that moment.
Internals of Django's ORM are touched in this file only.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import models
from django.db.models.expressions import Expression
from django.db.models.lookups import Exact

from tenants import scope

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.sql.compiler import SQLCompiler

Row = TypeVar("Row", bound=models.Model, covariant=True)


class CurrentCompany(Expression):
    """The company in scope, read when the SQL is compiled.  Under EVERY_COMPANY it is NULL."""

    contains_aggregate = False

    def __init__(self) -> None:
        super().__init__(output_field=models.BigIntegerField())

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, Any]:
        company = scope.company_id()
        return "%s", [company if isinstance(company, int) else None]


class InScope(Exact):
    """`<company column> = <company in scope>`; true for every row under EVERY_COMPANY."""

    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, Any]:
        company = scope.company_id()
        if company is scope.EVERY_COMPANY:
            return "(1 = 1)", []
        sql, params = compiler.compile(self.lhs)
        return f"{sql} = %s", [*params, company]


class TenantQuerySet(models.QuerySet[Row]):
    def none(self) -> TenantQuerySet[Row]:
        """Needs no scope: nothing is asked of the server."""
        clone: TenantQuerySet[Row] = self._chain()  # type: ignore[attr-defined]
        clone.query.clear_where()
        clone.query.set_empty()
        return clone

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        rows = list(objs)
        for row in rows:
            row.bind_company()
        return super().bulk_create(rows, *args, **kwargs)


@cache
def _in_scope(model: type[models.Model]) -> InScope:
    """One lookup per model, shared by all its querysets: it holds no value."""
    field: Any = model._meta.get_field(model.company_field)  # type: ignore[attr-defined]
    return InScope(field.get_col(model._meta.db_table), CurrentCompany())


class TenantScopedManager(models.Manager.from_queryset(TenantQuerySet)):  # type: ignore[misc]
    """Default and base manager of every company table: without a scope nothing executes."""

    def get_queryset(self) -> Any:
        queryset = super().get_queryset()
        queryset.query.get_initial_alias()
        queryset.query.where.children.append(_in_scope(self.model))
        return queryset
