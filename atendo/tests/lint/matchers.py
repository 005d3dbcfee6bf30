"""Small questions about one node of a syntax tree.

A guarded name counts wherever it is mentioned: called, passed on as a value, imported under
another name, or asked for by `getattr` with a literal.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

from atendo.tests.lint.source import Definition

Sees = Callable[[ast.AST], bool]

BY_NAME = {"getattr", "setattr", "hasattr", "attrgetter", "methodcaller", "import_string"}
CONTAINERS = {"dict", "list", "set", "defaultdict", "OrderedDict", "deque", "WeakKeyDictionary"}
ASKS_FOR_THE_TYPE = {"isinstance", "issubclass", "cast"}


def name_of(node: ast.AST | None) -> str:
    """The last name of `a.b.c`, `c`, `c[...]` or `c(...)`."""
    if isinstance(node, ast.Subscript):
        return name_of(node.value)
    if isinstance(node, ast.Call):
        return name_of(node.func)
    return getattr(node, "attr", getattr(node, "id", ""))


def owner_of(node: ast.AST) -> str:
    """The last name of what stands before the dot: `connection` in `connection.cursor`."""
    return name_of(getattr(node, "value", None))


def any_of(*questions: Sees) -> Sees:
    return lambda node: any(question(node) for question in questions)


def calls(*names: str) -> Sees:
    return lambda node: (
        isinstance(node, ast.Call)
        and not isinstance(node.func, ast.Call)
        and name_of(node.func) in names
    )


def imports(*names: str, module: str) -> Sees:
    """`from <module> import <name>`."""
    return lambda node: (
        isinstance(node, ast.ImportFrom)
        and node.module == module
        and any(each.name in names for each in node.names)
    )


def has_attribute(*names: str, of: str = "", but_of: frozenset[str] = frozenset()) -> Sees:
    """`<of>.<name>`, or asked for by `getattr(<of>, "name")`; without `of` anybody's."""

    def fits(owner: str) -> bool:
        return owner not in but_of and owner == (of or owner)

    def sees(node: ast.AST) -> bool:
        if isinstance(node, ast.Attribute):
            return node.attr in names and fits(owner_of(node))
        if not isinstance(node, ast.Call) or name_of(node.func) not in BY_NAME:
            return False
        words = [word.value for word in node.args if isinstance(word, ast.Constant)]
        named = any(str(word).rpartition(".")[2] in names for word in words)
        return named and fits(name_of(node.args[0]) or of)

    return sees


def mentions(*names: str) -> Sees:
    """The name itself, somebody's attribute of that name, or an import under another name."""

    def by_itself(node: ast.AST) -> bool:
        return isinstance(node, ast.Name) and node.id in names

    return any_of(by_itself, has_attribute(*names), renames("|".join(names)))


def renames(pattern: str) -> Sees:
    """Gives what is so called another name, so that no other rule would see it.

    Not as `model`, which is how the Meta of a form names its own.
    """
    fits = re.compile(pattern).fullmatch

    def sees(node: ast.AST) -> bool:
        if isinstance(node, ast.alias):
            return node.asname not in {None, node.name} and bool(fits(node.name))
        renaming = ast.Assign | ast.AnnAssign | ast.NamedExpr | ast.Return
        if not isinstance(node, renaming) or not _is(node.value, fits):
            return False
        return not isinstance(node, ast.Assign) or name_of(node.targets[0]) != "model"

    return sees


def makes(pattern: str) -> Sees:
    """Makes one of what is so called, passes the class on, or derives one not so called.

    Annotations and questions for the type are fine.
    """
    fits = re.compile(pattern).fullmatch

    def sees(node: ast.AST) -> bool:
        if isinstance(node, ast.ClassDef):
            return any(_is(base, fits) for base in node.bases) and not fits(node.name)
        if not isinstance(node, ast.Call) or name_of(node.func) in ASKS_FOR_THE_TYPE:
            return False
        given = [*node.args, *(word.value for word in node.keywords)]
        return any(_is(each, fits) for each in [node.func, *given])

    return sees


def _is(node: ast.AST | None, fits: Callable[[str], object]) -> bool:
    return not isinstance(node, ast.Call) and bool(fits(name_of(node)))


def says(pattern: str) -> Sees:
    """A text, also a part of an f-string, that holds the words."""
    found = re.compile(pattern, re.IGNORECASE).search
    return lambda node: (
        isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(found(node.value))
    )


def stays(node: ast.AST) -> bool:
    """Lives as long as the process: a memoized function, a global, a container to be filled."""
    if isinstance(node, ast.Global):
        return True
    if isinstance(node, Definition):
        return any(name_of(each) in {"cache", "lru_cache"} for each in node.decorator_list)
    if calls("lru_cache", "cache")(node):
        return not isinstance(node.parent, Definition)
    assigned = isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
    return (
        assigned and isinstance(node.parent, ast.Module | ast.ClassDef) and _is_empty(node.value)
    )


def _is_empty(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return not owner_of(node.func) and name_of(node) in CONTAINERS
    return ast.unparse(node) in {"{}", "[]"}
