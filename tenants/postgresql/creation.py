"""Test databases are made, cleared and dropped as the login role."""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import creation

from tenants import scope


class DatabaseCreation(creation.DatabaseCreation):
    def create_test_db(self, *args: Any, **kwargs: Any) -> str:
        with self.connection.as_login_role():  # type: ignore[attr-defined]
            return super().create_test_db(*args, **kwargs)

    def serialize_db_to_string(self) -> str:
        with (
            self.connection.as_login_role(),  # type: ignore[attr-defined]
            scope.every_company("test database"),
        ):
            return super().serialize_db_to_string()

    def deserialize_db_from_string(self, data: str) -> None:
        with (
            self.connection.as_login_role(),  # type: ignore[attr-defined]
            scope.every_company("test database"),
        ):
            super().deserialize_db_from_string(data)
