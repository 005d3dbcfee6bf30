from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from scheduling import services
from scheduling.events import By
from scheduling.models import Appointment
from tenants import scope
from tenants.security import Origin
from whatsapp import confirmation
from whatsapp.models import Message
from whatsapp.tests.pages import connected, message

WEB = By(Origin.WEB)


def ask(shop, appointment):
    with scope.company(shop.company.pk):
        return confirmation.ask(appointment, by=WEB, now=shop.now)


def refusal(shop, appointment):
    """The sentence with which the request is refused; nothing was written."""
    before = shop.count(Message)
    with pytest.raises(confirmation.Refused) as refused:
        ask(shop, appointment)
    assert shop.count(Message) == before
    return refused.value.reason


def test_the_request_waits_to_leave_at_once_and_the_fact_is_written(salon):
    appointment = salon.book()
    made = ask(salon, appointment)
    assert (made.kind, made.status, made.due_at) == ("manual_confirmation", "waiting", salon.now)
    assert made.expires_at == appointment.starts_at
    assert made.phone == salon.camila.phone
    with scope.company(salon.company.pk):
        kinds = list(appointment.events.values_list("kind", flat=True))
    assert kinds == ["scheduled", "confirmation_asked_for"]


def test_a_confirmed_appointment_may_be_asked_about(salon):
    appointment = salon.book()
    with scope.company(salon.company.pk):
        services.confirm(appointment, by=WEB, now=salon.now)
        assert confirmation.may_ask(appointment, salon.now) is None


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("arrived", "O cliente já chegou: não há o que confirmar."),
        ("completed", "Este atendimento já aconteceu."),
        ("cancelled", "Este horário foi cancelado."),
        ("no_show", "Este horário terminou em falta."),
    ],
)
def test_what_is_over_is_not_asked_about(salon, status, sentence):
    appointment = salon.book()
    with scope.company(salon.company.pk):
        Appointment.objects.update(status=status)
    assert refusal(salon, appointment) == sentence


@pytest.mark.parametrize("minutes", [0, 60])
def test_what_has_begun_is_not_asked_about(salon, minutes):
    appointment = salon.book(hours=-minutes / 60)
    assert refusal(salon, appointment) == "Este horário já começou ou já passou."


def test_who_said_parar_is_not_asked(salon):
    appointment = salon.book()
    with scope.company(salon.company.pk):
        services.opt_out(salon.camila, now=salon.now)
    assert refusal(salon, appointment) == (
        "Camila pediu para não receber mensagens. Ligue para confirmar."
    )


@pytest.mark.parametrize("status", ["waiting", "sending", "unknown"])
def test_a_request_on_its_way_is_not_doubled(salon, status):
    appointment = salon.book()
    message(salon, appointment, kind="manual_confirmation", status=status)
    assert refusal(salon, appointment) == ("O pedido de confirmação para Camila já está na fila.")


@pytest.mark.parametrize("status", ["sent", "read", "failed", "dropped"])
def test_a_request_that_ended_may_be_repeated(salon, status):
    appointment = salon.book()
    message(salon, appointment, kind="manual_confirmation", status=status)
    assert ask(salon, appointment).status == "waiting"


def test_the_planned_request_and_that_for_an_earlier_time_do_not_count(salon):
    appointment = salon.book()
    message(salon, appointment, kind="confirmation_request")
    message(salon, appointment, kind="manual_confirmation", revision=appointment.revision - 1)
    assert ask(salon, appointment).status == "waiting"


def test_the_rivals_queue_does_not_count(salon, barber):
    message(barber, barber.book(), kind="manual_confirmation")
    assert ask(salon, salon.book()).status == "waiting"


def test_what_is_decided_is_the_appointment_as_it_is_in_the_database(salon):
    appointment = salon.book()
    with scope.company(salon.company.pk):
        Appointment.objects.update(status="cancelled")
    assert appointment.status == "scheduled"
    assert refusal(salon, appointment) == "Este horário foi cancelado."


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (None, "A mensagem sai assim que o WhatsApp conectar."),
        ("disconnected", "A mensagem sai assim que o WhatsApp conectar."),
        ("connected", "A mensagem sai em instantes."),
    ],
)
def test_the_promise_depends_on_the_connection_of_this_company(salon, barber, status, says):
    connected(barber)
    if status:
        connected(salon, status=status)
    with scope.company(salon.company.pk):
        assert confirmation.promise() == says


def test_a_request_from_a_page_that_is_out_of_date_is_not_doubled(salon):
    appointment = salon.book()
    stale = salon.fresh(appointment)
    ask(salon, appointment)
    assert "já está na fila" in refusal(salon, stale)


@pytest.mark.django_db(transaction=True)
def test_two_requests_at_the_same_moment_make_one(salon):
    appointment, start = salon.book(), Barrier(2)

    def press():
        start.wait(timeout=10)
        try:
            return ask(salon, appointment).status
        except confirmation.Refused as refused:
            return refused.reason
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as people:
        answers = {each.result() for each in [people.submit(press) for _ in range(2)]}
    assert answers == {"waiting", "O pedido de confirmação para Camila já está na fila."}
    assert salon.count(Message) == 1
