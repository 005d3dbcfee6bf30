"""What a careless colleague may add, and a lock that somebody takes out of the source: each is
caught though nobody registers it anywhere.

Each test changes a copy of the project and runs there what `make test` and `make prove` run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from django.conf import settings

from atendo import embedded_postgres

pytestmark = pytest.mark.slow

ROOT = Path(settings.BASE_DIR)
CODE = ("atendo", "tenants", "scheduling", "whatsapp", "templates", "static")
FILES = ("conftest.py", "pytest.ini", "manage.py")
LINT = ("pytest", "atendo/tests/test_isolation_lint.py")
PROVE = ("atendo.tests.prove", "-n", "0", "-k")


class Tree:
    """A copy of the project, with a database of its own on the same server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in CODE:
            ignored = shutil.ignore_patterns("__pycache__", "browser", "screenshots")
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        (folder / "docs").mkdir()
        for name in (*FILES, "docs/isolation.md"):
            shutil.copy(ROOT / name, folder / name)

    def replace(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{file} no longer has this once: {old}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def append(self, file: str, text: str) -> None:
        with (self.folder / file).open("a", encoding="utf-8") as source:
            source.write(text)

    def run(self, *module_and_arguments: str) -> tuple[int, str]:
        """Return the exit status, and what was printed."""
        done = subprocess.run(
            [sys.executable, "-m", *module_and_arguments],
            cwd=self.folder,
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def _environment(self) -> dict[str, str]:
        left_out = ("PYTEST", "COV_", "DJANGO_SETTINGS_MODULE")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(left_out)}
        return kept | {
            "ATENDO_POSTGRES": str(embedded_postgres.default_home(ROOT)),
            "DATABASE_NAME": f"added_{uuid.uuid4().hex[:12]}",
            "APP_ROLE": settings.APP_ROLE,
            "STAFF_ROLE": settings.STAFF_ROLE,
        }


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path / "atendo")


def without_policies(what):
    return f"{what} and row_level_security and not manager and not writes and not composite"


# Additions -------------------------------------------------------------------------------------

NAIVE_VIEW = '''

def peek(request, pk):
    """Whoever asks: the check is missing."""
    rows = Client.objects.raw("SELECT * FROM clients WHERE id = %s", [pk])
    return HttpResponse(", ".join(row.name for row in rows))
'''

UNSCOPED_FIELD = """from django.db.models import QuerySet

    client = RowField(queryset=QuerySet(Client))"""


def test_a_naive_view_is_caught(tree):
    tree.append("scheduling/views/clients.py", NAIVE_VIEW)
    tree.replace(
        "scheduling/urls.py",
        '    path("clientes/novo/"',
        '    path("clientes/<int:pk>/espiada/", clients.peek),\n    path("clientes/novo/"',
    )

    status, lint = tree.run(*LINT)
    assert status == 1
    assert "('scheduling/views/clients.py', 'peek')" in lint

    status, proof = tree.run(*PROVE, without_policies("product"), "-vv")
    assert status == 1
    assert "GET /clientes/{id}/espiada/ shows" in proof


def test_a_serializer_with_an_unscoped_queryset_is_caught(tree):
    file = "scheduling/api/appointments.py"
    tree.replace(file, "client = RowField(queryset=Client.objects.all())", UNSCOPED_FIELD)

    status, lint = tree.run(*LINT)
    assert status == 1
    assert f"('{file}', 'BookingSerializer')" in lint

    status, proof = tree.run(*PROVE, without_policies("product"), "-vv")
    assert status == 1
    assert "POST /api/v1/appointments/ client=id is stopped by the database alone" in proof


def test_a_model_without_a_policy_is_caught(tree):
    tree.append(
        "scheduling/models/__init__.py",
        """

from django.db import models
from tenants.constraints import CompanyKey
from tenants.models import TenantModel


class Idea(TenantModel):
    text = models.TextField()

    class Meta(TenantModel.Meta):
        constraints = [CompanyKey(name="ideas_company_key")]
""",
    )

    for command in (("pytest", "tenants/tests/test_checks.py"), (*PROVE, "checks_of_models")):
        status, printed = tree.run(*command)
        assert status == 1
        assert "scheduling.Idea has no CompanyPolicy (row level security)" in printed


# Locks taken out of the source -----------------------------------------------------------------

OUT_OF_THE_SOURCE = {
    "manager": (
        "tenants/managers.py",
        'return f"{sql} = %s", [*params, company]',
        'return "(1 = 1)", []',
    ),
    "bound writes": (
        "tenants/models/base.py",
        "        elif self.company_id != company:",
        "        elif False:",
    ),
    "row level security": (
        "tenants/constraints.py",
        '"ALTER TABLE %(table)s ENABLE ROW LEVEL SECURITY"',
        '"ALTER TABLE %(table)s DISABLE ROW LEVEL SECURITY"',
    ),
    "composite keys": (
        "tenants/constraints.py",
        "schema_editor.deferred_sql.append(self._statement(model, schema_editor))",
        "self._statement(model, schema_editor)",
    ),
}


# The careless view that then leaks where the table of docs/isolation.md says that it does not.
SEEN = {
    "manager": "`Model.objects` by an unchecked id: [",
    "bound writes": "s company: [",
    "row level security": "raw SQL by id: [",
    "composite keys": "a reference from an unchecked body: [",
}


@pytest.mark.parametrize("lock", OUT_OF_THE_SOURCE)
def test_a_lock_taken_out_of_the_source_is_missed(lock, tree):
    tree.replace(*OUT_OF_THE_SOURCE[lock])

    status, printed = tree.run(*PROVE, "careless", "-vv")

    assert status == 1
    assert SEEN[lock] in printed
