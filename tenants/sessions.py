"""Sessions in the database, as Django's, but for keys that none of ours can have."""

from __future__ import annotations

import re

from django.contrib.sessions.backends import db

KEY = re.compile(r"[a-z0-9]{32}", re.ASCII)


class SessionStore(db.SessionStore):
    def _validate_session_key(self, key: str | None) -> bool:
        """A cookie may hold anything, also what PostgreSQL refuses to look for."""
        return key is not None and KEY.fullmatch(key) is not None
