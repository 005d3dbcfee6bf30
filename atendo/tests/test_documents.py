"""The documents and their pictures belong together; `make screenshots` takes the pictures."""

from __future__ import annotations

import pytest

from atendo.tests.browser.test_pictures import PICTURED
from atendo.tests.documents import LARGEST, PICTURES, documents, named_by

TAKEN = sorted(f"{picture.name}-{width}.png" for picture in PICTURED for width in (390, 1280))


@pytest.mark.parametrize("document", documents(), ids=lambda path: path.name)
def test_a_document_shows_pictures_that_are_there_and_says_what_they_show(document):
    for picture, words in named_by(document):
        assert picture.is_file(), f"{picture} is missing"
        assert words, f"{picture.name} says nothing to who does not see it"


def test_every_picture_is_taken_by_a_test_and_shown_by_a_document():
    shown = {picture.name for document in documents() for picture, _words in named_by(document)}

    assert sorted(path.name for path in PICTURES.iterdir()) == TAKEN
    assert {*TAKEN} <= shown


def test_the_pictures_are_small():
    assert {path.name for path in PICTURES.iterdir() if path.stat().st_size > LARGEST} == set()
