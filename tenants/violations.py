"""From the database's refusal to the sentence that the model has for it."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, models

FOREIGN_KEY = "23503"


def violated_sentence(model: type[models.Model], error: IntegrityError) -> Any:
    """Return what the model says about the unique constraint that was violated.

    Raises the error again when it is not one that a person's input can violate.
    """
    name = _diagnosis(error, "constraint_name")
    for constraint in model._meta.constraints:
        if constraint.name == name and isinstance(constraint, models.UniqueConstraint):
            return constraint.get_violation_error_message()
    raise error


def is_dangling_reference(error: IntegrityError) -> bool:
    """Whether a row was to be left that points to a row which is not there."""
    return _diagnosis(error, "sqlstate") == FOREIGN_KEY


def _diagnosis(error: IntegrityError, name: str) -> str | None:
    return getattr(getattr(error.__cause__, "diag", None), name, None)
