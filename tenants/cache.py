"""The KEY_FUNCTION of the cache: every key carries the company, or says `global:`."""

from __future__ import annotations

from tenants.keys import owner_of


def key(name: object, prefix: str, version: object) -> str:
    """Return the key under which the backend keeps `name`, in the company in scope.

    Raises NoCompanyScope without a company, unless the name begins with `global:`.  The owner
    comes first: no prefix, version or name of one company spells a key of another.
    """
    return f"{owner_of(str(name))}:{prefix}:{version}:{name}"
