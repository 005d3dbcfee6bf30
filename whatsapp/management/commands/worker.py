"""`manage.py worker`: runs the jobs, ticks once a second, and takes up what a dead worker left.

procrastinate's stock worker has three faults for us: its threads are sized for asyncio's default
executor, its own connections run as the login role, and nothing takes up the jobs of a worker
that was killed.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, close_old_connections, connection, transaction
from django.utils import timezone
from procrastinate import PsycopgConnector
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import ConnectorException

from whatsapp import jobs

logger = logging.getLogger("atendo.worker")

TICK_SECONDS = 1.0
REAP_EVERY_TICKS = 15
# procrastinate's workers write a heartbeat every 10 s.
STALLED_SECONDS = 40
GRACE_SECONDS = 10


class Command(BaseCommand):
    help = "Executa os trabalhos de fundo: planejar, enviar, receber, conectar."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--concurrency", type=int, default=settings.WORKER_CONCURRENCY)

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        ticker = threading.Thread(target=tick_until, args=(stop,), name="tick", daemon=True)
        ticker.start()
        try:
            asyncio.run(work(concurrency=options["concurrency"]))
        finally:
            stop.set()
            ticker.join(timeout=GRACE_SECONDS)


async def work(*, concurrency: int) -> None:
    """Run jobs until SIGINT or SIGTERM; what is under way may finish."""
    executor = ThreadPoolExecutor(concurrency + 2, thread_name_prefix="job")
    asyncio.get_running_loop().set_default_executor(executor)
    connector = PsycopgConnector(
        kwargs={**connector_params(), "options": f"-c role={settings.APP_ROLE}"},
        min_size=1,
        max_size=4,
    )
    with app.replace_connector(connector):
        async with app.open_async():
            await app.run_worker_async(
                concurrency=concurrency,
                fetch_job_polling_interval=2.0,
                shutdown_graceful_timeout=GRACE_SECONDS,
                delete_jobs="successful",
            )


def tick_until(stop: threading.Event) -> None:
    """Tick once a second; a database that is away for a while only makes a tick fail."""
    ticks = 0
    while not stop.wait(TICK_SECONDS):
        try:
            jobs.tick(timezone.now())
            if ticks % REAP_EVERY_TICKS == 0:
                take_up_stalled_jobs()
        except (DatabaseError, ConnectorException):
            logger.exception("tick failed")
            connection.close()
        ticks += 1
        close_old_connections()
    connection.close()


def take_up_stalled_jobs() -> int:
    """Queue again what a killed worker left `doing`.  Returns how many jobs.

    Jobs are wake-ups and may run twice.  When a newer wake-up waits already, retrying would
    break its queueing lock: the stalled job is then only closed.
    """
    stalled = async_to_sync(app.job_manager.get_stalled_jobs)(
        seconds_since_heartbeat=STALLED_SECONDS
    )
    count = 0
    for job in stalled:
        if job.id is None:
            continue
        logger.warning("taking up a stalled job: %s", job.task_name)
        try:
            with transaction.atomic():
                app.job_manager.retry_job_by_id(job.id, retry_at=timezone.now())
        except ConnectorException:
            close_job(job.id)
        count += 1
    return count


def close_job(job_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'failed' WHERE id = %s AND status = 'doing'",
            [job_id],
        )
