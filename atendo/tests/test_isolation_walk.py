"""No company sees, changes or notices another's data: every address, every method, everybody.

`walker` finds the addresses and the names that they read; `two_companies` has the rows.  Every
question about the rival is asked twice: with what is the rival's, and with what never was.  Both
answers must be the same to the byte, and cost the same number of statements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.db import connection

from atendo.tests.two_companies import (
    CANARY,
    NEW_IDS,
    NOBODYS,
    OURS,
    PASSWORD,
    RIVALS,
    Marks,
    actors_of,
    open_house,
    session_of,
)
from atendo.tests.walker import METHODS, Actor, Answer, Walker, addresses, names_read
from tenants import scope
from tenants.checks import company_models
from tenants.constraints import CompanyPolicy, TenantForeignKeyConstraint
from tenants.managers import InScope
from tenants.models import Company, Membership, TenantModel

EVERYWHERE = list(addresses())
STAFF_PAGES = [address for address in EVERYWHERE if address.startswith("/admin/")]
PAGES = [address for address in EVERYWHERE if address not in STAFF_PAGES]
API = [address for address in PAGES if address.startswith("/api/")]
# The document of the API: large, and the same for everybody.
ALIKE = {"/api/schema/", "/api/docs/"}

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
    **dict.fromkeys(("password", "old_password"), PASSWORD),
    **dict.fromkeys(("new_password1", "new_password2"), "outra-senha-9"),
}
# With these fields a chosen client is one too many.
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


def faults(walker: Walker, answer: Answer) -> Iterator[str]:
    """Say what no answer may be."""
    if answer.status >= 500:
        yield f"fails: {answer.status}"
    if answer.stopped:
        yield f"is stopped by the database alone: {answer.stopped}"
    if found := CANARY.search(answer.shown):
        yield f"shows {answer.shown[max(0, found.start() - 60) : found.end() + 20]!r}"
    if answer.mixed:
        yield f"leaves references across companies: {answer.mixed}"
    for table, (_ours, rivals) in answer.rows.items():
        if rivals != walker.at_first[table][1]:
            yield f"changes the rival's {table}"


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


def good_values(walker, actor, method, address, monkeypatch) -> tuple[dict, set[str]]:
    """Return the fields that make the request a good one, and every name that it reads."""
    with names_read(monkeypatch) as names:
        walker.call(actor, method, address.format(id=OURS.id), query={"-": 1}, fields={"-": 1})
        values = {name: VALUES[name] for name in names if name in VALUES}
        if values:
            walker.call(actor, method, address.format(id=OURS.id), query=values, fields=values)
    names -= {"-"}
    return values, names


def probes(values: dict, names: set[str]) -> Iterator[tuple[dict, tuple[str, str]]]:
    """Yield each name with each kind of mark that it could take, and the fields around it."""
    seen = set()
    for name in sorted(names):
        alike = re.sub(r"\d", "0", name)  # the weekly hours have 28 fields
        if alike in seen:
            continue
        seen.add(alike)
        around = values | NEW_CLIENT | {"client": ""} if name in NEW_CLIENT else values
        for mark in ("id",) if VALUES.get(name) == OURS.id else ("id", "name", "phone"):
            yield around, (name, mark)


# Tests -----------------------------------------------------------------------------------------

ASKING = [
    *("stranger", "of no company", "owner", "receptionist", "professional"),
    *("token of owner", "token of receptionist", "token of professional"),
]


def places(actor: Actor) -> list[str]:
    """A token counts under /api/ alone."""
    found = API if actor.headers else PAGES
    return [address for address in found if address not in ALIKE]


@pytest.mark.parametrize("who", ASKING)
def test_nobody_sees_changes_or_notices_the_rivals_rows(who, walker, everybody, rival):
    actor = everybody[who]
    walker.look()

    problems = []
    for address in places(actor):
        for method in METHODS:
            if "{id}" in address:
                problems += about_the_rival(walker, actor, method, address)
            else:
                answer = asked(walker, actor, method, address, OURS)
                problems += [f"{method} {address} {each}" for each in faults(walker, answer)]

    print(*(p if len(p) < 900 else p[:300] + "....." + p[-300:] for p in problems), sep="\n")
    assert problems == []


@pytest.mark.parametrize(
    ("who", "where"),
    [
        ("owner", set(PAGES) - set(API)),
        ("token of owner", set(API)),
        ("stranger", set(PAGES) - set(API)),
    ],
    ids=["owner", "token", "stranger"],
)
def test_no_parameter_and_no_field_reaches_the_rival(
    who, where, walker, everybody, rival, monkeypatch
):
    actor = everybody[who]
    walker.look()

    problems, asked_for = [], 0
    for address in sorted(where - ALIKE):
        for method in ("GET", "POST", "PUT", "PATCH"):
            values, names = good_values(walker, actor, method, address, monkeypatch)
            ours = address.replace("{id}", str(OURS.id))
            for around, probe in probes(values, names):
                problems += about_the_rival(walker, actor, method, ours, around, probe)
                asked_for += 1
    print(asked_for)
    print(*(p if len(p) < 900 else p[:300] + "....." + p[-300:] for p in problems), sep="\n")
    assert problems == []
