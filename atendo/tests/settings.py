"""Settings of the tests: those of development, but with DEBUG off and cheap passwords."""

import os

os.environ.setdefault("DEBUG", "true")
os.environ.setdefault("LOG_LEVEL", "WARNING")

from atendo.settings import *  # noqa: F403

DEBUG = False
EVOLUTION_SIMULATOR_ALLOWED = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
WHITENOISE_AUTOREFRESH = True
