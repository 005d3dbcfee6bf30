"""One simulator: its HTTP server, its clock, its saving."""

from __future__ import annotations

import contextlib
import logging
import select
import socket
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from whatsapp.simulator import evolution_routes, instances, page_routes, script_routes
from whatsapp.simulator.clock import Clock
from whatsapp.simulator.config import Config
from whatsapp.simulator.core import Core
from whatsapp.simulator.errors import ApiError, CutConnection
from whatsapp.simulator.state import World
from whatsapp.simulator.web import Request, Response, answer
from whatsapp.simulator.webhooks import Webhooks

log = logging.getLogger(__name__)

_SAVE_EVERY_S = 0.1
_LARGEST_BODY = 10 * 1024 * 1024
_LOOPBACK = ("127.", "::1", "::ffff:127.")


class Simulator:
    """An Evolution API server with phones. `start` returns its url; keywords as in Config.

    Usable as a context manager. A `port` of 0 takes a free one. Stopped and started anew with
    the same state file it knows everything it knew, and paired instances open again.
    """

    def __init__(self, *, state: Path | str | None = None, **settings: Any) -> None:
        path = Path(state) if state is not None else None
        self.config = Config(state=path, **settings)
        world, clock = World(path), Clock()
        self.core = Core(self.config, world, clock, Webhooks(self.config, clock))
        self.core.close_port = self._close_port_for
        self._server: _Server | None = None
        self._stopped = False

    @property
    def url(self) -> str:
        return self.core.server_url

    def start(self) -> str:
        """Listen and boot. Raises OSError when the port is taken."""
        self._listen()
        self.core.clock.start()
        self._save_soon()
        instances.boot(self.core)
        return self.url

    def stop(self) -> None:
        """Stop at once: connections are closed, deliveries under way are forgotten."""
        self._stopped = True
        self._close_port()
        self.core.webhooks.stop()
        self.core.clock.stop()
        self.core.world.save()

    def __enter__(self) -> Simulator:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _listen(self) -> None:
        self._server = _Server(self.core)
        port = self._server.server_address[1]
        self.core.config = self.config = replace(self.config, port=port)
        self.core.server_url = f"http://{self.config.host}:{port}"
        threading.Thread(target=self._server.serve_forever, args=[0.01], daemon=True).start()

    def _close_port(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def _close_port_for(self, seconds: float) -> None:
        """Refuse every connection for so many real seconds."""

        def run() -> None:
            self._close_port()
            self.core.clock.after(seconds, reopen)

        def reopen() -> None:
            if not self._stopped:
                self._listen()

        threading.Thread(target=run, daemon=True).start()

    def _save_soon(self) -> None:
        def save() -> None:
            self.core.world.save()
            self._save_soon()

        self.core.clock.after(_SAVE_EVERY_S, save)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    block_on_close = False

    def __init__(self, core: Core) -> None:
        self.core = core
        self.open_sockets: set[socket.socket] = set()
        super().__init__((core.config.host, core.config.port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.open_sockets.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.open_sockets.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hung up is no error."""

    def close(self) -> None:
        """Stop listening and close what callers keep open."""
        self.shutdown()
        self.server_close()
        for open_socket in list(self.open_sockets):
            with contextlib.suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "EvolutionSimulator"
    sys_version = ""
    server: _Server

    def _handle(self) -> None:
        request = self._request()
        if request is None:
            self.close_connection = True
            self._send(answer(413, ApiError(413, "request entity too large").body))
            return
        try:
            response = _dispatch(self.server.core, request)
        except CutConnection:
            self._cut()
            return
        except Exception as error:
            log.exception("the simulator failed on %s %s", request.method, request.path)
            response = answer(500, ApiError(500, str(error)).body)
        self._send(response)
        if response.afterwards is not None:
            response.afterwards()

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _handle  # noqa: N815 -- the base's names

    def _request(self) -> Request | None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > _LARGEST_BODY:
            return None
        return Request(
            method=self.command,
            target=self.path,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length),
            client=str(self.client_address[0]),
            gone=self._gone,
        )

    def _gone(self) -> bool:
        readable, _, _ = select.select([self.connection], [], [], 0)
        return bool(readable) and self.connection.recv(1, socket.MSG_PEEK) == b""

    def _cut(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def _send(self, response: Response) -> None:
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        # Who asked for a close is told of it, else it may use the connection once more.
        self.send_header("Connection", "close" if self.close_connection else "keep-alive")
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(response.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base's name
        """Say nothing: tests and the demo print what matters themselves."""


def _dispatch(core: Core, request: Request) -> Response:
    """Evolution API, unless the path or a browser asks for the simulator's own side."""
    own = request.path.startswith(("/simulator", "/celulares"))
    if not own and not (request.path == "/" and request.wants_html):
        return evolution_routes.handle(core, request)
    if not request.client.startswith(_LOOPBACK):
        return answer(403, {"detail": "Só a própria máquina pode usar os celulares."})
    if _comes_from_elsewhere(request):
        return answer(403, {"detail": "Este pedido veio de uma página de outro endereço."})
    if request.path.startswith("/simulator/static/"):
        return page_routes.static(request)
    if request.path == "/simulator/redeliver":
        return script_routes.redeliver(core, request)
    if request.path.startswith("/simulator"):
        return script_routes.handle(core, request)
    return page_routes.handle(core, request)


def _comes_from_elsewhere(request: Request) -> bool:
    """Whether a page of another site posted this from somebody's browser."""
    origin = request.headers.get("origin")
    return bool(origin) and str(origin).split("//")[-1] != request.headers.get("host")
