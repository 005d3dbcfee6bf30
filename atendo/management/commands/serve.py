"""`manage.py serve`: the production form, the web server and the worker side by side."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from atendo.processes import Processes, ended_by_signals, manage, web_command


class Command(BaseCommand):
    help = "Inicia o servidor web (granian) e o worker."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--workers", type=int, default=2)

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0)
        if not settings.DEBUG:
            call_command("collectstatic", interactive=False, verbosity=0)
        web = web_command(options["port"], host=options["host"], workers=options["workers"])
        try:
            with ended_by_signals():
                run(web)
        except KeyboardInterrupt:
            self.stdout.write("Tudo parou.")


def run(web: list[str]) -> None:
    """Run both until one ends, which is an error, or until Ctrl-C or SIGTERM."""
    processes = Processes()
    try:
        processes.start("web", web)
        processes.start("worker", manage("worker"))
        while (ended := processes.first_ended()) is None:
            time.sleep(0.5)
        raise CommandError(f"O processo {ended} terminou.")
    finally:
        processes.stop_all()
