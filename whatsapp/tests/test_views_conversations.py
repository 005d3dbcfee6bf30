"""Conversas: the list, a conversation, answering by hand, what needs attention."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client as Browser

from scheduling import services
from scheduling.models import Client
from tenants import scope
from tenants.models import Company, Role
from whatsapp import by_hand, sender
from whatsapp.models import Message
from whatsapp.tests.factories import asked
from whatsapp.tests.pages import HTMX, connected, message, reply, words

LIST, TO_READ = "/conversas/", "/conversas/?so=atencao"
STRANGER = "+5531911112222"
HOUR = timedelta(hours=1)


def talk(row):
    """The address of a client's conversation, or of that with the number of a message."""
    if isinstance(row, Client):
        return f"/conversas/{row.pk}/"
    return f"/conversas/numero/{row.pk}/"


def resolve(row):
    return f"/whatsapp/para-ler/{row.pk}/resolvido/"


def again(row):
    return f"/conversas/enviar-de-novo/{row.pk}/"


def a_client(shop, name, number=0):
    with scope.company(shop.company.pk):
        return Client.objects.create(name=name, phone=f"+55319700{number:05}")


def listed(shop, query="", role=Role.RECEPTIONIST):
    return words(shop.browser(role).get(LIST + query))


def shown(shop, row, role=Role.RECEPTIONIST):
    return words(shop.browser(role).get(talk(row)))


def unread_of(shop):
    with scope.company(shop.company.pk):
        return Message.objects.filter(needs_attention=True).count()


# ---- who ----


def test_only_who_may_send_reads_conversations(salon):
    row = reply(salon, "segredo", needs_attention=True)
    stranger = reply(salon, "oi", client=None, phone=STRANGER)
    for address in (LIST, talk(salon.camila), talk(stranger)):
        assert salon.browser(Role.PROFESSIONAL).get(address).status_code == 403
        assert Browser().get(address).url.startswith("/entrar/")
    for address in (talk(salon.camila), talk(stranger), resolve(row), again(row)):
        answer = salon.browser(Role.PROFESSIONAL).post(address, {"text": "oi"})
        assert answer.status_code == 403
    assert unread_of(salon) == 1
    assert salon.count(Message) == 2


def test_another_companys_conversation_is_answered_as_one_that_never_was(salon, barber):
    theirs = reply(barber, "segredo", needs_attention=True)
    stranger = reply(barber, "segredo", client=None, phone=STRANGER)
    failed = message(barber, kind="written", status="failed", reason="refused", text="segredo")
    browser = salon.browser()
    for foreign, ask in (
        (barber.camila.pk, lambda pk: browser.get(f"/conversas/{pk}/")),
        (barber.camila.pk, lambda pk: browser.post(f"/conversas/{pk}/", {"text": "oi"})),
        (stranger.pk, lambda pk: browser.get(f"/conversas/numero/{pk}/")),
        (stranger.pk, lambda pk: browser.post(f"/conversas/numero/{pk}/", {"text": "oi"})),
        (failed.pk, lambda pk: browser.post(f"/conversas/enviar-de-novo/{pk}/")),
        (theirs.pk, lambda pk: browser.post(f"/whatsapp/para-ler/{pk}/resolvido/")),
    ):
        there, nowhere = ask(foreign), ask(foreign + 1000)
        assert (there.status_code, nowhere.status_code) == (404, 404)
        assert there.content == nowhere.content
    assert unread_of(barber) == 1
    assert (barber.count(Message), salon.count(Message)) == (3, 0)
    assert barber.fresh(failed).status == "failed"


# ---- the list ----


