"""Where a sentence waits for the next page: in the session, under the company it is about."""

from __future__ import annotations

from django.contrib.messages.storage.session import SessionStorage

from tenants import scope
from tenants.keys import GLOBAL


class CompanyMessages(SessionStorage):
    """A page of a company shows that company's sentences, a page without one the others.

    The session is read for every page anyway and saved only when a sentence comes or goes.
    """

    @property
    def session_key(self) -> str:  # type: ignore[override]  # Django's is a constant
        one = isinstance(scope.current(), int)
        return "_messages" if one else f"{GLOBAL}_messages"
