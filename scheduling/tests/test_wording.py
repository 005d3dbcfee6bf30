from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from scheduling import wording

TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (date(2026, 11, 24), "hoje"),
        (date(2026, 11, 25), "amanhã"),
        (date(2026, 11, 23), "ontem"),
        (date(2026, 11, 28), "sáb, 28 nov"),
        (date(2027, 3, 2), "ter, 2 mar 2027"),
    ],
)
def test_a_day_has_the_name_that_people_use(day, text):
    assert wording.day_name(day, today=TODAY) == text


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("America/Sao_Paulo", "Hoje, terça, 23:30 às 00:10"),
        ("UTC", "Amanhã, quarta, 02:30 às 03:10"),
    ],
)
def test_a_span_is_told_in_the_active_zone(zone, text):
    starts = datetime(2026, 11, 25, 2, 30, tzinfo=UTC)
    with timezone.override(zone):
        assert wording.span(starts, starts + timedelta(minutes=40), now=NOW) == text


def test_a_far_day_is_not_named_twice():
    starts = datetime(2026, 12, 1, 19, 30, tzinfo=UTC)
    with timezone.override("America/Sao_Paulo"):
        text = wording.span(starts, starts + timedelta(minutes=50), now=NOW)

    assert text == "Ter, 1 dez, 16:30 às 17:20"


@pytest.mark.parametrize(
    ("minutes", "text"), [(50, "50 min"), (60, "1 h"), (90, "1 h 30"), (65, "1 h 05")]
)
def test_lengths(minutes, text):
    assert wording.length(timedelta(minutes=minutes)) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Decimal("85.00"), "R$\N{NO-BREAK SPACE}85"),
        (Decimal("85.5"), "R$\N{NO-BREAK SPACE}85,50"),
        (Decimal(1240), "R$\N{NO-BREAK SPACE}1.240"),
        (Decimal("0.00"), "R$\N{NO-BREAK SPACE}0"),
        (None, ""),
    ],
)
def test_money(amount, text):
    assert wording.money(amount) == text


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Camila Prates", "CP"), ("Bia", "B"), ("Ana de Sá", "AS"), ("  ", ""), ("é", "É")],
)
def test_initials(name, letters):
    assert wording.initials(name) == letters
