"""No company sees, changes or notices another's data: every address, every method, everybody.

`walker` finds the addresses and what they read, `walk` asks, `two_companies` has the rows.
"""

from __future__ import annotations

import re

import pytest
from django.db import connection

from atendo.tests.two_companies import (
    CANARY,
    NOBODYS,
    OURS,
    RIVALS,
    Marks,
    actors_of,
    open_house,
)
from atendo.tests.walk import API, PAGES, STAFF_PAGES, Walk, broken, difference, everything
from atendo.tests.walker import Answer
from tenants import scope
from tenants.checks import company_models
from tenants.constraints import TenantForeignKeyConstraint
from tenants.managers import InScope
from tenants.models import Company, Membership, Role, TenantModel, User

# Changes that our own company is refused; every other one must succeed, or it would mean nothing
# that the same is refused for the rival's rows.
REFUSED = {
    ("DELETE", "/api/v1/clients/{id}/"): "has appointments",
    ("DELETE", "/api/v1/professionals/{id}/"): "has appointments",
    ("DELETE", "/api/v1/services/{id}/"): "has appointments",
    ("PUT", "/conta/senha/"): "Django takes it for a POST, and reads no form from it",
}


@pytest.fixture
def clock(monkeypatch, now):
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)


@pytest.fixture
def walk(db, clock):
    return Walk(actors_of(open_house(OURS)))


@pytest.fixture
def rival(walk):
    house = open_house(RIVALS)
    walk.start()
    return house


# A token counts under /api/ alone.
ASKING = [
    *((who, PAGES) for who in ("stranger", "of no company", "owner", "receptionist")),
    ("professional", PAGES),
    *((who, API) for who in ("stranger", "owner", "token of owner", "token of receptionist")),
    ("token of professional", API),
]
NAMES = [f"{who}, {'API' if where is API else 'pages'}" for who, where in ASKING]


@pytest.mark.parametrize(("who", "where"), ASKING, ids=NAMES)
def test_nobody_sees_changes_or_notices_the_rivals_rows(who, where, walk, rival):
    actor = walk.everybody[who]

    problems = []
    for method, address in everything(where):
        problems += walk.at(actor, method, address)
        if method == "GET" and where is PAGES:
            problems += walk.at(actor.asking(**{"HX-Request": "true"}), method, address)

    assert problems == []


@pytest.mark.parametrize(
    ("who", "where"), [("stranger", PAGES), ("owner", PAGES), ("token of owner", API)]
)
def test_no_parameter_and_no_field_reaches_the_rival(who, where, walk, rival):
    problems = []
    for method, address in everything(where):
        problems += walk.fields_at(walk.everybody[who], method, address, by=who)

    assert problems == []


@pytest.mark.parametrize(("who", "where"), [("owner", PAGES), ("token of owner", API)])
def test_everything_is_as_if_there_were_no_rival(who, where, walk):
    def answers() -> dict[tuple[str, str], Answer]:
        return {
            (method, address): walk.answer(
                walk.everybody[who], method, address, OURS, walk.learnt(method, address)[0]
            )
            for method, address in everything(where)
        }

    alone = answers()
    open_house(RIVALS)
    beside = answers()

    assert [
        f"{request} {what}"
        for request, answer in beside.items()
        for what in difference(answer, alone[request])
    ] == []
    assert {request for request, answer in alone.items() if is_refusal(request, answer)} == {
        request for request in REFUSED if request[1] in where
    }


def is_refusal(request: tuple[str, str], answer: Answer) -> bool:
    method, address = request
    if method == "GET" or answer.status in {404, 405}:
        return False
    return answer.status not in ({200, 201, 202, 204} if address in API else {302})


def test_staff_ties_no_rows_of_two_companies_together(walk, rival):
    staff = walk.everybody["staff"]

    problems = []
    for address in STAFF_PAGES:
        values, names = walk.learnt("POST", address, by="staff")
        ours = address.replace("{id}", str(OURS.id))
        for name in sorted(names):
            answer = walk.answer(staff, "POST", ours, RIVALS, {**values, name: RIVALS.id})
            problems += [f"{address} {name} {what}" for what in broken(answer)]

    assert problems == []


