"""What a person asks of the connection: who may, what is written, what is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client as Browser

from tenants import scope
from tenants.models import SecurityEvent
from whatsapp.models import Instance
from whatsapp.tests.pages import connected, message, pairing, words

PAGE = "/whatsapp/"
ACCEPT = "/whatsapp/aceitar/"
CONNECT = "/whatsapp/conectar/"
RECONNECT = "/whatsapp/reconectar/"
PAIR = "/whatsapp/celular/"
DISCONNECT = "/whatsapp/desconectar/"
TYPED = {"number": "(31) 90000-4400"}
POSTS = [
    (ACCEPT, {"accepted": "on"}),
    (CONNECT, {}),
    (RECONNECT, {}),
    (PAIR, TYPED),
    (DISCONNECT, {}),
]


def instance_of(shop):
    with scope.company(shop.company.pk):
        return Instance.objects.first()


def state_of(shop):
    """Everything of the instance that a request may write."""
    instance = instance_of(shop)
    return instance and (instance.status, instance.wanted, instance.risk_accepted_at)


def log_of(shop):
    with scope.company(shop.company.pk):
        return sorted(SecurityEvent.objects.values_list("kind", flat=True))


@pytest.fixture
def rival_connected(barber):
    connected(barber)
    return barber


@pytest.mark.parametrize(("address", "data"), POSTS)
def test_a_stranger_changes_nothing(salon, address, data):
    connected(salon)
    before = state_of(salon)
    answer = Browser().post(address, data)
    assert answer.url.startswith("/entrar/")
    assert state_of(salon) == before


@pytest.mark.parametrize("role", ["receptionist", "professional"])
@pytest.mark.parametrize(("address", "data"), POSTS)
def test_without_the_right_nothing_changes(salon, address, data, role):
    connected(salon)
    before = state_of(salon)
    assert salon.browser(role).post(address, data).status_code == 403
    assert state_of(salon) == before


@pytest.mark.parametrize("address", [ACCEPT, CONNECT, RECONNECT])
def test_a_look_at_an_address_that_acts_does_nothing(salon, address):
    connected(salon, status="disconnected")
    before = state_of(salon)
    assert salon.browser().get(address).status_code == 405
    assert state_of(salon) == before


@pytest.mark.parametrize(("address", "data"), POSTS)
def test_the_rivals_connection_stays_as_it_was(salon, rival_connected, address, data):
    connected(salon)
    before = state_of(rival_connected)
    assert salon.browser().post(address, data).status_code == 302
    assert state_of(rival_connected) == before
    assert log_of(rival_connected) == []


def test_a_form_without_its_token_is_refused(salon):
    browser = salon.browser()
    browser.handler.enforce_csrf_checks = True
    assert browser.post(ACCEPT, {"accepted": "on"}).status_code == 403
    assert instance_of(salon) is None


# ---- the first time ----


def test_without_the_tick_nothing_happens_and_the_form_says_so(salon):
    answer = salon.browser().post(ACCEPT, {})
    assert answer.status_code == 200
    page = words(answer)
    assert "Para conectar, marque que leu e aceita o risco." in page
    assert 'aria-invalid="true" aria-describedby="erro-risco"' in page
    assert instance_of(salon) is None
    assert log_of(salon) == []


def test_with_the_tick_the_risk_is_kept_and_the_wish_written(salon):
    answer = salon.browser("manager").post(ACCEPT, {"accepted": "on"})
    assert answer.url == PAGE
    instance = instance_of(salon)
    assert (instance.status, instance.wanted) == ("creating", "connect")
    assert instance.name == f"company_{salon.company.pk}_whatsapp"
    assert instance.risk_accepted_at == salon.now
    with scope.company(salon.company.pk):
        assert instance.risk_accepted_by == salon.members["manager"].user
    assert log_of(salon) == ["risk_accepted", "whatsapp_requested"]


@pytest.mark.parametrize(("address", "data"), [(CONNECT, {}), (RECONNECT, {}), (PAIR, TYPED)])
def test_no_other_way_leads_around_the_tick(salon, address, data):
    answer = salon.browser().post(address, data, follow=True)
    assert "Antes de conectar, leia o aviso e marque que aceita o risco." in words(answer)
    assert instance_of(salon) is None
    assert log_of(salon) == []


# ---- later ----


def test_later_no_new_tick_is_needed(salon):
    connected(salon, status="disconnected", problem="unpaired", disconnected_at=salon.now)
    assert salon.browser().post(RECONNECT).url == PAGE
    instance = instance_of(salon)
    assert (instance.status, instance.wanted, instance.problem) == ("creating", "reconnect", "")
    assert instance.risk_accepted_at == salon.now - timedelta(hours=2)


def test_an_open_connection_is_left_alone(salon):
    connected(salon)
    salon.browser().post(CONNECT)
    assert state_of(salon)[:2] == ("connected", "")


@pytest.mark.parametrize(
    "typed", ["(31) 90000-4400", "31900004400", "+55 31 90000-4400", "0xx31 90000 4400"]
)
def test_the_number_may_be_typed_as_brazilians_do(salon, typed):
    pairing(salon)
    assert salon.browser().post(PAIR, {"number": typed}).url == PAGE
    instance = instance_of(salon)
    assert (instance.wanted_number, instance.wanted) == ("5531900004400", "reconnect")


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "Este campo é obrigatório."),
        ("90000-4400", "Falta o DDD."),
        ("ligue", "Escreva só os números do celular"),
        ("(31) 90000-44000", "Há números demais neste celular."),
    ],
)
def test_a_number_that_is_none_is_explained_and_kept(salon, typed, says):
    pairing(salon)
    before = state_of(salon)
    answer = salon.browser().post(PAIR, {"number": typed})
    assert answer.status_code == 200
    page = words(answer)
    assert says in page
    assert f'value="{typed}"' in page or not typed
    assert state_of(salon) == before


def test_the_number_that_is_known_is_offered(salon):
    connected(salon, status="disconnected", wanted_number="5531900001111")
    assert 'value="(31) 90000-1111"' in words(salon.browser().get(PAIR))
    with scope.company(salon.company.pk):
        Instance.objects.update(wanted_number="")
    assert 'value="(31) 90000-4400"' in words(salon.browser().get(PAIR))


def test_before_the_first_connection_the_number_is_asked_for_empty(salon):
    assert 'value="' not in words(salon.browser().get(PAIR)).partition('name="number"')[2][:40]


# ---- away ----


def test_disconnecting_asks_first_and_says_what_becomes_of_the_queue(salon):
    connected(salon)
    message(salon, salon.book(hours=3))
    message(salon, salon.book(hours=9))
    page = words(salon.browser().get(DISCONNECT))
    assert "Desconectar (31) 90000-4400?" in page
    assert "<b>2 mensagens da fila</b> ficam esperando." in page
    assert state_of(salon)[:2] == ("connected", "")


def test_an_empty_queue_is_said_too(salon, barber):
    connected(salon)
    message(barber, barber.book())
    assert "Nenhuma mensagem espera na fila." in words(salon.browser().get(DISCONNECT))


def test_disconnecting_writes_the_wish_and_who_had_it(salon):
    connected(salon)
    assert salon.browser().post(DISCONNECT).url == PAGE
    instance = instance_of(salon)
    assert (instance.status, instance.wanted) == ("disconnected", "disconnect")
    assert log_of(salon) == ["whatsapp_disconnect_requested"]


def test_a_connection_on_its_way_can_be_stopped(salon):
    pairing(salon)
    salon.browser().post(DISCONNECT)
    assert state_of(salon)[:2] == ("disconnected", "disconnect")


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("status", ["not_configured", "disconnected", "restricted"])
def test_what_is_not_connected_cannot_be_disconnected(salon, method, status):
    connected(salon, status=status)
    before = state_of(salon)
    assert getattr(salon.browser(), method)(DISCONNECT).url == PAGE
    assert state_of(salon) == before
