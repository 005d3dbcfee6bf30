"""Every log line says which company it is about: `-` outside a scope, `*` across companies."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from tenants import scope

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


class TextFormatter(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 -- logging's name
        extras = " ".join(f"{name}={value}" for name, value in _extras(record).items())
        return f"{super().formatMessage(record)} {extras}".rstrip()


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, tz=UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_extras(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)
