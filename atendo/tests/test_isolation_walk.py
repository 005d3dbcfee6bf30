"""No company sees, changes or notices another's data: every address, every method, everybody.

`walker` finds the addresses and the names that they read; `two_companies` has the rows.  Every
question about the rival is asked twice: with what is the rival's, and with what never was.  Both
answers must be the same to the byte, and cost the same number of statements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

import pytest
from django.db import connection

from atendo.tests.two_companies import (
    CANARY,
    NEW_IDS,
    NOBODYS,
    OURS,
    RIVALS,
    Marks,
    actors_of,
    open_house,
    session_of,
)
from atendo.tests.walker import METHODS, Actor, Answer, Walker, addresses, names_read
from tenants import scope
from tenants.checks import company_models
from tenants.constraints import TenantForeignKeyConstraint
from tenants.managers import InScope
from tenants.models import Company, Membership, Role, TenantModel, User

# The document of the API is large, made anew each time, and the same for everybody.
NOT_WALKED = {"/api/schema/"}
EVERYWHERE = [address for address in addresses() if address not in NOT_WALKED]
STAFF_PAGES = [address for address in EVERYWHERE if address.startswith("/admin/")]
PAGES = [address for address in EVERYWHERE if address not in STAFF_PAGES]
API = [address for address in PAGES if address.startswith("/api/")]

# What makes a request a good one, by the name of its field.
VALUES = {
    **dict.fromkeys(("client", "professional", "service", "membership", "company"), OURS.id),
    **dict.fromkeys(("cliente", "profissional"), OURS.id),
    **dict.fromkeys(("day", "dia", "date"), "2026-12-01"),
    **dict.fromkeys(("time", "hora"), "15:00"),
    "starts_at": "2026-12-01T15:00:00-03:00",
    **dict.fromkeys(("name", "notes", "reason"), "Jacarandá"),
    **dict.fromkeys(("phone", "number"), "(31) 98123-4567"),
    "duration_minutes": 30,
    "price": 10,
    **dict.fromkeys(("is_active", "accepted", "accept_risk"), True),
    "wanted": "yes",
    "username": OURS.name,
    **dict.fromkeys(("password", "old_password"), OURS.name),
    **dict.fromkeys(("new_password1", "new_password2"), "outra-senha-9"),
}
# With these fields a chosen client is one too many.
TEXTS = {"name", "notes", "reason", "phone", "number", "username", "password", "old_password"}
NEW_CLIENT = {"new_name": "Jacarandá", "new_phone": "(31) 98123-4567"}

# Changes that our own company is refused, with the reason; all others must succeed, or asking
# for a change of the rival's would prove nothing.
REFUSED = {
    ("DELETE", "/api/v1/clients/{id}/"): "has appointments",
    ("DELETE", "/api/v1/professionals/{id}/"): "has appointments",
    ("DELETE", "/api/v1/services/{id}/"): "has appointments",
}


@pytest.fixture
def clock(monkeypatch, now):
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)


@pytest.fixture
def ours(db, clock):
    return open_house(OURS)


@pytest.fixture
def everybody(ours):
    return actors_of(ours)


@pytest.fixture
def rival(everybody):
    return open_house(RIVALS)


@pytest.fixture
def walker(ours):
    return Walker(ours=OURS.id, rival=RIVALS.id, new_ids=NEW_IDS)


# Questions -------------------------------------------------------------------------------------


def asked(
    walker: Walker, actor: Actor, method: str, address: str, marks: Marks, **fields
) -> Answer:
    """The answer about the company of the marks, as if it had no marks."""
    answer = walker.call(actor, method, address.format(id=marks.id), query=fields, fields=fields)
    return answer.without(*marks.spellings)


def difference(theirs: Answer, nobodys: Answer) -> Iterator[str]:
    """Say by what somebody could tell that a row of the rival exists."""
    if (theirs.status, theirs.shown) != (nobodys.status, nobodys.shown):
        yield f"answers {theirs.status} {theirs.shown!r}, not {nobodys.status} {nobodys.shown!r}"
    elif theirs.statements != nobodys.statements:
        yield f"takes {theirs.statements} statements, not {nobodys.statements}"
    ours, as_nobodys = _our_counts(theirs), _our_counts(nobodys)
    if ours != as_nobodys:
        yield f"writes {ours}, not {as_nobodys}"


def _our_counts(answer: Answer) -> dict[str, int]:
    return {table: count for table, (count, _rivals) in answer.rows.items()}


def mixes_or_breaks(answer: Answer) -> Iterator[str]:
    """Say what not even the staff may cause."""
    if answer.status >= 500:
        yield f"fails: {answer.status}"
    if answer.stopped:
        yield f"is stopped by the database alone: {answer.stopped}"
    if answer.mixed:
        yield f"leaves references across companies: {answer.mixed}"


def faults(walker: Walker, answer: Answer) -> Iterator[str]:
    """Say what no answer to a company may be."""
    yield from mixes_or_breaks(answer)
    if found := CANARY.search(answer.shown):
        yield f"shows {answer.shown[max(0, found.start() - 60) : found.end() + 20]!r}"
    for table, (_ours, rivals) in answer.rows.items():
        if rivals != walker.at_first[table][1]:
            yield f"changes the rival's {table}"


def own_or_rivals(walker: Walker, actor: Actor, method: str, address: str) -> Iterator[str]:
    """Ask for the rival's row where the address has an id, else for what is ours."""
    if "{id}" in address:
        yield from about_the_rival(walker, actor, method, address)
        return
    for problem in faults(walker, asked(walker, actor, method, address, OURS)):
        yield f"{actor.name}: {method} {address} {problem}"


