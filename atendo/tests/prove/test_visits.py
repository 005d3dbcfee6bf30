"""The platform's staff in one company, at every address: the visited company and no other, and
nothing changed by who came only to look."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client as Browser
from django.utils import timezone

from atendo.tests.prove.two_companies import NEW_IDS, OURS, RIVALS, session_of
from atendo.tests.prove.walk import API, PAGES, STAFF_PAGES, everything
from atendo.tests.prove.walker import Actor, Walker
from tenants import scope
from tenants.models import SupportVisit, User
from tenants.visits import VISIT_KEY

# A refusal is a line in the log; logging out and the choice of a company end the visit.
OF_THE_VISIT = {"security_events", "support_visits"}


@pytest.fixture
def walk(walk, rival):
    return walk


def visitor(*, may_change: bool) -> Actor:
    """The staff in our company."""
    user, now = User.objects.get(email="staff@so.example"), timezone.now()
    with scope.company(OURS.id):
        visit = SupportVisit.objects.create(
            user=user,
            reason="Chamado 418",
            may_change=may_change,
            started_at=now,
            expires_at=now + timedelta(minutes=15),
        )
    browser = Browser()
    browser.force_login(user)
    session = browser.session
    session[VISIT_KEY] = [OURS.id, visit.pk]
    session.save()
    return Actor("visitor", {name: morsel.value for name, morsel in browser.cookies.items()})


@pytest.mark.parametrize("where", [PAGES, API], ids=["pages", "API"])
def test_a_visit_sees_changes_and_notices_nothing_of_the_rival(where, walk, verdict):
    actor = visitor(may_change=True)

    problems = []
    for method, address in everything(where):
        problems += walk.at(actor, method, address)

    verdict(problems)


@pytest.mark.parametrize("where", [PAGES, API], ids=["pages", "API"])
def test_who_came_to_look_changes_nothing_that_he_could_change(where, walk, verdict):
    """The walker compares the rows of the company that it takes for the rival: here, ours."""
    ours = Walker(ours=RIVALS.id, rival=OURS.id, new_ids=NEW_IDS)

    def changed_by(actor):
        before = ours.rows()
        for method, address in everything(where):
            fields, path = walk.learnt(method, address)[0], address.format(**OURS.places)
            rows = ours.call(actor, method, path, query=fields, fields=fields).rows
            changed = {table for table in rows if rows[table] != before[table]}
            if changed - OF_THE_VISIT:
                yield f"{method} {address} changes {changed}"

    verdict(changed_by(visitor(may_change=False)))
    assert len([*changed_by(visitor(may_change=True))]) > 5


def test_staff_without_the_permission_learns_nothing_of_a_company(walk, verdict):
    """It may open the admin, for groups alone."""
    user = User.objects.create_user("nova@so.example", name="Nova", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_group"))
    actor = Actor("staff without the permission", session_of(user))

    problems = []
    for method, address in everything(STAFF_PAGES, ("GET", "POST")):
        problems += walk.at(actor, method, address)

    verdict(problems)


def test_staff_with_every_other_permission_enters_no_company(walk, verdict):
    user = User.objects.create_user("quase@so.example", name="Quase", is_staff=True)
    user.user_permissions.set(Permission.objects.exclude(codename="enter_company"))
    actor = Actor("staff who may not enter", session_of(user))
    ways_in = [address for address in STAFF_PAGES if "/enter" in address]

    problems = []
    for method, address in everything(ways_in):
        problems += walk.at(actor, method, address)
        fields = walk.learnt(method, address, by="staff")[0]
        if walk.answer(actor, method, address, OURS, fields).status not in {403, 405}:
            problems.append(f"{method} {address} lets in")

    verdict(problems)
    assert ways_in
