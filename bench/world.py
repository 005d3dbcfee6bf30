"""What everything is measured on: many companies of one size, loaded when first asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from bench.tables import fast_load, insert_rows
from scheduling.models import Appointment, Client, Professional, Service
from tenants.models import Company

PROFESSIONALS, CLIENTS = 4, 50  # of each company
FIRST = datetime(2026, 1, 5, tzinfo=UTC)
APART = timedelta(minutes=144)  # ten a day
LASTS = timedelta(minutes=40)


@dataclass(frozen=True)
class World:
    """The sizes.  The database is new, so ids are known: see `row_id`."""

    companies: int = 1000
    appointments: int = 1000  # of each company
    rounds: int = 45
    busy_rows: int = 5000  # of the one company whose pages are opened

    def company(self, number: int) -> int:
        """The id of the company whose turn it is in a round."""
        return 1 + number % self.companies

    def row_id(self, company: int, number: int) -> int:
        """The id of a company's row with this number, counted from 0: companies take turns."""
        return number * self.companies + company

    def starts_at(self, number: int) -> datetime:
        """When the appointment with this number starts, in every company."""
        return FIRST + number * APART


@cache
def load_people(world: World) -> None:
    """Companies, each with professionals, a service and clients."""

    def each(count: int) -> tuple[int, int]:
        return count, world.companies

    insert_rows(Company(), each(1), name="'Empresa ' || c", slug="'empresa-' || c")
    insert_rows(Professional(), each(PROFESSIONALS), company_id="c", name="'Profissional ' || n")
    insert_rows(Service(name="Corte"), each(1), company_id="c")
    insert_rows(
        Client(),
        each(CLIENTS),
        company_id="c",
        name="'Cliente ' || n",
        phone="'+55319' || 80000000 + n",
        phone_key="'31' || 80000000 + n",
    )


@cache
def load_appointments(world: World) -> None:
    """One after the other, so that nothing overlaps; every tenth is cancelled."""
    load_people(world)
    start = f"'{FIRST}'::timestamptz + n * interval '{APART}'"
    with fast_load(Appointment._meta.db_table):
        insert_rows(
            Appointment(),
            (world.appointments, world.companies),
            company_id="c",
            client_id=f"mod(n, {CLIENTS}) * {world.companies} + c",
            professional_id=f"mod(n, {PROFESSIONALS}) * {world.companies} + c",
            service_id="c",
            starts_at=start,
            ends_at=f"{start} + interval '{LASTS}'",
            status="CASE mod(n, 10) WHEN 0 THEN 'cancelled' ELSE 'scheduled' END",
        )
