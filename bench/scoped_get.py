"""A point get by the ORM, end to end: from the call of the manager to the object.

Measured in child processes, which alone import the rivals: django-multitenant patches Django for
the whole process.  It therefore alternates with us in a child of its own.
"""

from __future__ import annotations

import json
import subprocess
from functools import cache
from typing import Final

from atendo.processes import manage, tied
from bench.rounds import Measured, Times, ratio
from bench.world import World, load_people

TOGETHER: Final = (
    "ours",
    "plain",
    "plain_without_locks",
    "explicit_filter",
    "filter_inside_get",
    "django_scopes",
)
ALONE: Final = ("ours", "django_multitenant")
HOW: Final = (
    "Client.objects.get(pk) / the same by {}, through one connection: our backend, row level"
    " security on, one process, alternated; plain_without_locks: all that isolation costs"
)


class ChildFailed(RuntimeError):
    """What went wrong stands on standard error."""


def versus(world: World, rival: str) -> Measured:
    """Return ours / the rival's."""
    load_people(world)
    times = _times(world, TOGETHER if rival in TOGETHER else ALONE)
    return ratio(times, "ours", rival, HOW.format(rival))


@cache
def _times(world: World, variants: tuple[str, ...]) -> Times:
    sizes = ["--companies", str(world.companies), "--rounds", str(world.rounds)]
    child = subprocess.run(
        tied(manage("bench_scoped_get", *sizes, *variants)),
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C reaches us alone, and we end the child
        check=False,
    )
    if child.returncode != 0:
        raise ChildFailed(f"exit status {child.returncode}")
    times: Times = json.loads(child.stdout)
    return times
