import re
from datetime import UTC, datetime

import pytest
from django.utils import timezone

from scheduling.history import FACTS, PLACES, line
from scheduling.models import AppointmentEvent, EventKind
from scheduling.undo import UNDOABLE
from tenants.models import User
from tenants.security import Origin

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def sentence(kind, origin, *, actor=None, **data):
    event = AppointmentEvent(kind=kind, origin=origin, actor=actor, data=data, created_at=NOW)
    return line(event, client="Camila").sentence


def test_every_kind_of_fact_and_every_origin_has_its_words():
    assert set(FACTS) == set(EventKind.values)
    assert set(PLACES) == set(Origin.values)


@pytest.mark.parametrize("kind", EventKind.values)
@pytest.mark.parametrize("origin", Origin.values)
def test_every_fact_makes_a_whole_sentence_from_everywhere(kind, origin):
    text = sentence(kind, origin, **{"from": "2026-11-20T18:00:00+00:00"})

    assert text.endswith(".")
    assert "%" not in text and "  " not in text and " ." not in text


@pytest.mark.parametrize(
    ("kind", "origin", "name", "text"),
    [
        (EventKind.CONFIRMED, Origin.WEBHOOK, None, "Camila confirmou pelo WhatsApp."),
        (EventKind.SCHEDULED, Origin.WEB, "Renata Aguiar", "Renata marcou pelo balcão."),
        (EventKind.SCHEDULED, Origin.API, "Renata Aguiar", "Renata marcou pela API."),
        (EventKind.ASKED, Origin.JOB, None, "Atendo pediu a confirmação."),
        (EventKind.CANCELLED, Origin.WEBHOOK, None, "Camila cancelou pelo WhatsApp."),
        (EventKind.NO_SHOW, Origin.WEB, None, "Alguém marcou a falta pelo balcão."),
        (
            EventKind.MOVE_REQUESTED,
            Origin.WEBHOOK,
            None,
            "Camila pediu para remarcar pelo WhatsApp.",
        ),
    ],
)
def test_who_did_it_and_from_where(kind, origin, name, text):
    actor = User(name=name, email="r@x.example") if name else None

    assert sentence(kind, origin, actor=actor) == text


def test_a_move_says_what_the_time_was_in_the_company_zone():
    with timezone.override("America/Sao_Paulo"):
        text = sentence(EventKind.MOVED, Origin.WEB, **{"from": "2026-11-25T18:00:00+00:00"})

    assert text == "Alguém remarcou pelo balcão. Era amanhã, 15:00."


def test_a_move_says_both_sides_and_who_attends_if_that_changed():
    sides = {"from": "2026-11-25T18:00:00+00:00", "to": "2026-11-26T19:30:00+00:00"}
    names = {"from_name": "Bia", "to_name": "Denise"}
    with timezone.override("America/Sao_Paulo"):
        alone = sentence(EventKind.MOVED, Origin.WEB, **sides)
        both = sentence(EventKind.MOVED, Origin.WEB, **sides, **names)

    assert alone.endswith(" Era amanhã, 15:00, ficou qui, 26 nov, 16:30.")
    assert both.endswith(" Era amanhã, 15:00 com Bia, ficou qui, 26 nov, 16:30 com Denise.")


@pytest.mark.parametrize("kind", sorted(UNDOABLE))
def test_what_was_undone_has_a_name(kind):
    text = sentence(EventKind.UNDONE, Origin.WEB, undone=kind)

    assert re.fullmatch(r"Alguém desfez (a|o) [\w ]+ pelo balcão\.", text)
