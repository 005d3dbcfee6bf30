"""The platform's staff in one company, at every address: the visited company and no other, and
nothing changed by who came only to look."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client as Browser
from django.utils import timezone

from atendo.tests.prove.naive import ADDRESSES
from atendo.tests.prove.two_companies import NEW_IDS, OURS, RIVALS, session_of
from atendo.tests.prove.walk import API, PAGES, STAFF_PAGES, everything
from atendo.tests.prove.walker import Actor, Walker
from tenants import scope
from tenants.models import SupportVisit, User
from tenants.visits import VISIT_KEY

# A refusal is a line in the log; logging out and the choice of a company end the visit.
OF_THE_VISIT = {"security_events", "support_visits"}
# An invitation's link shows the company to whoever holds it, visit or none.
OF_A_SESSION = [address for address in PAGES if address != "/convite/{invitation}/"]


@pytest.fixture
def walk(walk, rival):
    return walk


def visitor(*, whose="staff", company_id=OURS.id, **changed):
    """The staff with the claim of a visit to our company in its session."""
    now = timezone.now()
    fields = {
        "user": User.objects.get(email=f"{whose}@so.example"),
        "reason": "Chamado 418",
        "may_change": True,
        "started_at": now,
        "expires_at": now + timedelta(minutes=15),
    }
    with scope.company(company_id):
        visit = SupportVisit.objects.create(**fields | changed)
    browser = Browser()
    browser.force_login(User.objects.get(email="staff@so.example"))
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


EARLIER = timedelta(hours=1)
NO_VISITS = {
    "of somebody else": lambda now: visitor(whose="staff-without-rights"),
    "to another company": lambda now: visitor(company_id=RIVALS.id),
    "ended": lambda now: visitor(ended_at=now),
    "over": lambda now: visitor(
        started_at=now - EARLIER, expires_at=now - EARLIER + timedelta(minutes=15)
    ),
}


@pytest.mark.parametrize("claim", NO_VISITS)
def test_a_claim_that_does_not_hold_is_as_good_as_none(claim, walk, now, verdict):
    walk_as = NO_VISITS[claim](now)
    walk.start()

    problems = []
    for address in OF_A_SESSION:
        answer = walk.answer(walk_as, "GET", address, OURS, {})
        without = walk.answer(walk.everybody["staff"], "GET", address, OURS, {})
        if answer.status != without.status or OURS.name in answer.shown:
            problems.append(f"{address} answers {answer.status}, not {without.status}")

    verdict([*problems, *without_permission(walk)])


def without_permission(walk):
    """The same for a visit whose user has lost the permission meanwhile."""
    actor = visitor()
    User.objects.filter(email="staff@so.example").update(is_superuser=False)
    for address in OF_A_SESSION:
        if OURS.name in walk.answer(actor, "GET", address, OURS, {}).shown:
            yield f"{address} is shown without the permission"


def test_a_page_that_writes_is_refused_in_a_visit_to_look(walk, settings):
    settings.ROOT_URLCONF = "atendo.tests.prove.naive"
    address = ADDRESSES["an update of `Model.objects`"].format(**OURS.places)

    looking = walk.answer(visitor(may_change=False), "GET", address, OURS, {})
    changing = walk.answer(visitor(may_change=True), "GET", address, OURS, {})

    assert (looking.status, changing.status) == (403, 200)
