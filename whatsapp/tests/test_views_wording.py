"""Modelos de mensagem: the list, the editor with lint and preview, the way back, the test."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client as Browser

from scheduling import services
from tenants import scope
from tenants.models import Company, Role, SecurityEvent
from whatsapp import by_hand, preferences, sender
from whatsapp.messages import KINDS, WITH_TEXT
from whatsapp.models import Message, MessageSetting
from whatsapp.tests.pages import HTMX, connected, message, words
from whatsapp.words import DEFAULTS

LIST, PREVIEW, RESTORE, TEST = (
    *("/modelos/", "/modelos/previa/", "/modelos/restaurar/", "/modelos/testar/"),
)
REQUEST = "/modelos/confirmation-request/"
OWN = (
    "{primeiro_nome}, tudo certo {quando} às {hora}?\n1 Confirmo\n2 Remarcar\n3 Não vou conseguir"
)
NUMBER = "(31) 99888-7766"


def save(shop, text, address=REQUEST, **more):
    return shop.browser().post(address, {"text": text} | more, follow=True)


def settings_of(shop):
    with scope.company(shop.company.pk):
        return list(MessageSetting.objects.order_by("kind").values_list("kind", "text"))


def log_of(shop):
    with scope.company(shop.company.pk):
        events = SecurityEvent.objects.exclude(kind="logged_in").order_by("pk")
        return [event.sentence for event in events]


def test_who_may_not_manage_sees_no_texts(salon):
    for address in (LIST, REQUEST, f"{RESTORE}?modelo=receipt"):
        assert salon.browser(Role.RECEPTIONIST).get(address).status_code == 403
        assert Browser().get(address).url.startswith("/entrar/")
    for address in (REQUEST, PREVIEW, RESTORE, TEST):
        body = {"modelo": "confirmation_request", "text": OWN, "number": NUMBER}
        assert salon.browser(Role.RECEPTIONIST).post(address, body).status_code == 403
    assert settings_of(salon) == []


def test_the_list_has_every_text_with_when_it_goes_and_how_it_begins(salon, barber):
    save(barber, "Segredo: " + OWN)
    with scope.company(salon.company.pk):
        MessageSetting.objects.create(kind="reminder", is_on=False, lead_minutes=240)
    page = words(salon.browser(Role.MANAGER).get(LIST))
    for kind in WITH_TEXT:
        assert f'href="/modelos/{kind.replace("_", "-")}/"' in page
    assert "24 h antes do horário." in page
    assert "4 h antes do horário, para quem confirmou." in page
    assert "Oi, {primeiro_nome}! Aqui é {empresa}. Seu horário de {servico}" in page
    assert page.count("Ligado") == 6
    assert page.count("Desligado") == 1
    assert "Texto seu" not in page
    assert "Segredo" not in page


def test_a_text_is_kept_and_its_author_and_the_log_say_so(salon, barber):
    page = words(save(salon, OWN))
    assert "Texto salvo. As próximas mensagens saem com ele." in page
    assert "Última mudança: Renata Aguiar, Hoje, 09:00." in page
    assert "Restaurar o texto padrão" in page
    assert settings_of(salon) == [("confirmation_request", OWN)]
    assert settings_of(barber) == []
    assert log_of(salon) == [
        "Renata Aguiar mudou o texto da mensagem “Pedido de confirmação”.",
    ]
    assert "Texto seu" in words(salon.browser().get(LIST))
    assert "O texto já era este." in words(save(salon, OWN))
    assert len(log_of(salon)) == 1


def test_our_own_text_saved_is_no_text_of_the_companys(salon):
    save(salon, DEFAULTS["confirmation_request"].replace("\n", "\r\n"))
    assert settings_of(salon) == [("confirmation_request", "")]
    assert log_of(salon) == []


def test_a_text_that_is_refused_stays_in_the_box_with_the_reasons(salon):
    typed = "Oi, {nome}!\n1 Confirmo\n2 Remarcar"
    page = words(save(salon, typed))
    assert "O texto não foi salvo: veja abaixo o que falta." in page
    assert "{nome} não existe. Você quis dizer {primeiro_nome}?" in page
    assert "Falta a hora do horário: escreva {hora}." in page
    assert "Falta a resposta 3, que cancela." in page
    assert "Oi, {nome}! 1 Confirmo 2 Remarcar</textarea>" in page
    assert settings_of(salon) == []


@pytest.mark.parametrize("text", ["", "\x00", "a" * 4001, "{" * 999, "%s %(hora)s {0}"])
def test_no_text_breaks_the_page(salon, text):
    answer = save(salon, text)
    assert answer.status_code == 200
    assert "O texto não foi salvo" in words(answer)
    assert salon.browser().post(PREVIEW, {"modelo": "reminder", "text": text}).status_code == 200


def test_a_warning_does_not_keep_a_text_from_being_saved(salon):
    page = words(save(salon, OWN + "\n📅📍🙂"))
    assert "Texto salvo." in page
    assert "São 3 emojis. Um ou dois bastam." in page


def test_what_is_typed_is_text_and_nothing_else(salon):
    page = words(
        save(salon, "</textarea><script>alert(1)</script> {{ request.user }} {% now 'Y' %}")
    )
    assert "<script>alert(1)" not in page
    assert "&lt;/textarea&gt;&lt;script&gt;" in page
    assert "{{ request.user }}" in page


# ---- preview ----


def test_the_preview_shows_the_text_with_what_is_the_companys(salon, barber):
    with scope.company(salon.company.pk):
        Company.objects.update(address="Rua dos Ipês, 120")
    text = (
        "{primeiro_nome}, *{servico}* com {profissional} {quando} às {hora}\n📍 {endereco_curto}"
    )
    body = {"modelo": "reminder", "text": f"{text}\n<b>{{empresa}}</b>"}
    page = words(salon.browser().post(PREVIEW, body, headers=HTMX))
    assert page.startswith('<div class="at-chat" id="previa">')
    assert "Camila, <b>Corte</b> com Bia amanhã às 14:30 📍 Rua dos Ipês, 120" in page
    assert "&lt;b&gt;Salão Flor de Ipê&lt;/b&gt;" in page
    assert 'id="achados" aria-live="polite" hx-swap-oob="true"' in page
    assert settings_of(salon) == []


def test_without_a_script_the_preview_is_the_page_with_what_was_typed(salon):
    page = words(salon.browser().post(PREVIEW, {"modelo": "reminder", "text": "Até {hora}!"}))
    assert "<h1>Lembrete</h1>" in page
    assert "Até {hora}!</textarea>" in page
    assert "Até 14:30!" in page
    assert "não foi salvo" not in page


def test_a_company_without_services_has_a_preview_too(salon):
    with scope.company(salon.company.pk):
        type(salon.cut).objects.update(is_active=False)
        type(salon.bia).objects.update(is_active=False)
    body = {"modelo": "answer_which_one", "text": "Qual?\n{opcoes}"}
    page = words(salon.browser().post(PREVIEW, body, headers=HTMX))
    assert "Qual? 1 quarta, 25/11 às 14:30: Corte 2 sexta, 27/11 às 14:30: Corte" in page


@pytest.mark.parametrize("model", ["", "nada", "written", "test", "manual_confirmation"])
def test_a_message_that_has_no_text_is_not_found(salon, model):
    for address in (PREVIEW, RESTORE, TEST):
        assert salon.browser().post(address, {"modelo": model, "text": OWN}).status_code == 404


# ---- restore ----


def test_restoring_asks_first_and_shows_what_comes_back(salon):
    save(salon, OWN)
    page = words(salon.browser().get(f"{RESTORE}?modelo=confirmation_request"))
    assert "O texto que vocês escreveram é apagado" in page
    assert "Tudo certo para amanhã?" in page
    assert settings_of(salon) == [("confirmation_request", OWN)]
    answer = salon.browser().post(RESTORE, {"modelo": "confirmation_request"}, follow=True)
    assert "Texto padrão de volta." in words(answer)
    assert settings_of(salon) == [("confirmation_request", "")]
    assert log_of(salon)[-1] == (
        "Renata Aguiar voltou ao texto padrão da mensagem “Pedido de confirmação”."
    )


# ---- what leaves ----


def claimed(shop):
    with scope.company(shop.company.pk):
        return sender.claim(Company.objects.get(), now=shop.now)


def test_what_waits_leaves_with_the_words_of_the_moment_and_history_keeps_its_own(salon):
    connected(salon)
    appointment = salon.book(hours=24)
    first = message(salon, appointment, automatic=False)
    save(salon, OWN)
    assert claimed(salon).text.startswith("Camila, tudo certo amanhã às 09:00?\n1 Confirmo")
    with scope.company(salon.company.pk):
        Message.objects.update(status="sent", happened_at=salon.now)
    save(salon, "Outro texto, {quando} {hora}. 1 sim, 2 remarcar, 3 cancelar")
    assert salon.fresh(first).text.startswith("Camila, tudo certo amanhã às 09:00?")
    page = words(salon.browser().get(f"/agendamentos/{appointment.pk}/mensagens/"))
    assert "Camila, tudo certo amanhã às 09:00?" in page
    assert "Outro texto" not in page


def test_the_request_of_a_person_has_the_same_words(salon):
    save(salon, OWN)
    with scope.company(salon.company.pk):
        chosen = preferences.of(Company.objects.get())
    assert chosen.text_of(KINDS["manual_confirmation"]) == OWN


def test_a_service_called_like_a_variable_is_called_so(salon):
    connected(salon)
    with scope.company(salon.company.pk):
        type(salon.cut).objects.update(name="{hora}")
    message(salon, salon.book(hours=24), automatic=False)
    save(salon, f"{{servico}}: {OWN}")
    assert claimed(salon).text.startswith("{hora}: Camila, tudo certo amanhã às 09:00?")


# ---- a test to myself ----


def ask_for_test(shop, number=NUMBER, text=OWN, headers=HTMX):
    body = {"modelo": "confirmation_request", "text": text, "number": number}
    return shop.browser().post(TEST, body, headers=headers)


def trials_of(shop):
    with scope.company(shop.company.pk):
        rows = Message.objects.filter(kind="test")
        return list(rows.values_list("phone", "status", "client", "appointment", "automatic"))


def test_a_test_is_a_message_to_the_number_that_was_typed_and_nobody_elses(salon, barber):
    connected(salon)
    connected(barber)
    page = words(ask_for_test(salon))
    assert "Teste para (31) 99888-7766, hoje, 09:00." in page.replace("\xa0", " ")
    assert "Sai em instantes." in page
    assert 'hx-trigger="every 3s"' in page
    assert trials_of(salon) == [("+5531998887766", "waiting", None, None, False)]
    assert trials_of(barber) == []
    assert claimed(salon).text == "Camila, tudo certo amanhã às 14:30?" + OWN[OWN.index("\n") :]
    assert log_of(salon) == [
        "Renata Aguiar mandou um teste da mensagem “Pedido de confirmação”"
        " para o celular •••• 7766."
    ]


def test_the_page_says_what_became_of_the_test(salon):
    connected(salon)
    ask_for_test(salon)
    address = f"{TEST}?modelo=confirmation_request"
    for fields, says in (
        ({"status": "sent", "happened_at": salon.now}, "Enviada."),
        ({"status": "read", "delivered_at": salon.now, "read_at": salon.now}, "lida às 09:00."),
        ({"status": "failed", "reason": "no_whatsapp"}, "Não saiu. O número não tem WhatsApp."),
    ):
        with scope.company(salon.company.pk):
            Message.objects.update(**fields)
        assert says in words(salon.browser().get(address, headers=HTMX))
    assert "hx-trigger" not in words(salon.browser().get(address, headers=HTMX))
    assert salon.browser().get(address).url == REQUEST
    assert "Teste para" not in words(salon.browser().get("/modelos/reminder/"))


def test_without_a_connection_no_test_waits_for_later(salon):
    connected(salon, status="disconnected")
    page = words(ask_for_test(salon))
    assert "O WhatsApp não está conectado. Conecte e mande o teste de novo." in page
    assert trials_of(salon) == []


@pytest.mark.parametrize(
    ("number", "text", "says"),
    [
        ("", OWN, "Este campo é obrigatório."),
        ("31", OWN, "Falta"),
        (NUMBER, "Oi", "Corrija o texto antes de mandar o teste."),
    ],
)
def test_a_test_that_cannot_be_sent_says_why_and_keeps_the_number(salon, number, text, says):
    connected(salon)
    page = words(ask_for_test(salon, number, text))
    assert says in page
    assert f'value="{number}"' in page
    assert trials_of(salon) == []


def test_a_client_who_wants_no_messages_gets_no_test_either(salon):
    connected(salon)
    with scope.company(salon.company.pk):
        services.opt_out(salon.camila, now=salon.now)
    page = words(ask_for_test(salon, salon.camila.phone))
    assert "Este celular é de Camila Prates, que não quer avisos. Use o seu." in page
    assert trials_of(salon) == []


def test_ten_tests_an_hour_and_no_more(salon, barber):
    for shop in (salon, barber):
        connected(shop)
    for _ in range(by_hand.TESTS_AN_HOUR):
        assert "Sai em instantes." in words(ask_for_test(salon))
    page = words(ask_for_test(salon))
    assert "Já saíram 10 testes na última hora." in page
    assert len(trials_of(salon)) == 10
    assert "Sai em instantes." in words(ask_for_test(barber))
    with scope.company(salon.company.pk):
        Message.objects.update(created_at=salon.now - timedelta(minutes=61))
    assert "Sai em instantes." in words(ask_for_test(salon))


def test_without_a_script_the_test_takes_the_text_that_is_kept(salon):
    connected(salon)
    save(salon, OWN)
    body = {"modelo": "confirmation_request", "number": NUMBER}
    answer = salon.browser().post(TEST, body)
    assert (answer.status_code, answer.url) == (302, REQUEST)
    assert claimed(salon).text.startswith("Camila, tudo certo amanhã às 14:30?")
    page = words(salon.browser().post(TEST, body | {"number": "31"}))
    assert "<h1>Pedido de confirmação</h1>" in page
    assert "Falta" in page
    assert OWN.partition("\n")[0] in page


def test_the_editor_costs_the_same_whatever_was_written(salon, django_assert_max_num_queries):
    connected(salon)
    for kind in WITH_TEXT.values():
        with scope.company(salon.company.pk):
            MessageSetting.objects.create(kind=kind.name, text=OWN)
    browser = salon.browser()
    with django_assert_max_num_queries(12):
        browser.get(REQUEST)
    with django_assert_max_num_queries(12):
        browser.get(LIST)
