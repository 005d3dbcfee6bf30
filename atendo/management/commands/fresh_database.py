"""Drop, create and migrate a database for the story or the browser tests."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from atendo import demo_data, fresh_database


class Command(BaseCommand):
    help = f"Refaz o banco de DATABASE_NAME, que precisa começar com {fresh_database.PREFIX}."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--empty", action="store_true", help="sem as empresas da demonstração")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("Só com DEBUG=true.")
        try:
            fresh_database.make()
        except fresh_database.NotDisposable as error:
            raise CommandError(f"Só com {error}") from error
        if not options["empty"]:
            demo_data.make(timezone.now())
