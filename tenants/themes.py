"""Light or dark, as the person chose it on this device; by itself it follows the system."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

COOKIE: Final = "tema"
LASTS_SECONDS: Final = 365 * 24 * 3600
# The value, its name, its icon.
THEMES: Final[tuple[tuple[str, Any, str], ...]] = (
    ("", _("Automático"), "sun-moon"),
    ("light", _("Claro"), "sun"),
    ("dark", _("Escuro"), "moon"),
)


def theme_of(request: HttpRequest) -> str:
    """Return "light", "dark", or "" for what the system says.  Asks no database."""
    chosen = request.COOKIES.get(COOKIE, "")
    return chosen if chosen in {"light", "dark"} else ""


def remember(response: HttpResponse, theme: str) -> HttpResponse:
    """Keep the choice; whatever is no theme is the automatic one."""
    if theme in {"light", "dark"}:
        secure = bool(settings.SESSION_COOKIE_SECURE)
        response.set_cookie(
            COOKIE, theme, max_age=LASTS_SECONDS, secure=secure, httponly=True, samesite="Lax"
        )
    else:
        response.delete_cookie(COOKIE, samesite="Lax")
    return response
