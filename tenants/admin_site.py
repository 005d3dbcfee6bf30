"""The site of the platform's staff, and what its pages for company tables share.

ScopeMiddleware enters `every_company` for these pages, and logs each.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from tenants import visits


class StaffSite(admin.AdminSite):
    site_title = site_header = _("Atendo · administração")
    index_title = _("Todas as empresas")

    def autocomplete_view(self, request: HttpRequest) -> Any:
        return Choices.as_view(admin_site=self)(request)


class Choices(AutocompleteJsonView):
    """What a search field offers, in the words of `choice_label`."""

    def serialize_result(self, obj: models.Model, to_field_name: str) -> dict[str, str]:
        result: dict[str, str] = super().serialize_result(obj, to_field_name)
        return result | {"text": label_of(self.model_admin, obj)}


def label_of(model_admin: Any, row: models.Model) -> str:
    """Return enough to tell rows of one name apart, where the admin of the model says it."""
    return str(getattr(model_admin, "choice_label", str)(row))


def labelled(name: str, label: Any) -> Callable[[Any, Any], Any]:
    """Return a column for a field to which its model gives no name in Portuguese."""

    @admin.display(description=label, ordering=name)
    def column(model_admin: Any, row: Any) -> Any:
        choice = getattr(row, f"get_{name}_display", None)
        return choice() if choice else getattr(row, name)

    return column


class LabelledChoices:
    """An admin or inline whose chosen rows are named as the search offers them."""

    admin_site: admin.AdminSite

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_foreignkey(  # type: ignore[misc]
            db_field, request, **kwargs
        )
        related_admin = self.admin_site._registry.get(db_field.remote_field.model)  # noqa: SLF001
        if field is not None and related_admin is not None:
            field.label_from_instance = lambda row: label_of(related_admin, row)
        return field


class PermissionFirst:
    """Django looks whether a row exists before it asks who may see the row's history."""

    def history_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        django: Any = super()
        if not django.has_view_or_change_permission(request):
            raise PermissionDenied
        return django.history_view(request, *args, **kwargs)


class GivesAccess:
    """Rows that let somebody into a company.

    Who makes or changes one could let himself in, past the reason, the time limit and the banner
    of a visit: it takes the permission to enter a company, too.
    """

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return visits.may_enter(request) and super().has_add_permission(request, *args)  # type: ignore[misc]

    def has_change_permission(self, request: HttpRequest, *args: Any) -> bool:
        return visits.may_enter(request) and super().has_change_permission(request, *args)  # type: ignore[misc]


class StaffAdmin(LabelledChoices, PermissionFirst, admin.ModelAdmin):  # type: ignore[type-arg]
    """`secret_fields` are neither shown nor searched for by way of the address."""

    secret_fields: ClassVar[tuple[str, ...]] = ()
    list_per_page = 50
    show_full_result_count = False

    def lookup_allowed(self, lookup: str, value: str, request: Any = None) -> bool:
        if lookup.startswith(self.secret_fields or ("\0",)):
            return False
        return bool(super().lookup_allowed(lookup, value, request))


class CompanyRowForm(forms.ModelForm):  # type: ignore[type-arg]
    """Sets the company before the row is checked, so that a choice of another company is a form
    error; and asks the constraints that start with the company."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if company := cleaned.get("company"):
            self.instance.company = company
        return cleaned

    def _get_validation_exclusions(self) -> set[str]:
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return excluded if self.instance.company_id is None else excluded - {"company"}


class TenantAdmin(StaffAdmin):
    """A company table that staff edits: the company is chosen when a row is made, and stays.

    A subclass names its `fields`, with `company` among them.
    """

    form = CompanyRowForm
    autocomplete_fields: ClassVar[Any] = ["company"]

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Offer `company`, which Django leaves out as it is not editable."""
        names = flatten_fieldsets(self.get_fieldsets(request, obj))
        kwargs["fields"] = [name for name in names if name != "company"]
        form: Any = super().get_form(request, obj, change, **kwargs)
        if not change:
            field: Any = self.opts.get_field("company")
            company = self.formfield_for_dbfield(field, request)
            form.base_fields = {"company": company, **form.base_fields}
        return form

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        fixed = ("company",) if obj is not None else ()
        return (*super().get_readonly_fields(request, obj), *fixed)


class ReadOnlyAdmin(StaffAdmin):
    """A company table that staff reads to help."""

    list_select_related: ClassVar[Any] = ["company"]
    ordering: ClassVar[Any] = ["-id"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