@pytest.mark.parametrize("who", ["stranger", "owner"])
def test_the_pages_of_the_staff_are_closed_to_everybody_else(who, walk, rival):
    problems = []
    for method, address in everything(STAFF_PAGES):
        answer = walk.answer(walk.everybody[who], method, address, RIVALS, {})
        problems += [f"{method} {address} {what}" for what in walk.faults(answer)]

    assert problems == []


def test_who_works_in_two_companies_sees_the_other_only_in_the_choice(walk, rival):
    owner = walk.everybody["owner"]
    with scope.company(rival.company.pk):
        Membership.objects.create(user=User.objects.get(email=OURS.name), role=Role.OWNER)
    walk.start()

    problems = []
    for method, address in everything(PAGES):
        if address != "/empresas/":
            problems += walk.at(owner, method, address)

    assert problems == []
    assert CANARY.search(walk.answer(owner, "GET", "/empresas/", OURS, {}).shown)


@pytest.mark.parametrize(
    ("who", "where"), [("professional", PAGES), ("token of professional", API)]
)
def test_a_professional_sees_nothing_of_a_colleagues_day(who, where, walk):
    actor, colleague, visit = walk.everybody[who], OURS.id + 1, OURS.id + 2
    day = dict.fromkeys(("dia", "date"), "2026-11-27")
    asked = {**day, **dict.fromkeys(("profissional", "professional"), colleague)}
    colleagues = Marks(visit, OURS.name, OURS.phone)

    problems = []
    for method, address in everything(where):
        answer = walk.answer(actor, method, address, colleagues, asked)
        if "{id}" in address:
            unknown = walk.answer(actor, method, address, NOBODYS, asked)
            problems += [f"{method} {address} {what}" for what in difference(answer, unknown)]
        elif re.search(f"Outra|{visit}", answer.shown):
            problems.append(f"{method} {address} shows it")

    assert problems == []


def test_without_the_csrf_token_no_session_changes_anything(walk):
    owner = walk.everybody["owner"]
    walk.check_csrf()

    passed = {
        (method, address)
        for method, address in everything(PAGES + API)
        if method != "GET"
        and walk.answer(owner, method, address, OURS, walk.learnt(method, address)[0]).status
        not in {403, 404, 405}
    }

    assert passed == set()


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
    connection.check_constraints()
    with connection.as_login_role(), connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {model._meta.db_table} {change}")


LOCKS = [
    without_the_manager,
    without_bound_writes,
    without_row_level_security,
    without_composite_keys,
]


def by_ids(walk: Walk) -> list[str]:
    """Ask for the rival's rows by every id in an address, a parameter and a field."""
    problems = []
    for who, where in (("owner", PAGES), ("token of owner", API)):
        actor = walk.everybody[who]
        for method, address in everything(where):
            problems += walk.at(actor, method, address)
            problems += walk.fields_at(actor, method, address, by="owner", ids_only=True)
    return problems


@pytest.mark.parametrize("take_away", LOCKS, ids=lambda lock: lock.__name__)
def test_every_address_holds_with_one_lock_taken_away(take_away, walk, rival, monkeypatch):
    take_away(monkeypatch)

    assert by_ids(walk) == []


def test_the_walk_finds_the_leaks_with_two_locks_taken_away(walk, rival, monkeypatch):
    without_the_manager(monkeypatch)
    without_row_level_security(monkeypatch)

    problems = "\n".join(by_ids(walk))

    for leak in (
        "GET /clientes/ shows",
        "GET /api/v1/clients/{id}/ answers 200, not 404",
        "POST /whatsapp/para-ler/{id}/resolvido/ changes the rival's messages",
        "POST /api/v1/appointments/ client=id is stopped by the database alone",
    ):
        assert leak in problems
