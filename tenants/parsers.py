"""The bodies that the REST API reads."""

from __future__ import annotations

import json
import math
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class NotAnObject(ParseError):
    default_detail = _("O corpo tem de ser um objeto JSON.")


class ObjectParser(JSONParser):
    """One JSON object.

    What Python's JSON takes beyond the standard (NaN, numbers that overflow to infinity), and a
    nesting that exhausts the stack, are as invalid as a missing brace.
    """

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Any = None
    ) -> dict[str, Any]:
        try:
            data = json.loads(stream.read(), parse_float=_finite, parse_constant=_finite)
        except (ValueError, RecursionError):
            raise ParseError from None
        if not isinstance(data, dict):
            raise NotAnObject
        return data


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value
