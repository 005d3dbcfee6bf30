"""The ways to read one client that are compared: each enters its scope and yields its `get`.

All read the same table.  The product's model goes through the product's backend, bound by row
level security; the others through Django's own backend, as the owner of the table, unbound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DEFAULT_DB_ALIAS, models
from django_multitenant.models import TenantModel
from django_multitenant.utils import set_current_tenant, unset_current_tenant
from django_scopes import ScopedManager
from django_scopes import scope as django_scope

from scheduling.models import Client
from tenants import scope
from tenants.models import Company

Get = Callable[[int], Any]


def copy_of(
    model: type[models.Model], name: str, base: type[models.Model], **attributes: Any
) -> Any:
    """Return a model with the fields and on the table of another one."""
    fields = {field.name: field.clone() for field in model._meta.local_fields}
    options = {"app_label": "bench", "db_table": model._meta.db_table, "managed": False}
    meta = type("Meta", (), options)
    return type(name, (base,), {"__module__": __name__, "Meta": meta, **fields, **attributes})


def tenant_column(name: str) -> type:
    return type("TenantMeta", (), {"tenant_field_name": name})


PlainClient = copy_of(Client, "PlainClient", models.Model)
ScopesClient = copy_of(
    Client, "ScopesClient", models.Model, objects=ScopedManager(company="company")
)
MultitenantClient = copy_of(
    Client, "MultitenantClient", TenantModel, TenantMeta=tenant_column("company_id")
)
MultitenantCompany = copy_of(
    Company, "MultitenantCompany", TenantModel, TenantMeta=tenant_column("id")
)


@contextmanager
def ours(company: int) -> Iterator[Get]:
    with scope.company(company):
        yield lambda pk: Client.objects.get(pk=pk)


@contextmanager
def plain(company: int) -> Iterator[Get]:
    yield lambda pk: PlainClient.objects.get(pk=pk)


@contextmanager
def plain_behind_our_locks(company: int) -> Iterator[Get]:
    """Plain, but with our backend, role and row level security: what is left is the manager."""
    manager = PlainClient.objects.db_manager(DEFAULT_DB_ALIAS)
    with scope.company(company):
        yield lambda pk: manager.get(pk=pk)


@contextmanager
def explicit_filter(company: int) -> Iterator[Get]:
    yield lambda pk: PlainClient.objects.filter(company_id=company).get(pk=pk)


@contextmanager
def filter_inside_get(company: int) -> Iterator[Get]:
    yield lambda pk: PlainClient.objects.get(company_id=company, pk=pk)


@contextmanager
def django_scopes(company: int) -> Iterator[Get]:
    with django_scope(company=company):
        yield lambda pk: ScopesClient.objects.get(pk=pk)


@contextmanager
def django_multitenant(company: int) -> Iterator[Get]:
    set_current_tenant(MultitenantCompany(pk=company))
    try:
        yield lambda pk: MultitenantClient.objects.get(pk=pk)
    finally:
        unset_current_tenant()


VARIANTS = {
    variant.__name__: variant
    for variant in (
        ours,
        plain,
        plain_behind_our_locks,
        explicit_filter,
        filter_inside_get,
        django_scopes,
        django_multitenant,
    )
}
