"""Commands that change the schema or clear tables run as the login role, and only those."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DEFAULT_DB_ALIAS, connections

from tenants import scope


def as_login_role(command: type[BaseCommand], *, reason: str | None = None) -> type[BaseCommand]:
    """Return the command, run as the login role; with a `reason`, across companies."""

    class Command(command):  # type: ignore[misc,valid-type]
        def handle(self, *args: Any, **options: Any) -> Any:
            wrapper: Any = connections[options.get("database") or DEFAULT_DB_ALIAS]
            across = scope.every_company(reason) if reason else nullcontext()
            with wrapper.as_login_role(), across:
                return super().handle(*args, **options)

    return Command
