"""Sessions in the database, as Django's, but for keys that none of ours can have.

What is kept in one carries the company in its name: code that runs for a company neither finds
nor changes what another company left in the same person's session.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, MutableMapping
from typing import Any

from django.contrib.sessions.backends import db

from tenants import scope
from tenants.keys import is_global, owner_of

KEY = re.compile(r"[a-z0-9]{32}", re.ASCII)

# Names of Django's that belong to the person or the session itself, whatever the company.
DJANGOS = {
    "_auth_user_id": "who is logged in is known before the company is",
    "_auth_user_backend": "likewise",
    "_auth_user_hash": "likewise",
    "_password_reset_token": "who has forgotten the password works in no company yet",
    "_session_expiry": "the life of the whole session",
}


def kept_as(name: str) -> str:
    """Return the name under which a value is kept.  Raises NoCompanyScope without a company,
    unless the name is one of Django's or begins with `global:`."""
    return name if name in DJANGOS or is_global(name) else f"{owner_of(name)}:{name}"


class Names(MutableMapping[str, Any]):
    """What a session holds, by the names that count in the scope of the moment."""

    def __init__(self, kept: dict[str, Any]) -> None:
        self.kept = kept

    def __getitem__(self, name: str) -> Any:
        return self.kept[kept_as(name)]

    def __setitem__(self, name: str, value: Any) -> None:
        self.kept[kept_as(name)] = value

    def __delitem__(self, name: str) -> None:
        del self.kept[kept_as(name)]

    def __iter__(self) -> Iterator[str]:
        own = f"company_{scope.current()}:"
        for name in list(self.kept):
            if name in DJANGOS or is_global(name):
                yield name
            elif name.startswith(own):
                yield name.removeprefix(own)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        """Whether there is anything to save, also of companies that are not in scope."""
        return bool(self.kept)


class SessionStore(db.SessionStore):
    def _validate_session_key(self, key: str | None) -> bool:
        """A cookie may hold anything, also what PostgreSQL refuses to look for."""
        return key is not None and KEY.fullmatch(key) is not None

    # Django keeps a plain dict here, and every method goes through it.

    @property
    def _session_cache(self) -> Names:
        return self._names

    @_session_cache.setter
    def _session_cache(self, given: dict[str, Any] | Names) -> None:
        self._names = given if isinstance(given, Names) else Names(given)

    def encode(self, session_dict: dict[str, Any] | Names) -> str:
        kept = session_dict.kept if isinstance(session_dict, Names) else session_dict
        return super().encode(kept)