def test_each_client_stands_once_with_the_newest_message_the_latest_first(salon, barber):
    reply(barber, "segredo")
    bruno, carla = a_client(salon, "Bruno Sá", 1), a_client(salon, "Carla Luz", 2)
    reply(salon, "antiga", happened_at=salon.now - 5 * HOUR)
    message(salon, status="sent", text="*Oi*, Camila", happened_at=salon.now - 3 * HOUR)
    reply(salon, "do Bruno", client=bruno, happened_at=salon.now - HOUR)
    message(salon, client=carla, kind="written", status="read", text="Até já", data={"by": "Lia"})
    page = listed(salon)
    places = [page.index(name) for name in ("Carla Luz", "Bruno Sá", "Camila Prates")]
    assert places == sorted(places)
    assert page.count("Camila Prates") == 1
    assert "Atendo:</span> Oi, Camila" in page
    assert "Lia:</span> Até já" in page
    assert 'aria-label="lida"' in page
    assert "antiga" not in page
    assert "segredo" not in page


def test_what_atendo_has_only_planned_is_no_conversation(salon):
    appointment = salon.book()
    message(salon, appointment, due_at=salon.now + HOUR)
    message(salon, appointment, kind="reminder", status="dropped", reason="answered")
    connected(salon)
    with scope.company(salon.company.pk):
        Message.objects.create(
            direction="out", kind="test", phone=STRANGER, status="sent", happened_at=salon.now
        )
    assert "Nenhuma conversa ainda." in listed(salon)
    assert "Ninguém escreveu de um número" in listed(salon, "?so=desconhecidos")
    message(salon, kind="written", automatic=False, text="Bom dia")
    assert "Bom dia" in listed(salon)


def test_a_number_that_is_no_clients_stands_apart_once(salon):
    first = reply(salon, "oi", client=None, phone=STRANGER, happened_at=salon.now - HOUR)
    second = reply(salon, "tem vaga?", client=None, phone=STRANGER)
    hidden = reply(salon, "olá", client=None, phone="123456789012345")
    assert "tem vaga?" not in listed(salon)
    page = listed(salon, "?so=desconhecidos")
    assert f'href="{talk(second)}"' in page
    assert f'href="{talk(first)}"' not in page
    assert "(31) 91111-2222" in page.replace("\xa0", " ")
    assert "Alguém com o número escondido" in page
    assert f'href="{talk(hidden)}"' in page


def test_the_filter_of_attention_has_clients_and_strangers_and_says_why(salon):
    appointment = salon.book()
    bruno = a_client(salon, "Bruno Sá")
    reply(salon, "quem é?", needs_attention=True)
    reply(salon, "2", appointment, intent="reschedule", needs_attention=True)
    reply(salon, "oi", client=None, phone="123456789012345", needs_attention=True)
    unread = {"client": None, "phone": "", "data": {"webhook_event_id": 5}}
    reply(salon, "", needs_attention=True, **unread)
    undecided = {"status": "failed", "reason": "undecided", "needs_attention": True}
    message(salon, client=bruno, kind="reminder", text="Até daqui a pouco", **undecided)
    reply(salon, "já visto", client=a_client(salon, "Carla Luz", 2))
    page = listed(salon, "?so=atencao")
    for sentence in (
        "Não dá para saber se saiu. Confira no celular da empresa.",
        "Chegou de um jeito que não conhecemos.",
        "Não sabemos se é de um cliente: o WhatsApp escondeu o número.",
        "A resposta chegou quando o horário já tinha mudado ou passado.",
        "2 precisam de atenção",
    ):
        assert sentence in page, sentence
    assert "Precisa de atenção <b>5</b>" in page
    assert "já visto" not in page
    assert "Carla Luz" not in page
    assert "4 de 4" in page


def test_who_was_asked_and_has_not_answered_has_a_filter(salon):
    bruno = a_client(salon, "Bruno Sá")
    with scope.company(salon.company.pk):
        asked(salon.book(client=bruno), salon.now)
    for client in (bruno, salon.camila):
        message(salon, client=client, status="read", text="Oi", happened_at=salon.now)
    page = listed(salon, "?so=sem-resposta")
    assert "Bruno Sá" in page
    assert "Camila Prates" not in page
    assert "Bruno Sá" in listed(salon, "?so=nada")


