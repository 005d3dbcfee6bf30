"""The worker as a process of its own, against the database of the tests."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker

from scheduling.models import AppointmentEvent
from scheduling.tests.factories import WEB, an_appointment
from tenants import scope
from tenants.jobs import RETRY_AFTER, wake, wake_unless_failing
from whatsapp import jobs, planner
from whatsapp.management.commands import worker as command
from whatsapp.models import Message, MessageStatus, WebhookEvent
from whatsapp.tests import worker_jobs
from whatsapp.tests.factories import an_instance, stored, upsert
from whatsapp.tests.worker_jobs import noted, notes

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

SECONDS = 20  # a busy machine may be slow to start a process


def eventually(question, seconds=SECONDS):
    """Return the answer as soon as it is true."""
    deadline = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < deadline, f"not within {seconds} s; notes: {notes()}"
        time.sleep(0.02)
    return answer


@pytest.fixture
def start(monkeypatch, tmp_path):
    """Start a worker and wait until it listens; whatever still runs is ended with the test."""
    monkeypatch.setenv("ATENDO_TEST_NOTES", str(tmp_path / "notes"))
    started = []

    def launch(options, environment):
        with (tmp_path / "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, settings.BASE_DIR / "manage.py", "worker", *options],
                env={**os.environ, **environment_of_tests(), **environment},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        started.append(process)
        return process

    def start(*options, **environment):
        (process,) = start_several(1, *options, **environment)
        return process

    def start_several(count, *options, **environment):
        wanted = listeners() + count * len(jobs.QUEUES)
        processes = [launch(options, environment) for _ in range(count)]
        eventually(lambda: listeners() >= wanted or any(p.poll() for p in processes))
        assert not any(p.poll() for p in processes), (tmp_path / "log").read_text()
        return processes

    start.several = start_several

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


def listeners():
    """Return how many listen: each worker, once for each queue, when it is ready."""
    with connection.as_login_role(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query LIKE 'LISTEN%'"
        )
        return cursor.fetchone()[0]


def environment_of_tests():
    return {
        "DJANGO_SETTINGS_MODULE": "whatsapp.tests.worker_settings",
        "DATABASE_NAME": connection.settings_dict["NAME"],
        "APP_ROLE": settings.APP_ROLE,
        "STAFF_ROLE": settings.STAFF_ROLE,
        "EVOLUTION_API_URL": "http://127.0.0.1:9",  # nobody listens there
    }


def end(process, *, within=6.0):
    """Ask the worker to end; return its exit status."""
    process.send_signal(signal.SIGTERM)
    return process.wait(within)


def statuses():
    return list(ProcrastinateJob.objects.order_by("id").values_list("status", flat=True))


def test_a_committed_wake_up_starts_within_a_second_and_a_rolled_back_one_never(company, start):
    worker = start("--poll-seconds", "60")
    with transaction.atomic():
        wake(worker_jobs.slow, company.pk)
        transaction.set_rollback(True)
    committed_at = time.time()
    wake(worker_jobs.quick, company.pk)
    (line,) = eventually(lambda: noted("quick"))
    assert line["at"] - committed_at < 1
    assert line["company"] == company.pk

    # A job's own wake-ups are part of its transaction as well.
    wake(worker_jobs.regret, company.pk)
    eventually(lambda: noted("regretted"))
    wake(worker_jobs.relay, company.pk)
    eventually(lambda: len(noted("quick")) == 2)
    assert [line["what"] for line in notes()] == ["quick", "regretted", "relay commits", "quick"]
    assert end(worker) == 0


def test_as_many_jobs_run_at_once_as_it_was_told_and_a_freed_lock_wakes_it(company, start):
    """Seven: asyncio's own executor has six threads on two cores."""
    start("--poll-seconds", "60", "--concurrency", "7")
    for number in range(7):
        worker_jobs.meeting.configure(queueing_lock=f"{number}").defer(company_id=company.pk)
    eventually(lambda: len(noted("met")) == 7)

    # Again and again, since a notification is easily lost in a look that is under way.
    for chain in range(1, 11):
        with transaction.atomic():
            for number in range(5):
                worker_jobs.quick.configure(lock="one", queueing_lock=f"{number}").defer(
                    company_id=company.pk
                )
        began = time.monotonic()
        eventually(lambda so_far=5 * chain: len(noted("quick")) == so_far)
        assert time.monotonic() - began < 1.5


