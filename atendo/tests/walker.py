"""Walks every address of the product and keeps what each answer shows and does.

Nothing is listed by hand: addresses come from the resolver, and the names of parameters and fields
from what the product reads out of the requests that it gets.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.messages import get_messages
from django.db import DatabaseError, connection, transaction
from django.http import QueryDict
from django.test import Client
from django.urls import URLResolver, converters, get_resolver
from django.urls.resolvers import RoutePattern
from rest_framework.fields import Field

from tenants.checks import company_models
from tenants.constraints import TenantForeignKeyConstraint
from tenants.models import TenantModel, User

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
BY_ID = (converters.IntConverter, converters.StringConverter, converters.PathConverter)


# Addresses -------------------------------------------------------------------------------------


def addresses(resolver: Any = None, prefix: str = "/") -> Iterator[str]:
    """Yield every address of the resolver, with `{id}` wherever a value is asked for."""
    for entry in (resolver or get_resolver()).url_patterns:
        for part in _spellings(entry.pattern):
            if isinstance(entry, URLResolver):
                yield from addresses(entry, prefix + part)
            else:
                yield prefix + part


def _spellings(pattern: Any) -> list[str]:
    if not isinstance(pattern, RoutePattern):
        return [_example(str(pattern))]
    pieces = re.split(r"<(?:\w+:)?(\w+)>", str(pattern))
    choices = [_choices(pattern.converters[name]) for name in pieces[1::2]]
    return ["".join(_zipped(pieces[::2], chosen)) for chosen in product(*choices)]


def _zipped(texts: list[str], values: tuple[str, ...]) -> Iterator[str]:
    for text, value in zip(texts, (*values, ""), strict=True):
        yield text + value


def _choices(converter: Any) -> list[str]:
    if isinstance(converter, BY_ID):
        return ["{id}"]
    words = converter.regex.split("|")
    assert all(re.fullmatch("[a-z-]+", word) for word in words), "teach the walker this converter"
    return words


def _example(regex: str) -> str:
    """A text that the regex matches: the first word of each choice; "nada" where all goes."""
    text = re.sub(r"\(\?P<\w+>(\w+)[^)]*\)", r"\1", regex).strip("^$")
    return text if re.fullmatch("[a-z/]+", text) else "nada"


# What the product reads ------------------------------------------------------------------------


@contextmanager
def names_read() -> Iterator[set[str]]:
    """Collect the names of the parameters and fields that are looked up in the block."""
    names: set[str] = set()

    def spy(owner: Any, method: str, name_of: Any) -> None:
        original = getattr(owner, method)

        def spied(self: Any, *args: Any, **kwargs: Any) -> Any:
            names.add(str(name_of(self, *args)))
            return original(self, *args, **kwargs)

        patch.setattr(owner, method, spied)

    with pytest.MonkeyPatch.context() as patch:
        for method in ("__getitem__", "__contains__", "getlist"):
            spy(QueryDict, method, lambda _data, name, *_rest: name)
        spy(Field, "get_value", lambda field, *_rest: field.field_name)
        yield names
    names.discard("csrfmiddlewaretoken")


# Calls -----------------------------------------------------------------------------------------


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
    statements: int
    rows: dict[str, tuple[int, str]]
    """For each table the number of our rows and the hash of the rival's; {} if none changed."""
    mixed: list[str]
    """The foreign keys that lead out of their company."""
    stopped: str = ""
    """What the database refused at the end of the request."""

    def without(self, *values: str) -> Answer:
        """The answer as if none of the values had been asked for."""
        shown = self.shown
        for value in sorted(values, key=len, reverse=True):
            shown = shown.replace(value, "¤")
        return replace(self, shown=shown)


CHANGE_NOTHING = ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK")
NEW_EACH_TIME = [
    (re.compile(r"\b[A-Za-z0-9]{64}\b"), "CSRF"),
    (re.compile(r"\b(csrftoken|sessionid|messages)=[^;]*"), r"\1"),
    (re.compile(r"(?im)\bexpires(=[^;]*|: .*)"), "expires"),
]