@pytest.mark.parametrize("query", ["?q=brúno", "?q=0007", "?q=sá&so="])
def test_a_search_finds_a_client_by_name_or_end_of_phone(salon, barber, query):
    for shop in (salon, barber):
        bruno = a_client(shop, f"Bruno Sá {shop.company.slug}", 7)
        reply(shop, "oi", client=bruno)
        reply(shop, "olá")
    page = listed(salon, query)
    assert "Bruno Sá flor-de-ipe" in page
    assert "Camila Prates" not in page
    assert "prosa-e-navalha" not in page
    assert "Nenhuma conversa com “xyz”." in listed(salon, "?q=xyz")


def test_an_empty_list_says_what_will_come(salon, barber):
    reply(barber, "segredo", needs_attention=True)
    for query, says in (
        ("", "Nenhuma conversa ainda."),
        ("?so=atencao", "Nada precisa de você."),
        ("?so=sem-resposta", "Todos que foram perguntados já responderam."),
    ):
        page = listed(salon, query)
        assert says in page
        assert "segredo" not in page


def test_a_long_list_has_pages(salon):
    for number in range(53):
        client = a_client(salon, f"Cliente {number:02}.", number)
        reply(salon, "oi", client=client, happened_at=salon.now - number * HOUR)
    first, second = listed(salon), listed(salon, "?page=2")
    assert (first.count("Cliente "), second.count("Cliente ")) == (50, 3)
    assert "Cliente 00." in first
    assert "Cliente 52." in second


@pytest.mark.parametrize("rows", [1, 40])
@pytest.mark.parametrize("query", ["", "?so=atencao", "?so=sem-resposta", "?so=desconhecidos"])
def test_the_list_costs_the_same_whatever_it_holds(
    salon, rows, query, django_assert_max_num_queries
):
    for number in range(rows):
        client = a_client(salon, f"Cliente {number}", number)
        reply(salon, "oi", client=client, needs_attention=True)
        reply(salon, "oi", client=None, phone=f"+55319800{number:05}", needs_attention=True)
    browser = salon.browser()
    with django_assert_max_num_queries(8):
        browser.get(LIST + query)


# ---- a conversation ----


def test_a_conversation_has_all_of_a_clients_messages_and_nobody_elses(salon):
    appointment, bruno = salon.book(), a_client(salon, "Bruno Sá")
    yesterday = salon.now - timedelta(days=1)
    message(salon, appointment, status="read", text="Confirma, *Camila*?", happened_at=yesterday)
    reply(salon, "1", appointment, intent="confirm", happened_at=yesterday + HOUR)
    message(salon, kind="", status="sent", text="do celular", happened_at=salon.now - HOUR)
    written = {"kind": "written", "status": "delivered", "data": {"by": "Lia Campos"}}
    message(salon, text="da Lia", happened_at=salon.now, **written)
    reply(salon, "do Bruno", client=bruno)
    page = shown(salon, salon.camila)
    places = [page.index(part) for part in ("ontem", "Confirma", "hoje", "do celular", "da Lia")]
    assert places == sorted(places)
    assert "Entendemos: confirmou." in page
    assert "Pelo celular · 08:00" in page
    assert "Lia Campos · 09:00" in page
    assert page.count('aria-label="Automática:"') == 1
    assert page.count("at-bubble-auto") == 1
    assert "do Bruno" not in page


