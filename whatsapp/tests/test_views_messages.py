"""The chat of an appointment, and Enviar confirmação."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.urls import reverse

from scheduling import services
from scheduling.events import By
from tenants import scope
from tenants.models import Role
from tenants.security import Origin
from whatsapp.models import Message
from whatsapp.tests.pages import HTMX, connected, message, reply, words

LAST = 20
WEB = By(Origin.WEB)


def chat(pk):
    return f"/agendamentos/{pk}/mensagens/"


def send(pk):
    return f"/agendamentos/{pk}/enviar-confirmacao/"


def page_of(pk):
    return f"/agendamentos/{pk}/"


def bubbles(shop, appointment, role=Role.OWNER):
    return words(shop.browser(role).get(chat(appointment.pk), headers=HTMX))


def messages_of(shop):
    with scope.company(shop.company.pk):
        return list(Message.objects.values_list("kind", "status"))


def test_urls_are_those_that_others_rely_on():
    assert reverse("whatsapp:appointment-messages", args=[7]) == chat(7)
    assert reverse("whatsapp:send-confirmation", args=[7]) == send(7)


# ---- who may see which chat ----


def test_a_stranger_goes_to_the_login_page(salon):
    appointment = salon.book()
    message(salon, appointment, text="segredo", status="sent", happened_at=salon.now)
    assert Browser().get(chat(appointment.pk), headers=HTMX).url.startswith("/entrar/")
    assert Browser().post(send(appointment.pk)).url.startswith("/entrar/")
    assert messages_of(salon) == [("confirmation_request", "sent")]


def test_another_companys_appointment_is_answered_as_one_that_never_was(salon, barber):
    theirs = barber.book()
    message(barber, theirs, text="segredo", status="sent", happened_at=barber.now)
    browser = salon.browser()
    for ask in (
        lambda pk: browser.get(chat(pk)),
        lambda pk: browser.get(chat(pk), headers=HTMX),
        lambda pk: browser.post(send(pk)),
    ):
        foreign, unknown = ask(theirs.pk), ask(theirs.pk + 1000)
        assert (foreign.status_code, unknown.status_code) == (404, 404)
        assert foreign.content == unknown.content
    assert messages_of(barber) == [("confirmation_request", "sent")]
    assert barber.browser().get(chat(theirs.pk)).status_code == 200


def test_a_professional_sees_the_chats_of_his_own_appointments_only(salon):
    own, other = salon.book(), salon.book(professional=salon.denise)
    for appointment in (own, other):
        message(salon, appointment, text="Oi", status="sent", happened_at=salon.now)
    browser = salon.browser(Role.PROFESSIONAL)
    assert browser.get(chat(own.pk)).status_code == 200
    assert browser.get(chat(other.pk)).status_code == 404
    assert salon.browser(Role.RECEPTIONIST).get(chat(other.pk)).status_code == 200


def test_only_this_appointments_messages_are_shown(salon):
    first, second = salon.book(hours=3), salon.book(hours=6)
    message(salon, first, text="do primeiro", status="sent", happened_at=salon.now)
    message(salon, second, text="do segundo", status="sent", happened_at=salon.now)
    assert "do primeiro" in bubbles(salon, first)
    assert "do segundo" not in bubbles(salon, first)


# ---- the bubbles ----


@pytest.mark.parametrize(
    ("status", "name", "why"),
    [
        ("sent", "enviada", ""),
        ("delivered", "entregue", "Entregue às 08:31."),
        ("read", "lida", "Entregue às 08:31, lida às 08:40."),
    ],
)
def test_what_left_has_its_hour_and_a_tick_with_a_name(salon, status, name, why):
    appointment, left = salon.book(), salon.now - timedelta(minutes=30)
    ticks = {"delivered": ["delivered_at"], "read": ["delivered_at", "read_at"]}.get(status, [])
    times = {"delivered_at": left + timedelta(minutes=1), "read_at": left + timedelta(minutes=10)}
    seen = {field: times[field] for field in ticks}
    message(salon, appointment, text="Oi, *Camila*", status=status, happened_at=left, **seen)
    page = bubbles(salon, appointment)
    assert "Oi, <b>Camila</b>" in page
    assert "Pedido de confirmação · 08:30" in page
    assert f'role="img" aria-label="{name}"' in page
    assert why in page
    assert "at-bubble-next" not in page
    assert '<span class="at-when">hoje</span>' in page


def test_a_tick_of_another_day_names_the_day(salon):
    appointment, left = salon.book(), salon.now - timedelta(days=2)
    times = {"delivered_at": left, "read_at": left + timedelta(days=1)}
    message(salon, appointment, text="Oi", status="read", happened_at=left, **times)
    assert "Entregue às 09:00, lida seg, 23 nov, 09:00." in bubbles(salon, appointment)


def test_a_message_that_waits_shows_its_words_and_when_it_leaves(salon):
    connected(salon)
    appointment = salon.book(hours=48)
    message(salon, appointment, due_at=salon.now + timedelta(hours=24))
    page = bubbles(salon, appointment)
    assert "at-bubble-next" in page
    assert "Oi, Camila! Aqui é Salão Flor de Ipê. Tudo certo para amanhã?" in page
    assert "<b>Corte</b> com Bia" in page
    assert "Sai amanhã, 09:00." in page
    assert 'aria-label="na fila"' in page


@pytest.mark.parametrize(
    ("status", "says"),
    [("connected", "Sai em instantes."), ("disconnected", "Sai assim que o WhatsApp conectar.")],
)
def test_a_due_message_waits_for_the_connection(salon, status, says):
    connected(salon, status=status)
    appointment = salon.book()
    message(salon, appointment)
    assert says in bubbles(salon, appointment)


@pytest.mark.parametrize(
    ("status", "reason", "says"),
    [
        ("dropped", "answered", "Não vai sair. O cliente já respondeu."),
        ("dropped", "opted_out", "Não vai sair. O cliente pediu para não receber avisos."),
        ("failed", "no_whatsapp", "Não saiu. O número não tem WhatsApp."),
        ("unknown", "", "Estamos conferindo se saiu. Não mandamos duas vezes."),
        ("sending", "", "Está saindo agora."),
    ],
)
def test_what_did_not_leave_says_why(salon, status, reason, says):
    appointment = salon.book()
    message(salon, appointment, status=status, reason=reason)
    assert says in bubbles(salon, appointment)


def test_a_message_for_an_earlier_time_is_not_shown_with_the_new_one(salon):
    appointment = salon.book()
    message(salon, appointment, kind="reminder", status="dropped", reason="moved")
    with scope.company(salon.company.pk):
        services.move(appointment, starts_at=salon.now + timedelta(hours=8), by=WEB, now=salon.now)
    page = bubbles(salon, appointment)
    assert "Não vai sair. O horário mudou." in page
    assert "Seu horário com Bia" not in page
    assert "17:00" not in page


@pytest.mark.parametrize(
    ("text", "intent", "says"),
    [
        ("1", "confirm", "Entendemos: confirmou."),
        ("2", "reschedule", "Entendemos: quer remarcar."),
        ("3", "cancel", "Entendemos: não vai conseguir vir."),
        ("não", "ask_again", "A resposta não ficou clara."),
        ("quem é?", "unknown", "Não entendemos a resposta."),
    ],
)
def test_what_a_client_said_and_what_we_understood(salon, text, intent, says):
    appointment = salon.book()
    reply(salon, text, appointment, intent=intent)
    page = bubbles(salon, appointment)
    assert f"Camila: </span>{text}<span" in page
    assert f'<span class="at-why at-why-in">{says}</span>' in page


@pytest.mark.parametrize(
    ("media", "says"),
    [("audio", "Mandou um áudio."), (None, "Não conseguimos ler esta mensagem.")],
)
def test_a_message_without_text_says_what_came(salon, media, says):
    appointment = salon.book()
    reply(salon, "", appointment, data={"media": media} if media else {})
    assert says in bubbles(salon, appointment)


def test_what_a_client_writes_is_text_and_nothing_else(salon):
    appointment = salon.book()
    reply(salon, "<script>alert(1)</script> *<i>oi</i>*", appointment)
    page = bubbles(salon, appointment)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; <b>&lt;i&gt;oi&lt;/i&gt;</b>" in page


def test_the_messages_stand_in_the_order_in_which_they_happened(salon):
    appointment = salon.book(hours=30)
    message(salon, appointment, kind="reminder", due_at=salon.now + timedelta(hours=28))
    reply(salon, "segunda", appointment, happened_at=salon.now)
    left = salon.now - timedelta(days=1)
    message(salon, appointment, text="primeira", status="sent", happened_at=left)
    page = bubbles(salon, appointment)
    places = [page.index(part) for part in ("ontem", "primeira", "hoje", "segunda", "amanhã")]
    assert places == sorted(places)


def test_an_appointment_without_messages_says_so(salon):
    assert "Nenhuma mensagem ainda sobre este horário." in bubbles(salon, salon.book())


# ---- a part, or a page ----


def test_htmx_gets_the_part_that_takes_over_the_slot(salon):
    answer = salon.browser().get(chat(salon.book().pk), headers=HTMX)
    assert (answer["HX-Retarget"], answer["HX-Reswap"]) == ("#mensagens", "outerHTML")
    assert words(answer).startswith('<div id="mensagens" hx-get=')


def test_opened_by_itself_it_is_a_page_with_the_way_back(salon):
    appointment = salon.book()
    message(salon, appointment, text="Oi", status="sent", happened_at=salon.now)
    page = words(salon.browser().get(chat(appointment.pk)))
    assert "<h1>Mensagens de Camila</h1>" in page
    assert page.count('id="mensagens"') == 1
    assert f'href="{page_of(appointment.pk)}"' in page


def test_the_chat_renews_itself_only_while_the_appointment_is_open(salon):
    appointment = salon.book()
    assert 'hx-trigger="every 4s"' in bubbles(salon, appointment)
    with scope.company(salon.company.pk):
        services.cancel(appointment, by=WEB, now=salon.now)
    assert "hx-trigger" not in bubbles(salon, appointment)
    assert "hx-trigger" not in bubbles(salon, salon.book(hours=-9))


def test_nothing_is_sent_while_nothing_changed(salon):
    appointment = salon.book()
    sent = message(salon, appointment, text="Oi", status="sent", happened_at=salon.now)
    browser = salon.browser()
    first = words(browser.get(chat(appointment.pk), headers=HTMX))
    address = first.partition('hx-get="')[2].partition('"')[0]
    assert browser.get(address, headers=HTMX).status_code == 204
    with scope.company(salon.company.pk):
        Message.objects.filter(pk=sent.pk).update(status="delivered", delivered_at=salon.now)
    assert "Entregue às 09:00." in words(browser.get(address, headers=HTMX))


def test_an_appointment_that_ended_stops_asking_although_no_message_changed(salon):
    appointment = salon.book()
    browser = salon.browser()
    first = words(browser.get(chat(appointment.pk), headers=HTMX))
    address = first.partition('hx-get="')[2].partition('"')[0]
    with scope.company(salon.company.pk):
        services.cancel(appointment, by=WEB, now=salon.now)
    answer = browser.get(address, headers=HTMX)
    assert answer.status_code == 200
    assert "hx-trigger" not in words(answer)


@pytest.mark.parametrize("rows", [1, 12])
def test_the_chat_costs_the_same_with_one_message_and_with_many(
    salon, rows, django_assert_num_queries
):
    connected(salon)
    appointment = salon.book()
    for _ in range(rows):
        message(salon, appointment, automatic=False)
        reply(salon, "oi", appointment)
    browser = salon.browser()
    with django_assert_num_queries(
        7
    ):  # session, user, membership; appointment, instance, texts, rows
        browser.get(chat(appointment.pk), headers=HTMX)


# ---- Enviar confirmação ----


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ("connected", "A mensagem sai em instantes."),
        ("disconnected", "A mensagem sai assim que o WhatsApp conectar."),
    ],
)
def test_a_request_is_put_in_the_queue_and_the_page_says_when_it_leaves(salon, status, says):
    connected(salon, status=status)
    appointment = salon.book()
    answer = salon.browser(Role.RECEPTIONIST).post(send(appointment.pk), follow=True)
    assert answer.redirect_chain == [(page_of(appointment.pk), 302)]
    assert says in words(answer)
    assert messages_of(salon) == [("manual_confirmation", "waiting")]


def test_a_refused_request_says_why_and_sends_nothing(salon):
    appointment = salon.book()
    with scope.company(salon.company.pk):
        services.opt_out(salon.camila, now=salon.now)
    answer = salon.browser().post(send(appointment.pk), follow=True)
    assert "Camila pediu para não receber mensagens. Ligue para confirmar." in words(answer)
    assert messages_of(salon) == []


def test_a_second_click_says_that_it_is_in_the_queue(salon):
    appointment, browser = salon.book(), salon.browser()
    browser.post(send(appointment.pk))
    answer = browser.post(send(appointment.pk), follow=True)
    assert "O pedido de confirmação para Camila já está na fila." in words(answer)
    assert messages_of(salon) == [("manual_confirmation", "waiting")]


def test_a_professional_may_not_send(salon):
    appointment = salon.book()
    assert salon.browser(Role.PROFESSIONAL).post(send(appointment.pk)).status_code == 403
    assert messages_of(salon) == []


def test_a_look_sends_nothing(salon):
    appointment = salon.book()
    assert salon.browser().get(send(appointment.pk)).status_code == 405
    assert messages_of(salon) == []


# ---- the last messages of a client ----


def client_chat(pk):
    return f"/clientes/{pk}/mensagens/"


def test_a_clients_chat_holds_the_messages_of_all_appointments(salon, barber):
    first, second = salon.book(), salon.book(hours=6)
    message(salon, first, text="Tudo certo para hoje?", status="read", happened_at=salon.now)
    reply(salon, "pode ser", second)
    message(barber, barber.book(), text="segredo", status="sent", happened_at=salon.now)

    part = salon.browser(Role.RECEPTIONIST).get(client_chat(salon.camila.pk), headers=HTMX)

    assert "Tudo certo para hoje?" in words(part) and "pode ser" in words(part)
    assert "segredo" not in words(part)


def test_a_clients_chat_without_a_script_is_the_conversation(salon):
    answer = salon.browser().get(client_chat(salon.camila.pk))

    assert answer.url == f"/conversas/{salon.camila.pk}/"


@pytest.mark.parametrize("rows", [1, 60])
def test_a_clients_chat_asks_the_same_few_queries(salon, rows, django_assert_max_num_queries):
    for number in range(rows):
        appointment = salon.book(hours=number + 1)
        message(salon, appointment, text=f"Texto {number}", status="sent", happened_at=salon.now)
    browser = salon.browser()

    with django_assert_max_num_queries(7):
        answer = browser.get(client_chat(salon.camila.pk), headers=HTMX)

    assert words(answer).count("Texto ") == min(rows, LAST)
    assert ("Aparecem as 20 últimas." in words(answer)) == (rows > LAST)


def test_a_clients_empty_chat_says_so(salon):
    said = words(salon.browser().get(client_chat(salon.camila.pk), headers=HTMX))

    assert "Nenhuma mensagem com Camila ainda." in said


def test_the_rivals_client_has_no_chat(salon, barber):
    known, unknown = (salon.browser().get(client_chat(pk)) for pk in (barber.camila.pk, 987654321))

    assert known.status_code == unknown.status_code == 404
    assert known.content == unknown.content
    assert salon.browser(Role.PROFESSIONAL).get(client_chat(salon.camila.pk)).status_code == 403
