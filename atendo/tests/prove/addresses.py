"""Every address that the product answers, found in the resolver and in the middleware.

Nothing is listed by hand.  Where a value is asked for, the address has a placeholder: `{slug}`,
`{token}`, `{file}` or `{invitation}` if that is its name, `{id}` for whatever else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from django.conf import settings
from django.urls import URLResolver, converters, get_resolver, resolve
from django.urls.resolvers import RoutePattern
from django.utils.module_loading import import_string

BY_VALUE = (converters.IntConverter, converters.StringConverter, converters.PathConverter)
NAMED = ("slug", "token", "file", "invitation")


@dataclass(frozen=True)
class Route:
    address: str
    view: Callable[..., Any]

    def is_reached_by(self, **values: Any) -> bool:
        """Whether a request for the address comes to this view and to no other."""
        return resolve(self.address.format(**values)).func is self.view


def routes(resolver: Any = None, prefix: str = "/") -> Iterator[Route]:
    """Yield every route of the resolver."""
    for entry in (resolver or get_resolver()).url_patterns:
        for part in _spellings(entry.pattern):
            if isinstance(entry, URLResolver):
                yield from routes(entry, prefix + part)
            else:
                yield Route(prefix + part, entry.callback)


def answered_early() -> list[str]:
    """Return the addresses that a middleware answers before the resolver is asked."""
    classes = [import_string(name) for name in settings.MIDDLEWARE]
    return [address for cls in classes for address in getattr(cls, "addresses", ())]


def addresses() -> list[str]:
    found = [*(route.address for route in routes()), *answered_early()]
    return list(dict.fromkeys(found))


def _spellings(pattern: Any) -> list[str]:
    if not isinstance(pattern, RoutePattern):
        return [_example(str(pattern))]
    pieces = re.split(r"<(?:\w+:)?(\w+)>", str(pattern))
    names = pieces[1::2]
    choices = [_choices(name, pattern.converters[name]) for name in names]
    return ["".join(_zipped(pieces[::2], chosen)) for chosen in product(*choices)]


def _zipped(texts: list[str], values: tuple[str, ...]) -> Iterator[str]:
    for text, value in zip(texts, (*values, ""), strict=True):
        yield text + value


def _choices(name: str, converter: Any) -> list[str]:
    if isinstance(converter, BY_VALUE):
        return [f"{{{name}}}" if name in NAMED else "{id}"]
    words = converter.regex.split("|")
    assert all(re.fullmatch("[a-z-]+", word) for word in words), "teach the walker this converter"
    return words


def _example(regex: str) -> str:
    """A text that the regex matches: the first word of each choice; "nada" where all goes."""
    text = re.sub(r"\(\?P<\w+>(\w+)[^)]*\)", r"\1", regex).strip("^$")
    return text if re.fullmatch("[a-z/]+", text) else "nada"
