"""What went wrong with a call to Evolution API, and whether the message left all the same.

The wire contract knows one refusal under many status codes and one status code for many
refusals, so the text decides. `RULES` is that knowledge; its order matters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from whatsapp.evolution.wire import mapping

DETAIL_LIMIT = 300  # characters
FLATTEN_DEPTH = 12


class Outcome(Enum):
    """Whether what was asked for happened. Only NOT_SENT may be tried again blindly."""

    NOT_SENT = "not_sent"
    SENT = "sent"
    UNKNOWN = "unknown"


class EvolutionError(Exception):
    """A call that did not give the answer it was made for.

    `status` is the HTTP status, None when there was no answer. `detail` is for logs and for
    staff: English, without credentials, phone numbers or message texts.
    """

    default_outcome: ClassVar[Outcome] = Outcome.NOT_SENT
    permanent: ClassVar[bool] = False
    """True when the request itself is at fault: with everything else in order it fails again."""

    def __init__(
        self, detail: str = "", *, status: int | None = None, outcome: Outcome | None = None
    ) -> None:
        self.detail = scrubbed(detail)
        self.status = status
        self.outcome = outcome or self.default_outcome
        super().__init__(self.detail)

    def __str__(self) -> str:
        where = f"HTTP {self.status}" if self.status else "no answer"
        return f"{type(self).__name__} ({where}, {self.outcome.value}): {self.detail}"


class InvalidRequest(EvolutionError):
    """Refused here, before any call: an instance name, number or text the server cannot take."""

    permanent = True


class ServerUnreachable(EvolutionError):
    """No connection: refused, no such host, no trusted certificate."""


class TimedOut(EvolutionError):
    """No answer in time, from the server or from WhatsApp behind it, or a broken connection."""

    default_outcome = Outcome.UNKNOWN


class Unauthorized(EvolutionError):
    """The API key is wrong. It heals by configuration, so a message may wait for it."""


class InstanceNotFound(EvolutionError):
    """The server has no such instance."""


class InstanceNameTaken(EvolutionError):
    """Create with a used name; also for about 20 minutes after a delete (contract 2.6)."""


class NotConnected(EvolutionError):
    """The instance has no live socket to WhatsApp, or is not loaded in memory."""


class NumberNotOnWhatsApp(EvolutionError):
    """WhatsApp does not know the number."""

    permanent = True


class RateLimited(EvolutionError):
    """WhatsApp or a proxy asks for a slower pace."""


class SentButNotRecorded(EvolutionError):
    """The database failed after the message had left; its key id is lost."""

    default_outcome = Outcome.SENT
    permanent = True


class LicenseRequired(EvolutionError):
    """Evolution API 2.4 before it was activated: it answers nothing else."""


class UnsupportedVersion(EvolutionError):
    """Not Evolution API, or one older than 2.3.0."""


class Rejected(EvolutionError):
    """The server checked the request and refuses it."""

    permanent = True


class ReasonLost(EvolutionError):
    """`[object Object]`: a refusal from before the send, whose text the server lost."""


class ServerFault(EvolutionError):
    """An exception inside the server, before or after the work was done."""

    default_outcome = Outcome.UNKNOWN


class UnexpectedAnswer(EvolutionError):
    """Not an answer of the API we know: a proxy's page, a redirect, `{"error": true}`, a shape."""

    default_outcome = Outcome.UNKNOWN


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer with a status of 400 and above, flattened."""

    status: int
    body: object
    sending: bool
    texts: tuple[str, ...]

    def says(self, pattern: str) -> bool:
        return any(re.search(pattern, text, re.IGNORECASE) for text in self.texts)


def error_from_answer(
    status: int, body: object, *, sending: bool, secrets: Sequence[str] = ()
) -> EvolutionError:
    """Return the typed error of a JSON answer whose status is 400 or above.

    `sending`: the call was meant to make a message leave. `secrets` never reach the detail.
    """
    refusal = Refusal(status, body, sending, tuple(flattened(_message(body))))
    kind = next((kind for applies, kind in RULES if applies(refusal)), ServerFault)
    outcome = Outcome.NOT_SENT if kind is UnexpectedAnswer else None  # only a foreign 404 is
    return kind(_detail(refusal, secrets), status=status, outcome=outcome)


def _message(body: object) -> object:
    """The reason is in `response.message`; two routes put it bare or in Boom's payload."""
    node = mapping(body)
    boom = mapping(mapping(node.get("output")).get("payload"))
    candidates = (mapping(node.get("response")), node, boom)
    found = (place["message"] for place in candidates if place.get("message"))
    return next(found, node.get("error") or body)


