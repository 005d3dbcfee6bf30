"""Wake-ups.  What is to be done stands in our tables; a job looks there and does it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from scheduling import client_imports
from scheduling.models import ClientImport
from tenants.jobs import company_job, stopping, wake
from tenants.models import User


@company_job(lock="import_clients")
def import_clients(company_id: int) -> None:
    client_imports.go_on(stopping.is_set, now=timezone.now)


@company_job(lock="import_clients")
def forget_imports(company_id: int) -> None:
    client_imports.forget_outdated(now=timezone.now())


@transaction.atomic
def begin_import(asked: ClientImport, *, by: User) -> None:
    """Raises client_imports.NotNow."""
    client_imports.begin(asked, by=by)
    wake(import_clients, asked.company_id)


def with_running_imports(now: datetime) -> list[int]:
    """Return the companies whose clients are being imported.  One query."""
    return list(ClientImport.objects.running().order_by().values_list("company_id", flat=True))


def with_outdated_imports(now: datetime) -> list[int]:
    rows = ClientImport.objects.outdated(now).order_by()
    return list(rows.values_list("company_id", flat=True))
