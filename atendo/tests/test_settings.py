"""Production refuses what is missing or wrong, and is quiet and safe when all is right."""

from __future__ import annotations

import ast
import os
import re
import runpy
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from psycopg import sql

from atendo.environment import Environment

ROOT = settings.BASE_DIR
PRODUCTION = {
    "ENV_FILE": os.devnull,
    "DJANGO_SETTINGS_MODULE": "atendo.settings",
    "SECRET_KEY": "$ecret" * 9,  # a dollar does not name another variable
    "SITE_URL": "https://atendo.example",
    "EVOLUTION_API_URL": "http://evolution.internal:8080/",
    "EVOLUTION_API_KEY": "a-key",
    "DATABASE_URL": "postgres://login:p%40ss@db.internal:5433/atendo?sslmode=require",
}
# What the process itself needs, and nothing of the settings of whoever runs the tests.
INHERITED = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}

WRONG = [
    ("SECRET_KEY", None, "SECRET_KEY is not set. See docs/configuration.md."),
    ("SECRET_KEY", "x" * 49, "SECRET_KEY is too short: give it 50 random characters or more."),
    ("SITE_URL", "", "SITE_URL is not set. See docs/configuration.md."),
    ("SITE_URL", "http://atendo.example", "https://name.example"),
    ("SITE_URL", "atendo.example", "https://name.example"),
    ("SITE_URL", "https://", "https://name.example"),
    ("SITE_URL", "https://atendo.example/agenda", "https://name.example"),
    ("SITE_URL", "https://atendo.example:port", "https://name.example"),
    ("EVOLUTION_API_URL", None, "EVOLUTION_API_URL is not set. See docs/configuration.md."),
    ("EVOLUTION_API_URL", "evolution:8080", "http://name.example"),
    ("EVOLUTION_API_URL", "ftp://evolution", "http://name.example"),
    ("EVOLUTION_API_KEY", None, "EVOLUTION_API_KEY is not set. See docs/configuration.md."),
    ("WEBHOOK_BASE_URL", "nowhere", "http://name.example"),
    ("WEBHOOK_MAX_BYTES", "4 MB", "WEBHOOK_MAX_BYTES must be a whole number, 1 or more."),
    ("EVOLUTION_READ_TIMEOUT", "soon", "EVOLUTION_READ_TIMEOUT must be a number, 1 or more."),
    ("EVOLUTION_READ_TIMEOUT", "nan", "EVOLUTION_READ_TIMEOUT must be a number, 1 or more."),
    ("DATABASE_URL", None, "DATABASE_URL is not set: the embedded PostgreSQL serves"),
    ("DATABASE_URL", "sqlite:///atendo.db", "like postgres://login:password@host/database."),
    ("DATABASE_URL", "banco", "like postgres://login:password@host/database."),
    ("DATABASE_URL", "postgres://login@host", "like postgres://login:password@host/database."),
    ("DATABASE_URL", "postgres://login@host:x/db", "postgres://login:password@host/database."),
    ("SECURE_SSL_REDIRECT", "talvez", "SECURE_SSL_REDIRECT must be true or false."),
    ("SECURE_HSTS_SECONDS", "-1", "SECURE_HSTS_SECONDS must be a whole number, 0 or more."),
    ("WORKER_CONCURRENCY", "0", "WORKER_CONCURRENCY must be a whole number, 1 or more."),
    ("WORKER_CONCURRENCY", "four", "WORKER_CONCURRENCY must be a whole number, 1 or more."),
    ("LOG_FORMAT", "xml", "LOG_FORMAT must be one of text, json."),
    ("LOG_LEVEL", "LOUD", "LOG_LEVEL must be one of DEBUG, INFO, WARNING, ERROR."),
    ("DEBUG", "talvez", "DEBUG must be true or false."),
]


def python(code, **changes):
    """Run code in a process of its own with the production settings."""
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**INHERITED, **PRODUCTION, **changes},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def production(monkeypatch):
    """Read the settings anew; None takes a variable away."""

    def read(**changes):
        for variable in variables_read():
            monkeypatch.delenv(variable, raising=False)
        for variable, given in (PRODUCTION | changes).items():
            if given is not None:
                monkeypatch.setenv(variable, given)
        return runpy.run_path(str(ROOT / "atendo" / "settings.py"))

    return read


@pytest.mark.parametrize(("name", "value", "sentence"), WRONG)
def test_production_refuses_to_start_with_a_sentence(production, name, value, sentence):
    with pytest.raises(ImproperlyConfigured) as refusal:
        production(**{name: value})
    said = str(refusal.value)
    assert said.startswith(name)
    assert sentence in said
    assert "\n" not in said
    if name == "SECRET_KEY" and value:
        assert value not in said


@pytest.mark.parametrize("command", ["check", "worker"])
def test_a_command_ends_in_that_sentence(command):
    """Django runs its own commands, such as `check`, without settings at first."""
    code = f"import sys, runpy; sys.argv = ['manage.py', '{command}']"
    run = python(f"{code}; runpy.run_path('manage.py', run_name='__main__')", SITE_URL="")
    assert run.returncode == 1
    assert "SITE_URL is not set. See docs/configuration.md." in run.stderr.splitlines()[-1]


