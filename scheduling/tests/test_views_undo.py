import re
from datetime import timedelta

import pytest

from scheduling import services
from scheduling.events import By
from scheduling.models import AppointmentEvent, Client, Status
from tenants import scope
from tenants.models import Role

BUTTON = re.compile(
    r'action="(/agendamentos/\d+/desfazer/)".*?name="fact" value="(\d+)"', re.DOTALL
)


def text(response) -> str:
    return response.content.decode()


def undo_button(page: str) -> tuple[str, dict[str, str]]:
    """Where the button beside the sentence leads, and what it sends."""
    action, fact = BUTTON.search(page).groups()
    return action, {"fact": fact}


def path(appointment, last=""):
    return f"/agendamentos/{appointment.pk}/{last}"


@pytest.mark.parametrize(
    ("last", "form", "said", "undone"),
    [
        ("faltou/", {}, "Falta de Camila marcada.", "a marca de falta"),
        ("confirmar/", {}, "Horário de Camila confirmado.", "a confirmação"),
        ("cancelar/", {"quick": "1"}, "Horário de Camila cancelado.", "o cancelamento"),
    ],
)
def test_a_step_by_mistake_is_taken_back_by_one_button(salon, barber, last, form, said, undone):
    barber.book()
    appointment = salon.book()
    browser = salon.browser(Role.RECEPTIONIST)

    page = text(browser.post(path(appointment, last), form, follow=True))
    assert said in page
    action, fact = undo_button(page)
    answer = browser.post(action, {**fact, "next": "/agendamentos/?q=camila"}, follow=True)

    assert answer.redirect_chain == [("/agendamentos/?q=camila", 302)]
    assert "Desfeito. Horário de Camila como antes." in text(answer)
    assert salon.fresh(appointment).status == Status.SCHEDULED
    assert f"Renata desfez {undone} pelo balcão." in text(browser.get(path(appointment)))


def test_a_move_is_taken_back(salon):
    appointment = salon.book()
    browser = salon.browser()
    form = {"professional": salon.denise.pk, "day": "2026-11-26", "time": "16:30"}

    page = text(browser.post(path(appointment, "remarcar/"), form, follow=True))
    browser.post(*undo_button(page))

    back = salon.fresh(appointment)
    assert (back.starts_at, back.professional_id, back.revision) == (
        appointment.starts_at,
        salon.bia.pk,
        1,
    )


def test_the_button_is_gone_when_it_is_too_late(salon, monkeypatch, now):
    appointment = salon.book()
    browser = salon.browser()
    page = text(browser.post(path(appointment, "confirmar/"), follow=True))
    action, fact = undo_button(page)
    later = now + timedelta(minutes=3)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)

    assert "Desfazer" not in text(browser.get(path(appointment)))
    answer = browser.post(action, fact, follow=True)

    assert "Não dá mais para desfazer" in text(answer)
    assert salon.fresh(appointment).status == Status.CONFIRMED


@pytest.mark.parametrize("fact", ["", "0", "abc", "\u0663", "9" * 30, "-1"])
def test_what_is_no_fact_of_it_undoes_nothing(salon, fact):
    appointment = salon.book()
    browser = salon.browser()
    browser.post(path(appointment, "confirmar/"))

    answer = browser.post(path(appointment, "desfazer/"), {"fact": fact}, follow=True)

    assert "Não dá mais para desfazer" in text(answer)
    assert salon.fresh(appointment).status == Status.CONFIRMED


def test_a_time_that_has_gone_stays_gone(salon, now):
    appointment = salon.book()
    browser = salon.browser()
    page = text(browser.post(path(appointment, "cancelar/"), follow=True))
    with scope.company(salon.company.pk):
        other = Client.objects.create(name="José", phone="+5531933334455")
    salon.book(client=other)

    answer = browser.post(*undo_button(page), follow=True)

    assert "o horário já é de outra pessoa" in text(answer)
    assert salon.fresh(appointment).status == Status.CANCELLED


def test_nobody_undoes_in_another_company_nor_without_the_right(salon, barber, now):
    theirs, ours = barber.book(), salon.book()
    with scope.company(barber.company.pk, switch=True):
        services.confirm(theirs, by=By("web"), now=now)
        fact = AppointmentEvent.objects.latest("id").pk

    refused = salon.browser().post(path(theirs, "desfazer/"), {"fact": fact})
    professional = salon.browser(Role.PROFESSIONAL).post(path(ours, "desfazer/"), {"fact": "1"})

    assert (refused.status_code, professional.status_code) == (404, 403)
    assert barber.fresh(theirs).status == Status.CONFIRMED


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({"quick": "1"}, "Motivo: Cliente pediu<"),
        ({"quick": "2", "reason": "Gripe"}, "Motivo: Cliente ficou doente: Gripe<"),
        ({"reason": "Gripe"}, "Motivo: Gripe<"),
    ],
)
def test_a_reason_is_picked_or_written(salon, form, reason):
    appointment = salon.book()

    page = text(salon.browser().post(path(appointment, "cancelar/"), form, follow=True))

    assert reason in page


def test_a_reason_that_is_none_is_refused(salon):
    appointment = salon.book()

    answer = salon.browser().post(path(appointment, "cancelar/"), {"quick": "9"})

    assert "Escolha um motivo da lista, ou escreva outro." in text(answer)
    assert salon.fresh(appointment).status == Status.SCHEDULED
