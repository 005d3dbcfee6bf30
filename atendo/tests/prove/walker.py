"""Calls addresses, and keeps what each answer shows, says elsewhere, and does."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.messages import get_messages
from django.core import mail
from django.db import DatabaseError, connection, transaction
from django.test import Client

from atendo.logs import JsonFormatter, ScopeFilter
from atendo.tests.prove.census import census
from atendo.tests.prove.masks import MASKED

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
WITHOUT_BODY = {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True)
class Actor:
    """Who asks: a session, a token, or neither."""

    name: str
    cookies: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def asking(self, **headers: str) -> Actor:
        return replace(self, headers={**self.headers, **headers})


@dataclass(frozen=True)
class Answer:
    status: int
    shown: str
    """Headers, cookies, messages and body, without what is new each time."""
    said: str = ""
    """What went elsewhere: mail, and the lines of the log."""
    statements: int = 0
    rows: dict[str, tuple[int, str]] = field(default_factory=dict)
    """For each table the number of our rows and the hash of the rival's; {} if none changed."""
    mixed: list[str] = field(default_factory=list)
    """The foreign keys that lead out of their company."""
    copied: list[str] = field(default_factory=list)
    """The tables in which a row of ours holds the rival's name."""
    stopped: str = ""
    """What the database refused at the end of the request."""

    def without(self, *values: str) -> Answer:
        """The answer as if none of the values had been asked for."""
        shown, said = self.shown, self.said
        for value in sorted(values, key=len, reverse=True):
            shown, said = shown.replace(value, "¤"), said.replace(value, "¤")
        return replace(self, shown=shown, said=said)


CHANGE_NOTHING = ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK")
CHANGE_ALL_THE_SAME = re.compile("PROCRASTINATE_|SETVAL|NEXTVAL")  # functions in a SELECT


class Walker:
    """Every call is undone, so that the next one finds the same rows."""

    def __init__(self, *, ours: int, rival: int, new_ids: str, name: str = "(?!)") -> None:
        """`name` is a regex that finds the rival's name in a row."""
        self.requests = 0
        patterns = [*MASKED.values(), (new_ids, "NEW")]
        self._new = [(re.compile(pattern), word) for pattern, word in patterns]
        self._client = Client(raise_request_exception=False)
        self._census = census(ours, rival, name)

    def rows(self) -> dict[str, tuple[int, str]]:
        """For each table the number of our rows, and the hash of the rival's."""
        return self._with_effects(Answer(0, "")).rows

    def check_csrf(self) -> None:
        self._client.handler.enforce_csrf_checks = True

    def undone(self, action: Callable[[], Any]) -> Answer:
        """What an action returns and does, which is then undone."""
        self.requests += 1
        mail.outbox = []
        with transaction.atomic(), _log_lines() as lines:
            answer = self._with_effects(Answer(0, str(action()), said=self._said(lines)))
            transaction.set_rollback(True)
        return answer

    def call(
        self,
        actor: Actor,
        method: str,
        address: str,
        *,
        query: dict[str, Any] | None = None,
        fields: dict[str, Any] | None = None,
    ) -> Answer:
        """Ask for the address; fields go as JSON to the API and as a form elsewhere."""
        self.requests += 1
        written: list[str] = []
        mail.outbox = []
        with transaction.atomic(), _log_lines() as lines:
            with connection.execute_wrapper(_counting(written)):
                response = self._asked(actor, method, address, query, fields)
                shown = self._shown(response)
            said, count = self._said(lines), len(written)
            answer = Answer(response.status_code, shown, said, count)
            if any(map(_changes, written)):
                answer = self._with_effects(answer)
            transaction.set_rollback(True)
        return answer

    def _asked(self, actor: Actor, method: str, address: str, query: Any, fields: Any) -> Any:
        self._client.cookies.clear()
        for name, value in actor.cookies.items():
            self._client.cookies[name] = value
        if query:
            address = f"{address}?{urlencode(query)}"
        if method in WITHOUT_BODY:
            return self._client.generic(method, address, headers=actor.headers)
        if address.startswith("/api/"):
            body, kind = json.dumps(fields or {}), "application/json"
        else:
            body, kind = urlencode(fields or {}), "application/x-www-form-urlencoded"
        return self._client.generic(method, address, body, kind, headers=actor.headers)

    def _shown(self, response: Any) -> str:
        request = getattr(response, "wsgi_request", None)
        messages = get_messages(request) if hasattr(request, "_messages") else ()
        return self._masked(
            *(f"{name}: {value}" for name, value in sorted(response.headers.items())),
            *(morsel.OutputString() for _name, morsel in sorted(response.cookies.items())),
            *(str(message) for message in messages),
            b"".join(response).decode(errors="replace"),
        )

    def _said(self, lines: list[str]) -> str:
        letters = [
            "\n".join([*letter.recipients(), str(letter.message())])
            for letter in getattr(mail, "outbox", ())
        ]
        return self._masked(*letters, *lines)

    def _masked(self, *parts: str) -> str:
        text = "\n".join(parts)
        for pattern, word in self._new:
            text = pattern.sub(word, text)
        return text

    def _with_effects(self, answer: Answer) -> Answer:
        try:
            connection.check_constraints()
        except DatabaseError as error:
            return replace(answer, stopped=str(error))
        with connection.as_login_role(), connection.cursor() as cursor:
            cursor.execute(self._census)
            found = cursor.fetchall()
        tables = [row for row in found if row[2] is not None]
        return replace(
            answer,
            rows={table: (count, digest) for table, count, digest, _copied in tables},
            copied=[table for table, _count, _digest, copied in tables if copied],
            mixed=[key for key, count, digest, _copied in found if digest is None and count],
        )


def _changes(sql: str) -> bool:
    return not sql.startswith(CHANGE_NOTHING) or bool(CHANGE_ALL_THE_SAME.search(sql))


def _counting(statements: list[str]) -> Any:
    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append(str(sql).lstrip().upper())
        return execute(sql, params, many, context)

    return wrapper


class _Lines(logging.Handler):
    """Keeps each line as production writes it."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.setFormatter(JsonFormatter())
        self.addFilter(ScopeFilter())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@contextmanager
def _log_lines() -> Iterator[list[str]]:
    """Collect what is logged in the block, at the level of production."""
    handler, root, ours = _Lines(), logging.getLogger(), logging.getLogger("atendo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(root, "handlers", [handler])
        for logger in (root, ours):
            patch.setattr(logger, "level", logging.INFO)
            logger.manager._clear_cache()
        yield handler.lines
    ours.manager._clear_cache()