def test_beside_it_stands_the_next_appointment_with_what_can_be_done(salon):
    salon.book(hours=-5)
    appointment = salon.book(hours=24)
    page = shown(salon, salon.camila)
    assert page.count("Amanhã, quarta, 09:00 às 09:40") == 2
    for place in ("confirmar", "remarcar", "cancelar"):
        assert f'"/agendamentos/{appointment.pk}/{place}/"' in page
    step = f"/agendamentos/{appointment.pk}/confirmar/"
    answer = salon.browser().post(step, {"next": talk(salon.camila)})
    assert answer.url == talk(salon.camila)
    assert "Confirmado" in shown(salon, salon.camila)
    assert "Nada marcado." in shown(salon, a_client(salon, "Bruno Sá"))


def test_older_messages_are_a_page_away(salon):
    for number in range(53):
        reply(salon, f"mensagem {number:02}.", happened_at=salon.now - number * HOUR)
    first = shown(salon, salon.camila)
    assert first.count("at-bubble") == 50 + first.count("at-bubble-")
    assert "Mensagens mais antigas" in first
    second = words(salon.browser().get(talk(salon.camila) + "?page=2"))
    assert "mensagem 52." in second
    assert "mensagem 49." not in second
    assert "Mensagens mais novas" in second
    assert 'hx-trigger="every 4s"' not in second


@pytest.mark.parametrize("rows", [1, 20])
def test_a_conversation_costs_the_same_whatever_it_holds(
    salon, rows, django_assert_max_num_queries
):
    connected(salon)
    for _ in range(rows):
        appointment = salon.book()
        message(salon, appointment, automatic=False)
        reply(salon, "oi", appointment, needs_attention=True)
        with scope.company(salon.company.pk):
            services.cancel(appointment, by=asked_by(salon), now=salon.now)
    browser = salon.browser()
    with django_assert_max_num_queries(9):
        browser.get(talk(salon.camila))


def asked_by(shop):
    from scheduling.events import By
    from tenants.security import Origin

    return By(Origin.WEB, shop.members[Role.OWNER].user)


def test_nothing_is_sent_while_nothing_changed(salon):
    sent = message(salon, text="Oi", status="sent", happened_at=salon.now)
    browser = salon.browser()
    first = words(browser.get(talk(salon.camila)))
    address = first.partition('id="mensagens" hx-get="')[2].partition('"')[0]
    assert browser.get(address, headers=HTMX).status_code == 204
    with scope.company(salon.company.pk):
        Message.objects.filter(pk=sent.pk).update(status="delivered", delivered_at=salon.now)
    part = words(browser.get(address, headers=HTMX))
    assert part.startswith('<div class="at-chat" id="mensagens"')
    assert "Entregue às 09:00." in part
    reply(salon, "<script>oi</script>")
    assert "&lt;script&gt;oi" in words(browser.get(address, headers=HTMX))


# ---- answering by hand ----


def claimed(shop):
    with scope.company(shop.company.pk):
        return sender.claim(Company.objects.get(), now=shop.now)


def test_an_answer_leaves_at_once_as_it_was_written_and_resolves(salon, barber):
    for shop in (salon, barber):
        connected(shop)
        reply(shop, "quem é?", needs_attention=True)
    answer = salon.browser(Role.RECEPTIONIST).post(
        talk(salon.camila), {"text": " Oi, {primeiro_nome}!\r\n*Sim*, às 10. "}
    )
    assert (answer.status_code, answer.url) == (302, talk(salon.camila))
    page = shown(salon, salon.camila)
    assert "Oi, {primeiro_nome}! <b>Sim</b>, às 10." in page
    assert "Sai em instantes." in page
    assert (unread_of(salon), unread_of(barber)) == (0, 1)
    outgoing = claimed(salon)
    assert outgoing.text == "Oi, {primeiro_nome}!\n*Sim*, às 10."
    assert outgoing.number == salon.camila.phone.lstrip("+")
    assert claimed(barber) is None


