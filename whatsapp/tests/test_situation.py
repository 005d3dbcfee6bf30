from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from tenants.models import User
from whatsapp.chat import MEDIA as MEDIA_WORDS
from whatsapp.chat import TICKS, UNDERSTOOD
from whatsapp.evolution.content import MEDIA
from whatsapp.models import Instance, InstanceStatus, MessageStatus, Problem, Wanted
from whatsapp.overview import STORY, STORY_ICONS
from whatsapp.replies import Intent
from whatsapp.situation import (
    BY_SOMEBODY,
    CAUSES,
    DISCONNECTING,
    LIGHTS,
    PROBLEMS,
    STATUSES,
    Situation,
)

ALL_WORDS = [*STATUSES.values(), *PROBLEMS.values(), DISCONNECTING, BY_SOMEBODY]


def test_every_status_has_its_words_and_its_light():
    assert set(STATUSES) == set(InstanceStatus.values)
    assert set(LIGHTS) == set(InstanceStatus.values)


def test_every_problem_has_its_words():
    assert set(PROBLEMS) == set(Problem.values) - {Problem.NONE}


def test_every_status_of_a_message_of_ours_has_its_tick():
    assert set(TICKS) == set(MessageStatus.values) - {MessageStatus.RECEIVED}


def test_every_intent_and_every_kind_of_media_has_its_words():
    assert set(UNDERSTOOD) == set(Intent)
    assert set(MEDIA_WORDS) == set(MEDIA.values())


def test_every_chapter_of_the_story_has_its_icon():
    assert set(STORY) == set(STORY_ICONS)


@pytest.mark.parametrize("words", ALL_WORDS, ids=lambda words: str(words.title))
def test_words_are_whole_sentences_with_one_button_that_leads_somewhere(words):
    assert str(words.title)
    assert str(words.happened).endswith((".", ":"))
    assert str(words.todo).endswith(".")
    assert "!" not in f"{words.title}{words.happened}{words.todo}"
    assert str(words.action.label)
    assert reverse(words.action.url_name).startswith("/whatsapp/")


def test_before_the_first_connection_there_is_nothing_to_renew(now):
    never = Situation(None, now)
    assert (never.status, never.live, never.pairing) == ("not_configured", False, False)
    assert never.words is STATUSES["not_configured"]
    assert never.trouble is None


@pytest.mark.parametrize(
    ("status", "live"),
    [
        ("not_configured", False),
        ("creating", True),
        ("ready_to_scan", True),
        ("connecting", True),
        ("connected", False),
        ("disconnected", False),
        ("restricted", False),
    ],
)
def test_the_part_renews_itself_while_something_is_about_to_change(status, live, now):
    assert Situation(Instance(status=status), now).live is live
    assert Situation(Instance(status=status, wanted=Wanted.DISCONNECT), now).live is True


@pytest.mark.parametrize("problem", sorted(CAUSES))
def test_a_problem_that_ended_the_connection_is_told_instead_of_the_status(problem, now):
    situation = Situation(Instance(status="disconnected", problem=problem), now)
    assert situation.words is PROBLEMS[problem]
    assert situation.trouble is None


@pytest.mark.parametrize("problem", sorted(set(PROBLEMS) - CAUSES))
def test_any_other_problem_stands_beside_the_last_known_status(problem, now):
    situation = Situation(Instance(status="connected", problem=problem), now)
    assert situation.words is STATUSES["connected"]
    assert situation.trouble is PROBLEMS[problem]


def test_who_disconnected_is_named_unless_something_else_ended_it(now):
    ana = User(name="Ana Prado")
    fell = Situation(Instance(status="disconnected"), now)
    assert fell.ended_by(ana).title == "Desconectado por Ana"
    assert fell.ended_by(None) is STATUSES["disconnected"]
    unpaired = Situation(Instance(status="disconnected", problem="unpaired"), now)
    assert unpaired.ended_by(ana) is PROBLEMS["unpaired"]
    leaving = Situation(Instance(status="disconnected", wanted="disconnect"), now)
    assert leaving.ended_by(ana) is DISCONNECTING


@pytest.mark.parametrize(("age", "expired"), [(0, False), (60, False), (61, True)])
def test_a_code_is_expired_a_minute_after_it_was_issued(age, expired, now):
    instance = Instance(status="ready_to_scan", code_issued_at=now - timedelta(seconds=age))
    assert Situation(instance, now).code_expired is expired


@pytest.mark.parametrize(
    "change",
    [
        {"status": "connecting"},
        {"problem": "webhook_silent"},
        {"wanted": "reconnect"},
        {"wanted_number": "5531900004400"},
        {"qr_code": "2@other"},
        {"pairing_code": "K7QF2M9X"},
        {"code_issued_at": timedelta(seconds=-61)},
    ],
    ids=str,
)
def test_the_version_changes_with_whatever_the_page_shows(change, now):
    before = {"status": "ready_to_scan", "qr_code": "2@code", "code_issued_at": now}
    if age := change.get("code_issued_at"):
        change = {"code_issued_at": now + age}
    first, second = Instance(**before), Instance(**before | change)
    assert Situation(first, now).version != Situation(second, now).version
    assert Situation(first, now).version == Situation(Instance(**before), now).version


def test_the_version_says_nothing_of_what_it_hides(now):
    assert len(Situation(Instance(qr_code="2@secret"), now).version) == 16
