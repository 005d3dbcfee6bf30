"""Jobs: the company id comes first, and its scope is entered before the job's first line."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.db import transaction
from procrastinate import exceptions
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob
from procrastinate.tasks import Task

from tenants import scope

logger = logging.getLogger("atendo.jobs")

# A job that calls another server may wait a minute for it: such jobs have threads of their own,
# and the others go on.
GATEWAY = "gateway"

# Set when the worker was asked to end: a job of many steps looks at it between two of them.
stopping = threading.Event()

# The tick does not wake a job again for so long after it failed.
RETRY_AFTER = timedelta(seconds=30)


def company_job(*, lock: str | None = None, queue: str = "default") -> Callable[..., Any]:
    """Make a procrastinate task of `function(company_id)`, run in that company's scope.

    With `lock`, at most one such job of a company runs at a time.  Jobs are wake-ups: what is
    to be done stands in our tables, so a job may run twice, late, or for nothing.
    """

    def decorate(function: Callable[[int], None]) -> Task[Any, Any, Any]:
        @app.task(name=f"{function.__module__}.{function.__name__}", queue=queue)
        @wraps(function)
        def job(company_id: int) -> None:
            try:
                _run_in_scope(function, company_id)
            except Exception:
                # procrastinate would log it too, but without the company: see LOGGING.
                logger.exception("%s failed", job.name, extra={"company_id": company_id})
                raise

        job.company_lock = lock  # type: ignore[attr-defined]  # ours, read by `wake`
        return job

    return decorate


def _run_in_scope(function: Callable[[int], None], company_id: int) -> None:
    if scope.current() is not None:
        raise scope.CrossCompanyAccess("a scope was left over from before this job")
    with scope.company(company_id):
        function(company_id)


def wake(job: Any, company_id: int) -> bool:
    """Queue the job for a company unless one is waiting already; part of the transaction.

    Returns whether a job was queued.  Raises CrossCompanyAccess inside another company's scope.
    """
    scope.refuse_another(company_id)
    name = _queueing_lock(job, company_id)
    lock = f"{job.company_lock}:{company_id}" if job.company_lock else None
    try:
        with transaction.atomic():
            job.configure(queueing_lock=name, lock=lock).defer(company_id=company_id)
    except exceptions.AlreadyEnqueued:
        return False
    return True


def wake_unless_failing(job: Any, company_ids: list[int], *, now: datetime) -> None:
    """Wake the job for each company where it does not wait yet and has not just failed.

    For the tick, which comes every second: an error that stays must not fill table and logs.
    """
    names = {_queueing_lock(job, company_id): company_id for company_id in company_ids}
    waiting = ProcrastinateJob.objects.filter(status="todo", queueing_lock__in=names)
    failed = ProcrastinateEvent.objects.filter(
        type="failed", at__gt=now - RETRY_AFTER, job__queueing_lock__in=names
    )
    for name in {
        *waiting.values_list("queueing_lock", flat=True),
        *failed.values_list("job__queueing_lock", flat=True),
    }:
        del names[name]
    for company_id in names.values():
        with scope.company(company_id):
            wake(job, company_id)


def _queueing_lock(job: Any, company_id: int) -> str:
    """Return the name of the wake-up: at most one of a name waits."""
    return f"{job.name}:{company_id}"
