"""Delivery of webhooks: attempts, waits, redirects, and the record of it all."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import random
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

from whatsapp.simulator import config
from whatsapp.simulator.clock import Clock
from whatsapp.simulator.config import Config
from whatsapp.simulator.state import Json, Webhook

_FINAL_REFUSALS = frozenset({400, 401, 403, 404, 422})
_AS_GET = frozenset({301, 302, 303})
_REDIRECTS = _AS_GET | {307, 308}
_MAX_REDIRECTS = 21
_KEPT = 5000
_JWT_LIFE_S = 600


@dataclass
class Delivery:
    """One event on its way. `body` is what is posted, byte for byte, each time.

    `outcome`: pending, delivered, refused (a status that is not repeated), exhausted, or off
    (the fault `webhooks: off`). An attempt holds `at`, `status` (None without an answer),
    `error` and the `path` of statuses when it was redirected.
    """

    instance: str
    event: str
    url: str
    headers: dict[str, str]
    body: bytes
    key_id: str | None
    done: Callable[[], None] | None = None
    outcome: str = "pending"
    attempts: list[Json] = field(default_factory=list)
    id: str = field(default_factory=lambda: f"evt_{secrets.token_hex(8)}")
    at: float = field(default_factory=time.time)


class Webhooks:
    """Posts every event by itself, on a thread of its own: nothing waits, nothing is ordered."""

    def __init__(self, settings: Config, clock: Clock) -> None:
        self._config = settings
        self._clock = clock
        self._deliveries: deque[Delivery] = deque(maxlen=_KEPT)
        self._stopped = threading.Event()

    def stop(self) -> None:
        self._stopped.set()

    def post(
        self,
        hook: Webhook,
        body: Json,
        *,
        off: bool = False,
        done: Callable[[], None] | None = None,
    ) -> Delivery:
        """Start the delivery of an envelope; `done` is called when it ended, well or not."""
        event = body["event"]
        suffix = "/" + event.replace(".", "-").replace("_", "-") if hook.by_events else ""
        delivery = Delivery(
            instance=body["instance"],
            event=event,
            url=hook.url + suffix,
            headers=_headers(hook.headers or {}),
            body=json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(),
            key_id=_key_id(body["data"]),
            done=done,
        )
        self._deliveries.append(delivery)
        if off:
            self._end(delivery, "off")
        else:
            self._spawn(delivery)
        return delivery

    def find(self, event_id: str) -> Delivery | None:
        return next((d for d in list(self._deliveries) if d.id == event_id), None)

    def all(self) -> list[Delivery]:
        return list(self._deliveries)

    def attempt(self, delivery: Delivery) -> int | None:
        """Post once and note it. Returns the last status, None without an answer."""
        entry: Json = {"at": time.time(), "status": None, "error": None}
        try:
            entry["path"] = _post(delivery, self._config.webhook_timeout)
            entry["status"] = entry["path"][-1]
        except (OSError, ValueError, http.client.HTTPException) as error:
            entry["error"] = f"{type(error).__name__}: {error}"
        delivery.attempts.append(entry)
        status: int | None = entry["status"]
        return status

    def _spawn(self, delivery: Delivery) -> None:
        threading.Thread(target=self._try, args=[delivery], daemon=True).start()

    def _try(self, delivery: Delivery) -> None:
        if self._stopped.is_set():
            return
        status = self.attempt(delivery)
        if status is not None and status // 100 == 2:
            self._end(delivery, "delivered")
        elif status in _FINAL_REFUSALS:
            self._end(delivery, "refused")
        elif len(delivery.attempts) >= config.RETRY_ATTEMPTS:
            self._end(delivery, "exhausted")
        else:
            wait = retry_wait(len(delivery.attempts))
            self._clock.after(self._config.shortened(wait), lambda: self._spawn(delivery))

    def _end(self, delivery: Delivery, outcome: str) -> None:
        delivery.outcome = outcome
        if delivery.done is not None:
            delivery.done()


def retry_wait(attempts: int) -> float:
    """Seconds before the next attempt: 5, 10, 20 ... 300, give or take 20 %, never below 5."""
    wait = min(config.RETRY_FIRST_S * 2.0 ** (attempts - 1), config.RETRY_MAX_S)
    return max(wait * random.uniform(0.8, 1.2), config.RETRY_FIRST_S)  # noqa: S311 -- jitter


def _key_id(data: Any) -> str | None:
    """Return the WhatsApp message id that an event is about, if any."""
    if not isinstance(data, dict):
        return None
    found = data.get("keyId") or (data.get("key") or {}).get("id")
    return str(found) if found else None


def _headers(own: Json) -> dict[str, str]:
    """Return the request headers; `jwt_key` becomes a bearer token, made once per event."""
    headers = {"Content-Type": "application/json", "User-Agent": "axios/1.12.2"}
    headers |= {name: str(value) for name, value in own.items() if name != "jwt_key"}
    if "jwt_key" in own:
        headers["Authorization"] = f"Bearer {_jwt(str(own['jwt_key']))}"
    return headers


def _jwt(secret: str) -> str:
    now = int(time.time())
    claims = {"iat": now, "exp": now + _JWT_LIFE_S, "app": "evolution", "action": "webhook"}
    signed = f"{_base64url({'alg': 'HS256', 'typ': 'JWT'})}.{_base64url(claims)}"
    digest = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def _base64url(part: Json) -> str:
    text = json.dumps(part, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def _post(delivery: Delivery, timeout: float) -> list[int]:
    """Post the body and follow redirects as axios does. Returns every status on the way.

    After a 301, 302 or 303 the request becomes a GET without a body: the event is lost, and
    counts as delivered when that GET is answered with 2xx.
    """
    method, url, body = "POST", delivery.url, delivery.body
    path: list[int] = []
    while len(path) <= _MAX_REDIRECTS:
        status, location = _request(method, url, delivery.headers, body, timeout)
        path.append(status)
        if status not in _REDIRECTS or not location:
            break
        url = urljoin(url, location)
        if status in _AS_GET:
            method, body = "GET", b""
    return path


def _request(
    method: str, url: str, headers: dict[str, str], body: bytes, timeout: float
) -> tuple[int, str | None]:
    parts = urlsplit(url)
    connection = _connection(parts, timeout)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not body:
        headers = {name: value for name, value in headers.items() if name != "Content-Type"}
    try:
        connection.request(method, target, body=body or None, headers=headers)
        response = connection.getresponse()
        response.read()
        return response.status, response.getheader("Location")
    finally:
        connection.close()


def _connection(parts: SplitResult, timeout: float) -> http.client.HTTPConnection:
    secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    return kind(parts.hostname or "", parts.port, timeout=timeout)
