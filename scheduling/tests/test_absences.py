"""Absences and closed days: times, words, and the appointments that fall into them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling import absences
from scheduling.models import Absence, Professional
from tenants import scope
from tenants.models import Role

SAO_PAULO, LISBON = ZoneInfo("America/Sao_Paulo"), ZoneInfo("Europe/Lisbon")
TODAY = date(2026, 11, 24)
NEW = "/profissionais/ausencias/nova/"
ALL = "/profissionais/ausencias/"


def text(response) -> str:
    return response.content.decode()


def days(first, last, zone=SAO_PAULO):
    return absences.moments(first, None, last, None, zone)


# Pure ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "starts", "last", "ends", "words"),
    [
        ((26, None), None, (26, None), None, "qui, 26 nov"),
        ((26, None), None, (27, None), None, "qui, 26 nov a sex, 27 nov"),
        ((26, None), "14:00", (26, None), "16:30", "qui, 26 nov, 14:00 às 16:30"),
        ((26, None), "14:00", (26, None), None, "qui, 26 nov, 14:00 às 24:00"),
        ((26, None), None, (26, None), "12:00", "qui, 26 nov, 00:00 às 12:00"),
        ((26, None), "14:00", (27, None), "12:00", "qui, 26 nov, 14:00 até sex, 27 nov, 12:00"),
        ((26, None), "14:00", (27, None), None, "qui, 26 nov, 14:00 até sex, 27 nov, 24:00"),
    ],
)
def test_an_absence_in_words(first, starts, last, ends, words):
    at = [text and time.fromisoformat(text) for text in (starts, ends)]
    span = absences.moments(
        date(2026, 11, first[0]), at[0], date(2026, 11, last[0]), at[1], SAO_PAULO
    )
    assert absences.in_words(span, today=TODAY, zone=SAO_PAULO) == words


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        (date(2026, 11, 26), SAO_PAULO, 24),
        (date(2018, 11, 4), SAO_PAULO, 23),  # began at 01:00
        (date(2018, 2, 17), SAO_PAULO, 25),  # had 23:00 twice
        (date(2026, 3, 29), LISBON, 23),
        (date(2026, 10, 25), LISBON, 25),
    ],
)
def test_a_day_is_as_long_as_it_is_where_the_clock_changes(day, zone, hours):
    span = days(day, day, zone)

    assert span.end - span.start == timedelta(hours=hours)
    assert absences.parts(span, zone) == (day, None, day, None)


TIMES = st.none() | st.integers(1, 1439).map(lambda minute: time(minute // 60, minute % 60))
DATES = st.dates(date(2017, 1, 1), date(2030, 1, 1))


@given(DATES, TIMES, st.integers(0, 40), TIMES)
def test_what_was_typed_can_be_shown_again(first, starts, length, ends):
    """In a zone whose clock never changes at the time that was typed."""
    zone = ZoneInfo("America/Bahia")
    last = first + timedelta(days=length)

    span = absences.moments(first, starts, last, ends, zone)

    assert absences.parts(span, zone) == (first, starts, last, ends)


# Pages -----------------------------------------------------------------------------------------


def sent(**changes):
    form = {"first_day": "2026-12-01", "last_day": "", "first_time": "", "last_time": ""}
    return form | {"professional": "", "reason": "", "more_days": ""} | changes


def kept(shop):
    with scope.company(shop.company.pk):
        return [
            (str(row.professional or "closed"), row.starts_at, row.ends_at, row.reason)
            for row in Absence.objects.select_related("professional")
        ]


def local(day, hour=0, minute=0, month=12):
    return datetime(2026, month, day, hour, minute, tzinfo=SAO_PAULO).astimezone(UTC)


@pytest.mark.parametrize(
    ("changes", "starts", "ends"),
    [
        ({}, local(1), local(2)),
        ({"last_day": "2026-12-05"}, local(1), local(6)),
        ({"first_time": "14:00", "last_time": "16:00"}, local(1, 14), local(1, 16)),
        ({"last_day": "2026-12-02", "last_time": "12:00"}, local(1), local(2, 12)),
        ({"first_time": "14:00"}, local(1, 14), local(2)),
    ],
)
def test_an_absence_as_people_type_it(salon, changes, starts, ends):
    answer = salon.browser().post(
        NEW, sent(professional=salon.bia.pk, reason=" Curso ", **changes)
    )

    assert answer.url == f"/profissionais/{salon.bia.pk}/#ausencias"
    assert kept(salon) == [("Bia", starts, ends, "Curso")]


def test_the_company_is_closed_on_several_days_at_once(salon):
    answer = salon.browser().post(
        NEW, sent(reason="Feriado", more_days="25/12; 2027-01-01, 20/11 01/12/2026")
    )

    assert answer.url == ALL
    found = [(who, starts.astimezone(SAO_PAULO).date()) for who, starts, _end, _r in kept(salon)]
    assert found == [
        ("closed", date(2026, 12, 1)),
        ("closed", date(2026, 12, 25)),
        ("closed", date(2027, 1, 1)),
        ("closed", date(2027, 11, 20)),  # this year's is over
    ]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"first_day": ""}, "Escolha o dia."),
        ({"first_day": "ontem"}, "Escreva o dia como 24/11/2026."),
        ({"first_day": "1026-12-01"}, "Confira o ano desta data."),
        ({"last_day": "2026-11-30"}, "O fim vem depois do começo."),
        ({"first_time": "16:00", "last_time": "14:00"}, "O fim vem depois do começo."),
        ({"first_time": "25h"}, "Escreva a hora como 16:30, ou deixe em branco."),
        ({"last_day": "2030-01-01"}, "Uma ausência dura no máximo dois anos."),
        ({"more_days": "25/12, natal"}, "Não entendemos “natal”. Escreva como 25/12/2026."),
        ({"more_days": "30/02"}, "Não entendemos “30/02”."),
        ({"more_days": ",".join(["25/12"] * 41)}, "No máximo 40 datas de uma vez."),
        ({"professional": "987654321"}, "Escolha alguém da lista."),
        ({"reason": "a" * 121}, "120"),
    ],
)
def test_a_wrong_absence_gets_a_sentence_and_keeps_what_was_typed(salon, changes, sentence):
    answer = salon.browser().post(NEW, sent(reason="Férias") | changes)

    assert answer.status_code == 200
    assert sentence in text(answer)
    assert kept(salon) == []
    for name, value in changes.items():
        assert value in text(answer) or name == "professional"


def test_a_foreign_professional_is_refused_like_an_unknown_one(salon, barber):
    answers = [
        text(salon.browser().post(NEW, sent(professional=pk))) for pk in (barber.bia.pk, 987654321)
    ]

    assert all("Escolha alguém da lista." in answer for answer in answers)
    assert kept(salon) == kept(barber) == []
    assert 'value="" selected' in text(salon.browser().get(f"{NEW}?profissional={barber.bia.pk}"))
    assert f'value="{salon.bia.pk}" selected' in text(
        salon.browser().get(f"{NEW}?profissional={salon.bia.pk}")
    )


def test_appointments_that_fall_into_it_are_shown_first_and_stay(salon, barber):
    mine, other = salon.book(), salon.book(professional=salon.denise, hours=5)
    barber.book()
    browser = salon.browser()
    today = sent(professional=salon.bia.pk, first_day="2026-11-24")

    asked = browser.post(NEW, today)
    before = kept(salon)
    done = browser.post(NEW, today | {"anyway": "yes"}, follow=True)

    assert before == []
    assert "Há 1 horário marcado neste tempo." in text(asked)
    assert f"/agendamentos/{mine.pk}/remarcar/" in text(asked)
    assert f"/agendamentos/{other.pk}/" not in text(asked)
    assert "1 horário marcado neste tempo continua na agenda." in text(done)
    assert len(kept(salon)) == 1
    assert salon.fresh(mine).is_open


def test_a_closed_company_concerns_everybodys_appointments(salon, barber):
    mine, other = salon.book(), salon.book(professional=salon.denise, hours=5)
    past_one = salon.book(hours=30)
    barber.book()

    asked = text(salon.browser().post(NEW, sent(first_day="2026-11-24")))

    assert "Há 2 horários marcados neste tempo." in asked
    for appointment in (mine, other):
        assert f"/agendamentos/{appointment.pk}/remarcar/" in asked
    assert f"/agendamentos/{past_one.pk}/" not in asked


def test_an_absence_is_changed_and_deleted_after_a_question(salon):
    browser = salon.browser()
    browser.post(
        NEW,
        sent(professional=salon.bia.pk, last_day="2026-12-03", last_time="12:00", reason="Curso"),
    )
    with scope.company(salon.company.pk):
        pk = Absence.objects.get().pk
    path = f"{ALL}{pk}/"

    page = text(browser.get(path))
    browser.post(path, sent(professional=salon.denise.pk, first_day="2026-12-08"))
    changed = kept(salon)
    question = text(browser.get(f"{path}apagar/"))
    asked = kept(salon)
    answer = browser.post(f"{path}apagar/")

    for value in ("2026-12-01", "2026-12-03", "12:00", "Curso"):
        assert f'value="{value}"' in page
    assert "more_days" not in page
    assert changed == asked == [("Denise", local(8), local(9), "")]
    assert "Apagar esta ausência?" in question and "ter, 8 dez" in question
    assert answer.url == f"/profissionais/{salon.denise.pk}/#ausencias"
    assert kept(salon) == []


def test_an_absence_of_who_is_archived_can_still_be_changed(salon):
    with scope.company(salon.company.pk):
        span = days(date(2026, 12, 1), date(2026, 12, 1))
        absence = Absence.objects.create(
            professional=salon.bia, starts_at=span.start, ends_at=span.end
        )
        Professional.objects.filter(pk=salon.bia.pk).update(is_active=False)

    answer = salon.browser().post(
        f"{ALL}{absence.pk}/", sent(professional=salon.bia.pk, reason="Licença")
    )

    assert answer.status_code == 302
    assert kept(salon) == [("Bia", span.start, span.end, "Licença")]


def test_the_list_has_what_is_ahead_and_another_what_is_over(salon, barber):
    for shop in (salon, barber):
        with scope.company(shop.company.pk):
            for hours, who, reason in (
                (-80, shop.bia, "Longe"),
                (-50, shop.bia, "Antes"),
                (-1, None, "Obra"),
                (50, shop.bia, "Depois"),
            ):
                starts = shop.now + timedelta(hours=hours)
                Absence.objects.create(
                    professional=who,
                    starts_at=starts,
                    ends_at=starts + timedelta(hours=3),
                    reason=f"{reason} {shop.company.slug}",
                )

    browser = salon.browser()

    ahead = text(browser.get(ALL)).partition("<main")[2]
    over = text(browser.get(ALL, {"quando": "passadas"})).partition("<main")[2]

    assert ahead.index("Obra") < ahead.index("Depois")
    assert over.index("Antes") < over.index("Longe")
    assert "Empresa fechada" in ahead and "Antes" not in ahead and "Depois" not in over
    assert "prosa-e-navalha" not in ahead + over


def test_the_rivals_absence_answers_like_an_unknown_one(salon, barber):
    with scope.company(barber.company.pk):
        theirs = Absence.objects.create(
            professional=barber.bia, starts_at=barber.now, ends_at=barber.now + timedelta(days=1)
        )
    browser = salon.browser()

    for end in ("", "apagar/"):
        for method in (browser.get, browser.post):
            known, unknown = method(f"{ALL}{theirs.pk}/{end}"), method(f"{ALL}987654321/{end}")
            assert known.status_code == unknown.status_code == 404
            assert known.content == unknown.content
    assert len(kept(barber)) == 1


@pytest.mark.parametrize("role", [Role.RECEPTIONIST, Role.PROFESSIONAL])
def test_absences_are_for_who_manages(salon, role):
    with scope.company(salon.company.pk):
        pk = Absence.objects.create(
            professional=salon.bia, starts_at=salon.now, ends_at=salon.now + timedelta(days=1)
        ).pk
    browser = salon.browser(role)

    for path in (ALL, NEW, f"{ALL}{pk}/", f"{ALL}{pk}/apagar/"):
        assert (
            browser.get(path).status_code == browser.post(path).status_code == 403 or path == ALL
        )
    assert browser.get(ALL).status_code == 403
    assert len(kept(salon)) == 1
