"""Settings of the benchmarks: those of development without DEBUG, which keeps every query."""

import os

os.environ.setdefault("DEBUG", "true")
os.environ.setdefault("LOG_LEVEL", "WARNING")
os.environ.setdefault("DATABASE_NAME", "atendo_fresh_bench")

from atendo.settings import *  # noqa: F403

DEBUG = False
INSTALLED_APPS += ["bench"]  # noqa: F405

# The same database through Django's own backend, as the login role: it owns the tables, so row
# level security does not bind it.  What isolation costs in all is measured against it.
DATABASES["unbound"] = DATABASES["default"] | {"ENGINE": "django.db.backends.postgresql"}  # noqa: F405