def test_a_job_killed_half_way_is_taken_up_by_a_new_worker(company, rival, start):
    first = start("--stalled-seconds", "1")
    wake(worker_jobs.stuck, company.pk)
    wake(worker_jobs.stuck, rival.pk)
    eventually(lambda: len(noted("stuck begins")) == 2)
    first.kill()
    first.wait()
    # A newer wake-up with the same queueing lock is in the way of a retry: it replaces it.
    assert wake(worker_jobs.stuck, rival.pk)
    assert statuses() == ["doing", "doing", "todo"]

    second = start("--stalled-seconds", "1", "--poll-seconds", "60")
    eventually(lambda: len(noted("stuck ends")) == 2)
    for owner in (company, rival):
        runs = [line["pid"] for line in noted("stuck begins") if line["company"] == owner.pk]
        assert runs == [first.pid, second.pid]
    eventually(lambda: statuses() == [])  # finished jobs are forgotten
    eventually(lambda: ProcrastinateWorker.objects.count() == 2)  # and so is the dead worker


def test_sigterm_lets_what_is_under_way_finish(company, start):
    worker = start("--concurrency", "1")
    wake(worker_jobs.slow, company.pk)
    eventually(lambda: noted("slow begins"))
    wake(worker_jobs.quick, company.pk)
    assert end(worker) == 0
    assert [line["what"] for line in notes()] == ["slow begins", "slow ends"]
    assert statuses() == ["succeeded", "todo"]
    assert ProcrastinateWorker.objects.count() == 0


def test_what_does_not_end_in_time_is_left_to_the_next_worker(company, start):
    worker = start("--grace-seconds", "0.5")
    wake(worker_jobs.stuck, company.pk)
    eventually(lambda: noted("stuck begins"))
    assert end(worker) == 1
    assert statuses() == ["doing"]


