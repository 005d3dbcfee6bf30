"""`make demo`: everything at once, with two companies and phones to hold.  Data is kept."""

from __future__ import annotations

import json
import time
import urllib.request
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from atendo import demo_data
from atendo.processes import Processes, ended_by_signals, free_port, manage, web_command

WEB_PORT, SIMULATOR_PORT = 8000, 8800
FOLDER = settings.BASE_DIR / ".demo"


class Command(BaseCommand):
    help = "Mostra o Atendo com duas empresas e celulares simulados."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("A demonstração só roda com DEBUG=true.")
        self.say("Preparando o banco de dados…")
        call_command("migrate", verbosity=0)
        demo_data.make(timezone.now())
        FOLDER.mkdir(exist_ok=True)
        web, simulator = self.port(WEB_PORT), self.port(SIMULATOR_PORT)
        processes = Processes(environment=environment(web, simulator), log=FOLDER / "demo.log")
        try:
            with ended_by_signals():
                start(processes, web, simulator)
                self.tell(web, simulator)
                while (ended := processes.first_ended()) is None:
                    time.sleep(0.5)
                raise CommandError(f"O processo {ended} terminou. Veja {FOLDER / 'demo.log'}.")
        except KeyboardInterrupt:
            self.say("\nParando. Os dados ficam para a próxima vez.")
        finally:
            processes.stop_all()

    def port(self, wanted: int) -> int:
        port = free_port(wanted)
        if port != wanted:
            self.say(f"A porta {wanted} está ocupada; esta vez é a {port}.")
        return port

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def tell(self, web: int, simulator: int) -> None:
        owners = "\n".join(
            f"  {company.people[0].email:<30} {company.name}" for company in demo_data.COMPANIES
        )
        self.say(
            f"""
Atendo                http://127.0.0.1:{web}/
Celulares simulados   http://127.0.0.1:{simulator}/celulares/
Administração         http://127.0.0.1:{web}/admin/   ({demo_data.STAFF_EMAIL})

Entre como dono de uma das empresas (senha de todos: {demo_data.PASSWORD}):
{owners}
  {demo_data.MANAGER_OF_BOTH.email:<30} gerente das duas

Depois: Conectar WhatsApp, leia o código com o celular simulado da empresa, marque um horário,
clique em Enviar confirmação e responda 1 no celular da cliente.

Ctrl-C para tudo."""
        )


def environment(web: int, simulator: int) -> dict[str, str]:
    return {
        "SITE_URL": f"http://127.0.0.1:{web}",
        "WEBHOOK_BASE_URL": f"http://127.0.0.1:{web}",
        "EVOLUTION_API_URL": f"http://127.0.0.1:{simulator}",
        "EVOLUTION_API_KEY": "simulator-key",
    }


def start(processes: Processes, web: int, simulator: int) -> None:
    state = FOLDER / "simulator.json"
    options = ["--port", str(simulator), "--state", str(state), "--speed", "5"]
    processes.start("simulator", manage("evolution_simulator", *options, "--qr-seconds", "30"))
    processes.start("web", web_command(web))
    processes.start("worker", manage("worker"))
    processes.wait_for("simulator", f"http://127.0.0.1:{simulator}/")
    add_phones(f"http://127.0.0.1:{simulator}")
    processes.wait_for("web", f"http://127.0.0.1:{web}/healthz")


def add_phones(simulator: str) -> None:
    """One phone for each company and for each client."""
    for company in demo_data.COMPANIES:
        for name, number in ((company.name, company.phone), *company.clients):
            body = json.dumps({"number": number.lstrip("+"), "name": name}).encode()
            request = urllib.request.Request(  # noqa: S310 -- the simulator's address
                f"{simulator}/simulator/phones",
                data=body,
                headers={"Content-Type": "application/json"},
            )
            urllib.request.urlopen(request, timeout=5).close()  # noqa: S310
