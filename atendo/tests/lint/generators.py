"""Which functions yield inside a scope: a generator leaves it to whoever reads on.

A context manager may, since its scope ends with the block; a `with` of its name is then a scope
too, and so is one of a function that returns a scope.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from atendo.tests.lint.matchers import calls, name_of
from atendo.tests.lint.source import Function, walk

SCOPES = frozenset({"company", "every_company", "no_company", "_entered"})
CONTEXT_MANAGERS = {"contextmanager", "asynccontextmanager"}


def yields_in_a_scope(tree: ast.AST, scopes: frozenset[str] = SCOPES) -> list[str]:
    """The dotted names of the functions that do, but for context managers."""
    return [
        outer
        for outer, node in walk(tree)
        if isinstance(node, Function)
        and not _is_context_manager(node)
        and _yields_inside(node, scopes)
    ]


def scopes_of(trees: list[ast.Module]) -> frozenset[str]:
    """The names of all that enters a scope, those of the project's own helpers included."""
    functions = [node for tree in trees for node in ast.walk(tree) if isinstance(node, Function)]
    known = SCOPES
    while new := {node.name for node in functions if _is_a_scope(node, known)} - known:
        known |= new
    return known


def _is_a_scope(function: Function, known: frozenset[str]) -> bool:
    if _is_context_manager(function):
        return _yields_inside(function, known)
    returned = [node.value for node in _own_nodes(function) if isinstance(node, ast.Return)]
    return any(_enters(each, known) for each in returned)


def _is_context_manager(function: Function) -> bool:
    return any(name_of(each) in CONTEXT_MANAGERS for each in function.decorator_list)


def _enters(node: ast.AST | None, scopes: frozenset[str]) -> bool:
    """A call of a scope, or a choice between two expressions of which one is."""
    if isinstance(node, ast.IfExp):
        return _enters(node.body, scopes) or _enters(node.orelse, scopes)
    return calls(*scopes)(node)


def _yields_inside(function: Function, scopes: frozenset[str]) -> bool:
    return any(
        isinstance(inner, ast.Yield | ast.YieldFrom)
        for node in _own_nodes(function)
        if isinstance(node, ast.With | ast.AsyncWith)
        and any(_enters(item.context_expr, scopes) for item in node.items)
        for inner in _own_nodes(node)
    )


def _own_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes below, without those of functions inside."""
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, Function | ast.Lambda):
            yield node
            yield from _own_nodes(node)
