"""Requests, responses and routes: just enough HTTP."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from whatsapp.simulator.core import Core
from whatsapp.simulator.errors import ApiError
from whatsapp.simulator.state import Json


@dataclass
class Request:
    """`target` is path and query as sent; `gone` tells whether the caller hung up."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    client: str
    gone: Callable[[], bool]
    path: str = field(init=False)
    query: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.target)
        self.path = parts.path
        self.query = {name: values[-1] for name, values in parse_qs(parts.query).items()}

    def json(self) -> Any:
        """Return the parsed body, {} when empty; broken JSON is answered as Express does."""
        if not self.body.strip():
            return {}
        try:
            return json.loads(self.body)
        except json.JSONDecodeError as error:
            at_end = error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated")
            text = "Unexpected end of JSON input" if at_end else _unexpected(error)
        except UnicodeDecodeError:
            text = "Unexpected token in JSON"
        raise ApiError(400, text, error="Internal Server Error")

    def form(self) -> dict[str, str]:
        """Return the fields of an HTML form; the last value of a name wins."""
        fields = parse_qs(self.body.decode("utf-8", "replace"), keep_blank_values=True)
        return {name: values[-1] for name, values in fields.items()}

    @property
    def wants_html(self) -> bool:
        return "text/html" in self.headers.get("accept", "")


def _unexpected(error: json.JSONDecodeError) -> str:
    return f"Unexpected token {error.doc[error.pos]} in JSON at position {error.pos}"


@dataclass
class Response:
    status: int
    body: bytes
    content_type: str = "application/json; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    afterwards: Callable[[], None] | None = None  # called once the answer has left


def answer(status: int, body: Any) -> Response:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(status, text.encode())


Handler = Callable[..., Response]


class Routes:
    """Pairs of method and path; `{name}` in a path is one segment, handed on by name."""

    def __init__(self) -> None:
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = []

    def add(self, method: str, path: str) -> Callable[[Handler], Handler]:
        pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))

        def register(handler: Handler) -> Handler:
            self._routes.append((method, pattern, handler))
            return handler

        return register

    def find(self, request: Request) -> tuple[Handler, Json] | None:
        for method, pattern, handler in self._routes:
            match = pattern.fullmatch(request.path.rstrip("/") or "/")
            if method == request.method and match is not None:
                return handler, {key: unquote(value) for key, value in match.groupdict().items()}
        return None

    def call(self, core: Core, request: Request) -> Response | None:
        """Return the answer of the route that fits, None when none does."""
        found = self.find(request)
        if found is None:
            return None
        handler, names = found
        return handler(core, request, **names)
