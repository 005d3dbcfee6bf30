"""Times are shown and read in the company's zone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.utils import timezone


class CompanyTimezone:
    """Activates the zone of `request.company` for the request.  Behind ScopeMiddleware."""

    def __init__(self, get_response: Callable[[Any], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        if request.company is None:
            return self.get_response(request)
        with timezone.override(request.company.zone):
            return self.get_response(request)
