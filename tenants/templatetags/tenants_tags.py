from __future__ import annotations

from django import template

from tenants.permissions import SUMMARIES

register = template.Library()


@register.filter
def role_says(role: str) -> str:
    """What a role may do, in a sentence."""
    return str(SUMMARIES[role])
