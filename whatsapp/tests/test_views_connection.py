"""The connection page, the part that renews itself and the light: what each state says to whom."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.urls import reverse

from tenants import scope, security
from tenants.models import Role
from tenants.security import Origin
from whatsapp.connection import driver
from whatsapp.models import Instance, InstanceStatus, Problem
from whatsapp.situation import PROBLEMS, STATUSES
from whatsapp.tests.pages import CODE, HTMX, connected, message, pairing, reply, words

PAGE = "/whatsapp/"
STATUS = "/whatsapp/situacao/"
LIGHT = "/whatsapp/luz/"
PNG = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\nrest").decode()
CONNECT_FORM = 'action="/whatsapp/conectar/"'
AGAIN_FORM = 'action="/whatsapp/reconectar/"'
TICK_FORM = 'action="/whatsapp/aceitar/"'
LEAVE = "/whatsapp/desconectar/"


@pytest.fixture
def rival_at_work(barber):
    """A connected rival with a queue and things to read: all of it would show if it leaked."""
    connected(barber, phone="+5581900007300", profile_name="Prosa e Navalha")
    message(barber, barber.book(), text="segredo da fila")
    reply(barber, "segredo do rival", needs_attention=True)
    with scope.company(barber.company.pk):
        security.record("whatsapp_connected", origin=Origin.WEBHOOK, phone="segredo do log")
    return barber


def test_urls_are_those_that_others_rely_on():
    assert reverse("whatsapp:connection") == PAGE
    assert reverse("whatsapp:connection-status") == STATUS
    assert reverse("whatsapp:light") == LIGHT
    assert reverse("whatsapp:accept-and-connect") == "/whatsapp/aceitar/"


# ---- who may see and act ----


@pytest.mark.parametrize("address", [PAGE, STATUS, LIGHT])
def test_a_stranger_goes_to_the_login_page(salon, address):
    connected(salon)
    answer = Browser().get(address, headers=HTMX)
    assert answer.status_code == 302
    assert answer.url.startswith("/entrar/")


@pytest.mark.parametrize("role", Role.values)
def test_every_member_may_look_at_the_page(salon, role):
    connected(salon)
    answer = salon.browser(role).get(PAGE)
    assert answer.status_code == 200
    assert "(31) 90000-4400" in words(answer)


@pytest.mark.parametrize(
    ("role", "acts"), [("owner", 1), ("manager", 1), ("receptionist", 0), ("professional", 0)]
)
def test_only_who_may_connect_is_offered_to(salon, role, acts):
    connected(salon, status="disconnected", disconnected_at=salon.now)
    page = words(salon.browser(role).get(PAGE))
    assert page.count(AGAIN_FORM) == acts
    hint = "Quem pode conectar e desconectar: Renata Aguiar ou Renata Aguiar."
    assert (hint in page) is not acts


@pytest.mark.parametrize("role", ["receptionist", "professional"])
def test_nobody_else_sees_the_code(salon, role):
    pairing(salon, qr_image=PNG, pairing_code="K7QF2M9X")
    page = words(salon.browser(role).get(PAGE))
    assert "Esperando a leitura" in page
    assert "<path" not in page.partition('id="situacao"')[2]
    assert PNG not in page
    assert "<span>K</span>" not in page
    assert TICK_FORM not in page
    assert LEAVE not in page


@pytest.mark.parametrize("state", ["never", "pairing", "connected"])
def test_nothing_of_the_rival_shows(salon, rival_at_work, state):
    if state != "never":
        {"pairing": pairing, "connected": connected}[state](salon)
    for address in (PAGE, STATUS):
        page = words(salon.browser().get(address, headers=HTMX if address == STATUS else {}))
        for secret in ("90000-7300", "Prosa e Navalha", "segredo"):
            assert secret not in page


def test_the_rivals_connection_does_not_light_ours(salon, rival_at_work):
    assert "at-light-never" in words(salon.browser().get(LIGHT))
    assert "at-light-open" in words(rival_at_work.browser().get(LIGHT))


# ---- the words of each state ----


@pytest.mark.parametrize(
    "status", sorted(set(InstanceStatus.values) - {"ready_to_scan", "creating"})
)
def test_every_status_is_said_with_its_cause_and_way_out(salon, status):
    connected(salon, status=status, disconnected_at=salon.now)
    page = words(salon.browser().get(PAGE))
    for sentence in (STATUSES[status].title, STATUSES[status].happened, STATUSES[status].todo):
        assert str(sentence) in page
    assert page.count(str(STATUSES[status].action.label)) == 1


@pytest.mark.parametrize("problem", sorted(PROBLEMS))
def test_every_problem_is_said_with_what_to_do_and_one_button(salon, problem):
    status = "restricted" if problem == Problem.REFUSED_BY_WHATSAPP else "disconnected"
    connected(salon, status=status, problem=problem, disconnected_at=salon.now)
    page = words(salon.browser().get(PAGE))
    told = PROBLEMS[problem]
    for sentence in (told.title, told.happened, told.todo, told.action.label):
        assert page.count(str(sentence)) == 1


def test_a_silent_webhook_shows_the_address_that_is_tried(salon, settings):
    settings.WEBHOOK_BASE_URL = "https://atendo.example"
    pairing(salon, problem="webhook_silent")
    page = words(salon.browser().get(PAGE))
    assert f"<b>{driver.webhook_url()}</b>" in page
    assert "https://atendo.example/api/v1/whatsapp-webhook/webhook" in page


def test_the_servers_own_words_are_for_those_who_connect(salon):
    connected(salon, problem="server_refuses", problem_detail="Unauthorized (HTTP 401)")
    assert "Unauthorized (HTTP 401)" in words(salon.browser("owner").get(PAGE))
    assert "Unauthorized (HTTP 401)" not in words(salon.browser("receptionist").get(PAGE))


def test_who_disconnected_is_named(salon):
    connected(salon, status="disconnected", disconnected_at=salon.now)
    with scope.company(salon.company.pk):
        user = salon.members["owner"].user
        security.record("whatsapp_disconnect_requested", origin=Origin.WEB, actor=user)
    page = words(salon.browser().get(PAGE))
    assert "Desconectado por Renata" in page
    assert "Renata Aguiar desconectou o WhatsApp." in page


def test_an_open_connection_shows_the_number_the_figures_and_the_way_out(salon):
    connected(salon, next_send_at=salon.now + timedelta(minutes=6))
    sent = {"status": "read", "happened_at": salon.now - timedelta(minutes=10)}
    message(salon, **sent)
    reply(salon, "oi", happened_at=salon.now - timedelta(minutes=4))
    message(salon, salon.book(), due_at=salon.now - timedelta(minutes=1))
    page = words(salon.browser().get(PAGE))
    assert "Flor de Ipê · conectado desde sáb, 21 nov, 09:00" in page
    assert "É este o número da empresa?" in page
    for tile in ("<b>1</b>enviadas", "<b>1</b>delas", "<b>1</b>recebidas", "<b>1</b>na fila"):
        assert tile in page
    assert "Última enviada: hoje, 08:50." in page
    assert "Próxima: hoje, 09:06, para Camila Prates." in page
    assert "Última recebida: hoje, 08:56." in page
    assert page.count(f'href="{LEAVE}"') == 1


def test_a_message_sent_yesterday_is_not_one_of_today(salon):
    connected(salon)
    yesterday = salon.now - timedelta(hours=10)  # 23:00 the day before, in São Paulo
    message(salon, status="sent", happened_at=yesterday)
    page = words(salon.browser().get(PAGE))
    assert "<b>0</b>enviadas" in page
    assert "Última enviada: ontem, 23:00." in page


def test_a_queue_that_cannot_leave_is_shown_with_what_expires_first(salon):
    connected(salon, status="disconnected", problem="unpaired", disconnected_at=salon.now)
    late, soon = salon.book(hours=30), salon.book(hours=2)
    message(salon, late, expires_at=late.starts_at - timedelta(hours=1))
    message(salon, soon, kind="reminder", expires_at=soon.starts_at - timedelta(minutes=30))
    page = words(salon.browser().get(PAGE))
    assert page.index("Vence hoje, 10:30.") < page.index("Vence amanhã, 14:00.")
    assert page.count("Melhor ligar.") == 1
    assert f"tel:{salon.camila.phone}" in page


def test_a_professional_sees_neither_queue_nor_figures_nor_what_is_to_be_read(salon):
    connected(salon, status="disconnected", disconnected_at=salon.now)
    message(salon, salon.book(), expires_at=salon.now + timedelta(hours=1))
    reply(salon, "posso ir mais cedo?", needs_attention=True)
    page = words(salon.browser("professional").get(PAGE))
    for hidden in ("Esperando para sair", "Camila Prates", "posso ir mais cedo?", "Para ler"):
        assert hidden not in page
    assert "Esperando para sair" in words(salon.browser("receptionist").get(PAGE))


def test_who_reads_the_messages_is_counted_and_the_licence_is_named(salon):
    page = words(salon.browser().get(PAGE))
    assert "Sua equipe: 3 pessoas." in page  # owner, manager, receptionist
    assert "Conexão por Evolution API." in page
    assert "Licença Apache 2.0 com termos adicionais" in page


# ---- the risk ----


def test_before_the_first_connection_the_risk_is_told_and_the_tick_asked(salon):
    page = words(salon.browser().get(PAGE))
    assert "Nunca conectado." in page
    assert "<b>o número pode ser bloqueado</b>" in page
    assert TICK_FORM in page
    assert 'name="accepted"' in page
    assert CONNECT_FORM not in page


def test_who_accepted_the_risk_is_told_and_no_tick_asked_again(salon):
    pairing(salon)
    page = words(salon.browser().get(PAGE))
    assert "Aceito por Renata Aguiar, hoje, 07:00. Fica no log de segurança." in page
    assert TICK_FORM not in page


def test_a_lost_connection_whose_risk_nobody_accepted_asks_for_the_tick(salon):
    connected(salon, status="disconnected", risk_accepted_at=None, risk_accepted_by=None)
    page = words(salon.browser().get(PAGE))
    assert TICK_FORM in page
    assert AGAIN_FORM not in page


# ---- the code ----


def test_the_code_is_drawn_dark_on_white_with_the_four_steps(salon):
    pairing(salon)
    page = words(salon.browser().get(PAGE))
    assert '<rect width="' in page
    assert 'fill="white"></rect><path fill="black" d="M4 4h7v1h-7z' in page
    assert "O próximo aparece sozinho." in page
    assert page.count("<li><span>") >= 4
    assert "style=" not in page.partition('id="situacao"')[2]
    assert CODE not in page


def test_without_a_text_the_servers_image_is_shown(salon):
    pairing(salon, qr_code="", qr_image=PNG)
    assert f'src="{PNG}"' in words(salon.browser().get(PAGE))


@pytest.mark.parametrize("image", ["", "javascript:alert(1)", "data:text/html;base64,PHA+"])
def test_an_image_that_is_none_never_reaches_the_page(salon, image):
    pairing(salon, qr_code="", qr_image=image)
    page = words(salon.browser().get(PAGE))
    assert "um código que não conseguimos desenhar" in page
    assert "<img" not in page


def test_an_old_code_is_not_shown_any_more(salon):
    pairing(salon, code_issued_at=salon.now - timedelta(seconds=61), pairing_code="K7QF2M9X")
    page = words(salon.browser().get(PAGE))
    assert "Este código venceu. O próximo aparece sozinho." in page
    assert "<rect" not in page
    assert "<span>K</span>" not in page


def test_the_pairing_code_is_spelled_in_boxes_and_for_the_ear(salon):
    pairing(salon, pairing_code="K7QF2M9X", wanted_number="5531900004400")
    page = words(salon.browser().get(PAGE))
    assert "".join(f"<span>{letter}</span>" for letter in "K7QF2M9X") in page
    assert 'aria-label="Código para digitar: K 7 Q F, 2 M 9 X"' in page
    assert "Para o número (31) 90000-4400" in page


def test_a_number_for_which_no_pairing_code_came_is_explained(salon):
    pairing(salon, wanted_number="5531900004400")
    assert "não mandou um código para digitar" in words(salon.browser().get(PAGE))


# ---- the part that renews itself ----


def test_the_part_is_the_same_content_without_the_frame(salon):
    pairing(salon)
    part = words(salon.browser().get(STATUS, headers=HTMX))
    assert part.startswith('<div class="at-stack" id="situacao"')
    assert "<html" not in part
    assert '<p id="at-live" hx-swap-oob="innerHTML">Esperando a leitura.</p>' in part


def test_opened_by_itself_the_part_leads_to_the_page(salon):
    assert salon.browser().get(STATUS).url == PAGE


@pytest.mark.parametrize("status", InstanceStatus.values)
def test_only_a_connection_that_is_about_to_change_is_asked_about_again(salon, status):
    connected(salon, status=status)
    live = status in {"creating", "ready_to_scan", "connecting"}
    for address, headers in ((PAGE, {}), (STATUS, HTMX)):
        page = words(salon.browser().get(address, headers=headers))
        assert ('hx-trigger="every 2s"' in page) is live
        assert ("<noscript>" in page) is live


def test_a_wish_keeps_the_page_asking(salon):
    connected(salon, status="disconnected", wanted="disconnect")
    page = words(salon.browser().get(PAGE))
    assert 'hx-trigger="every 2s"' in page
    assert "Desconectando" in page


def test_nothing_is_sent_while_nothing_changed_and_the_connected_view_when_it_did(salon):
    pairing(salon)
    browser = salon.browser()
    first = words(browser.get(STATUS, headers=HTMX))
    address = first.partition('hx-get="')[2].partition('"')[0]
    assert address.startswith(STATUS)
    assert browser.get(address, headers=HTMX).status_code == 204
    with scope.company(salon.company.pk):
        Instance.objects.update(status="connected", phone="+5531900004400", wanted="")
    after = words(browser.get(address, headers=HTMX))
    assert "(31) 90000-4400" in after
    assert "hx-trigger" not in after


def test_the_page_with_a_code_is_never_kept_by_a_cache(salon):
    pairing(salon)
    for address in (PAGE, STATUS):
        answer = salon.browser().get(address, headers=HTMX)
        assert "no-store" in answer["Cache-Control"]


# ---- the light ----


@pytest.mark.parametrize(
    ("status", "name", "says"),
    [
        ("not_configured", "never", "Nunca conectado"),
        ("creating", "connecting", "Conectando"),
        ("ready_to_scan", "connecting", "Conectando"),
        ("connecting", "connecting", "Conectando"),
        ("connected", "open", "Conectado"),
        ("disconnected", "closed", "Desconectado"),
        ("restricted", "closed", "Desconectado"),
    ],
)
def test_the_light_says_the_state_in_words_and_leads_to_the_page(salon, status, name, says):
    connected(salon, status=status)
    light = words(salon.browser("professional").get(LIGHT))
    assert f"at-light-{name}" in light
    assert f'<span class="at-phone">{says}</span>' in light
    assert f"WhatsApp {says.lower()}. Abrir a página do WhatsApp" in light
    assert f'href="{PAGE}"' in light


# ---- cost ----


def test_a_part_that_did_not_change_costs_the_login_and_one_query(
    salon, django_assert_num_queries
):
    pairing(salon)
    browser = salon.browser()
    page = words(browser.get(STATUS, headers=HTMX))
    address = page.partition('hx-get="')[2].partition('"')[0]
    with django_assert_num_queries(4):  # session, user, membership, instance
        browser.get(address, headers=HTMX)
    with django_assert_num_queries(5):  # and what needs attention, beside Conversas
        browser.get(LIGHT, headers=HTMX)


@pytest.mark.parametrize("rows", [1, 12])
def test_the_page_costs_the_same_with_one_message_and_with_many(
    salon, rows, django_assert_num_queries
):
    connected(salon, status="disconnected", disconnected_at=salon.now)
    for hours in range(1, rows + 1):
        appointment = salon.book(hours=hours)
        message(salon, appointment, expires_at=appointment.starts_at)
        reply(salon, "quem é?", appointment, needs_attention=True)
    browser = salon.browser()
    # session, user, membership, instance; team, story, figures, next, queue, to read twice
    with django_assert_num_queries(11):
        browser.get(PAGE)
