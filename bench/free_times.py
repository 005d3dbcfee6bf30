"""Free times of ten professionals in thirty days: our engine, its queries included, against one
SQL query that gives the very same times.

The rival is what one comes to in SQL: multiranges of each professional's possible starts, less
what is taken, and `generate_series` for the grid.  NOT EXISTS per start took three times as long.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cache, partial
from typing import Any, Final

from django.db import connection

from bench.rounds import Measured, alternate, fastest, ratio
from bench.tables import execute, fast_load, insert_rows
from bench.world import World, load_people
from scheduling.free_times import Diary
from scheduling.models import Absence, Appointment, Professional, Service, WorkingHours
from scheduling.own_terms import TermsByProfessional
from tenants import scope
from tenants.models import Company

COMPANIES: Final = 20  # at most; the others have none of these rows
PROFESSIONALS: Final = 10
DAYS: Final = 30
A_DAY: Final = 9  # appointments of each professional: two thirds of the hours
FIRST: Final = date(2027, 3, 1)
LAST: Final = FIRST + timedelta(days=DAYS - 1)
STEP: Final = 15  # minutes
TIMES: Final = 2  # in one turn
HOW: Final = (
    "free starts of 10 professionals in 30 days with 9 appointments a day, buffers, absences, own"
    " terms: four queries by the ORM and the sweep / one query, until the rows are fetched"
)

# Terms, openings, what is taken, and what could be a start.
FREE_STARTS: Final = """
    WITH terms AS (
        SELECT p.id AS professional_id, make_interval(mins => s.buffer_before_minutes) AS before,
            make_interval(mins => s.buffer_after_minutes) AS after,
            make_interval(mins => coalesce(own.duration_minutes, s.duration_minutes)) AS duration
        FROM professionals p JOIN services s ON s.company_id = p.company_id AND s.id = %(service)s
        LEFT JOIN professional_services own ON own.company_id = p.company_id
            AND own.professional_id = p.id AND own.service_id = s.id
        WHERE p.company_id = %(company)s AND p.id = ANY(%(professionals)s)
    ), openings AS (
        SELECT professional_id, (day::date + h.starts) AT TIME ZONE %(zone)s AS opens,
            (day::date + h.ends) AT TIME ZONE %(zone)s - duration AS latest
        FROM generate_series(%(first)s::timestamp, %(last)s, '1 day') day
        JOIN working_hours h ON h.weekday = extract(isodow FROM day) - 1
        JOIN terms USING (professional_id)
        WHERE h.company_id = %(company)s
    ), taken AS MATERIALIZED (
        SELECT professional_id,
            starts_at - make_interval(mins => buffer_before_minutes) AS begins,
            ends_at + make_interval(mins => buffer_after_minutes) AS ends
        FROM appointments
        WHERE company_id = %(company)s AND professional_id = ANY(%(professionals)s)
            AND status <> 'cancelled' AND starts_at > %(start)s::timestamptz - interval '40 hours'
            AND starts_at < %(end)s::timestamptz + interval '20 hours'
        UNION ALL
        SELECT t.professional_id, a.starts_at, a.ends_at
        FROM absences a JOIN terms t ON coalesce(a.professional_id, t.professional_id)
            = t.professional_id
        WHERE a.company_id = %(company)s AND a.ends_at > %(start)s AND a.starts_at < %(end)s
    ), candidates AS (
        SELECT professional_id, generate_series(opens, latest, %(step)s) AS at
        FROM openings WHERE latest >= opens
        UNION
        SELECT professional_id, ends + before
        FROM taken JOIN terms USING (professional_id) JOIN openings USING (professional_id)
        WHERE ends + before BETWEEN opens AND latest
    ), free AS MATERIALIZED (
        SELECT professional_id, possible - coalesce(blocked, '{}'::tstzmultirange) AS starts
        FROM (
            SELECT professional_id, range_agg(tstzrange(opens, latest, '[]')) AS possible
            FROM openings WHERE latest >= opens GROUP BY 1
        ) o LEFT JOIN (
            SELECT professional_id,
                range_agg(tstzrange(begins - duration - after, ends + before, '()')) AS blocked
            FROM taken JOIN terms USING (professional_id) GROUP BY 1
        ) b USING (professional_id)
    )
    SELECT professional_id, extract(epoch FROM at)::bigint
    FROM candidates JOIN free USING (professional_id)
    WHERE at <@ starts AND at >= %(earliest)s
    ORDER BY 1, 2"""


class NotTheSame(RuntimeError):
    """The two do not give the same times, so nothing can be compared."""


def versus_sql(world: World) -> Measured:
    """Return ours / the query's."""
    load(world)
    _check(world)
    turns = {name: partial(turn, world, find) for name, find in VARIANTS.items()}
    times = alternate(turns, rounds=world.rounds, seconds=25)
    return ratio(times, "ours", "sql", HOW)


