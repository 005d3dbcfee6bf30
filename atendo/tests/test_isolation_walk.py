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
from tenants.constraints import CompanyPolicy, TenantForeignKeyConstraint
from tenants.managers import InScope
from tenants.models import Company, Membership, TenantModel

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


class Names:
    """The names that an address reads, found by asking it."""

    def __init__(self, walker: Walker, monkeypatch) -> None:
        self._walker, self._monkeypatch = walker, monkeypatch

    def of(self, actor: Actor, method: str, address: str) -> tuple[dict, set[str]]:
        """Return the fields that make the request a good one, and every name that it reads."""
        with names_read(self._monkeypatch) as names:
            answer = asked(self._walker, actor, method, address, OURS, **{"-": 1})
            if answer.status == 405:
                return {}, set()
            values = {name: VALUES[name] for name in names if name in VALUES}
            if values:
                asked(self._walker, actor, method, address, OURS, **values)
        return values, names - {"-"}


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
    walker.look()

    problems = []
    for address, method in product(places(actor), METHODS):
        if "{id}" in address:
            problems += about_the_rival(walker, actor, method, address)
        else:
            answer = asked(walker, actor, method, address, OURS)
            problems += [f"{method} {address} {each}" for each in faults(walker, answer)]

    assert problems == []


@pytest.mark.parametrize("who", ["stranger", "owner", "token of owner"])
def test_no_parameter_and_no_field_reaches_the_rival(who, walker, everybody, rival, monkeypatch):
    actor, names = everybody[who], Names(walker, monkeypatch)
    walker.look()

    problems = []
    for address in [a for a in places(actor) if actor.headers or a not in API]:
        ours = address.replace("{id}", str(OURS.id))
        for method in ("GET", "POST", "PUT", "PATCH"):
            for around, probe in probes(*names.of(actor, method, address)):
                problems += about_the_rival(walker, actor, method, ours, around, probe)

    assert problems == []


@pytest.mark.parametrize("who", ["owner", "token of owner"])
def test_everything_is_as_if_there_were_no_rival(who, walker, everybody, monkeypatch):
    actor, names = everybody[who], Names(walker, monkeypatch)
    requests = [
        (method, address, names.of(actor, method, address)[0])
        for address, method in product(places(actor), METHODS)
    ]

    def answers():
        return [asked(walker, actor, method, address, OURS, **values) for method, address, values in requests]

    alone = answers()
    open_house(RIVALS)
    beside = answers()

    told = [
        f"{method} {address} {what}"
        for (method, address, _values), one, other in zip(requests, beside, alone, strict=True)
        for what in difference(one, other)
    ]
    assert told == []
    refused = {
        (method, address)
        for (method, address, values), answer in zip(requests, alone, strict=True)
        if method != "GET" and not answer.rows and answer.status not in {405, 404}
    }
    print(refused)
    assert 0


# With one lock taken away ----------------------------------------------------------------------


def no_manager(monkeypatch):
    monkeypatch.setattr(InScope, "as_sql", lambda *args: ("(1 = 1)", []))


def no_bound_writes(monkeypatch):
    def fill(row):
        row.company_id = row.company_id or scope.one_company_id()

    monkeypatch.setattr(TenantModel, "bind_company", fill)
    monkeypatch.setattr(Company, "bind_company", lambda row: None)


def no_row_level_security(monkeypatch):
    _alter("DISABLE ROW LEVEL SECURITY" for _model in company_models())


def no_composite_keys(monkeypatch):
    for model in company_models():
        for constraint in model._meta.constraints:
            if isinstance(constraint, TenantForeignKeyConstraint):
                _alter(model, f"DROP CONSTRAINT {constraint.name}")


def _alter(model, change):
    with connection.as_login_role(), connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {model._meta.db_table} {change}")
