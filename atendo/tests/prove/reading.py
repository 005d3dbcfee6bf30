"""The names of parameters and fields that the product looks up in the requests it gets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.http import QueryDict
from rest_framework.fields import Field

MARKER = "-"
"""A field that every request of who learns carries: by it a body is told from other JSON."""

WHOLE = ("items", "values", "keys", "dict", "__iter__")
OFTEN_MEANT = {"id", "pk", "company", "company_id"}
"""What may be in a body that is taken as a whole, and must not count."""


class SpiedBody(dict[str, Any]):
    """A JSON body that remembers who was looked up."""

    names: set[str]

    def get(self, name: str, default: Any = None) -> Any:
        self.names.add(name)
        return super().get(name, default)

    def pop(self, name: str, *default: Any) -> Any:
        self.names.add(name)
        return super().pop(name, *default)

    def __getitem__(self, name: str) -> Any:
        self.names.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self.names.add(str(name))
        return super().__contains__(name)


@contextmanager
def names_read() -> Iterator[set[str]]:
    """Collect the names that are looked up in the block: in addresses, forms and JSON."""
    names: set[str] = set()

    def spy(owner: Any, method: str, note: Callable[..., None]) -> None:
        original = getattr(owner, method)

        def spied(self: Any, *args: Any, **kwargs: Any) -> Any:
            note(self, *args)
            return original(self, *args, **kwargs)

        patch.setattr(owner, method, spied)

    with pytest.MonkeyPatch.context() as patch:
        for method in ("__getitem__", "__contains__", "getlist"):
            spy(QueryDict, method, lambda _data, name, *_rest: names.add(str(name)))
        for method in WHOLE:
            spy(QueryDict, method, lambda *_args: names.update(OFTEN_MEANT))
        spy(Field, "get_value", lambda field, *_rest: names.add(field.field_name))
        patch.setattr(json, "loads", _spying(json.loads, names))
        yield names
    names -= {"csrfmiddlewaretoken", MARKER}


def _spying(loads: Callable[..., Any], names: set[str]) -> Callable[..., Any]:
    def spied(*args: Any, **kwargs: Any) -> Any:
        value = loads(*args, **kwargs)
        if not isinstance(value, dict) or MARKER not in value:
            return value
        body = SpiedBody(value)
        body.names = names
        return body

    return spied
