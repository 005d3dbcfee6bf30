"""`manage.py worker`: runs the jobs, ticks once a second, and takes up what a dead worker left.

procrastinate's stock worker has these faults for us: its threads are sized for asyncio's default
executor; its own connections run as the login role; a job's wake-ups leave by those connections,
outside the job's transaction; it may lose a notification; a short absence of the database ends
it; and nothing takes up the jobs of a worker that was killed.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import psycopg
from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections, connection, transaction
from django.utils import timezone
from procrastinate import App, PsycopgConnector
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status
from procrastinate.worker import Worker

from tenants.jobs import stopping
from whatsapp import jobs

logger = logging.getLogger("atendo.worker")

TICK_SECONDS = 1.0
# Notifications wake the worker; this is for one that was lost.
POLL_SECONDS = 2.0
# A worker that has not written a heartbeat for so long is dead; it writes four in that time.
STALLED_SECONDS = 40.0
# What is under way may last so long after SIGTERM.
GRACE_SECONDS = 10.0
RETRY_SECONDS = 1.0
FAILED_ARE_KEPT_DAYS = 7

HOUSEKEEPING_LOCK = 7202
ALONE = "SELECT pg_try_advisory_xact_lock(%s)"
FORGET_FINISHED = """DELETE FROM procrastinate_jobs
    WHERE status IN ('succeeded', 'aborted', 'cancelled') OR (status = 'failed' AND NOT EXISTS (
        SELECT FROM procrastinate_events
        WHERE job_id = procrastinate_jobs.id AND at > now() - make_interval(days => %s)))"""


class Command(BaseCommand):
    help = "Executa os trabalhos de fundo: planejar, enviar, receber, conectar."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--concurrency", type=int, default=settings.WORKER_CONCURRENCY)
        parser.add_argument("--poll-seconds", type=float, default=POLL_SECONDS)
        parser.add_argument("--stalled-seconds", type=float, default=STALLED_SECONDS)
        parser.add_argument("--grace-seconds", type=float, default=GRACE_SECONDS)

    def handle(self, *args: Any, **options: Any) -> None:
        ticker = threading.Thread(
            target=tick_until,
            args=(stopping, options["stalled_seconds"]),
            name="tick",
            daemon=True,
        )
        ticker.start()
        try:
            asyncio.run(
                work(
                    concurrency=options["concurrency"],
                    poll_seconds=options["poll_seconds"],
                    stalled_seconds=options["stalled_seconds"],
                    grace_seconds=options["grace_seconds"],
                )
            )
        finally:
            stopping.set()
            ticker.join(timeout=options["grace_seconds"])


async def work(
    *, concurrency: int, poll_seconds: float, stalled_seconds: float, grace_seconds: float
) -> None:
    """Run jobs until SIGINT or SIGTERM; start anew when the database was away, or when another
    worker thought this one dead."""
    loop = asyncio.get_running_loop()
    threads = concurrency * len(jobs.QUEUES) + 2
    loop.set_default_executor(ThreadPoolExecutor(threads, thread_name_prefix="job"))
    asked = asyncio.Event()
    _stop_on_signals(loop, asked, grace_seconds)
    while not asked.is_set():
        running = _run(
            concurrency=concurrency,
            fetch_job_polling_interval=poll_seconds,
            update_heartbeat_interval=stalled_seconds / 4,
            stalled_worker_timeout=stalled_seconds,
            shutdown_graceful_timeout=grace_seconds,
        )
        try:
            await _until(asked, running)
        except* (psycopg.Error, ConnectorException):
            logger.exception("the queue is out of reach, starting anew")
        with suppress(TimeoutError):
            await asyncio.wait_for(asked.wait(), RETRY_SECONDS)


def _stop_on_signals(
    loop: asyncio.AbstractEventLoop, asked: asyncio.Event, grace_seconds: float
) -> None:
    def stop() -> None:
        stopping.set()
        asked.set()
        loop.call_later(grace_seconds + RETRY_SECONDS, give_up)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)


def give_up() -> None:
    """A thread cannot be ended: what still runs is left to the next worker."""
    logger.warning("a job did not end in time; the next worker takes it up")
    logging.shutdown()
    os._exit(1)


async def _until(asked: asyncio.Event, work: Any) -> None:
    """Await the work; once asked to stop, cancel it, upon which it finishes what is under way."""
    running, waiting = asyncio.create_task(work), asyncio.create_task(asked.wait())
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def _run(**options: Any) -> None:
    """Run one procrastinate worker for each queue, on connections of their own.

    They work for an app beside Django's, with the same tasks: a task that wakes another one goes
    on using Django's connection, and with it the transaction it is in.
    """
    beside = App(connector=make_connector(), import_paths=app.import_paths)
    beside.tasks = app.tasks
    beside.perform_import_paths()  # type: ignore[no-untyped-call]
    async with beside.open_async(), asyncio.TaskGroup() as group:
        for queue in jobs.QUEUES:
            group.create_task(_work_on(queue, beside, options))


async def _work_on(queue: str, beside: App, options: dict[str, Any]) -> None:
    worker = Worker(
        app=beside,
        queues=[queue],
        install_signal_handlers=False,
        # Deleted later: a deletion would not wake who waits for the job's lock.
        delete_jobs="never",
        **{**app.worker_defaults, **options},
    )
    worker._new_job_event = LastingEvent()  # noqa: SLF001 -- see there
    await worker.run()  # type: ignore[no-untyped-call]
    raise ConnectorException  # it only returns when it could not go on; the cause is logged


class LastingEvent(asyncio.Event):
    """Survives one `clear`.

    procrastinate clears its event after each look into the queue, and with it a notification
    that came during the look.  It polls some seconds later; this makes it look once more.
    """

    _fresh = False

    def set(self) -> None:
        self._fresh = True
        super().set()

    def clear(self) -> None:
        if self._fresh:
            self._fresh = False
        else:
            super().clear()


def make_connector() -> PsycopgConnector:
    """Return the connections by which jobs are fetched and finished, as the app role."""
    params = connector_params()
    options = f"{params.get('options', '')} -c role={settings.APP_ROLE}".strip()
    return PsycopgConnector(
        kwargs={**params, "options": options},
        min_size=1,
        max_size=4,
    )


def tick_until(stop: threading.Event, stalled_seconds: float) -> None:
    """Tick once a second.  It is the only clock: no error ends it."""
    ticks, every = 0, max(1, int(stalled_seconds / 3))
    while not stop.wait(TICK_SECONDS):
        try:
            jobs.tick(timezone.now())
            if ticks % every == 0:
                keep_house(stalled_seconds)
        except Exception:
            logger.exception("tick failed")
            connection.close()
        ticks += 1
        close_old_connections()
    connection.close()


def keep_house(stalled_seconds: float) -> None:
    """Take up stalled jobs and forget finished ones; one worker at a time does it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ALONE, [HOUSEKEEPING_LOCK])
        if cursor.fetchone() == (True,):
            take_up_stalled_jobs(stalled_seconds)
            cursor.execute(FORGET_FINISHED, [FAILED_ARE_KEPT_DAYS])


def take_up_stalled_jobs(stalled_seconds: float) -> int:
    """Queue again what a killed worker left `doing`.  Returns how many jobs.

    Jobs are wake-ups and may run twice.  When a newer wake-up waits already, a retry would break
    its queueing lock: the stalled job is then only closed, which frees its lock.
    """
    find = async_to_sync(app.job_manager.get_stalled_jobs)
    stalled = [job.id for job in find(seconds_since_heartbeat=stalled_seconds) if job.id]
    for job_id in stalled:
        try:
            with transaction.atomic():
                app.job_manager.retry_job_by_id(job_id, retry_at=timezone.now())
        except ConnectorException:
            async_to_sync(app.job_manager.finish_job_by_id_async)(
                job_id, Status.ABORTED, delete_job=False
            )
    async_to_sync(app.job_manager.prune_stalled_workers)(stalled_seconds)
    if stalled:
        logger.warning("took up %d stalled jobs", len(stalled))
    return len(stalled)