def test_the_production_settings_are_the_safe_ones(production):
    values = production()
    safe = {
        "DEBUG": False,
        "ALLOWED_HOSTS": ["atendo.example"],
        "CSRF_TRUSTED_ORIGINS": ["https://atendo.example"],
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 31_536_000,
        "X_FRAME_OPTIONS": "DENY",
        "EVOLUTION_API_URL": "http://evolution.internal:8080",
        "WEBHOOK_BASE_URL": "https://atendo.example",
        "LOG_FORMAT": "json",
        "EVOLUTION_SIMULATOR_ALLOWED": False,
        "APP_ROLE": "atendo_app",
        "SECRET_KEY": PRODUCTION["SECRET_KEY"],
    }
    assert {name: values[name] for name in safe} == safe
    database = values["DATABASES"]["default"]
    wanted = {"USER": "login", "PASSWORD": "p@ss", "HOST": "db.internal", "PORT": 5433}
    assert {name: database[name] for name in wanted} == wanted
    assert database["OPTIONS"] == {"sslmode": "require"}
    assert values["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]["default-src"] == ["'self'"]


@pytest.fixture
def plain_login(django_db_setup, django_db_blocker):
    """The address of the tests' database for a login that is no superuser."""
    name = f"{connection.settings_dict['NAME']}_login"
    names = {"login": name, "app": settings.APP_ROLE, "staff": settings.STAFF_ROLE}
    identifiers = {key: sql.Identifier(value) for key, value in names.items()}
    forget = "DROP ROLE IF EXISTS {login}"
    make = "CREATE ROLE {login} LOGIN PASSWORD 'of-a-test'; GRANT {app}, {staff} TO {login}"
    with django_db_blocker.unblock(), connection.as_login_role(), connection.cursor() as cursor:
        cursor.execute(sql.SQL(forget).format(**identifiers))
        cursor.execute(sql.SQL(make).format(**identifiers))
        server = connection.settings_dict
        host, port = server["HOST"].replace("/", "%2F"), server["PORT"] or 5432
        yield f"postgres://{name}:of-a-test@{host}:{port}/{server['NAME']}"
        cursor.execute(sql.SQL(forget).format(**identifiers))


def test_a_full_production_environment_passes_every_deploy_check(plain_login):
    roles = {"APP_ROLE": settings.APP_ROLE, "STAFF_ROLE": settings.STAFF_ROLE}
    code = (
        "import django; django.setup(); from django.core.management import call_command;"
        "call_command('check', deploy=True, fail_level='WARNING');"
        "call_command('check', deploy=True, fail_level='WARNING', tags=['isolation'])"
    )
    run = python(code, DATABASE_URL=plain_login, **roles)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == "System check identified no issues (0 silenced).\n" * 2


def test_the_simulator_cannot_start_in_production(plain_login):
    code = (
        "import sys; from django.core.management import execute_from_command_line as run;"
        "run(['manage.py', 'evolution_simulator', '--port', '0'])"
    )
    run = python(code, DATABASE_URL=plain_login)
    assert run.returncode != 0
    assert "simulator" in run.stderr.lower() or "simulador" in run.stderr.lower()


def variables_read():
    """The names that settings.py and its helper hand to a method of the environment."""
    found = set()
    for path in ("atendo/settings.py", "atendo/environment.py"):
        for node in ast.walk(ast.parse((ROOT / path).read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner, first = ast.unparse(node.func.value), next(iter(node.args), None)
                if owner in {"env", "self"} and isinstance(first, ast.Constant):
                    found.add(first.value)
    return found


def test_every_variable_stands_in_the_documentation_and_no_other():
    text = (ROOT / "README.md").read_text() + (ROOT / "docs" / "configuration.md").read_text()
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", text, re.MULTILINE))
    assert variables_read() == documented
    assert len(documented) > 15


@pytest.fixture
def env(tmp_path, monkeypatch):
    monkeypatch.delenv("ENV_FILE", raising=False)
    monkeypatch.setattr(os, "environ", os.environ.copy())
    monkeypatch.setattr(Environment, "ENVIRON", os.environ)
    file = tmp_path / ".env"
    file.write_text("FROM_FILE=' of the file '\nNUMBER=\nDOLLAR=$HOME\n")
    return Environment(file)


def test_a_file_may_hold_the_variables(env):
    assert env.str("FROM_FILE") == " of the file "
    assert env.str("DOLLAR") == "$HOME"
    assert env.int("NUMBER", default=3) == 3  # empty is not set


@pytest.mark.parametrize(("value", "truth"), [("TRUE", True), ("1", True), ("off", False)])
def test_truth_is_spelled_in_few_ways(env, monkeypatch, value, truth):
    monkeypatch.setitem(os.environ, "X_TRUTH", value)
    assert env.bool("X_TRUTH") is truth
    monkeypatch.setitem(os.environ, "X_TRUTH", f"{value}?")
    with pytest.raises(ImproperlyConfigured, match=r"^X_TRUTH must be true or false\.$"):
        env.bool("X_TRUTH")
