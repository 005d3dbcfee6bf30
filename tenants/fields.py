"""A foreign key that cannot leave the company."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.signals import class_prepared

from tenants import scope
from tenants.constraints import TenantForeignKeyConstraint


class TenantForeignKey(models.ForeignKey):  # type: ignore[type-arg]
    """A foreign key whose database constraint is (company_id, x_id) -> x (company_id, id).

    No index of its own: the model names one that starts with the company.
    """

    def __init__(self, to: Any, on_delete: Any, **kwargs: Any) -> None:
        kwargs["db_constraint"] = kwargs["db_index"] = False
        super().__init__(to, on_delete, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        for name_set_here in ("db_constraint", "db_index"):
            kwargs.pop(name_set_here, None)
        return name, path, args, kwargs

    def contribute_to_class(self, cls: type[models.Model], name: str, **kwargs: Any) -> None:  # type: ignore[override]
        super().contribute_to_class(cls, name, **kwargs)
        # Historical models of migrations carry the constraint in their state already.
        if cls.__module__ != "__fake__" and not cls._meta.abstract:
            class_prepared.connect(self._add_constraint, sender=cls, weak=False)

    def _add_constraint(self, sender: type[models.Model], **kwargs: Any) -> None:
        options: Any = sender._meta
        name = f"{options.db_table}_{self.name}_fk"[:63]
        if name not in {constraint.name for constraint in options.constraints}:
            constraint = TenantForeignKeyConstraint(field=self.name, name=name)
            options.constraints = [*options.constraints, constraint]
            # What the autodetector of migrations compares.
            options.original_attrs["constraints"] = options.constraints

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        """Inside a company the scoped base manager has answered already; a form of the staff,
        which sees every company, needs the question asked (one query more)."""
        super().validate(value, model_instance)
        if value is None or scope.current() is not scope.EVERY_COMPANY:
            return
        company = getattr(model_instance, "company_id", None)
        wanted: dict[str, Any] = {"company_id": company, str(self.remote_field.field_name): value}
        target = self.remote_field.model._base_manager.filter(**wanted)
        if not target.exists():
            raise ValidationError(
                self.error_messages["invalid"],
                code="invalid",
                params={
                    "model": self.remote_field.model._meta.verbose_name,
                    "pk": value,
                    "field": self.remote_field.field_name,
                    "value": value,
                },
            )
