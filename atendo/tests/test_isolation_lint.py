"""The few places that may step around a lock, each with its reason; everywhere else is refused.

To add a place, add a line to its rule in ALLOWED: (file, function) and why it has to be there.
A line that is no longer needed fails too.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings

APPS = ("atendo", "tenants", "scheduling", "whatsapp")
EVERYWHERE = "*"  # as the function: all of the file

Place = tuple[str, str]

ALLOWED: dict[str, dict[Place, str]] = {
    "as_login_role": {
        ("tenants/postgresql/creation.py", EVERYWHERE): "test databases are made and cleared",
        ("tenants/management/login_role.py", EVERYWHERE): "what wraps a command",
        ("tenants/management/commands/migrate.py", ""): "changes the schema",
        ("tenants/management/commands/flush.py", ""): "TRUNCATE is the owner's",
        ("tenants/management/commands/loaddata.py", ""): "loads rows of every company",
        ("tenants/management/commands/createcachetable.py", ""): "changes the schema",
    },
    "every_company": {
        ("tenants/management/login_role.py", "as_login_role.Command.handle"): "loaddata",
        ("tenants/postgresql/creation.py", "DatabaseCreation.serialize_db_to_string"): "tests",
        ("tenants/postgresql/creation.py", "DatabaseCreation.deserialize_db_from_string"): "tests",
        ("tenants/middleware.py", "staff_scope"): "the admin of the platform's staff",
        ("tenants/companies.py", "memberships_of"): "login and choice of company look across",
        ("atendo/demo_data.py", "_company"): "a company is made before it can be entered",
        ("whatsapp/jobs.py", "tick"): "which companies have something to do",
    },
    "another company by switch=True": {
        ("tenants/companies.py", "activate"): "the log of the company that is entered",
    },
    "no_company": {},
    "the state of the scope itself": {},
    "_base_manager": {
        ("tenants/checks.py", "_manager_errors"): "asks whether it is scoped",
        ("tenants/fields.py", "TenantForeignKey.validate"): "as Django's own validate does",
    },
    "_raw_delete": {},
    "raw SQL: raw, extra, RawSQL": {},
    "raw SQL: cursor": {
        ("tenants/postgresql/base.py", "DatabaseWrapper.create_cursor"): "the backend",
        ("tenants/roles.py", "_make_roles"): "roles and default privileges, in pre_migrate",
        ("tenants/roles.py", "_request_for_administrator"): "reads pg_roles",
        ("tenants/roles.py", "protect_bookkeeping"): "REVOKE on django_migrations",
        ("tenants/server_checks.py", "_rows"): "reads the catalogue",
        ("atendo/health.py", "_worker_seen"): "procrastinate_workers, no company's table",
        ("whatsapp/management/commands/worker.py", "keep_house"): "procrastinate_jobs",
    },
    "a connection beside Django's": {
        ("atendo/embedded_postgres.py", "_serves"): "whether the server is up",
        ("atendo/embedded_postgres.py", "_create_database"): "before Django knows it",
        ("whatsapp/management/commands/worker.py", "make_connector"): "as the app role",
    },
    "psycopg's own connection": {
        ("tenants/postgresql/base.py", "DatabaseWrapper._apply_scope"): "sets the scope itself",
    },
    "people of every company": {
        ("atendo/demo_data.py", "_staff"): "the login of the demo's staff",
        ("atendo/demo_data.py", "_member"): "the logins of the demo",
    },
    "a migration of rows or raw SQL": {
        ("tenants/migrations/0002_wake_on_free_lock.py", "Migration"): "a trigger, no rows",
    },
}


def _name(node: ast.AST) -> str:
    """The last name of `a.b.c` or `c`."""
    return getattr(node, "attr", getattr(node, "id", ""))


def _named(*names: str) -> Callable[[ast.AST], bool]:
    return lambda node: isinstance(node, ast.Name | ast.Attribute) and _name(node) in names


def _calls(*names: str) -> Callable[[ast.AST], bool]:
    return lambda node: isinstance(node, ast.Call) and _name(node.func) in names


def _calls_method(*names: str) -> Callable[[ast.AST], bool]:
    return lambda node: _calls(*names)(node) and isinstance(node.func, ast.Attribute)


def _switches(node: ast.AST) -> bool:
    return _calls("company")(node) and any(word.arg == "switch" for word in node.keywords)


def _touches_the_state(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and node.attr == "_current"
        and _name(node.value) == "scope"
    )


def _connects(node: ast.AST) -> bool:
    return _calls("PsycopgConnector", "SyncPsycopgConnector", "ConnectionPool")(node) or (
        _calls("connect")(node) and _name(getattr(node.func, "value", node)) == "psycopg"
    )


PSYCOPG = {"rollback", "commit", "transaction", "pipeline", "execute", "cursor", "autocommit"}


def _is_psycopgs(node: ast.AST) -> bool:
    """`connection.connection.x`, whose rollbacks the backend does not see, or a plain cursor."""
    if _calls("Cursor", "ClientCursor", "ServerCursor", "RawCursor")(node):
        return True
    return (
        isinstance(node, ast.Attribute)
        and node.attr in PSYCOPG
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "connection"
        and _name(node.value.value) != "self"
    )


def _asks_for_people(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Attribute) and node.attr == "objects" and _name(node.value) == "User"
    )


RULES: dict[str, Callable[[ast.AST], bool]] = {
    "as_login_role": _named("as_login_role"),
    "every_company": _calls("every_company"),
    "another company by switch=True": _switches,
    "no_company": _calls("no_company"),
    "the state of the scope itself": _touches_the_state,
    "_base_manager": _named("_base_manager"),
    "_raw_delete": _named("_raw_delete"),
    "raw SQL: raw, extra, RawSQL": lambda node: (
        _calls_method("raw", "extra")(node) or _calls("RawSQL")(node)
    ),
    "raw SQL: cursor": _calls_method("cursor", "chunked_cursor"),
    "a connection beside Django's": _connects,
    "psycopg's own connection": _is_psycopgs,
    "people of every company": _asks_for_people,
    "a migration of rows or raw SQL": _calls("RunPython", "RunSQL", "SeparateDatabaseAndState"),
}

EXAMPLES = {
    "as_login_role": "with connection.as_login_role(): pass",
    "every_company": "with every_company('why'): pass",
    "another company by switch=True": "with scope.company(1, switch=True): pass",
    "no_company": "with scope.no_company(): pass",
    "the state of the scope itself": "scope._current.set(1)",
    "_base_manager": "Client._base_manager.all()",
    "_raw_delete": "Client.objects.all()._raw_delete('default')",
    "raw SQL: raw, extra, RawSQL": "Client.objects.raw('SELECT 1')",
    "raw SQL: cursor": "with connections['default'].cursor() as cursor: pass",
    "a connection beside Django's": "psycopg.connect('')",
    "psycopg's own connection": "connection.connection.rollback()",
    "people of every company": "User.objects.filter(email='')",
    "a migration of rows or raw SQL": "migrations.RunPython(print)",
}


def walk(tree: ast.AST, outer: str = "") -> Iterator[tuple[str, ast.AST]]:
    """Every node of a module with the dotted name of the function that it stands in."""
    for node in ast.iter_child_nodes(tree):
        inner = outer
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner = f"{outer}.{node.name}".lstrip(".")
        yield outer, node
        yield from walk(node, inner)


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Every module of the product, by its path in the project; tests are free to do anything."""
    root = Path(settings.BASE_DIR)
    for app in APPS:
        for file in sorted((root / app).rglob("*.py")):
            if "tests" not in file.parts:
                yield str(file.relative_to(root)), ast.parse(file.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def nodes():
    return [(path, outer, node) for path, tree in sources() for outer, node in walk(tree)]


@pytest.mark.parametrize("rule", RULES)
def test_only_the_places_on_the_list_step_around_a_lock(rule, nodes):
    found = {(path, outer) for path, outer, node in nodes if RULES[rule](node)}
    whole = {path for path, function in ALLOWED[rule] if function == EVERYWHERE}
    found = {(path, EVERYWHERE if path in whole else outer) for path, outer in found}
    assert sorted(found) == sorted(ALLOWED[rule])


@pytest.mark.parametrize("rule", RULES)
def test_the_rule_sees_an_example(rule):
    assert set(ALLOWED) == set(RULES) == set(EXAMPLES)
    tree = ast.parse(f"def function():\n    {EXAMPLES[rule]}")
    assert {outer for outer, node in walk(tree) if RULES[rule](node)} == {"function"}


def test_every_place_on_the_list_says_why():
    assert all(reason for places in ALLOWED.values() for reason in places.values())


# A generator that yields inside a scope leaves it to whoever reads it ---------------------------

SCOPES = {"company", "every_company", "no_company", "staff_scope"}


def yields_in_a_scope(tree: ast.AST) -> list[str]:
    """The functions that do, but for context managers, whose scope ends with their block."""
    return [
        f"{outer}.{node.name}".lstrip(".")
        for outer, node in walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and not any("contextmanager" in _name(decorator) for decorator in node.decorator_list)
        and any(_yields(block) for block in _blocks_in_a_scope(node))
    ]


def _blocks_in_a_scope(function: ast.AST) -> Iterator[ast.AST]:
    for node in _own_nodes(function):
        if isinstance(node, ast.With | ast.AsyncWith) and any(
            _calls(*SCOPES)(item.context_expr) for item in node.items
        ):
            yield node


def _yields(block: ast.AST) -> bool:
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in _own_nodes(block))


def _own_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes below, without those of functions inside."""
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield node
            yield from _own_nodes(node)


def test_no_generator_yields_inside_a_scope():
    found = {path: names for path, tree in sources() if (names := yields_in_a_scope(tree))}
    assert found == {}


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("with scope.company(1):\n  yield 1", ["f"]),
        ("with scope.company(1):\n  for x in y:\n   yield x", ["f"]),
        ("with open(p), every_company('why'):\n  yield from y", ["f"]),
        ("if x:\n  with scope.company(1) as c:\n   z = yield c", ["f"]),
        ("yield 1\n with scope.company(1):\n  pass", []),
        ("with scope.company(1):\n  return [x for x in y]", []),
        ("with open(p):\n  yield 1", []),
        ("with scope.company(1):\n  def g():\n   yield 1\n  return list(g())", []),
    ],
)
def test_the_rule_for_generators_sees_its_examples(body, names):
    assert yields_in_a_scope(ast.parse(f"def f():\n {body}")) == names
    assert yields_in_a_scope(ast.parse(f"@contextmanager\ndef f():\n {body}")) == []
