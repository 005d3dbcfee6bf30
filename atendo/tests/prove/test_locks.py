"""What leaks when locks are taken away: the product needs two to be gone, careless views show
that the proof would see it.

The expectation is the table of docs/isolation.md.
"""

from __future__ import annotations

import pytest

from atendo.tests.prove.locks import PAIRS, SINGLES, named, take_away
from atendo.tests.prove.naive import ADDRESSES, NAIVE
from atendo.tests.prove.tabulated import tabulated
from atendo.tests.prove.two_companies import RIVALS
from atendo.tests.prove.walk import API, PAGES, everything, with_fields

PRODUCT = "every address of Atendo"
# What the walk must see where the product does leak: one of every sort.
SEEN = (
    "GET /clientes/ shows",
    "GET /api/v1/clients/{id}/ answers 200, not 404",
    "POST /whatsapp/para-ler/{id}/resolvido/ changes the rival's messages",
    "POST /api/v1/appointments/ client=id is stopped by the database alone",
)


def by_ids(walk):
    """Ask for the rival's rows by every id in an address, a parameter and a field."""
    problems = []
    for who, where in (("owner", PAGES), ("token of owner", API)):
        actor = walk.everybody[who]
        for method, address in everything(where):
            problems += walk.at(actor, method, address)
        for method, address in with_fields(where):
            problems += walk.fields_at(actor, method, address, by="owner", ids_only=True)
    return problems


@pytest.mark.parametrize("letters", [*SINGLES, *PAIRS], ids=named)
def test_the_product_without_locks(letters, walk, rival, monkeypatch, verdict, record_property):
    take_away(letters, monkeypatch)

    problems = by_ids(walk)

    record_property("leaks", (named(letters), "product", len(problems)))
    if tabulated()[PRODUCT][letters]:
        assert {leak for leak in SEEN if leak in "\n".join(problems)} == set(SEEN)
    else:
        verdict(problems)


@pytest.mark.parametrize("letters", ["", *SINGLES, *PAIRS], ids=named)
def test_careless_views_leak_as_the_table_says(
    letters, walk, rival, settings, monkeypatch, verdict, record_property
):
    settings.ROOT_URLCONF = "atendo.tests.prove.naive"
    take_away(letters, monkeypatch)
    owner = walk.everybody["owner"]

    leaks = {
        what: [*walk.leaks(walk.answer(owner, "POST", address, RIVALS, {}))]
        for what, address in ADDRESSES.items()
    }

    table = tabulated()
    record_property("leaks", (named(letters), "careless", sum(map(bool, leaks.values()))))
    verdict(
        f"{what}: {found or 'does not leak'}"
        for what, found in leaks.items()
        if bool(found) != table[what][letters]
    )


def test_the_table_speaks_of_every_view_and_every_pair():
    table = tabulated()
    assert list(table) == [PRODUCT, *NAIVE]
    assert all(list(row) == ["", *SINGLES, *PAIRS] for row in table.values())
