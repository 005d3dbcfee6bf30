"""No generator yields inside a scope, which it would leave to whoever reads it."""

from __future__ import annotations

import ast

import pytest

from atendo.tests.lint.generators import SCOPES, scopes_of, yields_in_a_scope
from atendo.tests.lint.source import sources

# (file, function): why its scope cannot reach whoever reads it.
ALLOWED: dict[tuple[str, str], str] = {}


def test_no_generator_yields_inside_a_scope_but_those_on_the_list():
    modules = dict(sources())
    scopes = scopes_of(list(modules.values()))
    found = {
        (path, name) for path, tree in modules.items() for name in yields_in_a_scope(tree, scopes)
    }
    assert found == set(ALLOWED)
    assert all(ALLOWED.values())


def test_the_projects_own_helpers_count_as_scopes():
    assert scopes_of([tree for _, tree in sources()]) == SCOPES | {"staff_scope"}


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("with scope.company(1):\n  yield 1", ["f"]),
        ("with scope.company(1):\n  for x in y:\n   yield x", ["f"]),
        ("with open(p), every_company('why'):\n  yield from y", ["f"]),
        ("with scope.company(1) if a else nullcontext():\n  yield 1", ["f"]),
        ("if x:\n  with scope.company(1) as c:\n   z = yield c", ["f"]),
        ("yield 1\n with scope.company(1):\n  pass", []),
        ("with scope.company(1):\n  return [x for x in y]", []),
        ("with open(p):\n  yield 1", []),
        ("with scope.company(1):\n  def g():\n   yield 1\n  return list(g())", []),
        ("def g():\n  with scope.company(1):\n   yield 1\n return g()", ["f.g"]),
    ],
)
def test_the_rule_for_generators_sees_its_examples(body, names):
    for define in ("def", "async def"):
        assert yields_in_a_scope(ast.parse(f"{define} f():\n {body}")) == names
    if names in ([], ["f"]):
        code = f"@contextmanager\ndef f():\n {body}"
        assert yields_in_a_scope(ast.parse(code)) == []
        assert yields_in_a_scope(ast.parse(code.replace("@context", "@no_context"))) == names


@pytest.mark.parametrize(
    "helper",
    [
        "@contextmanager\ndef inside():\n with scope.company(1):\n  yield",
        "@asynccontextmanager\nasync def inside():\n with scope.company(1):\n  yield",
        "def inside():\n return scope.company(1)",
        "def inside():\n return scope.company(1) if a else nullcontext()",
        "def inside():\n return deeper()\ndef deeper():\n return every_company('why')",
    ],
)
def test_a_scope_behind_a_helper_is_a_scope(helper):
    tree = ast.parse(f"{helper}\ndef f():\n with inside():\n  yield 1")
    assert yields_in_a_scope(tree, scopes_of([tree])) == ["f"]
    harmless = ast.parse("def inside():\n return open(p)\ndef f():\n with inside():\n  yield 1")
    assert yields_in_a_scope(harmless, scopes_of([harmless])) == []
