"""The words of the messages, and the conversations, as people use them: on a phone and at a desk,
against the simulator."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from atendo.demo_data import COMPANIES
from atendo.stack import Stack
from atendo.story.actors import Phones
from atendo.tests.browser.people import Desk, Handset
from atendo.tests.browser.screens import DESK, PHONE, Screen

pytestmark = pytest.mark.browser

SALON, BARBER = COMPANIES
CAMILA = "5531988771247"
MINE = "5531988005544"
screens = pytest.mark.parametrize("screen", [PHONE, DESK], ids=str)


@pytest.fixture(scope="module")
def stack(new_stack) -> Iterator[Stack]:
    with new_stack("browser_messages") as stack:
        stack.start()
        stack.add_phones()
        Phones(stack.simulator).call("phones", {"number": MINE, "name": "Renata"})
        yield stack


@pytest.fixture(scope="module")
def connected(stack: Stack, browser) -> None:
    """The salon's number, connected once for all tests."""
    context = browser.new_context(locale="pt-BR")
    desk = Desk(context.new_page(), stack.site)
    company = Handset(context.new_page(), stack.simulator, SALON.phone)
    desk.log_in(SALON.people[0].email)
    desk.connect_whatsapp()
    company.scan()
    expect(desk.page.get_by_text("Conectado", exact=True).first).to_be_visible()
    context.close()


def at(open_page: Callable[..., Page], stack: Stack, screen: Screen, who: int = 0) -> Desk:
    desk = Desk(open_page(screen), stack.site)
    desk.log_in(SALON.people[who].email)
    return desk


@screens
def test_a_text_is_written_with_help_and_given_back(
    stack: Stack, open_page: Callable[..., Page], screen: Screen
):
    desk = at(open_page, stack, screen)
    desk.menu("Modelos")
    desk.page.get_by_role("link", name=re.compile("^Lembrete")).click()
    text, preview = desk.field("Texto da mensagem"), desk.page.locator("#previa")
    found = desk.page.locator("#achados")
    expect(found).to_contain_text("Nada a corrigir.")

    text.fill("Oi, {nome}! Até às ")
    expect(found).to_contain_text("{nome} não existe. Você quis dizer {primeiro_nome}?")
    own = f"*Oi*, Camila! {screen}, até às "
    text.fill(own)
    desk.button("{hora}").click()
    expect(text).to_be_focused()
    expect(text).to_have_value(own + "{hora}")
    expect(preview).to_contain_text("até às 14:30")
    expect(preview.locator("b")).to_have_text("Oi")
    expect(found).to_contain_text("Nada a corrigir.")
    desk.button("Salvar o texto").click()
    expect(desk.page.get_by_text("Texto salvo. As próximas mensagens").first).to_be_visible()

    desk.link("Restaurar o texto padrão").click()
    expect(desk.page.get_by_role("heading", level=1)).to_have_text("Restaurar o texto padrão?")
    desk.button("Restaurar o texto padrão").click()
    expect(text).to_have_value(re.compile("^Até daqui a pouco"))
    expect(desk.link("Restaurar o texto padrão")).to_have_count(0)


def test_a_refused_text_stays_and_the_summary_has_the_focus(
    stack: Stack, open_page: Callable[..., Page]
):
    desk = at(open_page, stack, PHONE)
    desk.open("/modelos/confirmation-request/")
    desk.field("Texto da mensagem").fill("Você vem, {primeiro_nome}?")

    desk.button("Salvar o texto").click()

    expect(desk.page.get_by_role("alert")).to_be_focused()
    expect(desk.field("Texto da mensagem")).to_have_value("Você vem, {primeiro_nome}?")
    expect(desk.page.locator("#achados")).to_contain_text("Falta a resposta 1, que confirma.")


@screens
@pytest.mark.usefixtures("connected")
def test_a_test_reaches_my_phone_and_the_page_says_so(
    stack: Stack, open_page: Callable[..., Page], screen: Screen
):
    desk = at(open_page, stack, screen)
    mine = Handset(open_page(screen), stack.simulator, MINE)
    desk.open("/modelos/confirmation-request/")
    words = f"Teste {screen}, {{quando}} às {{hora}}?\n1 Confirmo\n2 Remarcar\n3 Cancelar"
    desk.field("Texto da mensagem").fill(words)
    desk.field("Seu celular").fill(MINE[2:])
    desk.stay()

    desk.button("Enviar o teste").click()

    expect(mine.chat.get_by_text(f"Teste {screen}, amanhã às 14:30?")).to_be_visible()
    expect(desk.page.locator("#teste").get_by_role("status")).to_contain_text(
        re.compile("Enviada|Entregue")
    )
    expect(desk.field("Texto da mensagem")).to_have_value(words)
    desk.expect_stayed()


