"""`make story`: plays the main job over HTTP against processes and a database of its own."""

from __future__ import annotations

import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from atendo import demo_data
from atendo.processes import ended_by_signals
from atendo.stack import Stack
from atendo.story.actors import Member, Phones
from atendo.story.steps import STEPS, Step, World


class Command(BaseCommand):
    help = "Conta a história principal por HTTP e confere cada passo."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("A história usa o simulador: só com DEBUG=true.")
        with tempfile.TemporaryDirectory() as folder:
            stack = Stack("atendo_fresh_story", Path(folder))
            failed = len(STEPS)
            try:
                failed = self.play(stack)
            finally:
                if failed:
                    self.stdout.write(stack.log()[-8000:])
        self.stdout.write(f"{len(STEPS) - failed} passed, {failed} failed")
        sys.exit(1 if failed else 0)

    def play(self, stack: Stack) -> int:
        """Play every step and return how many failed."""
        stack.make_database()
        try:
            with ended_by_signals():
                stack.start()
                stack.add_phones()
                world = World(stack, Phones(stack.simulator))
                for company in demo_data.COMPANIES:
                    world.owners[company.slug] = Member(stack.site, company.people[0].email)
                return sum(not self.tell(step, world) for step in STEPS)
        finally:
            stack.stop()

    def tell(self, step: Step, world: World) -> bool:
        """Play one step and print its line.  Returns whether it went well."""
        title = (step.__doc__ or step.__name__).strip()
        try:
            seen = step(world)
        except Exception as error:  # noqa: BLE001 -- whatever goes wrong is what the line says
            where = traceback.extract_tb(error.__traceback__)[-1]
            self.say(f"FAIL  {title} -- {error!r} (line {where.lineno})")
            return False
        self.say(f"ok    {title} -- {seen}")
        return True

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
