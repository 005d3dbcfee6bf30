from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from scheduling.tests.factories import WEB, an_appointment
from tenants import scope
from whatsapp import jobs, planner
from whatsapp.models import Instance, InstanceStatus, Message, MessageStatus
from whatsapp.tests.factories import an_instance, stored, upsert

pytestmark = pytest.mark.django_db


def queued():
    """Return the wake-ups that wait, as (job, company id), and forget them."""
    rows = ProcrastinateJob.objects.order_by("id").values_list("task_name", "args")
    found = [(name.rpartition(".")[2], args["company_id"]) for name, args in rows]
    with connection.as_login_role(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_events")
        cursor.execute("DELETE FROM procrastinate_jobs")
    return found


def test_a_booking_wakes_the_planner_of_its_company(company, rival, now):
    with scope.company(company.pk):
        an_appointment(now)
        an_appointment(now)
    assert queued() == [("plan", company.pk)]


def test_the_tick_wakes_only_who_has_something_to_do(company, rival, now):
    jobs.tick(timezone.now())
    assert queued() == []

    with scope.company(rival.pk):
        an_instance(checked_at=timezone.now())
        stored(upsert("+5531988771247", at=now, text="1"))
    jobs.tick(timezone.now())
    assert queued() == [("understand", rival.pk)]


def test_due_messages_wake_the_sender_of_an_open_instance_only(company, rival):
    real_now = timezone.now()
    for owner, status in (
        (company, InstanceStatus.CONNECTED),
        (rival, InstanceStatus.DISCONNECTED),
    ):
        with scope.company(owner.pk):
            an_instance(status, checked_at=real_now)
            planner.ask_confirmation(an_appointment(real_now), by=WEB, now=real_now)
            planner.plan_new_events(owner, now=real_now)
            Message.objects.filter(automatic=True).delete()
    queued()
    jobs.tick(timezone.now())
    assert queued() == [("send", company.pk)]


def test_the_pause_holds_the_wake_up_back(company, now):
    real_now = timezone.now()
    with scope.company(company.pk):
        an_instance(checked_at=real_now, next_send_at=real_now + timedelta(seconds=9))
        an_appointment(real_now)
        planner.plan_new_events(company, now=real_now)
        Message.objects.update(due_at=real_now)
    queued()
    jobs.tick(real_now)
    assert queued() == []
    jobs.tick(real_now + timedelta(seconds=9))
    assert queued() == [("send", company.pk)]


def test_a_doubt_wakes_who_looks_it_up(company, rival, now):
    real_now = timezone.now()
    with scope.company(company.pk):
        an_instance(checked_at=real_now)
        message = planner.ask_confirmation(an_appointment(real_now), by=WEB, now=real_now)
        planner.plan_new_events(company, now=real_now)
        Message.objects.exclude(pk=message.pk).delete()
        Message.objects.update(status=MessageStatus.UNKNOWN, due_at=real_now)
    queued()
    jobs.tick(real_now)
    assert queued() == [("look_up_unknown", company.pk)]


def test_a_job_runs_in_its_own_company(company, rival, now):
    for owner in (company, rival):
        with scope.company(owner.pk):
            an_appointment(now)
    jobs.plan(company.pk)
    with scope.company(company.pk):
        assert Message.objects.count() == 4
    with scope.company(rival.pk):
        assert Message.objects.count() == 0
        assert Instance.objects.count() == 0
