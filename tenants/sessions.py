"""Sessions in the database, as Django's, but for keys that none of ours can have.

What is kept in one carries the company in its name: code that runs for a company neither finds
nor changes what another company left in the same person's session.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, MutableMapping
from typing import Any

from django.contrib.sessions.backends import db
from django.db import transaction

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

    # What the row held when it was read or written; None when that counts no longer.
    _as_read: str | None = None

    def load(self) -> dict[str, Any]:
        row = self._get_session_from_db()  # type: ignore[attr-defined]  # private in Django
        self._as_read = row.session_data if row else None
        return self.decode(row.session_data) if row else {}

    def clear(self) -> None:
        super().clear()
        self._as_read = None

    def save(self, must_create: bool = False) -> None:
        """Write what this request changed, and leave what another one wrote meanwhile.

        Else a slow request that began before a change of company would take it back, and what
        is then typed for one company would be written into the other.  One query more.
        """
        with transaction.atomic():
            if self._as_read is not None and not must_create:
                self._take_over_changes_since(self._as_read)
            super().save(must_create)
        self._as_read = self.encode(self._names)

    def _take_over_changes_since(self, as_read: str) -> None:
        row = self.model.objects.select_for_update().filter(pk=self.session_key).first()
        if row is None or row.session_data == as_read:
            return
        before, now, kept = self.decode(as_read), self.decode(row.session_data), self._names.kept
        stay = {k: v for k, v in now.items() if k in kept or before.get(k) != v}
        changed = {k: v for k, v in kept.items() if k not in before or before[k] != v}
        self._session_cache = stay | changed

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
