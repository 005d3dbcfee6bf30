"""Files under MEDIA_ROOT: every company's in a folder of its own, found when a name is used."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import FileSystemStorage
from django.utils._os import safe_join
from django.utils.deconstruct import deconstructible

from tenants.keys import GLOBAL, is_global, owner_of


@deconstructible(path="tenants.storage.CompanyStorage")
class CompanyStorage(FileSystemStorage):
    """`logo.png` is `<MEDIA_ROOT>/company_12/logo.png` in company 12's scope, and
    `global:terms.pdf` is `<MEDIA_ROOT>/global/terms.pdf` in every scope.

    Everything that takes another name raises NoCompanyScope without a company, and
    SuspiciousFileOperation when the name or a symbolic link leads out of the folder.
    """

    def path(self, name: str) -> str:
        root, owner = Path(self.location), owner_of(name)
        path = safe_join(str(root / owner), name.removeprefix(GLOBAL))
        if not Path(path).resolve().is_relative_to(root.resolve() / owner):
            raise SuspiciousFileOperation(f"{name!r} leads out of its folder")
        return path

    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        """A name that a person gave to an upload never makes a file of every company."""
        given = str(getattr(content, "name", ""))
        if is_global(given) and name in {None, given}:
            raise SuspiciousFileOperation("an upload may not be named global")
        return super().save(name, content, max_length)

    def _save(self, name: str, content: Any) -> str:
        """Return the name as `path` takes it, without the company's folder."""
        _folder, _slash, saved = super()._save(name, content).partition("/")  # type: ignore[misc]
        return f"{GLOBAL}{saved}" if is_global(name) else saved

    def url(self, name: str | None) -> NoReturn:
        """Raises ValueError: a file is served by a view, in the scope of its company."""
        raise ValueError("a company's file has no address of its own")