def test_by_htmx_the_box_comes_back_empty_with_the_new_bubble(salon):
    connected(salon)
    answer = salon.browser().post(talk(salon.camila), {"text": "Bom dia"}, headers=HTMX)
    part = words(answer)
    assert part.startswith('<form class="at-stack-sm" method="post"')
    assert "data-ctrl-enter> </textarea>" in part
    assert 'id="mensagens" hx-swap-oob="true"' in part
    assert "Bom dia" in part


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Escreva a mensagem antes de enviar."),
        ("  ", "Escreva a mensagem antes de enviar."),
        ("a" * 2001, "A mensagem tem 2001 caracteres. O máximo é 2000."),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_what_cannot_be_sent_stays_in_the_box(salon, text, says, headers):
    reply(salon, "quem é?", needs_attention=True)
    page = words(salon.browser().post(talk(salon.camila), {"text": text}, headers=headers))
    assert says in page
    assert text.strip() in page
    assert "hx-swap-oob" not in page
    assert salon.count(Message) == 1
    assert unread_of(salon) == 1


def test_without_a_connection_an_answer_waits_and_the_page_says_so(salon):
    connected(salon, status="disconnected")
    salon.browser().post(talk(salon.camila), {"text": "Bom dia"})
    assert shown(salon, salon.camila).count("Sai assim que o WhatsApp conectar.") == 2
    assert claimed(salon) is None


def test_who_wants_no_notices_is_answered_by_a_person_all_the_same(salon):
    connected(salon)
    with scope.company(salon.company.pk):
        services.opt_out(salon.camila, now=salon.now)
    assert "Camila não quer avisos automáticos. O que você escrever sai assim mesmo." in shown(
        salon, salon.camila
    )
    salon.browser().post(talk(salon.camila), {"text": "Bom dia"})
    assert claimed(salon).text == "Bom dia"


def test_an_answer_leaves_at_night_before_what_is_automatic(salon):
    connected(salon, next_send_at=salon.now + HOUR)
    message(salon, salon.book(), due_at=salon.now - HOUR)
    with scope.company(salon.company.pk):
        Company.objects.update(message_hours_start="10:00")
    salon.browser().post(talk(salon.camila), {"text": "Bom dia"})
    assert claimed(salon).text == "Bom dia"


def test_a_number_that_is_no_clients_is_answered_unless_it_is_hidden(salon):
    connected(salon)
    known = reply(salon, "tem vaga?", client=None, phone=STRANGER, needs_attention=True)
    hidden = reply(salon, "oi", client=None, phone="12345678901234", needs_attention=True)
    salon.browser().post(talk(known), {"text": "Tem, sim"})
    assert claimed(salon).number == STRANGER.lstrip("+")
    page = shown(salon, known)
    assert "tem vaga?" in page
    assert "Tem, sim" in page
    assert unread_of(salon) == 1
    before = salon.count(Message)
    salon.browser().post(talk(hidden), {"text": "Tem, sim"})
    assert salon.count(Message) == before
    assert "O WhatsApp escondeu este número" in shown(salon, hidden)


def test_a_message_of_a_client_leads_to_the_clients_conversation(salon):
    row = reply(salon, "oi")
    assert salon.browser().get(talk(row)).url == talk(salon.camila)


# ---- failures ----


@pytest.mark.parametrize(
    ("reason", "todo", "goes_again"),
    [
        ("refused", "Envie de novo. Se repetir, veja a página do WhatsApp.", True),
        ("gave_up", "Envie de novo. Se repetir, veja a página do WhatsApp.", True),
        ("not_delivered", "Espere um pouco e envie de novo, ou ligue.", True),
        ("no_whatsapp", "Confira o número na ficha, ou ligue.", False),
        ("undecided", "", False),
    ],
)
def test_a_failure_says_why_and_what_to_do(salon, reason, todo, goes_again):
    row = message(
        salon, kind="written", automatic=False, status="failed", reason=reason, text="Oi"
    )
    page = shown(salon, salon.camila)
    assert "Não saiu. " in page
    assert todo in page
    assert ("Enviar de novo" in page) == goes_again
    answer = salon.browser().post(again(row), {"next": talk(salon.camila)}, follow=True)
    assert (salon.fresh(row).status == "waiting") == goes_again
    assert ("A mensagem está na fila de novo." in words(answer)) == goes_again


