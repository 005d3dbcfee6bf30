"""The modules of the product, node by node."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

APPS = ("atendo", "tenants", "scheduling", "whatsapp")

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef


def walk(tree: ast.AST, outer: str = "") -> Iterator[tuple[str, ast.AST]]:
    """Every node with the dotted name of the function or class that it stands in or defines.

    Each gets a `parent`.  Docstrings say what the code must not do, and are left out.
    """
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        node.parent = tree
        inner = f"{outer}.{node.name}".lstrip(".") if isinstance(node, Definition) else outer
        yield inner, node
        yield from walk(node, inner)


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Every module of the product, by its path in the project; tests are free to do anything."""
    root = Path(settings.BASE_DIR)
    for app in APPS:
        for file in sorted((root / app).rglob("*.py")):
            if "tests" not in file.parts:
                yield str(file.relative_to(root)), ast.parse(file.read_text(encoding="utf-8"))
