"""The only door to HTTP: Evolution API's REST routes, as sections 1 and 2 of its contract.

Every method returns a value of `answers` or raises an `EvolutionError`, whose `outcome` says
whether the thing happened all the same. Nothing is retried here, and a call blocks up to the
read time-out: no transaction may be open around it.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import NewConnectionError

from whatsapp.evolution.answers import (
    ConnectionState,
    CreatedInstance,
    InstanceInfo,
    QrCode,
    ReplyButton,
    SentMessage,
    StoredMessage,
    UnreadableAnswer,
    WebhookSettings,
    read_connection,
    read_connection_state,
    read_created,
    read_instances,
    read_sent,
    read_stored,
    read_webhook,
)
from whatsapp.evolution.arguments import instance_name, number_of, path_of, text_of
from whatsapp.evolution.errors import (
    EvolutionError,
    InstanceNotFound,
    InvalidRequest,
    NotConnected,
    Outcome,
    RateLimited,
    Rejected,
    ServerUnreachable,
    TimedOut,
    UnexpectedAnswer,
    UnsupportedVersion,
    error_from_answer,
)
from whatsapp.evolution.wire import mapping

__all__ = [
    "ConnectionState",
    "CreatedInstance",
    "EvolutionClient",
    "InstanceInfo",
    "QrCode",
    "ReplyButton",
    "SentMessage",
    "StoredMessage",
    "WebhookSettings",
    "supports_version",
]

T = TypeVar("T")

OLDEST_VERSION = (2, 3, 0)
SEARCH_WINDOW = timedelta(days=7)
MAX_REPLY_BUTTONS = 3

_VERSION = re.compile(r"(\d{1,9})\.(\d{1,9})\.(\d{1,9})(-.*)?", re.ASCII)
_WEBHOOK_URL = re.compile(r"https?://[^\s?#]+", re.ASCII)


def supports_version(version: str) -> bool:
    """True for 2.3.0 and any later 2.x. A pre-release of 2.3.0 is older than it."""
    found = _VERSION.fullmatch(version)
    if found is None:
        return False
    release = tuple(int(part) for part in found.group(1, 2, 3))
    older = release < OLDEST_VERSION or (release == OLDEST_VERSION and found.group(4) is not None)
    return release[0] == OLDEST_VERSION[0] and not older


class EvolutionClient:
    """One server, one global API key. Cheap to build; safe to share between threads.

    Without a `session` of the caller's, proxies and .netrc of the environment are not used: the
    server stands in the private network, and the key must go nowhere else. Time-outs in seconds;
    the server itself waits up to 60 s for WhatsApp.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        connect_timeout: float = 3.05,
        read_timeout: float = 75.0,
        session: requests.Session | None = None,
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("the address of Evolution API must start with http:// or https://")
        if not api_key.isascii() or not api_key.isprintable() or " " in api_key:
            raise ValueError("the key of Evolution API must be printable ASCII without spaces")
        self._base_url = base_url.rstrip("/")
        self._api_key = api_key
        self._timeout = (connect_timeout, read_timeout)
        self._session = session or _private_session()

    # Server and instances

    def server_version(self) -> str:
        """Return the version. Raises UnsupportedVersion for an older or a foreign server.

        Not a liveness probe: the server asks WhatsApp's site first, without a time-out. The
        route is public, so the key stays here until we know whom we talk to.
        """
        try:
            body = self._call("GET", "/", _anything, keyless=True)
        except (Rejected, UnexpectedAnswer) as error:
            if error.status is None or error.status >= 500:
                raise
            raise UnsupportedVersion("not Evolution API", status=error.status) from None
        welcome, version = mapping(body).get("message"), mapping(body).get("version")
        if not isinstance(version, str) or "Evolution API" not in str(welcome):
            raise UnsupportedVersion("not Evolution API", status=200)
        if not supports_version(version):
            raise UnsupportedVersion(f"version {version}, needed 2.3.0 or later", status=200)
        return version

    def create_instance(self, name: str) -> CreatedInstance:
        """Create without a QR code, so that the webhook can be set before the first one comes.

        Raises InstanceNameTaken when it is there, or is still being deleted.
        """
        body = {
            "instanceName": instance_name(name),
            "integration": "WHATSAPP-BAILEYS",
            "qrcode": False,
            "rejectCall": False,
            "groupsIgnore": True,
            "alwaysOnline": False,
            "readMessages": False,
            "readStatus": False,
            "syncFullHistory": False,
        }
        return self._call("POST", "/instance/create", read_created, json=body)

    def connect(self, name: str, *, number: str | None = None) -> QrCode | ConnectionState:
        """Start the socket, or read its current code; a state when nothing is to be scanned.

        `number` (digits with country code) asks for a pairing code, which the server gives only
        in state CLOSE. Do not poll: every call in CLOSE opens another socket.
        """
        query = {} if number is None else {"number": number_of(number)}
        path = path_of("/instance/connect", name)
        return self._call("GET", path, read_connection, params=query)

    def connection_state(self, name: str) -> ConnectionState:
        return self._call("GET", path_of("/instance/connectionState", name), read_connection_state)

    def fetch_instances(self) -> list[InstanceInfo]:
        """Return every instance of the server, ours or not."""
        return self._call("GET", "/instance/fetchInstances", read_instances)

    def fetch_instance(self, name: str) -> InstanceInfo | None:
        query = {"instanceName": instance_name(name)}
        try:
            rows = self._call("GET", "/instance/fetchInstances", read_instances, params=query)
        except InstanceNotFound:
            return None
        return next((row for row in rows if row.name == name), None)

    def logout(self, name: str) -> None:
        """Unpair. An instance that is not connected is fine."""
        try:
            self._call("DELETE", path_of("/instance/logout", name), _done)
        except NotConnected as error:
            if "is not connected" not in error.detail:
                raise

    def delete(self, name: str) -> None:
        """Unpair and remove; a missing one is fine. The name may stay taken for 20 minutes."""
        try:
            self._call("DELETE", path_of("/instance/delete", name), _done)
        except InstanceNotFound:
            return

    def restart(self, name: str) -> QrCode | ConnectionState:
        """Reconnect. The state is the one before; a closed instance raises UnexpectedAnswer."""
        return self._call("POST", path_of("/instance/restart", name), read_connection)

    # Webhook

    def set_webhook(
        self, name: str, *, url: str, secret: str, events: Sequence[str]
    ) -> WebhookSettings:
        """Point the instance's events at `url`, each with its name behind, e.g. /qrcode-updated.

        The secret comes back to us as `Authorization: Bearer`: the server repeats configured
        headers as they are, and keeps the old ones when none are sent. `events` in any spelling
        of their names; the server checks no url and takes an empty list for all of them.
        """
        if not events or not _WEBHOOK_URL.fullmatch(url):
            raise InvalidRequest("a webhook needs events and an http(s) url without a query")
        webhook = {
            "enabled": True,
            "url": url.rstrip("/"),
            "byEvents": True,
            "base64": False,
            "headers": {"Authorization": f"Bearer {secret}"},
            "events": [event.upper().replace(".", "_").replace("-", "_") for event in events],
        }
        path = path_of("/webhook/set", name)
        return self._call("POST", path, read_webhook, json={"webhook": webhook})

    def find_webhook(self, name: str) -> WebhookSettings | None:
        """Return the webhook, None when it was never set."""
        return self._call("GET", path_of("/webhook/find", name), _webhook_or_none)

    # Messages

    def send_text(self, name: str, *, number: str, text: str) -> SentMessage:
        """Send a text to a person: digits with country code, a leading + is dropped."""
        body = {"number": number_of(number), "text": text_of(text), "linkPreview": False}
        return self._send(path_of("/message/sendText", name), body)

    def send_buttons(
        self,
        name: str,
        *,
        number: str,
        title: str,
        description: str,
        footer: str,
        buttons: Sequence[ReplyButton],
    ) -> SentMessage:
        """Send one to three reply buttons. Servers 2.3.x accept them and phones show nothing."""
        if not 1 <= len(buttons) <= MAX_REPLY_BUTTONS:
            raise InvalidRequest("one to three reply buttons")
        body = {
            "number": number_of(number),
            "title": text_of(title),
            "description": description,
            "footer": footer,
            "buttons": [
                {"type": "reply", "displayText": button.text, "id": button.id}
                for button in buttons
            ],
        }
        return self._send(path_of("/message/sendButtons", name), body)

    def find_messages(
        self,
        name: str,
        *,
        remote_jid: str | None = None,
        from_me: bool | None = None,
        since: datetime | None = None,
        limit: int = 50,
    ) -> list[StoredMessage]:
        """Return stored messages, newest first, of the seven days after `since` if given.

        That a send is not among them proves that it did not leave only when fewer than `limit`
        came. WhatsApp may have stored it under another JID than the number asked (ninth digit,
        LID): compare `phone` and `text` rather than filter by `remote_jid`.
        """
        where: dict[str, Any] = {}
        if key := {k: v for k, v in (("remoteJid", remote_jid), ("fromMe", from_me)) if v}:
            where["key"] = key
        if since:  # the server ignores a lower bound without an upper one
            where["messageTimestamp"] = {
                "gte": since.isoformat(),
                "lte": (since + SEARCH_WINDOW).isoformat(),
            }
        body = {"where": where, "page": 1, "offset": limit}
        found = self._call("POST", path_of("/chat/findMessages", name), read_stored, json=body)
        return [m for m in found if from_me is None or m.from_me is from_me]

    # The one call

    def _send(self, path: str, body: Mapping[str, Any]) -> SentMessage:
        return self._call("POST", path, read_sent, json=body, sending=True)

    def _call(
        self,
        method: str,
        path: str,
        read: Callable[[object], T],
        *,
        json: Mapping[str, Any] | None = None,
        params: Mapping[str, str] | None = None,
        sending: bool = False,
        keyless: bool = False,
    ) -> T:
        """Call and read. `read` raises UnreadableAnswer for a shape it does not know."""
        # A kept-alive connection that the server closes meanwhile would look like a lost answer.
        headers = {"Accept": "application/json", "Connection": "close"}
        if not keyless:
            headers["apikey"] = self._api_key
        response = self._exchange(method, path, headers=headers, json=json, params=params)
        body = _json(response)
        if response.status_code >= 400:
            secrets = (self._api_key,)
            raise error_from_answer(response.status_code, body, sending=sending, secrets=secrets)
        try:
            return read(body)
        except UnreadableAnswer as error:
            raise UnexpectedAnswer(str(error), status=response.status_code) from None

    def _exchange(self, method: str, path: str, **request: Any) -> requests.Response:
        """Errors of requests carry the address with its query, a phone: they are not chained."""
        url = self._base_url + path
        try:
            # Never follow: a redirected POST becomes a GET, and the key would go along.
            return self._session.request(
                method, url, timeout=self._timeout, allow_redirects=False, **request
            )
        except requests.RequestException as error:
            raise _transport_error(error) from None


