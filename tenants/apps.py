from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_out
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class TenantsConfig(AppConfig):
    name = "tenants"
    verbose_name = _("Empresas")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tenants import (  # noqa: PLC0415 -- app ready
            checks,  # noqa: F401 -- registers the checks
            letters,  # noqa: F401 -- and its job
            server_checks,  # noqa: F401
        )

        pre_migrate.connect(_make_roles, sender=self)
        post_migrate.connect(_protect_bookkeeping, sender=self)
        user_logged_out.connect(_end_visit)


def _make_roles(using: str, **kwargs: Any) -> None:
    from tenants.roles import make_roles  # noqa: PLC0415 -- app ready

    make_roles(using)


def _protect_bookkeeping(using: str, **kwargs: Any) -> None:
    from tenants.roles import protect_bookkeeping  # noqa: PLC0415 -- app ready

    protect_bookkeeping(using)


def _end_visit(request: Any, **kwargs: Any) -> None:
    """Whoever logs out leaves the company that he visits as staff."""
    from tenants import visits  # noqa: PLC0415 -- app ready

    visits.leave(request)
