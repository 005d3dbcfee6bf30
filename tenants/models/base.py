"""The abstract models behind every table that belongs to a company."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from tenants import scope
from tenants.constraints import CompanyKey, CompanyPolicy
from tenants.managers import TenantScopedManager

TENANT_CONSTRAINTS = [
    CompanyKey(name="%(class)s_company_key"),
    CompanyPolicy(name="%(class)s_company_policy"),
]


class CompanyBound(models.Model):
    """Bound reads through the manager, bound writes through `bind_company`."""

    company_field: ClassVar[str]

    objects: ClassVar[Any] = TenantScopedManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def bind_company(self) -> None:
        """Raise unless this row belongs to the company in scope."""
        raise NotImplementedError

    def save_base(self, *args: Any, **kwargs: Any) -> None:
        self.bind_company()
        super().save_base(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        self.bind_company()
        return super().delete(*args, **kwargs)

    def full_clean(self, *args: Any, **kwargs: Any) -> None:
        self.bind_company()
        super().full_clean(*args, **kwargs)


class TenantModel(CompanyBound):
    """A row of one company.  `company` is filled from the scope and never changes."""

    company_field = "company"

    company = models.ForeignKey(
        "tenants.Company",
        models.PROTECT,
        related_name="+",
        db_index=False,
        editable=False,
        verbose_name="empresa",
    )

    class Meta(CompanyBound.Meta):
        abstract = True

    def bind_company(self) -> None:
        """Fill the company from the scope; raise CrossCompanyAccess for a row of another."""
        company = scope.company_id()
        if not isinstance(company, int):
            return
        own: int | None = self.company_id
        if own is None:
            self.company_id = company
        elif self.company_id != company:
            raise scope.CrossCompanyAccess(
                f"{type(self).__name__} of company {self.company_id} in scope {company}"
            )
