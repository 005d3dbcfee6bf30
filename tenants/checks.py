"""`manage.py check --tag isolation`: every table belongs to a company or is declared global."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.contrib.postgres.constraints import ExclusionConstraint
from django.core.checks import CheckMessage, Error, register
from django.db import models

from tenants.constraints import CompanyPolicy, NoOverlap, TenantForeignKeyConstraint
from tenants.managers import TenantScopedManager
from tenants.models import Company, CompanyBound, TenantModel

# Tables without a company, with the reason.
GLOBAL_MODELS = {
    "tenants.User": "one person may belong to several companies",
    "admin.LogEntry": "what the platform's staff did",
    "sessions.Session": "exists before a company is known",
}
GLOBAL_APPS = {
    "auth": "Django's permissions, used by the staff's admin",
    "contenttypes": "Django's own",
    "procrastinate": "job arguments hold ids only",
}


def is_global(model: type[models.Model]) -> bool:
    """Declared without a company; an automatic many-to-many table when both its ends are."""
    if model._meta.auto_created:
        return all(is_global(target) for target in _targets(model).values())
    return model._meta.label in GLOBAL_MODELS or model._meta.app_label in GLOBAL_APPS


def company_models() -> list[type[models.Model]]:
    """Every installed model that is not declared global, Company included."""
    return [m for m in apps.get_models(include_auto_created=True) if not is_global(m)]


@register("isolation")
def check_models(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    installed = apps.get_models(include_auto_created=True)
    return [error for model in installed for error in errors_of(model)]


def errors_of(model: type[models.Model]) -> Iterator[CheckMessage]:
    """Say what a model lacks; the ids are stable and tests name them."""
    yield from _reference_errors(model)
    if is_global(model):
        return
    if model._meta.auto_created:
        yield _error(model, 9, "is an automatic many-to-many table: name its model with `through`")
        return
    if not any(field.name == "company" for field in model._meta.local_fields) and not issubclass(
        model, Company
    ):
        yield _error(model, 1, "has no company and is not declared in GLOBAL_MODELS")
        return
    if not issubclass(model, CompanyBound):
        yield _error(model, 2, "has a company but is not a TenantModel")
    yield from _manager_errors(model)
    yield from _policy_errors(model)
    yield from _uniqueness_errors(model)


def _targets(model: type[models.Model]) -> dict[str, Any]:
    """What each foreign key of the model points to."""
    fields = model._meta.local_fields
    return {field.name: field.remote_field.model for field in fields if field.remote_field}


def _reference_errors(model: type[models.Model]) -> Iterator[CheckMessage]:
    constraints = model._meta.constraints
    held = {c.field for c in constraints if isinstance(c, TenantForeignKeyConstraint)}
    for name, target in _targets(model).items():
        if issubclass(target, TenantModel) and name not in held:
            yield _error(model, 6, f"foreign key {name!r} does not carry the company")


def _manager_errors(model: type[models.Model]) -> Iterator[CheckMessage]:
    for manager in model._meta.managers:
        if not isinstance(manager, TenantScopedManager):
            yield _error(model, 3, f"manager {manager.name!r} is not scoped")
    if not isinstance(model._base_manager, TenantScopedManager):
        yield _error(model, 4, "the base manager is not scoped")


def _policy_errors(model: type[models.Model]) -> Iterator[CheckMessage]:
    own = getattr(model, "company_field", "company")
    policies = [c for c in model._meta.constraints if isinstance(c, CompanyPolicy)]
    if not any(policy.field == own for policy in policies):
        yield _error(model, 5, "has no CompanyPolicy (row level security) on its company")


def _uniqueness_errors(model: type[models.Model]) -> Iterator[CheckMessage]:
    if not issubclass(model, TenantModel):
        return
    for field in model._meta.local_fields:
        if field.unique and not field.primary_key:
            yield _error(model, 7, f"{field.name!r} is unique across companies")
    for constraint in model._meta.constraints:
        if isinstance(constraint, ExclusionConstraint) and not isinstance(constraint, NoOverlap):
            yield _error(model, 8, f"{constraint.name!r} compares across companies: use NoOverlap")
    for names in _unique_sets(model):
        if next(iter(names), None) != "company":
            yield _error(model, 8, f"unique over {tuple(names)}: put the company first")


def _unique_sets(model: type[models.Model]) -> Iterable[Iterable[str]]:
    yield from model._meta.unique_together
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            yield constraint.fields


def _error(model: type[models.Model], number: int, message: str) -> CheckMessage:
    return Error(f"{model._meta.label} {message}.", obj=model, id=f"tenants.E{number:03}")