def test_it_survives_a_restart_of_the_database(company, start, now):
    worker = start("--stalled-seconds", "2")
    wake(worker_jobs.quick, company.pk)
    eventually(lambda: noted("quick"))
    eventually(lambda: connections() >= 4)  # the pool's, the listener's, a job's, the tick's
    with database_away():
        time.sleep(2)
    wake(worker_jobs.quick, company.pk)
    eventually(lambda: len(noted("quick")) == 2)

    # A machine that slept: another worker has thought this one dead.
    with connection.as_login_role(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_workers")
    wake(worker_jobs.quick, company.pk)
    eventually(lambda: len(noted("quick")) == 3)

    # The tick is back too: nothing else can know of an event that woke nobody.
    with scope.company(company.pk):
        an_appointment(now)
        forget_jobs()
        eventually(lambda: not AppointmentEvent.objects.filter(dispatched_at=None).exists())
    assert worker.poll() is None
    assert end(worker) == 0


@contextmanager
def database_away():
    """Cut every connection but the test's own, and let nobody in."""
    name = connection.ops.quote_name(connection.settings_dict["NAME"])
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        try:
            with connection.as_login_role(), connection.cursor() as mine:
                mine.execute(f"SELECT pg_terminate_backend(pid) {OTHERS}")
            yield
        finally:
            cursor.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


OTHERS = """FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()"""


def connections():
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {OTHERS}")
        return cursor.fetchone()[0]


def forget_jobs():
    with connection.as_login_role(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE status = 'todo'")


def test_two_workers_never_run_a_company_s_job_twice_at_once(company, rival, start):
    workers = start.several(2, "--poll-seconds", "60")
    for number in range(3):
        for owner in (company, rival):
            worker_jobs.slow.configure(
                lock=f"slow:{owner.pk}", queueing_lock=f"{owner.pk}:{number}"
            ).defer(company_id=owner.pk)
    eventually(lambda: len(noted("slow ends")) == 6)
    for owner in (company, rival):
        mine = [line["what"] for line in notes() if line["company"] == owner.pk]
        assert mine == ["slow begins", "slow ends"] * 3
    everything = [line["what"] for line in notes()]
    assert everything != ["slow begins", "slow ends"] * 6  # the companies do run side by side
    for worker in workers:
        assert end(worker) == 0


def test_the_queue_is_read_as_the_app_role_which_sees_no_company(company, rival, now):
    with scope.company(company.pk):
        an_appointment(now)

    async def look():
        connector = command.make_connector()
        await connector.open_async()
        try:
            return await connector.execute_query_one_async(
                "SELECT current_user AS role, (SELECT count(*) FROM clients) AS clients,"
                " has_table_privilege('procrastinate_jobs', 'UPDATE') AS may_fetch"
            )
        finally:
            await connector.close_async()

    assert asyncio.run(look()) == {"role": settings.APP_ROLE, "clients": 0, "may_fetch": True}
    with scope.company(company.pk):
        assert an_appointment(now).client.pk  # there are rows that it could have seen


def test_messages_that_wait_for_the_pace_hold_nothing_else_up(company, start):
    now = timezone.now()
    with scope.company(company.pk), transaction.atomic():
        an_instance(checked_at=now + timedelta(hours=1), next_send_at=now + timedelta(hours=1))
        asked_for = planner.ask_confirmation(an_appointment(now), by=WEB, now=now)
        planner.plan_new_events(company, now=now)
        Message.objects.filter(automatic=True).update(due_at=now)
        event = stored(upsert("+5531988771247", at=now, text="1"))
    with gateway() as (url, taken):
        start(EVOLUTION_API_URL=url)
        with scope.company(company.pk):
            eventually(lambda: Message.objects.get(pk=asked_for.pk).status == MessageStatus.SENT)
            eventually(lambda: WebhookEvent.objects.get(pk=event.pk).processed_at)
            waiting = Message.objects.filter(automatic=True)
            assert set(waiting.values_list("status", flat=True)) == {MessageStatus.WAITING}
    assert [path.rpartition("/")[2] for path in taken] == [f"company_{company.pk}_whatsapp"]


def test_a_server_that_hangs_holds_up_only_who_calls_it(company, rival, start):
    now = timezone.now()
    for owner in (company, rival):
        with scope.company(owner.pk), transaction.atomic():
            an_instance(checked_at=now + timedelta(hours=1))
            planner.ask_confirmation(an_appointment(now), by=WEB, now=now)
    with gateway(answers=False) as (url, taken):
        start("--concurrency", "1", "--grace-seconds", "0.5", EVOLUTION_API_URL=url)
        eventually(lambda: taken)
        with scope.company(rival.pk):
            event = stored(upsert("+5531988771247", at=now, text="1"))
            eventually(lambda: WebhookEvent.objects.get(pk=event.pk).processed_at)
        assert len(taken) == 1


@contextmanager
def gateway(*, answers=True):
    """An Evolution server that takes every text.  Yields its address and the paths asked for."""
    taken, over = [], threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            taken.append(self.path)
            if not answers:
                over.wait(SECONDS)
                return
            key = {"remoteJid": "5531988771247@s.whatsapp.net", "fromMe": True, "id": "3EB0"}
            body = {"key": key, "status": "PENDING", "messageTimestamp": int(time.time())}
            self.send_response(201)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", taken
    finally:
        over.set()
        server.shutdown()
        server.server_close()


def test_a_failing_job_is_not_woken_every_second(company, rival):
    wake(worker_jobs.broken, company.pk)
    with connection.as_login_role(), connection.cursor() as cursor:
        for status in ("doing", "failed"):
            cursor.execute("UPDATE procrastinate_jobs SET status = %s", [status])
    now = timezone.now()
    for _ in range(2):  # who waits already is left alone, without an error in the server's log
        wake_unless_failing(worker_jobs.broken, [company.pk, rival.pk], now=now)
        assert waiting() == [rival.pk]
    wake_unless_failing(worker_jobs.broken, [company.pk, rival.pk], now=now + RETRY_AFTER)
    assert waiting() == [rival.pk, company.pk]


def waiting():
    todo = ProcrastinateJob.objects.filter(status="todo").order_by("id")
    return [args["company_id"] for args in todo.values_list("args", flat=True)]


def test_finished_jobs_do_not_pile_up(company):
    for number in range(4):
        worker_jobs.quick.configure(queueing_lock=f"{number}").defer(company_id=company.pk)
    with connection.as_login_role(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = (ARRAY['succeeded', 'failed', 'failed',"
            " 'todo'])[1 + queueing_lock::int]::procrastinate_job_status"
        )
        cursor.execute(
            "UPDATE procrastinate_events SET at = at - interval '8 days' WHERE job_id ="
            " (SELECT id FROM procrastinate_jobs WHERE queueing_lock = '2')"
        )
    command.keep_house(40)
    kept = ProcrastinateJob.objects.order_by("id").values_list("queueing_lock", "status")
    assert list(kept) == [("1", "failed"), ("3", "todo")]


def test_a_broken_tick_does_not_end_the_clock(db, monkeypatch, caplog):
    stop, seen = threading.Event(), []

    def tick(now):
        seen.append(now)
        if len(seen) == 3:
            stop.set()
        raise KeyError("whatever")

    monkeypatch.setattr(command.jobs, "tick", tick)
    monkeypatch.setattr(command, "TICK_SECONDS", 0.01)
    command.tick_until(stop, 40)
    assert len(seen) == 3
    assert [record.message for record in caplog.records] == ["tick failed"] * 3
