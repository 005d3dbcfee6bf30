"""Jobs: the company id comes first, and its scope is entered before the job's first line."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import transaction
from procrastinate import exceptions
from procrastinate.contrib.django import app
from procrastinate.tasks import Task

from tenants import scope

logger = logging.getLogger("atendo.jobs")


def company_job(*, lock: str | None = None, queue: str = "default") -> Callable[..., Any]:
    """Make a procrastinate task of `function(company_id)`, run in that company's scope.

    With `lock`, at most one such job of a company runs at a time.  Jobs are wake-ups: what is
    to be done stands in our tables, so a job may run twice, late, or for nothing.
    """

    def decorate(function: Callable[[int], None]) -> Task[Any, Any, Any]:
        @app.task(name=f"{function.__module__}.{function.__name__}", queue=queue)
        @wraps(function)
        def job(company_id: int) -> None:
            if scope.current() is not None:
                raise scope.CrossCompanyAccess("a scope was left over from before this job")
            with scope.company(company_id):
                function(company_id)

        job.company_lock = lock  # type: ignore[attr-defined]  # ours, read by `wake`
        return job

    return decorate


def wake(job: Any, company_id: int) -> bool:
    """Queue the job for a company unless one is waiting already; part of the transaction.

    Returns whether a job was queued.
    """
    name = f"{job.name}:{company_id}"
    lock = f"{job.company_lock}:{company_id}" if job.company_lock else None
    try:
        with transaction.atomic():
            job.configure(queueing_lock=name, lock=lock).defer(company_id=company_id)
    except exceptions.AlreadyEnqueued:
        return False
    return True
