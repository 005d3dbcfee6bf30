"""The contrast guard: whatever colour a professional is given, it can be read and told apart."""

from __future__ import annotations

import math
import re
from itertools import combinations
from pathlib import Path

import pytest

from scheduling.models import Hue

CSS = Path(__file__).resolve().parents[2] / "static" / "css"
TOKEN = re.compile(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")
SCHEMES = {"light": 0, "dark": 1}
READABLE, VISIBLE = 4.5, 3.0  # WCAG 2.2: 1.4.3 for text, 1.4.11 for what is no text
ALIKE = 0.08  # distance in OKLab; two greys one step of 8 % apart


def tokens(css):
    """The colours of a style sheet: name to (light, dark)."""
    return {name: colours for name, *colours in TOKEN.findall(css)}


def hue_tokens():
    """For each class `at-hue-…` its colours by part."""
    blocks = re.findall(r"\.at-hue-(\w+) \{(.*?)\}", (CSS / "hues.css").read_text(), re.DOTALL)
    return {name: tokens(block) for name, block in blocks}


PAPER = tokens((CSS / "tokens.css").read_text())
HUES = hue_tokens()


def linear(colour):
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def luminance(colour):
    red, green, blue = linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def oklab(colour):
    """Björn Ottosson's OKLab, in which distances are as people see them."""
    red, green, blue = linear(colour)
    long, middle, short = (
        (a * red + b * green + c * blue) ** (1 / 3)
        for a, b, c in (
            (0.4122214708, 0.5363325363, 0.0514459929),
            (0.2119034982, 0.6806995451, 0.1073969566),
            (0.0883024619, 0.2817188376, 0.6299787005),
        )
    )
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def test_the_measures_are_those_of_the_standards():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert oklab("#ff0000") == pytest.approx((0.628, 0.2249, 0.1258), abs=0.001)


def test_every_hue_has_its_colours_and_no_other_has():
    assert set(HUES) == set(Hue.values)
    for name, parts in HUES.items():
        assert set(parts) == {"at-hue", "at-hue-wash", "at-hue-mark"}, name


@pytest.mark.parametrize("hue", Hue.values)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_hue_can_be_read(hue, scheme):
    at = SCHEMES[scheme]
    text, wash, mark = (HUES[hue][part][at] for part in ("at-hue", "at-hue-wash", "at-hue-mark"))
    surface, page, ink, ink_2 = (
        PAPER[name][at] for name in ("at-surface", "at-page", "at-ink", "at-ink-2")
    )

    for front in (text, ink, ink_2):
        assert contrast(front, wash) >= READABLE
    assert contrast(text, surface) >= READABLE
    assert contrast(text, page) >= READABLE
    assert contrast(mark, surface) >= VISIBLE
    assert contrast(mark, page) >= VISIBLE
    assert contrast(mark, wash) >= VISIBLE


@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_two_hues_look_alike(scheme):
    marks = {hue: oklab(HUES[hue]["at-hue-mark"][SCHEMES[scheme]]) for hue in Hue.values}

    alike = [
        (one, other)
        for one, other in combinations(marks, 2)
        if math.dist(marks[one], marks[other]) < ALIKE
    ]

    assert alike == []
