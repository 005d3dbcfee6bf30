"""Every page asks as many queries for thousands of rows as for a few, and twelve at most.

A page is what the resolver knows, whether it stands in a menu or is a part of another page; it is
opened as the owner, once as it is, and once with every parameter that it reads.  What is counted
is what the proof of isolation counts: each statement that the product sends, those for session,
user and membership among them.  `set_config`, by which the backend applies the scope, goes past
Django and is no statement of a page.

With a few rows of everything no list of a page is empty: some appointments are ahead, some behind,
some messages wait for a person.  With one row and with none a page may ask less, for nobody needs
to look for the people of an empty list.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from atendo.tests.busy_company import ALL, ROWS, BusyCompany
from atendo.tests.prove.reading import MARKER, names_read
from atendo.tests.prove.two_companies import OURS
from atendo.tests.prove.walk import PAGES, VALUES
from tenants.checks import company_models
from tenants.models import Company

pytestmark = pytest.mark.django_db

MOST = 12
NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)  # a Tuesday, in São Paulo 09:00
SIZES = {"none": 0, "one": 1, "a few": 12, "many": ALL}

NOT_PAGES = {
    "/sair/": "a button",
    "/modelos/restaurar/": "asks about the text that another page names",
    "/modelos/testar/": "likewise",
}
# What a page may answer to a GET besides 200.
ANSWERS = {
    "/entrar/": {302},  # who is in need not log in
    "/hoje/parte/": {302},  # the part of a page; on its own it leads there
    "/hoje/primeira-vaga/": {302},  # likewise, to where one books
    "/whatsapp/situacao/": {302},
    "/clientes/{id}/mensagens/": {302},
    "/conversas/numero/{id}/": {302},  # the number of a client leads to the conversation with her
    "/whatsapp/desconectar/": {200, 302},  # leads back where nothing is connected
}
TOO_MANY: dict[str, str] = {}


@dataclass
class Asked:
    """What one address answered to each company, and with which statements."""

    address: str
    statuses: dict[str, int] = field(default_factory=dict)
    statements: dict[str, list[str]] = field(default_factory=dict)

    def problems(self) -> Iterator[str]:
        counts = {size: len(sent) for size, sent in self.statements.items()}
        path = self.address.partition("?")[0]
        for size, status in self.statuses.items():
            if status not in ANSWERS.get(path, {200}):
                yield f"answers {status} with {size}"
        if counts["a few"] != counts["many"] or counts["one"] > counts["many"]:
            yield "asks more the more rows there are:\n" + self._more()
        if max(counts.values()) > MOST and path not in TOO_MANY:
            yield f"asks more than {MOST}:\n" + _listed(self.statements["many"])

    def _more(self) -> str:
        few, many = (Counter(map(_shape, self.statements[size])) for size in ("a few", "many"))
        more, less = many - few, few - many
        return _listed(
            [f"+{more[shape]} {shape}" for shape in more]
            + [f"-{less[shape]} {shape}" for shape in less]
        )

    def row(self) -> str:
        shown = [
            f"{len(self.statements[size])} ({self.statuses[size]})"
            if size in self.statuses
            else ""
            for size in SIZES
        ]
        return "{:60} {:>10} {:>10} {:>10} {:>10}".format(self.address[:60], *shown)


def _shape(statement: str) -> str:
    """The statement without its values."""
    return re.sub(r"\d+|'[^']*'", "?", statement)


def _listed(statements: list[str]) -> str:
    return "\n".join(f"      {statement[:300]}" for statement in statements)


@pytest.fixture(scope="module")
def companies(django_db_setup, django_db_blocker) -> Iterator[dict[str, BusyCompany]]:
    """Made once, and undone in the end."""
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        patch.setattr(timezone, "now", lambda: NOW)
        with transaction.atomic():
            yield {
                size: BusyCompany(first=10_000_001 * (1 + number), at_most=at_most, now=NOW)
                for number, (size, at_most) in enumerate(SIZES.items())
            }
            transaction.set_rollback(True)


@pytest.fixture(scope="module")
def asked(companies: dict[str, BusyCompany]) -> list[Asked]:
    """Every page, as it is and with every parameter that it reads."""
    browsers = {size: busy.browser() for size, busy in companies.items()}
    found = []
    for address in PAGES:
        if address in NOT_PAGES:
            continue
        with names_read() as names:
            first = _answer(browsers["many"], companies["many"], address, {MARKER: "1"})
        if first.status_code == 405:
            continue  # a button
        known = {name: VALUES[name] for name in sorted(names) if name in VALUES}
        for fields in ({}, known) if known else ({},):
            found.append(_asked(address, fields, companies, browsers))
    return found


def _asked(address, fields, companies, browsers) -> Asked:
    query = "&".join(fields)
    asked = Asked(address + (f"?{query}" if query else ""))
    for size, busy in companies.items():
        if size == "none" and "{" in address:
            continue  # there is no such row
        with CaptureQueriesContext(connection) as queries:
            response = _answer(browsers[size], busy, address, fields)
        asked.statuses[size] = response.status_code
        asked.statements[size] = [query["sql"] for query in queries.captured_queries]
    return asked


def _answer(browser, busy, address, fields):
    """Where a field or an address asks for a row it gets the first one."""
    fields = {name: busy.first if value == OURS.id else value for name, value in fields.items()}
    nobodys = {"slug": "nada", "token": "nada", "file": "nada.csv"}
    path = address.format(id=busy.first, invitation=busy.link, **nobodys)
    response = browser.get(path, fields)
    b"".join(response)  # a download asks while it is read
    return response


def test_pages_ask_few_queries_and_no_more_for_many_rows(asked: list[Asked]):
    problems = [f"{each.address} {problem}" for each in asked for problem in each.problems()]

    table = "\n".join(each.row() for each in asked)
    assert not problems, f"\n{table}\n\n" + "\n".join(problems)


def test_every_list_of_the_busy_company_is_long():
    """Whoever adds a table gives it rows here, or its pages would be asked about nothing."""
    assert {model.__name__ for model in company_models()} - {Company.__name__} == {
        model.__name__ for model in ROWS if model.__name__ != "User"
    }


def test_what_is_excused_is_still_there(asked: list[Asked]):
    addresses = {each.address.partition("?")[0] for each in asked}

    assert {*NOT_PAGES} <= {*PAGES}
    assert {*ANSWERS, *TOO_MANY} <= addresses


def test_a_page_that_asks_once_a_row_is_found():
    sent = {"none": [], "one": ["SELECT 1"], "a few": ["SELECT 1"] * 3, "many": ["SELECT 1"] * 9}
    page = Asked("/clientes/", dict.fromkeys(SIZES, 200), sent)

    assert list(page.problems()) == ["asks more the more rows there are:\n      +6 SELECT ?"]


def test_a_page_that_asks_too_much_is_found():
    page = Asked("/clientes/", dict.fromkeys(SIZES, 200), dict.fromkeys(SIZES, ["SELECT"] * 13))

    assert [problem.partition(":")[0] for problem in page.problems()] == ["asks more than 12"]
