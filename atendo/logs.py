"""Every log line says which company it is about: `-` outside a scope, `*` across companies.

No line carries a phone number, a message text or a credential.  What we log ourselves is checked
by a test; what an exception says may be anything, so only some kinds are quoted.
"""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime

import django.db
import psycopg
from django.core.exceptions import ImproperlyConfigured

from tenants import scope
from tenants.secret_paths import without_secret

# What a line may carry beside its text.  Phones, texts and credentials are not among them.
EXTRA = (
    "company_id",
    "appointment_id",
    "client_id",
    "message_id",
    "user_id",
    "webhook_event_id",
    "security_event_id",
    "outcome",
    "attempts",
)

# Exceptions whose message names code, files or servers, and never a row's values.
QUOTED = (
    AttributeError,
    ImportError,
    ImproperlyConfigured,
    NameError,
    OSError,
    RecursionError,
    TypeError,
    scope.CrossCompanyAccess,
    scope.NoCompanyScope,
    django.db.InterfaceError,
    django.db.OperationalError,
    psycopg.InterfaceError,
    psycopg.OperationalError,
)


class ScopeFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        current = scope.current()
        if not hasattr(record, "company_id"):
            record.company_id = (
                "-" if current is None else "*" if current is scope.EVERY_COMPANY else current
            )
        return True


def _extras(record: logging.LogRecord) -> dict[str, object]:
    return {name: record.__dict__[name] for name in EXTRA if record.__dict__.get(name) is not None}


def _exception_lines(error: BaseException) -> Iterator[str]:
    """Yield where the error came from, its causes first, as Python prints it."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield from _exception_lines(cause)
        yield "which led to:"
    for one in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        yield from _exception_lines(one)
        yield "in:"
    for entry in traceback.format_tb(error.__traceback__):
        yield from entry.rstrip().splitlines()
    yield f"{type(error).__module__}.{type(error).__qualname__}: {_quoted(error)}".rstrip(": ")


def _quoted(error: BaseException) -> str:
    """Return as much of the message as surely tells nothing about a person."""
    if isinstance(error, QUOTED):
        return str(error).partition("\n")[0]
    diagnosis = getattr(error, "diag", None) or getattr(error.__cause__, "diag", None)
    if diagnosis is None:
        return ""
    parts = (diagnosis.sqlstate, diagnosis.constraint_name, diagnosis.table_name)
    return " ".join(part for part in parts if part)


class TextFormatter(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        record.message = without_secret(record.getMessage()).replace("\n", "\\n")
        record.asctime = self.formatTime(record)
        extras = _extras(record)
        described = " ".join(f"{name}={value}" for name, value in extras.items())
        lines = [f"{self.formatMessage(record)} {described}".rstrip()]
        if record.exc_info and record.exc_info[1]:
            company = f"company_id={extras.get('company_id', '-')}"
            lines += [f"{company} | {line}" for line in _exception_lines(record.exc_info[1])]
        return "\n".join(lines)


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, tz=UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": without_secret(record.getMessage()),
            **_extras(record),
        }
        if record.exc_info and record.exc_info[1]:
            line["exception"] = "\n".join(_exception_lines(record.exc_info[1]))
        return json.dumps(line, ensure_ascii=False, default=str)
