"""A company's number and secret reach nothing of another company, whatever a webhook says.

Every kind of event is sent with instance, secret, phone, message, quoted message and button of
either company, so that any two values meet; each request twice: with what is the rival's, and
with what never was.
"""

from __future__ import annotations

import json

import pytest
from django.test import Client as Browser
from django.utils import timezone

from atendo.tests.prove.locks import LOCKS, take_away
from atendo.tests.prove.two_companies import NOBODYS, OURS, RIVALS
from atendo.tests.prove.walk import difference
from atendo.tests.prove.walker import Walker
from atendo.tests.prove.webhooks import COMBINATIONS, FACTORS, NEW, bodies, filled, requests
from scheduling.models import Appointment
from tenants import scope
from tenants.models import SecurityEvent
from whatsapp import inbound
from whatsapp.evolution.events import IGNORED, PARSERS
from whatsapp.models import Message, Outcome, WebhookEvent

ADDRESS = "/api/v1/whatsapp-webhook/webhook/messages-upsert"


@pytest.fixture
def walk(walk, rival):
    return walk


def received(body, secret, receiver):
    """What comes of a request, and of the job that understands it."""
    headers = {"Authorization": f"Bearer {secret}"}
    answer = Browser().post(ADDRESS, json.dumps(body), "application/json", headers=headers)
    if answer.status_code != 200:
        return answer.status_code, answer.content, sorted(answer.headers.items())
    with scope.company(receiver):
        inbound.process_new_events(now=timezone.now())
        event = WebhookEvent.objects.order_by("-id").first()
        logged = SecurityEvent.objects.order_by("id").values_list("kind", "data")
        stored = Message.objects.order_by("id").values_list("client", "appointment", "status")
        return answer.status_code, event.outcome, list(logged), list(stored)


def problems_of(walk, name, combination, theirs, nobodys):
    found = [*walk.faults(theirs), *difference(theirs, nobodys)]
    mine = combination["instance"], combination["secret"]
    if mine != ("ours", "ours") and not theirs.shown.startswith("(401, "):
        found.append(f"is let in: {theirs.shown[:60]}")
    return [f"{name} {combination} {problem}" for problem in found]


def walked(walk, only=""):
    """What is wrong with any request but the rival's own; `only` is how a body's name begins."""
    for theirs, nobodys in zip(requests(RIVALS), requests(NOBODYS), strict=True):
        name, combination, *_ = theirs
        if not name.startswith(only) or is_the_rivals_own(combination):
            continue
        answers = [
            walk.undone(lambda sent=sent: received(*sent[2:], OURS.id), marks)
            for sent, marks in ((theirs, RIVALS), (nobodys, NOBODYS))
        ]
        yield from problems_of(walk, name, combination, *answers)


def is_the_rivals_own(combination):
    return combination["instance"] == combination["secret"] == "theirs"


def test_nothing_that_a_webhook_says_reaches_the_rival(walk, verdict):
    verdict(walked(walk))


def test_what_the_rival_receives_reaches_nothing_of_ours(walk, verdict):
    """Seen from the other side: the rival's own secret, and ids of ours in the body."""
    other_side = Walker(ours=RIVALS.id, rival=OURS.id, new_ids="(?!)")
    before = {table: ours for table, (_count, ours) in other_side.rows().items()}

    verdict(
        f"{name} {combination} changes our {table}"
        for name, combination, body, secret in requests(RIVALS)
        if is_the_rivals_own(combination)
        for table, (_count, ours) in other_side.undone(
            lambda body=body, secret=secret: received(body, secret, RIVALS.id)
        ).rows.items()
        if ours != before[table]
    )


def test_without_its_locks_the_same_requests_reach_the_rival(walk, monkeypatch):
    take_away("".join(LOCKS), monkeypatch)

    problems = "\n".join(walked(walk, only="cancel"))

    assert "changes the rival's appointments" in problems


# That the requests mean something --------------------------------------------------------------


def test_every_kind_of_event_is_sent():
    assert {body["event"] for body in bodies().values()} >= {*PARSERS, *IGNORED}


def test_any_two_values_meet():
    met = {
        (one, combination[one], other, combination[other])
        for combination in COMBINATIONS
        for one in FACTORS
        for other in FACTORS
    }
    assert met >= {
        (one, value, other, partner)
        for one, values in FACTORS.items()
        for other, partners in FACTORS.items()
        if one != other
        for value in values
        for partner in partners
    }


OUR_OWN = {**dict.fromkeys(FACTORS, OURS), "message": NEW}


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("messages-upsert__buttonsResponseMessage-quoting", Outcome.CONFIRMED),
        ("messages-upsert__templateButtonReplyMessage", Outcome.CONFIRMED),
        ("messages-upsert__interactiveResponseMessage", Outcome.CONFIRMED),
        ("cancel, a button", Outcome.CANCELLED),
        ("reschedule, a button", Outcome.RESCHEDULE_REQUESTED),
        ("“parar”", Outcome.OPTED_OUT),
        ("messages-upsert__conversation-lid", Outcome.NOT_UNDERSTOOD),
        ("messages-update__delivery-ack", Outcome.APPLIED),
    ],
)
def test_with_our_own_ids_the_same_body_is_understood(name, outcome, walk):
    parts = OUR_OWN | ({"message": OURS} if "update" in name else {})
    body = filled(name, bodies()[name], parts)

    answer = walk.undone(lambda: received(body, OURS.name, OURS.id)[1], RIVALS)

    assert answer.shown == outcome


def test_the_rivals_button_is_refused_in_our_own_log(walk):
    name = "messages-upsert__buttonsResponseMessage-quoting"
    body = filled(name, bodies()[name], OUR_OWN | {"button": RIVALS})

    def refused():
        outcome = received(body, OURS.name, OURS.id)[1]
        with scope.company(OURS.id):
            kinds = SecurityEvent.objects.filter(kind="button_refused").count()
            return outcome, kinds, Appointment.objects.filter(status="confirmed").count()

    before = walk.undone(_refusals, RIVALS).shown
    after = walk.undone(refused, RIVALS).shown

    assert after == f"('unauthorized', {int(before) + 1}, 0)"


def _refusals():
    with scope.company(OURS.id):
        return SecurityEvent.objects.filter(kind="button_refused").count()
