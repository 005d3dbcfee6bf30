"""What the forms of a company's rows share."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from django import forms
from django.db import IntegrityError, models, transaction

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


def violated_sentence(model: type[models.Model], error: IntegrityError) -> Any:
    """Return what the model says about the constraint that was violated; raise if it is not
    one that a person's input can violate."""
    diagnosis = getattr(error.__cause__, "diag", None)
    name = getattr(diagnosis, "constraint_name", None)
    for constraint in model._meta.constraints:
        if constraint.name == name and isinstance(constraint, models.UniqueConstraint):
            return constraint.get_violation_error_message()
    raise error
