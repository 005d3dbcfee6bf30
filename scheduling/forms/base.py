"""What the forms of a company's rows share."""

from __future__ import annotations

from typing import Generic, TypeVar

from django import forms
from django.db import IntegrityError, models, transaction

from tenants.violations import violated_sentence

Row = TypeVar("Row", bound=models.Model)


class CompanyModelForm(forms.ModelForm, Generic[Row]):  # type: ignore[type-arg]
    """Asks the constraints that start with the company, which Django leaves out because the
    company is not on the form; and turns a lost race for a unique value into a form error."""

    def _get_validation_exclusions(self) -> set[str]:
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return excluded - {"company"}

    def saved(self) -> Row | None:
        """Save; None when a constraint refused the row, with its sentence among the errors."""
        try:
            with transaction.atomic():
                row: Row = self.save()
        except IntegrityError as error:
            self.add_error(None, violated_sentence(self._meta.model, error))
            return None
        return row
