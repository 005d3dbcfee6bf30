"""`make demo`: everything at once, with two companies and phones to hold.  Data is kept."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone

from atendo import demo_data, demo_days
from atendo.processes import DidNotStart, ended_by_signals, free_port
from atendo.stack import Stack

WEB_PORT, SIMULATOR_PORT = 8000, 8800
FOLDER = settings.BASE_DIR / ".demo"


class Command(BaseCommand):
    help = "Mostra o Atendo com duas empresas e celulares simulados."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--folder", type=Path, default=FOLDER, help="registro e celulares")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("A demonstração só roda com DEBUG=true.")
        logging.getLogger("atendo").setLevel(logging.WARNING)  # here; the children have a file
        try:
            with ended_by_signals():
                self.say("Preparando o banco de dados…")
                call_command("migrate", verbosity=0)
                now = timezone.now()
                demo_days.add(demo_data.make(now), now)
                self.run(options["folder"])
        except KeyboardInterrupt:
            self.say("Tudo parou. Os dados ficam para a próxima vez.")

    def run(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        log = folder / "stack.log"
        log.unlink(missing_ok=True)
        stack = Stack(
            connection.settings_dict["NAME"],
            folder,
            web_port=self.port(WEB_PORT),
            simulator_port=self.port(SIMULATOR_PORT),
            speed="5",
            qr_seconds="30",
        )
        try:
            stack.start()
            stack.add_phones()
            self.tell(stack)
            while (ended := stack.processes.first_ended()) is None:
                time.sleep(0.5)
            raise CommandError(f"O processo {ended} terminou. Veja {log}.")
        except DidNotStart as error:
            raise CommandError(f"Não começou: {error}. Veja {log}.") from error
        except KeyboardInterrupt:
            self.say("\nParando…")
            raise
        finally:
            stack.stop()

    def port(self, wanted: int) -> int:
        port = free_port(wanted)
        if port != wanted:
            self.say(f"A porta {wanted} está ocupada; esta vez é a {port}.")
        return port

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def tell(self, stack: Stack) -> None:
        owners = "\n".join(
            f"  {company.people[0].email:<30} {company.name}" for company in demo_data.COMPANIES
        )
        self.say(
            f"""
Atendo                {stack.site}/
Celulares simulados   {stack.simulator}/celulares/
Administração         {stack.site}/admin/   ({demo_data.STAFF_EMAIL})

Entre como dono de uma das empresas (senha de todos: {demo_data.PASSWORD}):
{owners}
  {demo_data.MANAGER_OF_BOTH.email:<30} gerente das duas

Depois: Conectar WhatsApp, leia o código com o celular simulado da empresa, marque um horário,
clique em Enviar confirmação e responda 1 no celular da cliente.

Ctrl-C para tudo."""
        )
