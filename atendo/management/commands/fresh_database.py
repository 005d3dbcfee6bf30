"""Drop, create and migrate a database for the story or the browser tests."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone
from psycopg import sql

from atendo import demo_data

PREFIX = "atendo_fresh_"


class Command(BaseCommand):
    help = f"Refaz o banco de DATABASE_NAME, que precisa começar com {PREFIX}."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--empty", action="store_true", help="sem as empresas da demonstração")

    def handle(self, *args: Any, **options: Any) -> None:
        name = connection.settings_dict["NAME"]
        if not settings.DEBUG or not name.startswith(PREFIX):
            raise CommandError(f"Só com DEBUG=true e DATABASE_NAME={PREFIX}…")
        with connection._nodb_cursor() as cursor:  # noqa: SLF001
            for statement in ("DROP DATABASE IF EXISTS {} WITH (FORCE)", "CREATE DATABASE {}"):
                cursor.execute(sql.SQL(statement).format(sql.Identifier(name)))
        call_command("migrate", verbosity=0)
        if not options["empty"]:
            demo_data.make(timezone.now())
