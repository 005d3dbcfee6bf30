"""Settings of the benchmarks: those of development without DEBUG, which keeps every query."""

import os
from typing import Any

os.environ.setdefault("DEBUG", "true")
os.environ.setdefault("LOG_LEVEL", "WARNING")
os.environ.setdefault("DATABASE_NAME", "atendo_fresh_bench")

from atendo.settings import *  # noqa: F403

DEBUG = False
INSTALLED_APPS += ["bench"]  # noqa: F405

# The same database through Django's own backend, as the login role: it owns the tables, so row
# level security does not bind it.  The models that we are compared with live there.
DATABASES["plain"] = DATABASES["default"] | {"ENGINE": "django.db.backends.postgresql"}  # noqa: F405
DATABASE_ROUTERS = ["bench.settings.Router"]


class Router:
    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return "plain" if model._meta.app_label == "bench" else None
