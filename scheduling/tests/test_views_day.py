import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from scheduling import services
from scheduling.events import By
from scheduling.models import Absence, Appointment, Professional, Service, WorkingHours
from tenants import scope
from tenants.models import Role

DAY = "/agenda/"


def text(response) -> str:
    return response.content.decode()


def columns(response):
    return {
        column.professional.name: [(piece.kind, piece.height) for piece in column.pieces]
        for column in response.context["board"].columns
    }


@pytest.fixture
def hours(salon):
    """Bia and Denise work from nine to twelve on Tuesdays; it is nine o'clock."""
    with scope.company(salon.company.pk):
        for professional in (salon.bia, salon.denise):
            WorkingHours.objects.create(
                professional=professional, weekday=1, starts="09:00", ends="12:00"
            )


@pytest.mark.parametrize("role", [Role.OWNER, Role.MANAGER, Role.RECEPTIONIST])
def test_a_column_for_each_professional(salon, barber, hours, role):
    salon.book(hours=1)
    barber.book(hours=1)

    answer = salon.browser(role).get(DAY)

    assert columns(answer) == {
        "Bia": [("free", 12), ("visit", 8), ("free", 16)],
        "Denise": [("free", 36)],
    }
    page = text(answer)
    assert page.count("Camila Prates") == 1
    assert re.search(r"<h2[^>]*><span[^>]*>Bia</span></h2>", page)


def test_a_professional_sees_only_his_own_column(salon, hours):
    salon.book(hours=1, professional=salon.denise)

    answer = salon.browser(Role.PROFESSIONAL).get(DAY, {"profissional": salon.denise.pk})

    assert list(columns(answer)) == ["Bia"]
    assert "Camila" not in text(answer)
    assert "/agendamentos/novo/" not in text(answer)


def test_a_login_without_a_professional_is_told_what_is_missing(salon):
    with scope.company(salon.company.pk):
        salon.bia.membership = None
        salon.bia.save()

    answer = salon.browser(Role.PROFESSIONAL).get(DAY)

    assert columns(answer) == {}
    assert "ainda não está ligado a um profissional" in text(answer)


def test_a_free_gap_leads_to_a_booking_that_is_filled_in(salon, hours):
    salon.book(hours=1)
    browser = salon.browser()

    page = text(browser.get(DAY))
    link = f"/agendamentos/novo/?dia=2026-11-24&amp;hora=10:40&amp;profissional={salon.bia.pk}"
    assert link in page

    form = browser.get(link.replace("&amp;", "&")).context["form"]
    assert (form.said("professional"), f"{form.start:%d %H:%M}") == (salon.bia, "24 10:40")


def test_what_has_begun_is_offered_from_the_next_step_on(salon, hours, monkeypatch, now):
    later = now + timedelta(minutes=7)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)

    page = text(salon.browser().get(DAY))

    assert "hora=09:10" in page and "hora=09:00" not in page


def test_absences_buffers_and_what_was_cancelled(salon, hours, now):
    with scope.company(salon.company.pk):
        day = now.replace(hour=14)  # 11:00 in São Paulo
        Absence.objects.create(starts_at=day, ends_at=now + timedelta(days=1), reason="Feriado")
        gone, booked = salon.book(hours=2), salon.book(hours=1)
        services.cancel(gone, by=By.client(), now=now)
        Appointment.objects.filter(pk=booked.pk).update(buffer_after_minutes=10)

    answer = salon.browser().get(DAY)

    assert columns(answer)["Bia"] == [
        ("free", 12),
        ("visit", 8),
        ("buffer", 2),
        ("free", 2),
        ("absence", 12),
    ]
    assert text(answer).count("Feriado") == 2
    assert "Cancelados" in text(answer)


def test_one_professional_and_another_day(salon, hours):
    salon.book(hours=25)

    answer = salon.browser().get(DAY, {"profissional": salon.bia.pk, "dia": "2026-11-25"})

    assert columns(answer) == {"Bia": [("visit", 8), ("off", 4)]}
    assert answer.context["board"].now is None


def test_who_left_is_shown_on_the_days_that_are_left(salon, hours):
    salon.book(hours=1, professional=salon.denise)
    with scope.company(salon.company.pk):
        Professional.objects.filter(pk=salon.denise.pk).update(is_active=False)
    browser = salon.browser()

    assert list(columns(browser.get(DAY))) == ["Bia", "Denise"]
    assert list(columns(browser.get(DAY, {"dia": "2026-11-25"}))) == ["Bia"]


@pytest.mark.parametrize("count", [0, 1, 40])
def test_the_day_asks_the_same_few_queries(salon, hours, count, django_assert_max_num_queries):
    with scope.company(salon.company.pk):
        short = Service.objects.create(name="Barba", duration_minutes=5)
        extra = [Professional(name=f"Nome {n}") for n in range(count)]
        Professional.objects.bulk_create(extra)
        Absence.objects.bulk_create(
            Absence(professional=each, starts_at=salon.now, ends_at=salon.now + timedelta(hours=1))
            for each in extra
        )
    for number in range(count):
        salon.book(hours=number / 6 + 0.1, service=short)
    browser = salon.browser()

    with django_assert_max_num_queries(10):
        answer = browser.get(DAY)

    assert len(answer.context["board"].columns) == count + 2


@pytest.mark.parametrize(("minutes", "scale"), [(15, ""), (10, "at-high"), (5, "at-higher")])
def test_short_appointments_are_high_enough_for_a_finger(salon, hours, minutes, scale):
    with scope.company(salon.company.pk):
        short = Service.objects.create(name="Barba", duration_minutes=minutes)
    salon.book(hours=1, service=short)

    assert salon.browser().get(DAY).context["board"].scale == scale


def test_every_height_and_place_of_a_day_has_its_class():
    css = Path(settings.BASE_DIR / "static" / "css" / "agenda-units.css").read_text()

    for letter in "ht":
        numbers = {int(n) for n in re.findall(rf"\.at-{letter}-(\d+) ", css)}
        assert numbers >= set(range(1, 301))  # 25 hours, where the clocks are set back
