"""What serializers of company tables share."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.settings import api_settings

from tenants.violations import violated_sentence

Row = TypeVar("Row", bound=models.Model)


class RowField(serializers.PrimaryKeyRelatedField[Any]):
    """The id of a row that the company in scope has.

    Another company's id is refused as one that was never used.
    """

    default_error_messages = {"does_not_exist": _("Não há registro com o id {pk_value}.")}

    def __init__(self, **kwargs: Any) -> None:
        # Whole numbers only: a float would be cut off, and infinity cannot be looked up.
        super().__init__(**{"pk_field": serializers.IntegerField(), **kwargs})


class TenantSerializer(serializers.ModelSerializer[Row]):
    """Asks the constraints that start with the company, which REST framework leaves out because
    the company is not on the serializer; and turns a lost race for a unique value into a 400."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        model: Any = self.Meta.model
        probe: Any = copy.copy(self.instance) if self.instance else model()
        for name, value in attrs.items():
            setattr(probe, name, value)
        probe.bind_company()
        asked = {field.source for field in self._writable_fields} | {"company"}
        try:
            probe.validate_constraints(
                exclude={field.name for field in probe._meta.fields} - asked
            )
        except DjangoValidationError as error:
            raise serializers.ValidationError(_details(error)) from None
        return attrs

    def save(self, **kwargs: Any) -> Row:
        try:
            with transaction.atomic():
                return super().save(**kwargs)
        except IntegrityError as error:
            sentence = violated_sentence(self.Meta.model, error)
            raise serializers.ValidationError(_on_no_field([sentence])) from error


def _details(error: DjangoValidationError) -> Any:
    details = serializers.as_serializer_error(error)
    return details | _on_no_field(details.pop("__all__")) if "__all__" in details else details


def _on_no_field(sentences: list[Any]) -> dict[str, Any]:
    return {str(api_settings.NON_FIELD_ERRORS_KEY): sentences}
