"""Reads the environment: what is missing or wrong is one sentence that names the variable.

An empty variable counts as not set.
"""

from __future__ import annotations

from builtins import float as number
from builtins import int as whole
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

TRUE, FALSE = {"true", "yes", "on", "1"}, {"false", "no", "off", "0"}


class Environment(environ.Env):  # type: ignore[misc]  # untyped
    """django-environ, with sentences.  Every method raises ImproperlyConfigured."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.read_env(self.str("ENV_FILE", default=str(file)))
        self.development = self.bool("DEBUG", default=False)

    def get_value(self, var: str, *args: Any, default: Any = environ.Env.NOTSET, **kw: Any) -> Any:
        given = self.ENVIRON.get(var, "").strip()
        if not given and default is not self.NOTSET:
            return default
        if given.startswith("$"):  # a secret may; django-environ would take it for a reference
            return given
        return super().get_value(var, *args, default=default, **kw)

    def required(self, name: str, *, development: str) -> str:
        """Return a variable that must be set unless DEBUG is true."""
        value: str = self.str(name, default=development if self.development else "")
        if not value:
            raise ImproperlyConfigured(f"{name} is not set. See docs/configuration.md.")
        return value

    def secret(self, name: str, *, development: str, at_least: int) -> str:
        """Return a required variable; in production it has so many characters or more."""
        value = self.required(name, development=development)
        if not self.development and len(value) < at_least:
            raise ImproperlyConfigured(
                f"{name} is too short: give it {at_least} random characters or more."
            )
        return value

    def address(
        self, name: str, *, development: str = "", default: str = "", secure: bool = False
    ) -> str:
        """Return an address of the web without a slash at its end.

        Required unless it has a default; `secure`: in production it is https, without a path.
        """
        value = self.str(name, default=default) or self.required(name, development=development)
        strict = secure and not self.development
        if not _is_address(value, strict=strict):
            scheme = "https" if strict else "http"
            raise ImproperlyConfigured(f"{name} must be an address like {scheme}://name.example.")
        return str(value).rstrip("/")

    def bool(self, var: str, default: Any = environ.Env.NOTSET) -> bool:
        value = str(self.str(var, default=default)).strip().lower()
        if value not in TRUE | FALSE:
            raise ImproperlyConfigured(f"{var} must be true or false.")
        return value in TRUE

    def int(self, var: str, default: Any = environ.Env.NOTSET, *, at_least: whole = 1) -> whole:
        return whole(self._number(whole, var, default, at_least, "a whole number"))

    def float(self, var: str, default: Any = environ.Env.NOTSET, *, at_least: whole = 1) -> number:
        return number(self._number(number, var, default, at_least, "a number"))

    def _number(self, cast: Any, var: str, default: Any, at_least: whole, kind: str) -> Any:
        try:
            value = cast(self.str(var, default=default))
            fits = at_least <= value < number("inf")
        except ValueError:
            fits = False
        if not fits:
            raise ImproperlyConfigured(f"{var} must be {kind}, {at_least} or more.")
        return value

    def choice(self, name: str, *, default: str, among: tuple[str, ...]) -> str:
        value = str(self.str(name, default=default))
        if value not in among:
            raise ImproperlyConfigured(f"{name} must be one of {', '.join(among)}.")
        return value

    def mail(self, name: str, *, development: str, default: str) -> dict[str, Any]:
        """Return Django's settings of the server that takes our e-mail."""
        url = str(self.str(name, default=development if self.development else default))
        try:
            mail: dict[str, Any] = self.email_url_config(url)
        except (ImproperlyConfigured, ValueError):
            sentence = f"{name} must be an address like smtp+tls://login:password@host:587."
            raise ImproperlyConfigured(sentence) from None
        return mail

    def postgresql(self, name: str) -> dict[str, Any]:
        """Return Django's settings of the database at the address in the variable."""
        sentence = f"{name} must be an address like postgres://login:password@host/database."
        url = str(self.str(name))
        # Checked first: django-environ would warn with the whole address, password and all.
        if url.partition("://")[0] not in {"postgres", "postgresql"}:
            raise ImproperlyConfigured(sentence)
        try:
            database: dict[str, Any] = self.db_url_config(url)
        except ValueError as error:
            raise ImproperlyConfigured(sentence) from error
        if not database["NAME"]:
            raise ImproperlyConfigured(sentence)
        # A folder of sockets, written as libpq wants it.
        return database | {"HOST": unquote(database["HOST"])}


def _is_address(value: str, *, strict: bool) -> bool:
    try:
        parts = urlsplit(value)
        usable = bool(parts.hostname) and parts.port != 0 and not parts.query + parts.fragment
    except ValueError:
        return False
    if " " in value or not usable:
        return False
    if strict:
        return parts.scheme == "https" and parts.path in {"", "/"}
    return parts.scheme in {"http", "https"}
