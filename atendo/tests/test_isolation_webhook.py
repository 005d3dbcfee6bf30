"""A company's number and secret reach nothing of another company, whatever a message says.

Each message is sent twice: with what is the rival's, and with what never was.
"""

from __future__ import annotations

import json

import pytest
from django.test import Client as Browser
from django.utils import timezone

from atendo.tests.two_companies import NOBODYS, OURS, RIVALS, actors_of, open_house
from atendo.tests.walk import Walk, difference
from tenants import scope
from tenants.models import SecurityEvent
from whatsapp import inbound
from whatsapp.evolution.envelope import instance_name_of
from whatsapp.models import WebhookEvent
from whatsapp.tests.factories import button, upsert

ADDRESS = "/api/v1/whatsapp-webhook/webhook/messages-upsert"


@pytest.fixture
def walk(db, monkeypatch, now):
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    walk = Walk(actors_of(open_house(OURS)))
    open_house(RIVALS)
    walk.start()
    return walk


def posted(body, secret):
    headers = {"Authorization": f"Bearer {secret}"}
    return Browser().post(ADDRESS, json.dumps(body), "application/json", headers=headers)


def text(words, **context):
    return {"extendedTextMessage": {"text": words, "contextInfo": context}}


def from_us(marks, **data):
    """A message of our own client to our number; the marks are in what it says."""
    return upsert(OURS.phone, at=timezone.now(), **data)


SAID = {
    **{
        f"the button {verb}": lambda marks, verb=verb: from_us(
            marks, message=button(f"{verb}_{marks.id}")
        )
        for verb in ("confirm", "cancel", "reschedule")
    },
    "a quote": lambda marks: from_us(marks, message=text("1", stanzaId=f"{marks.name}3")),
    "a reaction": lambda marks: from_us(
        marks, message={"reactionMessage": {"key": {"id": f"{marks.name}3"}, "text": "👍"}}
    ),
    "an id of a message": lambda marks: from_us(marks, text="1", key={"id": f"{marks.name}8"}),
    "a phone": lambda marks: upsert(marks.phone, at=timezone.now(), text="cancelar"),
    "a button from a phone": lambda marks: upsert(
        marks.phone, at=timezone.now(), message=button(f"cancel_{marks.id}")
    ),
    "a hidden number": lambda marks: from_us(
        marks, text="parar", key={"remoteJid": f"{marks.name}@lid"}
    ),
}


@pytest.mark.parametrize("say", SAID.values(), ids=SAID)
def test_no_message_to_our_number_reaches_the_rival(say, walk):
    def received(marks):
        with scope.company(OURS.id):
            body = say(marks)
        status = posted(body, OURS.name).status_code
        with scope.company(OURS.id):
            inbound.process_new_events(now=timezone.now())
            outcome = WebhookEvent.objects.order_by("-id").values_list("outcome", flat=True)[0]
            logged = SecurityEvent.objects.order_by("id").values_list("kind", "data")
            return status, outcome, list(logged)

    theirs, nobodys = (
        walk.undone(lambda marks=marks: received(marks)).without(*marks.spellings)
        for marks in (RIVALS, NOBODYS)
    )

    assert theirs.shown.startswith("(200, ")
    assert [*walk.faults(theirs), *difference(theirs, nobodys)] == []


def test_our_own_button_is_understood_or_the_refusals_would_mean_nothing(walk):
    def confirmed():
        with scope.company(OURS.id):
            assert posted(SAID["the button confirm"](OURS), OURS.name).status_code == 200
            inbound.process_new_events(now=timezone.now())
        with scope.company(OURS.id):
            return WebhookEvent.objects.order_by("-id").values_list("outcome", flat=True)[0]

    assert walk.undone(confirmed).shown == "confirmed"


@pytest.mark.parametrize("secret", [OURS.name, "", "errado"])
def test_our_secret_opens_no_other_instance(secret, walk):
    def refused(marks):
        with scope.company(OURS.id):
            body = from_us(OURS, text="1") | {"instance": instance_name_of(marks.id)}
        answer = posted(body, secret)
        return answer.status_code, answer.content, sorted(answer.headers.items())

    theirs, nobodys = (
        walk.undone(lambda marks=marks: refused(marks)) for marks in (RIVALS, NOBODYS)
    )

    assert theirs.shown.startswith("(401, ")
    assert [*walk.faults(theirs), *difference(theirs, nobodys)] == []
