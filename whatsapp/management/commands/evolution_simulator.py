"""Run the stand-in for Evolution API: development and tests only."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from whatsapp.simulator import Simulator, refuse_in_production


class Command(BaseCommand):
    help = "Simula um servidor Evolution API 2.3.6, com celulares para ler e responder."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8800, help="0: uma porta livre")
        parser.add_argument("--state", type=Path, help="arquivo JSON que guarda tudo")
        parser.add_argument("--api-key", help="padrão: EVOLUTION_API_KEY ou simulator-key")
        parser.add_argument("--speed", type=float, default=1.0, help="divide todas as esperas")
        parser.add_argument("--qr-seconds", type=float, help="vida real de um código QR")
        parser.add_argument("--evolution-version", default="2.3.6", metavar="VERSION")
        parser.add_argument(
            "--logout-kills-inbound",
            choices=["yes", "no"],
            help="defeito das versões 2.3.1 a 2.3.6; padrão: conforme a versão",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_in_production()
        simulator = Simulator(**_settings(options))
        try:
            url = simulator.start()
        except OSError as error:
            raise CommandError(f"Não foi possível abrir a porta: {error}") from error
        self.stdout.write(f"Evolution API simulada em {url}, celulares em {url}/celulares/")
        self.stdout.flush()
        _wait_for_a_signal()
        simulator.stop()


def _settings(options: dict[str, Any]) -> dict[str, Any]:
    api_key = options["api_key"] or getattr(settings, "EVOLUTION_API_KEY", "")
    kills = options["logout_kills_inbound"]
    plain = ("host", "port", "state", "speed", "qr_seconds")
    return {name: options[name] for name in plain} | {
        "api_key": api_key or "simulator-key",
        "version": options["evolution_version"],
        "logout_kills_inbound": None if kills is None else kills == "yes",
    }


def _wait_for_a_signal() -> None:
    stop = threading.Event()

    def ask(signum: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask)
    stop.wait()
