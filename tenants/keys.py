"""Whose a name is, of what is kept outside the database's tables: cache, files, session."""

from __future__ import annotations

from typing import Final

from tenants import scope

GLOBAL: Final = "global:"


def is_global(name: str) -> bool:
    """Whether it names what belongs to no company and is the same in every scope."""
    return name.startswith(GLOBAL)


def owner_of(name: str) -> str:
    """Return `global` for a name that says so, else `company_<id>` of the company in scope.

    Neither holds a colon or a slash, so one may stand before any name and none is spelled like
    another's.  Raises NoCompanyScope without a company, also under EVERY_COMPANY.
    """
    return "global" if is_global(name) else f"company_{scope.one_company_id()}"
