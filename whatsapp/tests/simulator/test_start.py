"""How the simulator is started, and where it refuses to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from whatsapp.simulator.config import Config
from whatsapp.tests.simulator.support import Caller

ROOT = Path(__file__).parents[3]


def run(code, **variables):
    kept = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=ROOT,
        env=kept | variables,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


CONFIGURE = """
    from django.conf import settings
    settings.configure(DEBUG={debug}, {more})
    import whatsapp.simulator
    print("imported")
"""


def test_it_cannot_be_imported_under_production_settings():
    done = run(CONFIGURE.format(debug=False, more=""))
    assert done.returncode == 1
    assert "ImproperlyConfigured" in done.stderr
    assert "is for development and tests" in done.stderr


@pytest.mark.parametrize(
    ("debug", "more"),
    [(True, ""), (False, "EVOLUTION_SIMULATOR_ALLOWED=True")],
)
def test_it_can_be_imported_in_development_and_in_tests(debug, more):
    assert run(CONFIGURE.format(debug=debug, more=more)).stdout == "imported\n"


def test_settings_that_are_named_but_not_yet_read_count_too(tmp_path):
    (tmp_path / "production_like.py").write_text("DEBUG = False\n")
    done = run(
        "import whatsapp.simulator",
        DJANGO_SETTINGS_MODULE="production_like",
        PYTHONPATH=str(tmp_path),
    )
    assert "ImproperlyConfigured" in done.stderr


def test_it_needs_no_models():
    done = run(
        """
        import sys, whatsapp.simulator
        print([name for name in sys.modules if name.endswith(".models")])
        """
    )
    assert done.stdout == "[]\n"


COMMAND = """
    import sys
    import django
    from django.conf import settings
    settings.configure(DEBUG={debug}, INSTALLED_APPS=[], EVOLUTION_API_KEY="from-settings")
    django.setup()
    from whatsapp.management.commands.evolution_simulator import Command
    Command().run_from_argv(["manage.py", "evolution_simulator", "--port", "0", *sys.argv[1:]])
"""


def test_the_command_refuses_production_settings():
    done = run(COMMAND.format(debug=False))
    assert done.returncode == 1
    assert "is for development and tests" in done.stderr


def test_the_command_serves_until_it_is_told_to_stop_and_keeps_its_state(tmp_path):
    state = tmp_path / "state.json"
    code = textwrap.dedent(COMMAND.format(debug=True))
    arguments = ["--state", str(state), "--speed", "200", "--evolution-version", "2.3.7"]
    with subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        line = process.stdout.readline()
        url = line.split(" em ")[1].split(",")[0]
        call = Caller(url, key="from-settings")
        assert call.get("/")[1]["version"] == "2.3.7"
        assert call.get("/instance/fetchInstances") == (200, [])
        call.post("/simulator/phones", {"number": "5531988880001", "name": "Ana"})
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert json.loads(state.read_text())["phones"][0]["name"] == "Ana"


@pytest.mark.parametrize(
    ("version", "dies"),
    [("2.3.0", False), ("2.3.1", True), ("2.3.6", True), ("2.3.7", False), ("2.4.0-rc2", False)],
)
def test_the_logout_defect_belongs_to_some_releases(version, dies):
    assert Config(version=version).inbound_dies_on_logout is dies
    assert (
        Config(version=version, logout_kills_inbound=not dies).inbound_dies_on_logout is not dies
    )


def test_a_speed_of_zero_is_refused():
    with pytest.raises(ValueError, match="speed"):
        Config(speed=0)


def test_qr_seconds_are_real_and_the_default_follows_the_speed():
    assert Config(speed=10).qr_life == 4.5
    assert Config(speed=10, qr_seconds=20).qr_life == 20
