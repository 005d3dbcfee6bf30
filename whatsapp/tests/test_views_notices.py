"""Configurações, Avisos: switches, leads, hours and pace, with the example beside them."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from django.test import Client as Browser

from tenants import scope
from tenants.models import Company, Role, SecurityEvent
from whatsapp import preferences
from whatsapp.models import MessageSetting
from whatsapp.tests.pages import HTMX, words
from whatsapp.timing import SWITCHES, Rules

PAGE, EXAMPLE = "/configuracoes/avisos/", "/configuracoes/avisos/exemplo/"
AS_IT_IS = {
    **dict.fromkeys(SWITCHES, "on"),
    "confirmation_request_hours": "24",
    "second_request_hours": "4",
    "reminder_hours": "2",
    "message_hours_start": "08:00",
    "message_hours_end": "20:00",
    "pace_seconds": "8",
}


def without(*names, **changes):
    return {name: value for name, value in AS_IT_IS.items() if name not in names} | changes


def rules_of(shop):
    with scope.company(shop.company.pk):
        return preferences.of(Company.objects.get()).rules


def test_only_who_manages_sees_and_changes_the_notices(salon):
    for role in (Role.RECEPTIONIST, Role.PROFESSIONAL):
        assert salon.browser(role).get(PAGE).status_code == 403
        assert salon.browser(role).post(PAGE, without("reminder")).status_code == 403
        assert salon.browser(role).post(EXAMPLE, AS_IT_IS).status_code == 403
    assert Browser().get(PAGE).url.startswith("/entrar/")
    assert rules_of(salon) == Rules()


def test_the_page_shows_what_holds_and_an_example(salon, barber):
    barber.browser().post(PAGE, without("receipt", reminder_hours="6"))
    page = words(salon.browser(Role.MANAGER).get(PAGE))
    assert page.count(" checked>") == 6
    assert '<option value="24" selected>24 h antes</option>' in page
    assert '<option value="2" selected>2 h antes</option>' in page
    # The clock stands at a Tuesday, 09:00; the example is on the Monday after.
    assert "Quem marcar agora para seg, 30 nov, 14:30 recebe:" in page
    assert "Hoje, 09:00" in page
    assert "Sáb, 28 nov, 12:00" in page
    assert "Lembrete, se confirmar" in page
    assert 'aria-current="page">Avisos</a>' in page


def test_what_is_chosen_holds_and_the_queue_is_to_follow(salon, barber):
    body = without(
        "receipt", "second_request", confirmation_request_hours="48", reminder_hours="6"
    )
    answer = salon.browser().post(
        PAGE, body | {"message_hours_start": "09:30", "pace_seconds": "15"}, follow=True
    )
    assert "O que ainda espera na fila muda em instantes." in words(answer)
    rules = rules_of(salon)
    assert rules.off == {"receipt", "second_request"}
    assert rules.request_lead == timedelta(hours=48)
    assert rules.reminder_lead == timedelta(hours=6)
    assert rules.hours.opens == time(9, 30)
    with scope.company(salon.company.pk):
        assert Company.objects.get().pace_seconds == 15
        assert MessageSetting.objects.filter(replan=True).count() == len(SWITCHES)
        event = SecurityEvent.objects.get(kind="notices_changed")
    assert "Aviso de agendamento: desligado" in event.sentence
    assert rules_of(barber) == Rules()
    assert "Nada mudou" in words(
        salon.browser().post(
            PAGE, body | {"message_hours_start": "09:30", "pace_seconds": "15"}, follow=True
        )
    )


def test_a_text_of_the_companys_survives_a_change_of_notices(salon):
    with scope.company(salon.company.pk):
        MessageSetting.objects.create(kind="reminder", text="Até {hora}!")
    salon.browser().post(PAGE, without("reminder"))
    with scope.company(salon.company.pk):
        row = MessageSetting.objects.get(kind="reminder")
    assert (row.text, row.is_on) == ("Até {hora}!", False)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"message_hours_start": "06:59"}, "Escolha um horário entre 07:00 e 21:00."),
        ({"message_hours_end": "21:01"}, "Escolha um horário entre 07:00 e 21:00."),
        ({"message_hours_end": "07:30"}, "O fim vem depois do começo."),
        ({"message_hours_start": "x"}, "Informe uma hora válida."),
        ({"pace_seconds": "1"}, "Escolha uma pausa entre 5 e 120 segundos."),
        ({"pace_seconds": ""}, "Este campo é obrigatório."),
        ({"reminder_hours": "5"}, "Faça uma escolha válida."),
        ({"confirmation_request_hours": "2"}, "Faça uma escolha válida."),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_nothing_is_kept(salon, changes, says):
    page = words(salon.browser().post(PAGE, without("receipt", **changes)))
    assert says in page
    assert "Confira os campos marcados." in page
    assert page.count(" checked>") == 5
    assert rules_of(salon) == Rules()


def test_hours_that_the_platforms_staff_set_may_stay(salon):
    with scope.company(salon.company.pk):
        Company.objects.update(message_hours_start=time(0), message_hours_end=time(23, 59))
    body = without("receipt", message_hours_start="00:00", message_hours_end="23:59")
    salon.browser().post(PAGE, body)
    assert rules_of(salon).off == {"receipt"}


def test_the_example_follows_what_is_being_chosen_and_keeps_nothing(salon):
    body = without("receipt", "second_request", reminder_hours="6")
    part = words(salon.browser().post(EXAMPLE, body, headers=HTMX))
    assert part.startswith('<section class="card" id="exemplo"')
    assert "Aviso de agendamento" not in part
    assert "Seg, 30 nov, 08:30" in part
    nothing = words(salon.browser().post(EXAMPLE, without(*SWITCHES), headers=HTMX))
    assert "Com tudo desligado, ninguém é avisado nem perguntado." in nothing
    assert rules_of(salon) == Rules()


def test_without_a_script_the_example_is_the_page_with_what_was_chosen(salon):
    page = words(
        salon.browser().post(EXAMPLE, without("reminder", confirmation_request_hours="72"))
    )
    assert '<option value="72" selected>72 h antes</option>' in page
    assert "Lembrete, se confirmar" not in page
    assert 'role="alert"' not in page
