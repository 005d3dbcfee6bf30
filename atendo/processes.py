"""Starts the processes that Atendo consists of, waits until they serve, and ends them."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

STOP_SECONDS = 15

# Past any proxy that the environment names: we only talk to ourselves.
LOCAL = urllib.request.build_opener(urllib.request.ProxyHandler({}))

# Asks Linux for a SIGTERM (15) when the parent is gone, even by kill -9 (PR_SET_PDEATHSIG, 1),
# and becomes the command.  Not by `preexec_fn`: a Ctrl-C may get lost in the hooks of a fork.
TIED = """import ctypes, os, sys
ctypes.CDLL(None).prctl(1, 15)
if os.getppid() == int(sys.argv[1]):
    os.execvp(sys.argv[2], sys.argv[2:])"""


class DidNotStart(RuntimeError):
    """A process ended, or did not answer in time."""


def free_port(wanted: int) -> int:
    """Return the wanted port of the loopback address, or a free one when it is busy."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def manage(*arguments: str) -> list[str]:
    return [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments]


def web_command(port: int, *, host: str = "127.0.0.1", workers: int = 2) -> list[str]:
    """granian with as many threads as the study measured best (performance study, 1b)."""
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "atendo.wsgi:application"),
        *("--host", host, "--port", str(port), "--workers", str(workers)),
        *("--blocking-threads", "4", "--no-ws", "--log-level", "warning"),
        *("--working-dir", str(settings.BASE_DIR)),
    ]


def tied(command: Sequence[str]) -> list[str]:
    """Return a command that ends with the process that started it; on Linux only."""
    if sys.platform != "linux":
        return list(command)
    return [sys.executable, "-SE", "-c", TIED, str(os.getpid()), *command]


@dataclass
class Processes:
    """Children of this process, each in a session of its own so that Ctrl-C reaches us alone.

    Start them from the main thread: on Linux they end with the thread that started them.
    """

    environment: Mapping[str, str] = field(default_factory=dict)
    log: Path | None = None
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def full_environment(self) -> dict[str, str]:
        return {**os.environ, **self.environment}

    def start(self, name: str, command: Sequence[str]) -> None:
        output = self.log.open("ab") if self.log else None
        try:
            self.running[name] = subprocess.Popen(
                tied(command),
                env=self.full_environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                start_new_session=True,
            )
        finally:
            if output:
                output.close()

    def wait_for(self, name: str, url: str, *, seconds: float = 30) -> None:
        """Wait until `url` answers anything.  Raises DidNotStart."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.running[name].poll() is not None:
                raise DidNotStart(f"{name} ended with status {self.running[name].returncode}")
            if answers(url):
                return
            time.sleep(0.1)
        raise DidNotStart(f"{name} did not answer at {url} within {seconds:.0f} s")

    def first_ended(self) -> str | None:
        """Return the name of a process that has ended, if any."""
        return next((n for n, p in self.running.items() if p.poll() is not None), None)

    def stop(self, name: str, *, kill: bool = False) -> None:
        process = self.running.pop(name)
        _signal(process, signal.SIGKILL if kill else signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):  # too slow, or Ctrl-C once more
            _signal(process, signal.SIGKILL)
            process.wait()

    def stop_all(self) -> None:
        for process in self.running.values():
            _signal(process, signal.SIGTERM)
        for name in list(self.running):
            self.stop(name)


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    if process.poll() is None:
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            pass


def answers(url: str) -> bool:
    """Whether a server answers at `url`, with whatever status."""
    try:
        LOCAL.open(url, timeout=2).close()
    except urllib.error.HTTPError:
        return True
    except (OSError, http.client.HTTPException):
        return False
    return True


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Turn SIGTERM into KeyboardInterrupt, as Ctrl-C is, so that one way of ending suffices."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
