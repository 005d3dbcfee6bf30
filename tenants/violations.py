"""What the database says when it refuses, and the sentence that the model has for it."""

from __future__ import annotations

from typing import Any

from django.db import DatabaseError, IntegrityError, models

# SQLSTATE: what the server says depends on its language, these do not.
FOREIGN_KEY = "23503"
READ_ONLY = "25006"
ROW_LEVEL_SECURITY = "42501"  # of a privilege that is not granted, too


def violated_sentence(model: type[models.Model], error: IntegrityError) -> Any:
    """Return what the model says about the unique constraint that was violated.

    Raises the error again when it is not one that a person's input can violate.
    """
    name = constraint_of(error)
    for constraint in model._meta.constraints:
        if constraint.name == name and isinstance(constraint, models.UniqueConstraint):
            return constraint.get_violation_error_message()
    raise error


def is_dangling_reference(error: IntegrityError) -> bool:
    """Whether a row was to be left that points to a row which is not there."""
    return sqlstate_of(error) == FOREIGN_KEY


def constraint_of(error: DatabaseError) -> str | None:
    """Return the name of the violated constraint, or None when it was something else."""
    return _diagnosis(error, "constraint_name")


def sqlstate_of(error: DatabaseError) -> str | None:
    """Return the kind of the refusal, or None when it did not come from the server."""
    return _diagnosis(error, "sqlstate")


def _diagnosis(error: DatabaseError, name: str) -> str | None:
    return getattr(getattr(error.__cause__, "diag", None), name, None)
