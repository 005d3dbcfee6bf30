"""Jobs and management commands: an id of the rival inside our scope reaches nothing of it."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command, get_commands
from procrastinate.contrib.django import app

from atendo.tests.prove.locks import take_away
from atendo.tests.prove.two_companies import CANARY, NOBODYS, OURS, RIVALS
from atendo.tests.prove.walk import difference
from tenants import scope
from tenants.checks import company_models
from tenants.jobs import wake

NOT_COMPANIES = {
    "tenants.letters.send_password_letter": "writes to a person, who is of no company",
    "procrastinate.builtin_tasks.remove_old_jobs": "clears the queue, and takes no company",
}
JOBS = sorted(
    name for name in app.tasks if not name.startswith("builtin:") and name not in NOT_COMPANIES
)


@pytest.fixture
def walk(walk, rival, settings):
    settings.EVOLUTION_API_URL = "http://127.0.0.1:9"  # where nobody listens
    return walk


def refusal(action):
    """The name of the error that the action ends in; "" for none."""
    try:
        action()
    except Exception as error:
        return type(error).__name__
    return ""


def asked_twice(walk, action):
    """What is wrong with an action on the rival's id, and beside one that never was."""
    theirs, nobodys = (
        walk.undone(lambda marks=marks: action(marks), marks) for marks in (RIVALS, NOBODYS)
    )
    return [*walk.leaks(theirs), *difference(theirs, nobodys)]


@pytest.mark.parametrize("name", JOBS)
def test_inside_our_scope_no_job_runs_for_another_company(name, walk, verdict):
    def run(marks):
        with scope.company(OURS.id):
            return refusal(lambda: app.tasks[name](marks.id))

    verdict(asked_twice(walk, run))
    assert walk.undone(lambda: run(RIVALS), RIVALS).shown == "CrossCompanyAccess"


@pytest.mark.parametrize("name", JOBS)
def test_what_a_job_does_stays_in_our_scope_whatever_id_it_is_given(name, walk, verdict):
    """The function itself, as if somebody called it past the decorator."""

    def run(marks):
        with scope.company(OURS.id):
            return refusal(lambda: app.tasks[name].func.__wrapped__(marks.id))

    verdict(asked_twice(walk, run))


@pytest.mark.parametrize("name", JOBS)
def test_a_job_of_ours_leaves_the_rival_alone(name, walk, verdict):
    answer = walk.undone(lambda: refusal(lambda: app.tasks[name](OURS.id)), OURS)

    verdict(walk.leaks(answer))


@pytest.mark.parametrize("name", JOBS)
def test_inside_our_scope_no_job_is_queued_for_another_company(name, walk, verdict):
    def queue(marks):
        with scope.company(OURS.id):
            return refusal(lambda: wake(app.tasks[name], marks.id))

    verdict(asked_twice(walk, queue))
    assert walk.undone(lambda: queue(RIVALS), RIVALS).shown == "CrossCompanyAccess"


def test_a_job_left_out_says_why():
    assert set(NOT_COMPANIES) <= set(app.tasks)
    assert JOBS and all(NOT_COMPANIES.values())


# Commands --------------------------------------------------------------------------------------


def of_every_model(marks):
    """dumpdata of each company table, asked for the row with the id of the marks."""
    return [[model._meta.label, "--pks", str(marks.id)] for model in company_models()]


LOOK = "from scheduling.models import Client; print(Client.objects.filter(pk={0.id}).values())"
CALLED = {
    "check": lambda marks: [["--tag", "isolation"]],
    "clearsessions": lambda marks: [[]],
    "dumpdata": of_every_model,
    "inspectdb": lambda marks: [["clients"]],
    "shell": lambda marks: [["--command", LOOK.format(marks)]],
    "sqlsequencereset": lambda marks: [["scheduling"]],
}
NOT_CALLED = {
    "takes neither a company nor an id, and reads no row": """collectstatic compilemessages
        diffsettings findstatic generateschema makemessages makemigrations optimizemigration
        sendtestemail showmigrations spectacular sqlflush sqlmigrate squashmigrations startapp
        startproject""",
    "changes the schema or empties tables: the login role's, never in a company's scope": """
        createcachetable flush fresh_database migrate remove_stale_contenttypes""",
    "starts processes, which have no scope": """dbshell demo evolution_simulator runserver serve
        story test testserver worker""",
    "people are of no company, and the operator's own act": "changepassword createsuperuser",
    "loads rows of every company, spelled out and logged": "loaddata",
    "queues what the operator names; the job enters its own scope": "procrastinate",
}
REASONS = {name: why for why, names in NOT_CALLED.items() for name in names.split()}


def output(command, argument_lists):
    with scope.company(OURS.id):
        printed = io.StringIO()
        for arguments in argument_lists:
            call_command(command, *arguments, stdout=printed, stderr=printed)
        return printed.getvalue()


@pytest.mark.parametrize("command", sorted(CALLED))
def test_no_command_reaches_the_rival_from_inside_our_scope(command, walk, verdict):
    verdict(asked_twice(walk, lambda marks: output(command, CALLED[command](marks))))


def test_a_command_finds_our_own_rows_and_leaks_without_two_locks(walk, monkeypatch):
    dump = CALLED["dumpdata"]
    assert OURS.name in walk.undone(lambda: output("dumpdata", dump(OURS)), RIVALS).shown

    take_away("MR", monkeypatch)

    assert CANARY.search(walk.undone(lambda: output("dumpdata", dump(RIVALS)), OURS).shown)


def test_every_command_is_called_or_says_why_not(record_property):
    assert sorted([*CALLED, *REASONS]) == sorted(get_commands())
    commands = {f"manage.py {name}": why for name, why in REASONS.items()}
    record_property("left_out", commands | NOT_COMPANIES)
