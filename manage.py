#!/usr/bin/env python
import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "atendo.settings")
    try:
        settings.DEBUG  # noqa: B018 -- reads the settings, before any command does
    except ImproperlyConfigured as error:
        sys.exit(f"Atendo does not start: {error}")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
