"""A caller, a webhook receiver and a comparison of shapes."""

from __future__ import annotations

import http.client
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

RECORDINGS = Path(__file__).parent.parent / "fixtures" / "evolution"
KEY = "simulator-key"


@dataclass
class Caller:
    """Speaks HTTP to one server; every call on a connection of its own."""

    url: str
    key: str | None = KEY

    def __call__(self, method, path, body=None, *, key="", headers=None, raw=None, timeout=10):
        """Return status and parsed body (text when it is not JSON)."""
        sent = dict(headers or {})
        apikey = self.key if key == "" else key
        if apikey is not None:
            sent["apikey"] = apikey
        data = raw
        if body is not None:
            data = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=timeout)
        try:
            connection.request(method, path, body=data, headers=sent)
            response = connection.getresponse()
            text = response.read().decode()
            self.last_headers = dict(response.getheaders())
        finally:
            connection.close()
        try:
            return response.status, json.loads(text)
        except ValueError:
            return response.status, text

    def get(self, path, **options):
        return self("GET", path, **options)

    def post(self, path, body=None, **options):
        return self("POST", path, body if body is not None else {}, **options)


@dataclass
class Received:
    method: str
    path: str
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


@dataclass
class Receiver:
    """Takes webhooks in. `answers` are the next statuses (or (status, Location)); then 200."""

    answers: list = field(default_factory=list)
    received: list = field(default_factory=list)

    def start(self):
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def take(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = dict(self.headers.items())
                receiver.received.append(Received(self.command, self.path, headers, body))
                answer = receiver.answers.pop(0) if receiver.answers else 200
                status, location = answer if isinstance(answer, tuple) else (answer, None)
                self.send_response(status)
                if location:
                    self.send_header("Location", location)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_POST = do_GET = take  # noqa: N815 -- the base's names

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=[0.005], daemon=True).start()
        return self

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def events(self, name):
        return [r.json for r in self.received if r.body and r.json["event"] == name]

    def wait(self, name, count=1, when=lambda body: True):
        """Return the first `count` events of a name, once they are there."""

        def found():
            matching = [body for body in self.events(name) if when(body)]
            return matching if len(matching) >= count else None

        return wait_for(found, f"{count} x {name}")[:count]


def wait_for(probe, what="it", seconds=5.0):
    """Return the first true value of `probe`; fail after some seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = probe()
        if found:
            return found
        time.sleep(0.005)
    raise AssertionError(f"{what} did not happen within {seconds} s")


def recorded(name):
    return json.loads((RECORDINGS / f"{name}.json").read_text())


def shape(value):
    """Reduce JSON to key sets and types; bytes with numeric keys are one type."""
    if isinstance(value, dict):
        if value and all(key.isdigit() for key in value):
            return "bytes"
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return "number" if type(value) in {int, float} else type(value).__name__


def without(value, paths):
    """Return a copy without some dotted paths."""
    copy = json.loads(json.dumps(value))
    for path in paths:
        *parents, last = path.split(".")
        node = copy
        for name in parents:
            node = (node or {}).get(name)
        if isinstance(node, dict):
            node.pop(last, None)
    return copy