def about_the_rival(walker, actor, method, address, values=None, probe=None) -> Iterator[str]:
    """Ask about the rival and about nobody, and say what is wrong.

    `probe` is the name of a field and which of the marks goes into it.
    """
    answers = []
    for marks in (RIVALS, NOBODYS):
        fields = dict(values or {})
        if probe is not None:
            fields[probe[0]] = getattr(marks, probe[1])
        answers.append(asked(walker, actor, method, address, marks, **fields))
    where = f"{actor.name}: {method} {address} {probe or ''}"
    for problem in [*faults(walker, answers[0]), *difference(*answers)]:
        yield f"{where} {problem}"


# What the addresses read -----------------------------------------------------------------------

LEARNED: dict[tuple[str, str, str], tuple[dict, set[str]]] = {}


def good_values(walker, actor, method, address) -> tuple[dict, set[str]]:
    """Return the fields that make a request of ours a good one, and every name that it reads.

    Learnt by asking, once for all tests.
    """
    key = (actor.name, method, address)
    if key not in LEARNED:
        with names_read() as names:
            answer = asked(walker, actor, method, address, OURS, **{"-": 1})
            values = {name: VALUES[name] for name in names if name in VALUES}
            if values and answer.status != 405:
                asked(walker, actor, method, address, OURS, **values)
        LEARNED[key] = values, names - {"-"}
    return LEARNED[key]


def probes(values: dict, names: set[str]) -> Iterator[tuple[dict, tuple[str, str]]]:
    """Yield each name with each mark that it could take, and the fields around it."""
    seen = set()
    for name in sorted(names):
        alike = re.sub(r"\d", "0", name)  # the weekly hours have 28 fields
        if alike in seen:
            continue
        seen.add(alike)
        around = values | NEW_CLIENT | {"client": ""} if name in NEW_CLIENT else values
        takes_text = name not in VALUES or name in TEXTS
        for mark in ("id", "name", "phone") if takes_text else ("id",):
            yield around, (name, mark)


# Tests -----------------------------------------------------------------------------------------

ASKING = [
    *("stranger", "of no company", "owner", "receptionist", "professional"),
    *("token of owner", "token of receptionist", "token of professional"),
]


def places(actor: Actor) -> list[str]:
    """A token counts under /api/ alone; the tokens' addresses are the same for a session."""
    return API if actor.headers else PAGES


@pytest.mark.parametrize("who", ASKING)
def test_nobody_sees_changes_or_notices_the_rivals_rows(who, walker, everybody, rival):
    actor = everybody[who]
    by_htmx = actor.asking(**{"HX-Request": "true"})
    walker.look()

    problems = []
    for address, method in product(places(actor), METHODS):
        for asker in (actor, by_htmx) if method == "GET" and address not in API else (actor,):
            problems += own_or_rivals(walker, asker, method, address)

    assert problems == []


@pytest.mark.parametrize("who", ["stranger", "owner", "token of owner"])
def test_no_parameter_and_no_field_reaches_the_rival(who, walker, everybody, rival):
    actor = everybody[who]
    walker.look()

    problems = []
    for address in [a for a in places(actor) if actor.headers or a not in API]:
        ours = address.replace("{id}", str(OURS.id))
        for method in METHODS:
            for around, probe in probes(*good_values(walker, actor, method, address)):
                problems += about_the_rival(walker, actor, method, ours, around, probe)

    assert problems == []


@pytest.mark.parametrize("who", ["owner", "token of owner"])
def test_everything_is_as_if_there_were_no_rival(who, walker, everybody):
    actor = everybody[who]
    requests = list(product(METHODS, places(actor)))
    good = [good_values(walker, actor, *request)[0] for request in requests]

    def answers() -> list[Answer]:
        return [
            asked(walker, actor, *request, OURS, **values)
            for request, values in zip(requests, good, strict=True)
        ]

    alone = answers()
    open_house(RIVALS)
    beside = answers()

    told = [
        f"{request} {what}"
        for request, one, other in zip(requests, beside, alone, strict=True)
        for what in difference(one, other)
    ]
    assert told == []
    # And our own changes succeed, or the refusal of the same for the rival's would mean nothing.
    refused = {
        request for request, answer in zip(requests, alone, strict=True) if fails(request, answer)
    }
    assert refused == set(REFUSED)


