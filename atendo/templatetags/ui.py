"""What every page draws with: the icons of the sprite."""

from __future__ import annotations

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

SPRITE = "vendor/tabler-icons/sprite.svg"

register = template.Library()


@register.simple_tag
def icon(name: str, classes: str = "", *, label: str = "") -> SafeString:
    """Return an icon of the sprite: decoration, unless `label` says what it means."""
    meaning = format_html('role="img" aria-label="{}"', label) if label else 'aria-hidden="true"'
    return format_html(
        '<svg class="{}" {}><use href="{}#{}"></use></svg>',
        f"icon {classes}".strip(),
        SafeString(meaning),
        static(SPRITE),
        name,
    )
