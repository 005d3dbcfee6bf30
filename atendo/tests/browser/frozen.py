"""Settings of a server for which it is always the same moment: the pages for the pictures show the
same days and times whenever they are taken.  Whoever imports it stops the clock."""

from __future__ import annotations

from django.utils import timezone

from atendo.tests.browser.moment import NOW
from atendo.tests.browser.settings import *  # noqa: F403

timezone.now = lambda: NOW
