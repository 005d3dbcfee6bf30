"""Clients from a file: receive, check, begin, go on, undo, forget.

The file's rows are stored; what is to be done stands in them.  The work goes on chunk by chunk,
each with its outcome in one transaction, so it can stop anywhere and be taken up again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, ProtectedError, Q

from scheduling import client_rows
from scheduling.models import (
    Client,
    ClientImport,
    ClientImportRow,
    ConsentSource,
    ImportStatus,
    Outcome,
)
from scheduling.tables import Line
from tenants import security
from tenants.models import User
from tenants.security import Origin

logger = logging.getLogger("atendo.scheduling")

CHUNK = 200
WRITTEN_AT_ONCE = 2000
# Somebody else may enter a phone of the chunk at the same moment: look again then.
TRIES = 5


class NotNow(Exception):
    """The import is no longer, or not yet, where this step is possible."""


class InUse(Exception):
    """Clients of the import have appointments or messages by now.  `count` is how many."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count


@dataclass(frozen=True, slots=True)
class Choices:
    """What the person said about the file."""

    columns: client_rows.Columns
    has_header: bool = True
    area: str = ""
    completes_notes: bool = False
    with_consent: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """`waiting` are still to be imported; of them `waiting_known` are in the register."""

    total: int = 0
    waiting: int = 0
    waiting_known: int = 0
    created: int = 0
    completed: int = 0
    known: int = 0
    refused: int = 0

    @property
    def new(self) -> int:
        """How many are to be made, as the register is now."""
        return self.waiting - self.waiting_known

    @property
    def done(self) -> int:
        return self.total - self.waiting

    @property
    def in_register(self) -> int:
        """How many were there already, with or without something to add."""
        return self.known + self.completed

    @property
    def changed(self) -> int:
        """How many there are to undo."""
        return self.created + self.completed


@transaction.atomic
def receive(lines: list[Line], *, file_name: str, by: User, now: datetime) -> ClientImport:
    """Store the rows of a file, with a first guess of what its columns are."""
    columns, has_header = client_rows.guess(lines)
    received = ClientImport(
        file_name=file_name[-120:],
        table=[list(line) for line in lines],
        columns=columns,
        has_header=has_header,
        created_by=by,
        created_at=now,
    )
    phones = [line.cells[columns["phone"]] for line in lines] if "phone" in columns else []
    received.area = (
        client_rows.usual_area(phones[: client_rows.SAMPLE]) or Client.objects.usual_area()
    )
    received.save()
    return received


@transaction.atomic
def check(asked: ClientImport, choices: Choices) -> None:
    """Write down how each row is understood.  Raises NotNow once the import has begun."""
    current = _locked(asked, {ImportStatus.COLUMNS, ImportStatus.CHECKED})
    for name, value in asdict(choices).items():
        setattr(current, name, value)
    current.status = ImportStatus.CHECKED
    current.save(update_fields=["status", *asdict(choices)])
    current.rows.all().delete()
    lines = (Line(*row) for row in current.table[int(choices.has_header) :])
    rows = [
        _stored(current, row)
        for row in client_rows.understand(lines, choices.columns, area=choices.area)
    ]
    ClientImportRow.objects.bulk_create(rows, batch_size=WRITTEN_AT_ONCE)


def _stored(owner: ClientImport, row: client_rows.Row) -> ClientImportRow:
    return ClientImportRow(
        client_import=owner,
        number=row.number,
        name=row.name,
        phone=row.phone,
        phone_key=row.key,
        notes=row.notes,
        problem=row.problem,
        same_as=row.same_as,
        outcome=Outcome.REFUSED if row.problem else Outcome.WAITING,
    )


@transaction.atomic
def begin(asked: ClientImport, *, by: User) -> None:
    """From now on the job imports.  Raises NotNow unless it was checked and has not begun."""
    current = _locked(asked, {ImportStatus.CHECKED})
    current.status = ImportStatus.RUNNING
    current.save(update_fields=["status"])
    rows = current.rows.filter(outcome=Outcome.WAITING).count()
    security.record("clients_imported", origin=Origin.WEB, actor=by, rows=rows)


def go_on(stop: Callable[[], bool], *, now: Callable[[], datetime]) -> None:
    """Import what the running imports of the company still hold, until done or asked to stop."""
    for pk in ClientImport.objects.running().order_by("pk").values_list("pk", flat=True):
        while not stop() and _next_chunk(pk, now=now()):
            pass


def _next_chunk(pk: int, *, now: datetime) -> bool:
    """Import some rows; return whether there may be more."""
    for left in reversed(range(TRIES)):
        try:
            return _imported(pk, now=now)
        except IntegrityError:
            if not left:
                raise
    raise AssertionError("unreachable")