def turn(world: World, find: Any, number: int) -> float:
    with scope.company(1 + number % companies(world)):
        company = Company.objects.get()
        ids = professionals()
        return fastest(lambda _n: find(company, ids), range(TIMES))


def companies(world: World) -> int:
    return min(world.companies, COMPANIES)


def professionals() -> list[int]:
    rows = Professional.objects.filter(hours__weekday=0).order_by("pk").distinct()
    return list(rows.values_list("pk", flat=True))


def ours(company: Company, ids: list[int]) -> list[tuple[int, int]]:
    """What a page does: the service, the terms, the diary, the sweep."""
    earliest = datetime.combine(FIRST, datetime.min.time(), tzinfo=company.zone)
    service = Service.objects.get()
    terms = TermsByProfessional(service)
    diary = Diary(ids, first=FIRST, last=LAST, zone=company.zone)
    return [
        (pk, start)
        for pk in ids
        for start in diary.free(pk, terms.of(pk), step=STEP, earliest=earliest)
    ]


def by_sql(query: str, company: Company, ids: list[int]) -> list[tuple[int, int]]:
    start = datetime.combine(FIRST, datetime.min.time(), tzinfo=company.zone)
    asked: dict[str, Any] = {
        "company": company.pk,
        "service": company.pk,
        "professionals": ids,
        "zone": company.timezone,
        "first": FIRST,
        "last": LAST,
        "start": start,
        "end": start + timedelta(days=DAYS),
        "earliest": start,
        "step": timedelta(minutes=STEP),
    }
    with connection.cursor() as cursor:
        cursor.execute(query, asked)
        return list(cursor.fetchall())


def _check(world: World) -> None:
    for number in range(min(3, companies(world))):
        with scope.company(1 + number):
            company, ids = Company.objects.get(), professionals()
            found, theirs = (find(company, ids) for find in VARIANTS.values())
            if found != theirs or not found or len(ids) != PROFESSIONALS:
                odd = sorted(set(found) ^ set(theirs))
                raise NotTheSame(f"company {company.pk}: {len(odd)} times, as {odd[:1]}")


VARIANTS: Final[dict[str, Callable[[Company, list[int]], list[tuple[int, int]]]]] = {
    "ours": ours,
    "sql": partial(by_sql, FREE_STARTS),
}


@cache
def load(world: World) -> None:
    """Professionals with hours, appointments, buffers and absences, beside all the others."""
    load_people(world)
    each = companies(world)
    insert_rows(Professional(), (PROFESSIONALS, each), company_id="c", name="'Com agenda ' || n")
    who = (
        "(SELECT min(p.id) FROM professionals p WHERE p.company_id = c"
        " AND p.name = 'Com agenda ' || mod(n, 10))"
    )
    insert_rows(
        WorkingHours(),
        (PROFESSIONALS * 6 * 2, each),
        company_id="c",
        professional_id=who,
        weekday="mod(n / 10, 6)",
        starts="CASE n / 60 WHEN 0 THEN '09:00' ELSE '13:00' END::time",
        ends="CASE n / 60 WHEN 0 THEN '12:00' ELSE '18:00' END::time",
    )
    day = f"'{FIRST} 12:00+00'::timestamptz + mod(n / 10, {DAYS}) * interval '1 day'"
    insert_rows(
        Absence(),
        (PROFESSIONALS + 1, each),
        company_id="c",
        professional_id=f"CASE WHEN n < 10 THEN {who} END",
        starts_at=f"'{FIRST} 15:00+00'::timestamptz + n * interval '50 hours'",
        ends_at=f"'{FIRST} 21:00+00'::timestamptz + n * interval '51 hours'",
    )
    start = f"{day} + (n / {10 * DAYS}) * interval '60 min' + mod(n * 7, 3) * interval '5 min'"
    with fast_load(Appointment._meta.db_table):
        insert_rows(
            Appointment(),
            (PROFESSIONALS * DAYS * A_DAY, each),
            company_id="c",
            client_id="c",
            professional_id=who,
            service_id="c",
            starts_at=start,
            ends_at=f"{start} + (30 + mod(n, 3) * 5) * interval '1 min'",
            status="CASE mod(n, 11) WHEN 0 THEN 'cancelled' ELSE 'scheduled' END",
            buffer_after_minutes="CASE mod(n, 4) WHEN 0 THEN 10 ELSE 0 END",
        )
    execute("ANALYZE")  # the rival's plan depends on what the server knows
