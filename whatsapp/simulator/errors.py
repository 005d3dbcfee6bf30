"""Answers that are not the good one."""

from __future__ import annotations

from typing import Any

NAMES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    413: "Internal Server Error",
    500: "Internal Server Error",
}


class ApiError(Exception):
    """An Evolution error. `message` is of any shape: it goes into `response.message` as is."""

    def __init__(self, status: int, message: Any, *, error: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.error = error or NAMES[status]

    @property
    def body(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "error": self.error,
            "response": {"message": self.message},
        }


class BareError(Exception):
    """An Evolution error without the envelope (`whatsappNumbers`)."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(body)
        self.status = status
        self.body = body


class Refused(Exception):
    """A phone or a script asked for what cannot be; `sentence` is Portuguese, for people."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


class CutConnection(Exception):
    """Close the connection without an answer."""