def fails(request: tuple[str, str], answer: Answer) -> bool:
    method, address = request
    if method == "GET" or answer.status in {404, 405}:
        return False
    return answer.status not in ({200, 201, 202, 204} if address in API else {302})


def test_staff_ties_no_rows_of_two_companies_together(walker, everybody, rival):
    staff = Actor("staff", session_of(User.objects.create_superuser("eu@so.example", name="Eu")))
    walker.look()

    problems = []
    for address, method in product(STAFF_PAGES, ("GET", "POST")):
        ours = address.replace("{id}", str(OURS.id))
        for around, (name, _mark) in probes(*good_values(walker, staff, method, address)):
            answer = asked(walker, staff, method, ours, RIVALS, **{**around, name: RIVALS.id})
            problems += [
                f"{method} {address} {name} {each}" for each in mixes_or_breaks(answer)
            ]

    assert problems == []


@pytest.mark.parametrize("who", ["stranger", "owner"])
def test_the_pages_of_the_staff_are_closed_to_everybody_else(who, walker, everybody, rival):
    walker.look()

    for address, method in product(STAFF_PAGES, METHODS):
        answer = asked(walker, everybody[who], method, address, RIVALS)
        assert [*faults(walker, answer)] == []
        assert answer.status in {302, 404, 405} or "/admin/login/" in address


def test_who_works_in_two_companies_sees_the_other_only_in_the_choice(walker, everybody, rival):
    with scope.company(rival.company.pk):
        Membership.objects.create(user=User.objects.get(email=OURS.name), role=Role.OWNER)
    walker.look()

    problems = [
        problem
        for address, method in product(set(PAGES) - {"/empresas/"}, METHODS)
        for problem in own_or_rivals(walker, everybody["owner"], method, address)
    ]

    assert problems == []
    assert CANARY.search(asked(walker, everybody["owner"], "GET", "/empresas/", OURS).shown)


# With one lock taken away ----------------------------------------------------------------------


def without_the_manager(monkeypatch):
    monkeypatch.setattr(InScope, "as_sql", lambda *args: ("(1 = 1)", []))


def without_bound_writes(monkeypatch):
    def fill(row):
        row.company_id = row.company_id or scope.one_company_id()

    monkeypatch.setattr(TenantModel, "bind_company", fill)
    monkeypatch.setattr(Company, "bind_company", lambda row: None)


def without_row_level_security(monkeypatch):
    for model in company_models():
        alter(model, "DISABLE ROW LEVEL SECURITY")


def without_composite_keys(monkeypatch):
    for model in company_models():
        for constraint in model._meta.constraints:
            if isinstance(constraint, TenantForeignKeyConstraint):
                alter(model, f"DROP CONSTRAINT {constraint.name}")


def alter(model, change):
    with connection.as_login_role(), connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {model._meta.db_table} {change}")


LOCKS = [
    without_the_manager,
    without_bound_writes,
    without_row_level_security,
    without_composite_keys,
]


def walk_by_id(walker, everybody) -> list[str]:
    """Ask for the rival's rows by every id of an address, a parameter and a field."""
    walker.look()
    problems = []
    for actor, where in ((everybody["owner"], set(PAGES) - set(API)), (everybody["token of owner"], API)):
        for address, method in product(sorted(where), METHODS):
            problems += own_or_rivals(walker, actor, method, address)
            ours = address.replace("{id}", str(OURS.id))
            for around, (name, mark) in probes(*good_values(walker, actor, method, address)):
                if VALUES.get(name) == OURS.id:
                    problems += about_the_rival(walker, actor, method, ours, around, (name, mark))
    return problems


@pytest.mark.parametrize("take_away", LOCKS, ids=lambda lock: lock.__name__)
def test_every_address_holds_with_one_lock_taken_away(
    take_away, walker, everybody, rival, monkeypatch
):
    connection.check_constraints()
    take_away(monkeypatch)

    assert walk_by_id(walker, everybody) == []


def test_with_two_locks_taken_away_the_walk_finds_the_leaks(
    walker, everybody, rival, monkeypatch
):
    connection.check_constraints()
    without_the_manager(monkeypatch)
    without_row_level_security(monkeypatch)

    problems = "\n".join(walk_by_id(walker, everybody))

    print(problems[:3000])
    assert "POST /clientes/{id}/ changes the rival's clients" in problems