def test_sending_again_twice_sends_once(salon):
    connected(salon)
    row = message(
        salon, kind="written", automatic=False, status="failed", reason="refused", text="Oi"
    )
    browser = salon.browser()
    browser.post(again(row))
    answer = browser.post(again(row), follow=True)
    assert "Esta mensagem não pode ir de novo: talvez já tenha saído." in words(answer)
    assert claimed(salon).text == "Oi"
    assert claimed(salon) is None


def test_an_automatic_message_does_not_go_again_with_old_words(salon):
    row = message(salon, salon.book(), status="failed", reason="refused", text="amanhã às 9")
    assert not by_hand.may_go_again(row)
    page = shown(salon, salon.camila)
    assert "Enviar de novo" not in page
    assert f'href="/agendamentos/{row.appointment_id}/"' in page
    salon.browser().post(again(row))
    assert salon.fresh(row).status == "failed"


# ---- attention ----


def test_what_needs_attention_says_so_at_its_bubble_until_it_is_resolved(salon):
    row = reply(salon, "1", salon.book(), intent="confirm", needs_attention=True)
    page = shown(salon, salon.camila)
    assert "A resposta chegou quando o horário já tinha mudado ou passado." in page
    assert "Responder marca a conversa como resolvida." in page
    answer = salon.browser().post(resolve(row), {"next": talk(salon.camila)}, follow=True)
    assert "Mensagem resolvida." in words(answer)
    assert "Precisa de atenção" not in shown(salon, salon.camila)


def test_the_light_counts_what_needs_attention_beside_the_menu(salon, barber):
    reply(barber, "segredo", needs_attention=True)
    address = "/whatsapp/luz/"
    place = "hx-swap-oob=\"innerHTML:[data-count='attention']\">"
    assert f"{place}</span>" in words(salon.browser().get(address))
    for text in ("quem é?", "oi"):
        reply(salon, text, needs_attention=True)
    part = words(salon.browser(Role.RECEPTIONIST).get(address))
    assert f'{place}<span class="at-count">2<span class="visually-hidden"> precisam' in part
    assert "data-count" not in words(salon.browser(Role.PROFESSIONAL).get(address))
    assert 'data-count="attention"' in listed(salon)


def test_the_connection_page_shows_the_newest_and_leads_to_the_rest(salon):
    connected(salon)
    for number in range(7):
        reply(salon, f"mensagem {number}.", needs_attention=True)
    page = words(salon.browser().get("/whatsapp/"))
    assert "mensagem 6." in page
    assert "mensagem 1." not in page
    assert '<span class="at-count ms-1">7</span>' in page
    assert f'href="{TO_READ}"' in page
    assert f'href="{talk(salon.camila)}"' in page


def test_a_test_that_nobody_can_tell_about_is_not_counted_as_a_conversation(salon):
    lost = {"client": None, "phone": STRANGER, "kind": "test", "reason": "undecided"}
    message(salon, status="failed", needs_attention=True, **lost)
    assert "Nada precisa de você." in listed(salon, "?so=atencao")
    assert '"at-count"' not in words(salon.browser().get("/whatsapp/luz/"))


def test_resolved_means_out_of_the_list_and_leads_back_within_the_site(salon):
    row = reply(salon, "quem é?", needs_attention=True)
    answer = salon.browser(Role.RECEPTIONIST).post(resolve(row), {"next": "/whatsapp/"})
    assert answer.url == "/whatsapp/"
    assert salon.fresh(row).needs_attention is False
    assert "quem é?" not in listed(salon, "?so=atencao")
    answer = salon.browser().post(resolve(row), {"next": "https://evil.example/"})
    assert answer.url == LIST
