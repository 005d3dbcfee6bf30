"""Wake-ups.  What is to be done stands in our tables; a job looks there and does it.

A job may run twice, late or for nothing.  `tick` wakes whoever has something to do: it is the
only clock, and what makes a lost wake-up harmless.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from scheduling import jobs as scheduling_jobs
from scheduling.models import AppointmentEvent
from tenants import letters, scope
from tenants.jobs import GATEWAY, company_job, stopping, wake, wake_unless_failing
from tenants.models import Company
from whatsapp import inbound, planner, reconcile, replan, sender
from whatsapp.connection import driver
from whatsapp.gateway import evolution
from whatsapp.models import (
    Instance,
    InstanceStatus,
    Message,
    MessageSetting,
    MessageStatus,
    WebhookEvent,
)

logger = logging.getLogger("atendo.jobs")

QUEUES = ("default", GATEWAY)
# A job does not keep a thread from the other companies for ever.
SENDS_PER_JOB = 20


@company_job(lock="plan")
def plan(company_id: int) -> None:
    company = Company.objects.get()
    if planner.plan_new_events(company, now=timezone.now()):
        wake(send, company_id)


@company_job(lock="plan")
def follow_new_rules(company_id: int) -> None:
    """With the planner's lock: the two never write of one appointment at the same time."""
    if replan.replan(Company.objects.get(), now=timezone.now()):
        wake(send, company_id)


@company_job(lock="inbound")
def understand(company_id: int) -> None:
    if inbound.process_new_events(now=timezone.now()):
        wake(plan, company_id)
        wake(send, company_id)


@company_job(queue=GATEWAY)
def send(company_id: int) -> None:
    """Without a queue lock: a send may take a minute, and the claim already excludes others."""
    company, gateway = Company.objects.get(), evolution()
    for _ in range(SENDS_PER_JOB):
        if stopping.is_set() or not sender.send_next(company, gateway):
            break


@company_job(lock="look_up", queue=GATEWAY)
def look_up_unknown(company_id: int) -> None:
    now = timezone.now()
    reconcile.doubt_dead_senders(now=now)
    reconcile.look_up_unknown(evolution(), now=now)


@company_job(lock="connection", queue=GATEWAY)
def drive_connection(company_id: int) -> None:
    driver.drive(evolution())


def wake_planner(event: AppointmentEvent) -> None:
    """Called by `scheduling` for each event, inside its transaction."""
    wake(plan, event.company_id)


def tick(now: datetime) -> None:
    """Wake every company that has something to do now."""
    with scope.every_company("tick of the worker"):
        work = [(job, sorted(set(find(now)))) for job, find in WORK.items()]
    for job, company_ids in work:
        wake_unless_failing(job, company_ids, now=now)


def _ids(rows: object) -> list[int]:
    return list(rows.values_list("company_id", flat=True).distinct())  # type: ignore[attr-defined]


def _with_events(now: datetime) -> list[int]:
    return _ids(AppointmentEvent.objects.filter(dispatched_at=None).order_by())


def _with_new_rules(now: datetime) -> list[int]:
    return _ids(MessageSetting.objects.filter(replan=True).order_by())


def _with_webhooks(now: datetime) -> list[int]:
    return _ids(WebhookEvent.objects.filter(processed_at=None).order_by())


def _with_due_messages(now: datetime) -> list[int]:
    """Companies that could send: open instance, something due, the pause over."""
    may_send = Instance.objects.filter(status=InstanceStatus.CONNECTED)
    paced = may_send.filter(Q(next_send_at=None) | Q(next_send_at__lte=now))
    due = Message.objects.filter(status=MessageStatus.WAITING, due_at__lte=now).order_by()
    automatic = due.filter(automatic=True, company_id__in=paced.values("company_id"))
    asked_for = due.filter(automatic=False, company_id__in=may_send.values("company_id"))
    return _ids(automatic) + _ids(asked_for)


def _with_unknown_messages(now: datetime) -> list[int]:
    unknown = Q(status=MessageStatus.UNKNOWN, due_at__lte=now)
    dead = Q(status=MessageStatus.SENDING, claimed_at__lt=now - reconcile.dead_sender_after())
    return _ids(Message.objects.filter(unknown | dead).order_by())


def _with_connections(now: datetime) -> list[int]:
    known = Instance.objects.exclude(status=InstanceStatus.NOT_CONFIGURED, wanted="")
    rows = known.defer("qr_code", "qr_image")  # read every second, for all companies
    return [instance.company_id for instance in rows if driver.is_due(instance, now)]


def _with_letters(now: datetime) -> list[int]:
    return _ids(letters.waiting().order_by())


WORK = {
    plan: _with_events,
    follow_new_rules: _with_new_rules,
    understand: _with_webhooks,
    send: _with_due_messages,
    look_up_unknown: _with_unknown_messages,
    drive_connection: _with_connections,
    letters.send_letters: _with_letters,
    scheduling_jobs.import_clients: scheduling_jobs.with_running_imports,
    scheduling_jobs.forget_imports: scheduling_jobs.with_outdated_imports,
}