class Walker:
    """Calls addresses; every call is undone, so that the next one finds the same rows."""

    def __init__(self, *, ours: int, rival: int, new_ids: str) -> None:
        self.ours, self.rival = ours, rival
        self._new = [*NEW_EACH_TIME, (re.compile(new_ids), "NEW")]
        self._client = Client(raise_request_exception=False)
        self._census = _census(ours, rival)

    def rows(self) -> dict[str, tuple[int, str]]:
        """For each table the number of our rows, and the hash of the rival's."""
        return self._with_effects(Answer(0, "", 0, {}, [])).rows

    def check_csrf(self) -> None:
        self._client.handler.enforce_csrf_checks = True

    def undone(self, action: Callable[[], Any]) -> Answer:
        """What an action returns and does, which is then undone."""
        with transaction.atomic():
            answer = self._with_effects(Answer(0, str(action()), 0, {}, []))
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
        written: list[str] = []
        with transaction.atomic():
            with connection.execute_wrapper(_counting(written)):
                response = self._asked(actor, method, address, query, fields)
            shown, status = self._shown(response), response.status_code
            answer = Answer(status, shown, len(written), {}, [])
            if any(not sql.startswith(CHANGE_NOTHING) for sql in written):
                answer = self._with_effects(answer)
            transaction.set_rollback(True)
        return answer

    def _asked(self, actor: Actor, method: str, address: str, query: Any, fields: Any) -> Any:
        self._client.cookies.clear()
        for name, value in actor.cookies.items():
            self._client.cookies[name] = value
        if query:
            address = f"{address}?{urlencode(query)}"
        if address.startswith("/api/"):
            body, kind = json.dumps(fields or {}), "application/json"
        else:
            body, kind = urlencode(fields or {}), "application/x-www-form-urlencoded"
        if method == "GET":
            return self._client.get(address, headers=actor.headers)
        return self._client.generic(method, address, body, kind, headers=actor.headers)

    def _shown(self, response: Any) -> str:
        request = getattr(response, "wsgi_request", None)
        said = get_messages(request) if hasattr(request, "_messages") else ()
        parts = [
            *(f"{name}: {value}" for name, value in sorted(response.headers.items())),
            *(morsel.OutputString() for _name, morsel in sorted(response.cookies.items())),
            *(str(message) for message in said),
            "".join(part.decode() for part in response),
        ]
        shown = "\n".join(parts)
        for pattern, word in self._new:
            shown = pattern.sub(word, shown)
        return shown

    def _with_effects(self, answer: Answer) -> Answer:
        try:
            connection.check_constraints()
        except DatabaseError as error:
            return replace(answer, stopped=str(error))
        with connection.as_login_role(), connection.cursor() as cursor:
            cursor.execute(self._census)
            found = cursor.fetchall()
        rows = {table: (count, digest) for table, count, digest in found if digest is not None}
        mixed = [table for table, count, digest in found if digest is None and count]
        return replace(answer, rows=rows, mixed=mixed)


def _counting(statements: list[str]) -> Any:
    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append(str(sql).lstrip().upper())
        return execute(sql, params, many, context)

    return wrapper


def _census(ours: int, rival: int) -> str:
    """One statement: what each table holds of the two companies, and references between any."""
    parts = [_rows_of(model, ours, rival) for model in [*company_models(), User]]
    for model in company_models():
        for constraint in model._meta.constraints:
            if isinstance(constraint, TenantForeignKeyConstraint):
                parts.append(_mixed(model, constraint))
    return " UNION ALL ".join(parts)


def _rows_of(model: Any, ours: int, rival: int) -> str:
    table = model._meta.db_table
    mine = f"t.{'company_id' if issubclass(model, TenantModel) else 'id'}"
    return (
        f"SELECT '{table}', count(*) FILTER (WHERE {mine} = {ours}), coalesce(md5(string_agg("
        f"t::text, '' ORDER BY t.id) FILTER (WHERE {mine} = {rival})), '-') FROM {table} t"
    )


def _mixed(model: Any, constraint: Any) -> str:
    foreign = model._meta.get_field(constraint.field)
    table, target = model._meta.db_table, foreign.remote_field.model._meta.db_table
    return (
        f"SELECT '{constraint.name}', count(*), NULL FROM {table} t JOIN {target} x"
        f" ON x.id = t.{foreign.column} WHERE x.company_id <> t.company_id"
    )


def count_ids_from(first: int) -> None:
    """Make the next row of each table get this id."""
    with connection.as_login_role(), connection.cursor() as cursor:
        for model in [*company_models(), User]:
            sequence = f"pg_get_serial_sequence('{model._meta.db_table}', 'id')"
            cursor.execute(f"SELECT setval({sequence}, {first}, false)")
