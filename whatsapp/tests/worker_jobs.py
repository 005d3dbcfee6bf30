"""Jobs for the tests of the worker; each writes into the file `ATENDO_TEST_NOTES` what it does."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from django.db import transaction

from tenants import scope
from tenants.jobs import company_job, wake


def notes() -> list[dict[str, Any]]:
    """Return what was noted so far, oldest first."""
    path = Path(os.environ["ATENDO_TEST_NOTES"])
    lines = path.read_text().splitlines() if path.exists() else []
    return [json.loads(line) for line in lines]


def note(what: str) -> None:
    line = {"what": what, "company": scope.current(), "pid": os.getpid(), "at": time.time()}
    with Path(os.environ["ATENDO_TEST_NOTES"]).open("a") as file:
        file.write(json.dumps(line) + "\n")


def noted(what: str) -> list[dict[str, Any]]:
    return [line for line in notes() if line["what"] == what]


def wait_until_noted(what: str, times: int, *, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if len(noted(what)) >= times:
            return True
        time.sleep(0.02)
    return False


@company_job(lock="quick")
def quick(company_id: int) -> None:
    note("quick")


@company_job(lock="slow")
def slow(company_id: int) -> None:
    """Half a second, as a call to the gateway may take."""
    note("slow begins")
    time.sleep(0.5)
    note("slow ends")


@company_job(lock="stuck")
def stuck(company_id: int) -> None:
    """A company's first run does not end by itself, its second ends at once."""
    note("stuck begins")
    if [line["company"] for line in noted("stuck begins")].count(company_id) == 1:
        time.sleep(60)
    note("stuck ends")


@company_job()
def meeting(company_id: int) -> None:
    """Ends well only when seven of them run at the same time."""
    note("arrived")
    if wait_until_noted("arrived", 7, seconds=8):
        note("met")


@company_job()
def regret(company_id: int) -> None:
    """Wakes another job in a transaction that is rolled back."""
    try:
        with transaction.atomic():
            wake(quick, company_id)
            time.sleep(0.3)
            raise InterruptedError
    except InterruptedError:
        note("regretted")


@company_job()
def relay(company_id: int) -> None:
    """Wakes another job in a transaction that lasts a while."""
    with transaction.atomic():
        wake(quick, company_id)
        time.sleep(0.5)
        note("relay commits")


@company_job()
def broken(company_id: int) -> None:
    note("broken")
    raise RuntimeError("this job always fails")