@transaction.atomic
def _imported(pk: int, *, now: datetime) -> bool:
    running = ClientImport.objects.select_for_update().running().defer("table")
    current = running.filter(pk=pk).first()
    if current is None:  # another job was faster
        return False
    rows = list(current.rows.filter(outcome=Outcome.WAITING).order_by("number")[:CHUNK])
    if rows:
        _import(current, rows, now)
        return True
    current.status, current.finished_at = ImportStatus.DONE, now
    current.summary = asdict(counts_of(current))
    current.save(update_fields=["status", "finished_at", "summary"])
    logger.info("clients imported", extra={"client_import_id": pk})
    return False


def _import(current: ClientImport, rows: list[ClientImportRow], now: datetime) -> None:
    keys = [row.phone_key for row in rows]
    there = {client.phone_key: client for client in Client.objects.filter(phone_key__in=keys)}
    made = [_client(current, row, now) for row in rows if row.phone_key not in there]
    new = {client.phone_key: client for client in Client.objects.bulk_create(made)}
    for row in rows:
        row.client = there.get(row.phone_key) or new[row.phone_key]
        row.outcome = Outcome.CREATED if row.phone_key in new else Outcome.KNOWN
        if row.phone_key in there and current.completes_notes and _completed(row):
            row.outcome = Outcome.COMPLETED
    completed = [row.client for row in rows if row.outcome == Outcome.COMPLETED]
    Client.objects.bulk_update(completed, ["notes"])
    ClientImportRow.objects.bulk_update(rows, ["client", "outcome"])


def _client(current: ClientImport, row: ClientImportRow, now: datetime) -> Client:
    client = Client(name=row.name, phone=row.phone, phone_key=row.phone_key, notes=row.notes)
    if current.with_consent:
        client.notices_consent_at = now
        client.notices_consent_from = ConsentSource.SPREADSHEET
        client.notices_consent_by_id = current.created_by_id
    return client


def _completed(row: ClientImportRow) -> bool:
    """Give the client the notes of the row where there are none; return whether it did."""
    if not row.notes or row.client.notes.strip():
        return False
    row.client.notes = row.notes
    return True


@transaction.atomic
def undo(asked: ClientImport) -> None:
    """Take back the clients that the import made, and the notes that it gave to others.

    Raises InUse when one of them has an appointment or a message by now, and NotNow when the
    import is not done or its rows are forgotten; nothing is taken back then.
    """
    current = _locked(asked, {ImportStatus.DONE})
    if current.forgotten_at:
        raise NotNow
    made = current.rows.filter(outcome=Outcome.CREATED)
    for row in current.rows.filter(outcome=Outcome.COMPLETED).exclude(client=None):
        Client.objects.filter(pk=row.client_id, notes=row.notes).update(notes="")
    try:
        with transaction.atomic():
            Client.objects.filter(pk__in=list(made.values_list("client_id", flat=True))).delete()
    except ProtectedError as error:
        users = {getattr(each, "client_id", None) for each in error.protected_objects}
        raise InUse(len(users)) from error
    current.status = ImportStatus.UNDONE
    current.save(update_fields=["status"])
    logger.info("import of clients undone", extra={"client_import_id": current.pk})


@transaction.atomic
def discard(asked: ClientImport) -> None:
    """Throw away a file that was not imported.  Raises NotNow once the import has begun."""
    _locked(asked, {ImportStatus.COLUMNS, ImportStatus.CHECKED}).delete()


def forget_outdated(*, now: datetime) -> None:
    """Remove the rows that were kept long enough; of what never began, everything."""
    for each in ClientImport.objects.outdated(now).defer("table"):
        with transaction.atomic():
            if each.is_open:
                each.delete()
                continue
            each.rows.all().delete()
            each.table, each.forgotten_at = [], now
            each.save(update_fields=["table", "forgotten_at"])


def counts_of(shown: ClientImport) -> Counts:
    """Return how many rows there are of each outcome.  One query, none once it is done."""
    if shown.summary:
        return Counts(**shown.summary)
    waiting = Q(outcome=Outcome.WAITING)
    in_register = Q(phone_key__in=Client.objects.order_by().values("phone_key"))
    counted: dict[str, Any] = shown.rows.order_by().aggregate(
        total=Count("pk"),
        waiting=Count("pk", filter=waiting),
        waiting_known=Count("pk", filter=waiting & in_register),
        created=Count("pk", filter=Q(outcome=Outcome.CREATED)),
        completed=Count("pk", filter=Q(outcome=Outcome.COMPLETED)),
        known=Count("pk", filter=Q(outcome=Outcome.KNOWN)),
        refused=Count("pk", filter=Q(outcome=Outcome.REFUSED)),
    )
    return Counts(**counted)


def _locked(asked: ClientImport, statuses: set[ImportStatus]) -> ClientImport:
    rows = ClientImport.objects.select_for_update().filter(pk=asked.pk, status__in=statuses)
    current: ClientImport | None = rows.defer("table").first()
    if current is None:
        raise NotNow
    return current
