"""`make story`: plays the main job over HTTP against processes and a database of its own."""

from __future__ import annotations

import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone
from psycopg import sql

from atendo import demo_data
from atendo.management.commands.demo import add_phones, environment
from atendo.processes import Processes, ended_by_signals, free_port, manage, web_command
from atendo.story.actors import Member, Phones
from atendo.story.steps import STEPS, Step, World

SPEED = "30"
DATABASE = "atendo_story"


class Command(BaseCommand):
    help = "Conta a história principal por HTTP e confere cada passo."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG or connection.settings_dict["NAME"] != DATABASE:
            raise CommandError(f"Use make story: precisa de DEBUG e DATABASE_NAME={DATABASE}.")
        fresh_database()
        call_command("migrate", verbosity=0)
        demo_data.make(timezone.now())
        connection.close()
        with tempfile.TemporaryDirectory() as folder:
            failed = self.play(Path(folder))
        self.stdout.write(f"{len(STEPS) - failed} passed, {failed} failed")
        sys.exit(1 if failed else 0)

    def play(self, folder: Path) -> int:
        web, simulator = free_port(8100), free_port(8900)
        processes = Processes(environment=environment(web, simulator), log=folder / "story.log")
        try:
            with ended_by_signals():
                start(processes, web, simulator, folder)
                world = World(f"http://127.0.0.1:{web}", Phones(f"http://127.0.0.1:{simulator}"))
                for company in demo_data.COMPANIES:
                    world.owners[company.slug] = Member(world.site, company.people[0].email)
                failed = sum(not self.tell(step, world) for step in STEPS)
        finally:
            processes.stop_all()
        if failed:
            self.stdout.write("".join((folder / "story.log").read_text()[-8000:]))
        return failed

    def tell(self, step: Step, world: World) -> bool:
        """Play one step and print its line.  Returns whether it went well."""
        title = (step.__doc__ or step.__name__).strip()
        try:
            seen = step(world)
        except Exception as error:  # noqa: BLE001 -- whatever goes wrong is what the line says
            where = traceback.extract_tb(error.__traceback__)[-1]
            self.stdout.write(f"FAIL  {title} -- {error!r} (line {where.lineno})")
            self.stdout.flush()
            return False
        self.stdout.write(f"ok    {title} -- {seen}")
        self.stdout.flush()
        return True


def fresh_database() -> None:
    name = sql.Identifier(DATABASE)
    with connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]  # noqa: SLF001
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        cursor.execute(sql.SQL("CREATE DATABASE {}").format(name))


def start(processes: Processes, web: int, simulator: int, folder: Path) -> None:
    options = ["--port", str(simulator), "--state", str(folder / "simulator.json")]
    command = manage("evolution_simulator", *options, "--speed", SPEED, "--qr-seconds", "20")
    processes.start("simulator", command)
    processes.start("web", web_command(web))
    processes.start("worker", manage("worker"))
    processes.wait_for("simulator", f"http://127.0.0.1:{simulator}/")
    add_phones(f"http://127.0.0.1:{simulator}")
    processes.wait_for("web", f"http://127.0.0.1:{web}/healthz")
