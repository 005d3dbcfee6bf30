"""What the frame of every page asks about the person's companies."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from tenants.companies import SEVERAL_KEY
from tenants.themes import theme_of


def companies(request: HttpRequest) -> dict[str, Any]:
    """Whether the page offers to change company, as it was when one was last chosen; and whether
    it is light or dark."""
    several = request.session.get(SEVERAL_KEY, False)
    return {"has_other_companies": several, "theme": theme_of(request)}
