"""Settings of the processes behind the browser: those of development, with the error pages that
production shows."""

from __future__ import annotations

from atendo.settings import *  # noqa: F403

DEBUG = False
