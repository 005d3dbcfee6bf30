"""Settings of a server for which it is always the same moment: the pages for the pictures show the
same days and times whenever they are taken."""

from __future__ import annotations

from datetime import UTC, datetime

from django.utils import timezone

from atendo.tests.browser.settings import *  # noqa: F403

NOW = datetime(2026, 11, 24, 13, 40, tzinfo=UTC)  # a Tuesday, in São Paulo 10:40

timezone.now = lambda: NOW
