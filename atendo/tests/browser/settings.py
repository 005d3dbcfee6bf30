"""Settings of the processes behind the browser: those of development, with the error pages that
production shows."""

from __future__ import annotations

from atendo.settings import *  # noqa: F403

DEBUG = False
# Else a file that somebody edits while the tests run is served with its old length.
WHITENOISE_AUTOREFRESH = True