def _private_session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session


def _transport_error(error: requests.RequestException) -> EvolutionError:
    """Only an error from before the request left is safe to repeat."""
    detail = " < ".join(type(cause).__name__ for cause in _causes(error))
    if isinstance(error, requests.ConnectTimeout):
        return TimedOut(detail, outcome=Outcome.NOT_SENT)
    if any(isinstance(cause, _BEFORE_THE_REQUEST) for cause in _causes(error)):
        return ServerUnreachable(detail)
    return TimedOut(detail)


# NewConnectionError: refused, unreachable, no such host.
_BEFORE_THE_REQUEST = (
    NewConnectionError,
    ssl.SSLCertVerificationError,
    requests.exceptions.InvalidURL,
)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and what it wraps; urllib3 puts the cause in `reason` or the arguments."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        cause = waiting.pop(0)
        if isinstance(cause, BaseException) and id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            waiting += [getattr(cause, "reason", None), *cause.args]


def _json(response: requests.Response) -> object:
    """Return the decoded body. Raises UnexpectedAnswer for a redirect or a proxy's page."""
    status = response.status_code
    refused = Outcome.NOT_SENT if 300 <= status < 500 else Outcome.UNKNOWN
    if 300 <= status < 400:
        raise UnexpectedAnswer("a redirect", status=status, outcome=refused)
    try:
        body: object = response.json()
    except (ValueError, RecursionError):
        if status == 429:
            raise RateLimited("a proxy's limit", status=status) from None
        kind = response.headers.get("Content-Type", "no content type")
        size = len(response.content)
        raise UnexpectedAnswer(
            f"not JSON: {kind}, {size} bytes", status=status, outcome=refused
        ) from None
    return body


def _anything(body: object) -> object:
    return body


def _done(body: object) -> None:
    if mapping(body).get("error") is not False:
        raise UnreadableAnswer("the server does not say that it was done")


def _webhook_or_none(body: object) -> WebhookSettings | None:
    return None if body is None else read_webhook(body)