@screens
@pytest.mark.usefixtures("connected")
def test_a_client_is_answered_by_hand_and_the_ticks_come(
    stack: Stack, open_page: Callable[..., Page], screen: Screen
):
    desk = at(open_page, stack, screen, who=1)
    client = Handset(open_page(screen), stack.simulator, CAMILA)
    question, answer = f"Tem estacionamento? {screen}", f"Tem, na rua de trás. {screen}"
    Phones(stack.simulator).say(CAMILA, SALON.phone.lstrip("+"), question)
    # Its name ends in how many messages want a person.
    desk.page.get_by_role("link", name=re.compile(r"^\s*Conversas")).filter(visible=True).click()
    desk.page.get_by_role("link", name=re.compile(r"^\s*Precisa de atenção")).first.click()
    row = desk.page.get_by_role("link", name=re.compile("Camila Prates"))
    expect(row).to_be_visible()
    row.click()
    expect(desk.page.get_by_text(question)).to_be_visible()
    desk.stay()
    desk.field("Sua resposta").fill(answer)
    if screen == PHONE:
        desk.button("Enviar").click()
    else:
        desk.page.keyboard.press("Control+Enter")

    expect(client.chat.get_by_text(answer)).to_be_visible()
    expect(desk.field("Sua resposta")).to_have_value("")
    bubble = desk.page.locator(".at-bubble").filter(has_text=answer)
    expect(bubble).to_contain_text("Lia Campos")
    tick = bubble.get_by_role("img", name=re.compile("enviada|entregue|lida"))
    expect(tick).to_be_visible()
    main = desk.page.get_by_role("main")  # the menu counts those of other conversations
    expect(main.get_by_text("Precisa de atenção")).to_have_count(0)
    desk.expect_stayed()


def test_what_is_typed_survives_what_arrives(stack: Stack, open_page: Callable[..., Page]):
    desk = at(open_page, stack, DESK)
    desk.open("/conversas/")
    desk.page.get_by_role("link", name=re.compile("Juliana Matos")).click()
    desk.field("Sua resposta").fill("Já volto com")
    desk.stay()

    with desk.page.expect_response(re.compile(r"/conversas/\d+/\?version=")):
        pass

    expect(desk.field("Sua resposta")).to_have_value("Já volto com")
    expect(desk.field("Sua resposta")).to_be_focused()
    desk.field("Sua resposta").fill("  ")
    desk.button("Enviar").click()
    expect(desk.page.get_by_text("Escreva a mensagem antes de enviar.")).to_be_visible()
    expect(desk.field("Sua resposta")).to_be_focused()
    desk.expect_stayed()


@screens
def test_without_javascript_one_writes_an_answer_and_a_text(
    stack: Stack, open_page: Callable[..., Page], screen: Screen
):
    desk = Desk(open_page(screen, java_script_enabled=False), stack.site)
    desk.log_in(SALON.people[0].email)
    desk.menu("Conversas")
    desk.page.get_by_role("link", name=re.compile("Juliana Matos")).click()
    desk.field("Sua resposta").fill(f"Sem script {screen}")
    desk.button("Enviar").click()
    expect(desk.page.get_by_text(f"Sem script {screen}")).to_be_visible()

    desk.open("/modelos/reminder/")
    desk.field("Texto da mensagem").fill("Até às {hora}, {nome}")
    desk.button("Ver como fica").click()
    expect(desk.page.locator("#previa")).to_contain_text("Até às 14:30, {nome}")
    expect(desk.page.locator("#achados")).to_contain_text("{nome} não existe.")
    expect(desk.field("Texto da mensagem")).to_have_value("Até às {hora}, {nome}")


@screens
def test_the_notices_show_what_a_client_gets_before_they_are_saved(
    stack: Stack, open_page: Callable[..., Page], screen: Screen
):
    desk = at(open_page, stack, screen)
    desk.menu("Modelos")
    desk.link("Quais avisos saem e quando").click()
    example = desk.page.locator("#exemplo")
    switch = desk.page.get_by_role("switch", name="Aviso de agendamento")
    expect(example).to_contain_text("Aviso de agendamento")
    was_on = switch.is_checked()

    switch.set_checked(False)
    expect(example).not_to_contain_text("Aviso de agendamento")
    desk.button("Salvar os avisos").click()
    expect(desk.page.get_by_text("O que ainda espera na fila muda").first).to_be_visible()
    expect(switch).not_to_be_checked()

    switch.focus()
    desk.page.keyboard.press("Space")
    expect(example).to_contain_text("Aviso de agendamento")
    desk.button("Salvar os avisos").click()
    expect(switch).to_be_checked()
    assert was_on
