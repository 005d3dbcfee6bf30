"""The two houses of the proof, and the figures that its report adds up."""

from __future__ import annotations

import pytest

from atendo.tests.prove.two_companies import OURS, RIVALS, actors_of, open_house
from atendo.tests.prove.walk import Walk


@pytest.fixture
def clock(monkeypatch, now):
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)


@pytest.fixture
def files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def walk(db, clock, files, record_property):
    walk = Walk(actors_of(open_house(OURS)))
    yield walk
    record_property("requests", walk.requests)
    record_property("routes", sorted(walk.routes))


@pytest.fixture
def rival(walk):
    house = open_house(RIVALS)
    walk.start()
    return house


@pytest.fixture
def verdict(record_property):
    """A function that records how many problems there are, and fails unless there is none."""

    def judge(problems):
        problems = list(problems)
        record_property("violations", len(problems))
        assert problems == []

    return judge
