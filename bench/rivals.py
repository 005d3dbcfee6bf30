"""The ways to read one client that are compared: each enters its scope and yields its `get`.

All read the same table through the same connection: the product's backend, its role, row level
security.  Only the manager differs.  `plain_without_locks` alone goes through Django's backend, as
the owner of the table, whom no policy binds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import models
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
    with scope.company(company):
        yield lambda pk: PlainClient.objects.get(pk=pk)


@contextmanager
def plain_without_locks(company: int) -> Iterator[Get]:
    """What Django does where nobody is kept from anything: the cost of all that isolation is."""
    manager = PlainClient.objects.db_manager("unbound")
    yield lambda pk: manager.get(pk=pk)


@contextmanager
def explicit_filter(company: int) -> Iterator[Get]:
    with scope.company(company):
        yield lambda pk: PlainClient.objects.filter(company_id=company).get(pk=pk)


@contextmanager
def filter_inside_get(company: int) -> Iterator[Get]:
    with scope.company(company):
        yield lambda pk: PlainClient.objects.get(company_id=company, pk=pk)


@contextmanager
def django_scopes(company: int) -> Iterator[Get]:
    with scope.company(company), django_scope(company=company):
        yield lambda pk: ScopesClient.objects.get(pk=pk)


@contextmanager
def django_multitenant(company: int) -> Iterator[Get]:
    set_current_tenant(MultitenantCompany(pk=company))
    try:
        with scope.company(company):
            yield lambda pk: MultitenantClient.objects.get(pk=pk)
    finally:
        unset_current_tenant()


VARIANTS = {
    variant.__name__: variant
    for variant in (
        ours,
        plain,
        plain_without_locks,
        explicit_filter,
        filter_inside_get,
        django_scopes,
        django_multitenant,
    )
}
