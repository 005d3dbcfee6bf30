"""The child of `bench/scoped_get.py`: prints the times of some variants as one JSON object."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from bench.rivals import VARIANTS
from bench.rounds import alternate, fastest
from bench.world import CLIENTS, World

SECONDS = 30


class Command(BaseCommand):
    help = "Parte de `bench`: mede a leitura de um cliente."
    requires_system_checks = ()  # the check of isolation refuses the rivals, and rightly

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("variants", nargs="+", choices=VARIANTS)
        parser.add_argument("--companies", type=int, required=True)
        parser.add_argument("--rounds", type=int, required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        world = World(companies=options["companies"], rounds=options["rounds"])
        turns = {name: partial(turn, world, name) for name in options["variants"]}
        times = alternate(turns, rounds=world.rounds, seconds=SECONDS)
        self.stdout.write(json.dumps(times))


def turn(world: World, variant: str, number: int) -> float:
    """Get each client of one company."""
    company = world.company(number)
    ids = [world.row_id(company, client) for client in range(CLIENTS)]
    with VARIANTS[variant](company) as get:
        get(ids[0])  # our backend sets the role and the company here, once
        return fastest(get, ids)
