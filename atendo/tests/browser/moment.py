"""The moment of the documents' pictures."""

from __future__ import annotations

from datetime import UTC, datetime

NOW = datetime(2026, 11, 24, 13, 40, tzinfo=UTC)  # a Tuesday, in São Paulo 10:40
