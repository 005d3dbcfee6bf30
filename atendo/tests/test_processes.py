"""Children start, are waited for, are missed when they end, and never outlive their parent."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError
from django.db import connection
from django.utils import timezone

from atendo import demo_data, processes
from atendo.management.commands import serve
from atendo.processes import DidNotStart, Processes, answers, free_port
from scheduling.models import Appointment, Client
from tenants import scope
from tenants.models import Company, Membership, User

pytestmark = pytest.mark.slow

ROOT = settings.BASE_DIR
SECONDS = 30  # a busy machine may be slow to start a process


def eventually(question, seconds=SECONDS):
    deadline = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return answer


@pytest.fixture
def mark():
    """A variable that every descendant inherits: by it we find who is still alive."""
    return {"ATENDO_TEST_MARK": uuid.uuid4().hex}


def alive(mark):
    wanted = f"ATENDO_TEST_MARK={mark['ATENDO_TEST_MARK']}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return found


@pytest.fixture
def children(mark, tmp_path):
    made = Processes(environment=mark, log=tmp_path / "log")
    yield made
    made.stop_all()
    assert alive(mark) == []


def a_server(port):
    return [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]


def python(code):
    return [sys.executable, "-c", code]


STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); print('on', flush=True)"
FAMILY = (
    "import subprocess, sys, time;"
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); time.sleep(60)"
)


def test_a_free_port_is_the_wanted_one_and_a_busy_one_is_replaced():
    wanted = free_port(0)
    assert free_port(wanted) == wanted
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", wanted))
        busy.listen()
        other = free_port(wanted)
    assert other != wanted
    assert free_port(other) == other


def test_a_child_is_waited_for_and_ended(children, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # a proxy is nobody's business here
    port = free_port(0)
    children.start("web", a_server(port))
    children.wait_for("web", f"http://127.0.0.1:{port}/missing")
    assert children.first_ended() is None
    children.stop("web")
    assert not answers(f"http://127.0.0.1:{port}/")
    assert b"missing" in children.log.read_bytes()


def test_a_child_that_ends_is_missed(children):
    children.start("long", python("import time; time.sleep(60)"))
    children.start("short", python("raise SystemExit(3)"))
    assert eventually(children.first_ended) == "short"
    with pytest.raises(DidNotStart, match="short ended with status 3"):
        children.wait_for("short", "http://127.0.0.1:9/")


def test_a_child_that_never_answers_is_given_up(children):
    children.start("mute", python("import time; time.sleep(60)"))
    with pytest.raises(
        DidNotStart, match=r"mute did not answer at http://127.0.0.1:9/ within 0 s"
    ):
        children.wait_for("mute", "http://127.0.0.1:9/", seconds=0.3)


def test_something_that_is_no_web_server_does_not_answer():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.settimeout(5)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        child = subprocess.Popen(
            [
                sys.executable,
                "-c",
                f"from atendo.processes import answers; print(answers('{url}'))",
            ],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        accepted, _ = listening.accept()
        with accepted:
            accepted.sendall(b"220 smtp.example\r\n")
        assert child.communicate(timeout=SECONDS)[0] == "False\n"


def test_a_stubborn_child_is_killed_with_its_family(children, mark, monkeypatch):
    monkeypatch.setattr(processes, "STOP_SECONDS", 0.3)
    children.start("stubborn", python(f"{STUBBORN}; {FAMILY}"))
    eventually(lambda: children.log.read_text() == "on\n" and len(alive(mark)) == 2)
    children.stop("stubborn")
    eventually(lambda: alive(mark) == [])


PARENT = """
import django, sys, time
django.setup()
from atendo.management.commands import serve
from django.core.management import CommandError, call_command
serve.call_command = lambda *a, **k: None
serve.manage = lambda *a: [sys.executable, "-c", "import time; time.sleep(60)"]
serve.web_command = lambda *a, **k: [sys.executable, "-c", "import time; time.sleep(60)"]
print("started", flush=True)
call_command("serve")
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_outlives_the_command_that_started_it(mark, number):
    """Ctrl-C goes to the whole group, SIGTERM to one, and kill -9 leaves it no time."""
    parent = subprocess.Popen(
        python(PARENT),
        cwd=ROOT,
        env={**os.environ, **mark, "DJANGO_SETTINGS_MODULE": "atendo.tests.settings"},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    eventually(lambda: len(alive(mark)) == 3)
    if number == signal.SIGINT:
        os.killpg(parent.pid, number)
    else:
        parent.send_signal(number)
    said = parent.communicate(timeout=SECONDS)[0]
    assert parent.returncode == (-9 if number == signal.SIGKILL else 0)
    assert ("Tudo parou." in said) == (number != signal.SIGKILL)
    eventually(lambda: alive(mark) == [], seconds=10)


def test_serve_ends_with_an_error_when_a_child_ends(monkeypatch, mark):
    monkeypatch.setenv(*next(iter(mark.items())))
    monkeypatch.setattr(serve, "manage", lambda *names: python("import time; time.sleep(60)"))
    with pytest.raises(CommandError, match=r"O processo web terminou\."):
        serve.run(python("pass"))
    assert alive(mark) == []


@pytest.mark.django_db
def test_the_data_of_the_demo_is_made_once(now):
    def counts():
        with scope.every_company("test"):
            return [
                model.objects.count() for model in (Company, User, Membership, Client, Appointment)
            ]

    demo_data.make(now)
    before = counts()
    demo_data.make(now)
    assert counts() == before
    assert before[0] == 2
    assert all(before)


@pytest.mark.django_db(transaction=True)
def test_the_demo_starts_on_other_ports_and_ctrl_c_ends_all_of_it(mark, tmp_path):
    environment = {
        "DJANGO_SETTINGS_MODULE": "atendo.settings",
        "DEBUG": "true",
        "DATABASE_NAME": connection.settings_dict["NAME"],
        "APP_ROLE": settings.APP_ROLE,
        "STAFF_ROLE": settings.STAFF_ROLE,
    }
    demo_data.make(timezone.now())
    with ExitStack() as busy:
        for port in (8000, 8800):
            listening = busy.enter_context(socket.socket())
            with suppress(OSError):  # busy already
                listening.bind(("127.0.0.1", port))
                listening.listen()
        demo = subprocess.Popen(
            [*processes.manage("demo"), "--folder", str(tmp_path / "demo")],
            env={**os.environ, **environment, **mark},
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        lines = []
        for line in demo.stdout:
            lines.append(line)
            if "Ctrl-C" in line:
                break
        said = "".join(lines)
        assert "A porta 8000 está ocupada; esta vez é a " in said
        assert "A porta 8800 está ocupada; esta vez é a " in said
        assert demo_data.COMPANIES[0].people[0].email in said
        assert "INFO" not in said  # the logs go to a file
        assert len(alive(mark)) >= 4  # itself, the web server, the worker, the simulator
        os.killpg(demo.pid, signal.SIGINT)
        rest = demo.communicate(timeout=SECONDS)[0]
    assert rest.split("\n")[-2] == "Tudo parou. Os dados ficam para a próxima vez."
    assert demo.returncode == 0
    assert alive(mark) == []
