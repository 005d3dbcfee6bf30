"""`make bench`: prints one JSON object for each benchmark, and how far it is on standard error.

Exit status: 0 every benchmark ran, also when a target is missed; 1 one of them could not run;
2 no benchmark has such a name; 130 interrupted.
"""

from __future__ import annotations

import json
import sys
import traceback
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from atendo import fresh_database
from atendo.processes import ended_by_signals
from bench.catalogue import BENCHMARKS, Benchmark
from bench.world import World


class Command(BaseCommand):
    help = "Mede a velocidade; cada linha da saída é um objeto JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="*", help="só as medidas com um destes textos no nome")
        parser.add_argument("--companies", type=int, default=World.companies)
        parser.add_argument("--appointments", type=int, default=World.appointments)
        parser.add_argument("--rounds", type=int, default=World.rounds)
        parser.add_argument("--busy-rows", type=int, default=World.busy_rows)

    def handle(self, *args: Any, **options: Any) -> None:
        names = options["names"] or [""]
        chosen = [row for row in BENCHMARKS if any(name in row.name for name in names)]
        if not chosen:
            raise CommandError(f"Nenhuma medida se chama assim: {' '.join(names)}", returncode=2)
        sizes = ("companies", "appointments", "rounds", "busy_rows")
        world = World(**{size: options[size] for size in sizes})
        try:
            with ended_by_signals():
                failed = self.measure(chosen, world)
        except fresh_database.NotDisposable as error:
            raise CommandError(f"Só com {error}") from error
        except KeyboardInterrupt:
            self.say("interrupted")
            sys.exit(130)
        sys.exit(1 if failed else 0)

    def measure(self, chosen: list[Benchmark], world: World) -> int:
        """Measure in a new database, which is dropped whatever happens; return how many failed."""
        try:
            self.say(f"a new database for {world}")
            fresh_database.make()
            return sum(not self.report(benchmark, world) for benchmark in chosen)
        finally:
            fresh_database.drop()

    def report(self, benchmark: Benchmark, world: World) -> bool:
        """Print the benchmark's line.  Returns whether it could be measured."""
        started, done = monotonic(), True
        try:
            line = benchmark.line(benchmark.measure(world))
        except Exception as error:  # noqa: BLE001 -- whatever goes wrong is what the line says
            traceback.print_exc()
            line, done = benchmark.line_of_error(error), False
        self.stdout.write(json.dumps(line))
        self.stdout.flush()
        self.say(f"{monotonic() - started:6.1f} s  {benchmark.name}")
        return done

    def say(self, text: str) -> None:
        self.stderr.write(text)
        self.stderr.flush()
