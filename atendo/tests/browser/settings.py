"""Settings of the processes behind the browser: those of development, with the error pages that
production shows."""

from __future__ import annotations

from atendo.settings import *  # noqa: F403

DEBUG = False
# Passwords cost no time here; one that the demo has kept is replaced at its first use.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
# Else a file that somebody edits while the tests run is served with its old length.
WHITENOISE_AUTOREFRESH = True
