"""The staff of the platform sees every company and ties no two together; nobody else sees its
pages."""

from __future__ import annotations

import pytest

from atendo.tests.prove.two_companies import OURS, RIVALS
from atendo.tests.prove.walk import API, PAGES, STAFF_PAGES, broken, everything
from tenants.models import Role

EVERYBODY_ELSE = [
    "stranger",
    "of no company",
    "staff without rights",
    *Role.values,
    "token of owner",
]


@pytest.mark.parametrize("app", ["tenants", "whatsapp", ""])
def test_staff_ties_no_rows_of_two_companies_together(app, walk, rival, verdict):
    """In three parts, for time: two apps, and whatever is of neither."""
    staff = walk.everybody["staff"]

    problems = []
    for address in STAFF_PAGES:
        if app_of(address) != app:
            continue
        values, names = walk.learnt("POST", address, by="staff")
        ours = address.format(**OURS.places)
        for name in sorted(names):
            answer = walk.answer(staff, "POST", ours, RIVALS, {**values, name: RIVALS.id}, "id")
            mixed = [f"mixes {answer.mixed}"] if answer.mixed else []
            problems += [f"{address} {name} {what}" for what in [*broken(answer), *mixed]]

    verdict(problems)


def app_of(address):
    part = address.removeprefix("/admin/").partition("/")[0]
    return part if part in {"tenants", "whatsapp"} else ""


@pytest.mark.parametrize("who", EVERYBODY_ELSE)
def test_the_pages_of_the_staff_are_closed_to_everybody_else(who, walk, rival, verdict):
    problems = []
    for method, address in everything(STAFF_PAGES):
        problems += walk.at(walk.everybody[who], method, address)

    verdict(problems)


@pytest.mark.parametrize("where", [PAGES, API], ids=["pages", "API"])
def test_staff_that_belongs_to_no_company_sees_none_outside_its_pages(where, walk, rival, verdict):
    problems = []
    for method, address in everything(where):
        problems += walk.at(walk.everybody["staff"], method, address)

    verdict(problems)