def flattened(value: object, depth: int = FLATTEN_DEPTH) -> Iterator[str]:
    """Yield the texts of a message that may be a string, a nested list or an object."""
    if isinstance(value, dict | list) and not depth:
        yield "..."
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from (f"{key}: {text}" for text in flattened(inner, depth - 1))
    elif isinstance(value, list):
        for inner in value:
            yield from flattened(inner, depth - 1)
    elif value is not None:
        yield str(value)


def _detail(refusal: Refusal, secrets: Iterable[str]) -> str:
    if _is_database(refusal):  # Prisma prints the row it could not write, text and phone included
        call = re.search(r"prisma\w*(?:\.\w+)*", "".join(refusal.texts), re.IGNORECASE)
        return f"database error in {call.group() if call else 'the server'}"
    detail = "; ".join(refusal.texts)
    for secret in filter(None, secrets):
        detail = detail.replace(secret, "[key]")
    return detail


SCRUBBERS = (
    (re.compile(r"(?i)\bbearer\s+\S+"), "Bearer [key]"),
    (re.compile(r"\b[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b"), "[key]"),
    (re.compile(r"\b[0-9A-Za-z+/]{40,}={0,2}"), "[key]"),
    (re.compile(r"\+?\d[\d\s().-]{6,}\d"), "[number]"),
    (re.compile(r"\s+"), " "),
)


def scrubbed(text: str) -> str:
    """Return the text without keys and phone numbers, on one line, cut to what a log bears."""
    for pattern, replacement in SCRUBBERS:
        text = pattern.sub(replacement, text)
    return text.strip()[:DETAIL_LIMIT]


def _is_license(refusal: Refusal) -> bool:
    node = mapping(refusal.body)
    return node.get("code") == "LICENSE_REQUIRED" or node.get("error") == "service not activated"


def _is_unknown_number(refusal: Refusal) -> bool:
    return refusal.status == 400 and any(t.lower() == "exists: false" for t in refusal.texts)


def _is_database(refusal: Refusal) -> bool:
    return refusal.says("prisma")


def _is_after_the_send(refusal: Refusal) -> bool:
    """The row is written after the send, inside the routine whose errors come as 400."""
    return refusal.sending and refusal.status == 400 and _is_database(refusal)


# Read by the names of the methods that the server calls on an instance it has not loaded, and
# of the socket's method when there was never a socket.
_UNLOADED = r"reading '(?:textMessage|buttonMessage|fetchMessages|onWhatsApp)'"
_NO_INSTANCE = r"instance does not exist|^instance .* not found"
_STRINGIFIED = r"^\w*Error: |^Cannot read propert|^Maximum call stack"

RULES: tuple[tuple[Callable[[Refusal], bool], type[EvolutionError]], ...] = (
    (_is_license, LicenseRequired),
    (lambda r: r.status == 401, Unauthorized),
    (lambda r: r.status == 404 and r.says(_NO_INSTANCE), InstanceNotFound),
    (lambda r: r.status == 404, UnexpectedAnswer),
    (lambda r: r.status == 403 and r.says("already in use"), InstanceNameTaken),
    (_is_unknown_number, NumberNotOnWhatsApp),
    (_is_after_the_send, SentButNotRecorded),
    (_is_database, ServerFault),
    (lambda r: r.status == 429 or r.says(r"rate-overlimit|\b429\b"), RateLimited),
    (lambda r: r.says(rf"connection closed|is not connected|{_UNLOADED}"), NotConnected),
    (lambda r: r.status in {408, 504} or r.says(r"\btimed?[ -]?out\b"), TimedOut),
    (lambda r: r.says(r"^\[object Object\]$"), ReasonLost),
    (lambda r: r.says(_STRINGIFIED), ServerFault),
    (lambda r: r.status < 500, Rejected),
)
