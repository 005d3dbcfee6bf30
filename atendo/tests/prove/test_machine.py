"""Raw SQL and the ORM see exactly the scope, whatever came before; and the machine has teeth."""

from __future__ import annotations

import logging

import pytest
from django.db import InternalError
from django.db.transaction import TransactionManagementError
from hypothesis import Phase
from hypothesis.database import InMemoryExampleDatabase
from hypothesis.errors import Unsatisfiable

from atendo.tests.prove.machine import EXAMPLES, PARTS, Machine, run
from atendo.tests.prove.machine_scopes import start_afresh
from atendo.tests.prove.mutants import MUTANTS
from conftest import make_company
from tenants.scope import CrossCompanyAccess
from tenants.tests.conftest import make_member
from tenants.tests.statements import function_for_callproc

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quiet(caplog):
    """The errors that the machine makes on purpose are no news."""
    for name in ("django.db.backends.base", "psycopg"):
        caplog.set_level(logging.CRITICAL, logger=name)


@pytest.fixture
def company_ids(company):
    others = (("Barbearia Prosa & Navalha", "navalha"), ("Clínica Boa Hora", "boa-hora"))
    companies = [company, *(make_company(name, slug) for name, slug in others)]
    for owner in companies:
        make_member(owner, f"dona@{owner.slug}.example")
    with function_for_callproc():
        yield tuple(owner.pk for owner in companies)
        start_afresh()


@pytest.mark.parametrize("part", [Machine, *PARTS])
def test_the_server_always_agrees_with_the_scope(part, company_ids, record_property):
    """The parts alone as well, since they go deeper into fewer rules."""
    states = run(company_ids, part=part, examples=EXAMPLES if part is Machine else EXAMPLES // 5)
    record_property("states", states)
    assert states > 0


FOUND = (
    AssertionError,
    pytest.fail.Exception,  # what should have raised did not
    CrossCompanyAccess,
    InternalError,  # a statement in a failed transaction
    TransactionManagementError,
)


@pytest.mark.parametrize(
    ("mutant", "part"), MUTANTS.items(), ids=[mutant.__name__ for mutant in MUTANTS]
)
def test_the_machine_finds(mutant, part, company_ids, monkeypatch):
    steps = InMemoryExampleDatabase()
    with monkeypatch.context() as patch:
        mutant(patch)
        with pytest.raises(FOUND):
            run(
                company_ids,
                part=part,
                examples=300,
                start=1,
                phases=[Phase.generate],
                database=steps,
            )

    assert states_without_the_mutant(company_ids, part, steps) > 0


def states_without_the_mutant(company_ids, part, steps):
    """The steps that found the mutant find nothing without it.

    Where the mutant itself made one of them possible they cannot be played again: then what led
    to them is, from the same start.
    """
    try:
        return run(company_ids, part=part, phases=[Phase.reuse], database=steps)
    except Unsatisfiable:
        return run(company_ids, part=part, examples=EXAMPLES // 5, start=1)
