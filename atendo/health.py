"""Whether the process lives, and whether it can serve.

Answered before every other middleware: whoever probes knows neither our host name nor HTTPS, and
has no session.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

# procrastinate's workers write a heartbeat every 10 s.
WORKER_SEEN = """SELECT EXISTS (SELECT FROM procrastinate_workers
    WHERE last_heartbeat > now() - interval '40 seconds')"""

_migrated = False


class HealthFirst:
    # What is answered here and stands in no URLconf; the proof of isolation walks it.
    addresses = ("/healthz", "/readyz")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        probe = PROBES.get(request.path_info)
        return probe() if probe else self.get_response(request)


def healthz() -> JsonResponse:
    return JsonResponse({"status": "ok"})


def readyz() -> JsonResponse:
    """503 unless the database answers and is migrated.

    A missing worker is told but is no reason to take pages and webhook away.
    """
    try:
        state: dict[str, Any] = {"database": True, "migrations": is_migrated()}
        state["worker"] = state["migrations"] and _worker_seen()
    except (DatabaseError, InterfaceError):
        connection.close()
        state = {"database": False, "migrations": False, "worker": False}
    ready = state["migrations"]
    body = {"status": "ok" if ready else "unavailable", **state, "tzdata": version("tzdata")}
    return JsonResponse(body, status=200 if ready else 503)


def is_migrated() -> bool:
    """Whether every migration of this code is applied.  Once it is, nobody looks again."""
    global _migrated  # noqa: PLW0603 -- new code is a new process
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated


def _worker_seen() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(WORKER_SEEN)
        (seen,) = cursor.fetchone()
    return bool(seen)


PROBES: dict[str, Callable[[], JsonResponse]] = {"/healthz": healthz, "/readyz": readyz}
