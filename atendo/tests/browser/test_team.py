"""The team at a screen: somebody is invited and comes in, the last owner stays, a token works, the
page is dark where somebody wants it so, and says so when there is no connection."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from atendo.stack import Stack
from atendo.tests.browser.people import Desk
from atendo.tests.browser.screens import DESK, PHONE, Screen, new_context

pytestmark = pytest.mark.browser

OWNER, OTHER_OWNER = "renata@flordeipe.example", "otavio@prosanavalha.example"
RECEPTION = "lia@flordeipe.example"
NEW_PASSWORD = "uma senha da Paula"
SCREENS = pytest.mark.parametrize("screen", [PHONE, DESK], ids=str)


@pytest.fixture(scope="module")
def mailbox(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("mail")


@pytest.fixture(scope="module")
def stack(new_stack, mailbox: Path) -> Iterator[Stack]:
    with new_stack("browser_team") as stack:
        stack.processes.environment |= {"EMAIL_URL": f"filemail:///{mailbox}"}
        stack.start()
        yield stack


def link_in_letter(mailbox: Path, to: str, pattern: str) -> str:
    """Wait for the letter, and return the address in it."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for letter in mailbox.iterdir():
            text = letter.read_text()
            if f"To: {to}" in text and (found := re.search(pattern, text)):
                return found[0]
        time.sleep(0.2)
    raise AssertionError(f"no letter to {to}")


def at_desk(page: Page, stack: Stack, email: str = OWNER) -> Desk:
    desk = Desk(page, stack.site)
    desk.log_in(email)
    return desk


def link_shown(desk: Desk) -> str:
    return desk.seen("textbox", "Link do convite").input_value()


@SCREENS
def test_somebody_is_invited_and_comes_in_with_the_role(
    stack: Stack, mailbox: Path, open_page: Callable[..., Page], screen: Screen
):
    email = f"paula{screen}@nova.example"
    owner = at_desk(open_page(screen), stack)
    owner.menu("Equipe")
    owner.link("Convidar pessoa").click()
    owner.field("E-mail").fill(email)
    owner.radio("Papel", "Recepção").check()
    owner.button("Enviar o convite").click()
    expect(owner.page.get_by_text(f"Convite feito para {email}.").first).to_be_visible()
    copied = link_shown(owner)

    guest = Desk(open_page(screen), stack.site)
    guest.page.goto(copied)
    expect(guest.page.get_by_role("heading", level=1)).to_have_text(
        "Convite para Salão Flor de Ipê"
    )
    guest.button("Primeira vez: receber o link por e-mail").click()
    expect(guest.page.get_by_text(f"O link está a caminho de {email}.")).to_be_visible()
    guest.page.goto(link_in_letter(mailbox, email, r"http://\S+/convite/\S+"))
    guest.field("Seu nome").fill("Paula Reis")
    guest.field("Senha").fill(NEW_PASSWORD)
    guest.field("Senha, outra vez").fill(NEW_PASSWORD)
    guest.button("Criar a conta e aceitar").click()

    expect(guest.page.get_by_text("Salão Flor de Ipê").first).to_be_visible()
    guest.menu("Clientes")
    expect(guest.page.get_by_role("heading", level=1)).to_have_text("Clientes")
    guest.open("/equipe/")
    expect(guest.page.get_by_role("heading", level=1)).to_have_text(
        "Esta página não é para o seu acesso"
    )
    owner.open("/equipe/")
    expect(owner.page.get_by_role("link", name=re.compile(f"Paula Reis.*{email}"))).to_be_visible()
    assert not owner.seen("textbox", "Link do convite").count()  # shown once
    guest.page.goto(copied)
    expect(guest.page.get_by_role("heading", level=1)).to_have_text("Este convite não vale")


def test_the_keyboard_alone_invites_and_cancels(stack: Stack, open_page: Callable[..., Page]):
    desk = at_desk(open_page(DESK), stack)
    page, keys = desk.page, desk.page.keyboard
    desk.open("/equipe/")

    tab_to(page, "Convidar pessoa")
    keys.press("Enter")
    page.wait_for_url("**/equipe/convidar/")
    tab_to(page, "E-mail")
    keys.press("Enter")  # nothing typed: the summary of what is wrong has the focus
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_text("Escreva o e-mail da pessoa.")).to_be_visible()
    tab_to(page, "E-mail")
    keys.type("teclado@nova.example")
    keys.press("Tab")
    keys.press("ArrowUp")  # from Recepção to Gerente
    tab_to(page, "Enviar o convite")
    keys.press("Enter")
    row = page.get_by_role("listitem").filter(has_text="teclado@nova.example")
    expect(row).to_contain_text("Gerente")

    tab_to(page, "Cancelar convite de teclado@nova.example")
    keys.press("Enter")
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("Cancelar o convite de teclado@nova.example?")
    keys.press("Escape")
    expect(row).to_be_visible()
    keys.press("Enter")
    tab_to(page, "Cancelar o convite")
    keys.press("Enter")
    expect(page.get_by_text("Convite de teclado@nova.example cancelado.").first).to_be_visible()
    expect(row).to_have_count(0)


NAME = """() => {
  const at = document.activeElement;
  const label = at.labels?.length ? at.labels[0] : at;
  const text = at.getAttribute("aria-label") ?? label.textContent;
  return text.replace(/\\s+/g, " ").replace("*", "").trim();
}"""


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the focus is on what has this name."""
    for _time in range(60):
        if page.evaluate(NAME) == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not come to {name!r}")


@SCREENS
def test_the_last_owner_stays(stack: Stack, open_page: Callable[..., Page], screen: Screen):
    desk = at_desk(open_page(screen), stack)
    desk.open("/conta/")
    desk.link("Sair da equipe").click()
    desk.button("Sair da equipe").click()

    expect(desk.page.get_by_role("alert")).to_contain_text(
        "A empresa precisa de pelo menos um dono."
    )
    expect(desk.page.get_by_role("alert")).to_be_focused()


@SCREENS
def test_a_token_is_shown_once_and_opens_the_api_until_it_is_deleted(
    stack: Stack, open_page: Callable[..., Page], screen: Screen
):
    page = open_page(screen, permissions=["clipboard-read", "clipboard-write"])
    desk = at_desk(page, stack, RECEPTION)
    desk.open("/conta/")
    live = page.locator("#at-toasts[role=status]")
    expect(live).to_be_attached()  # before there is something to hear
    desk.field("Nome do token").fill(f"Planilha {screen}")
    desk.button("Criar token").click()
    token = desk.field("Token").input_value()
    expect(page.locator("#at-live[role=status]")).to_contain_text("Token criado.")

    desk.button("Copiar").click()
    expect(live).to_contain_text("Token copiado.")
    assert page.evaluate("navigator.clipboard.readText()") == token
    assert status_with(stack, page, token) == 200
    desk.open("/conta/")
    assert token not in page.content()
    expect(page.get_by_role("listitem").filter(has_text=f"Planilha {screen}")).to_contain_text(
        "usado em"
    )

    page.get_by_role("button", name=f"Apagar o token Planilha {screen}").click()
    page.get_by_role("dialog").get_by_role("button", name="Apagar o token").click()
    expect(page.get_by_text("Quem o usava não entra mais.").first).to_be_visible()
    assert status_with(stack, page, token) == 401


def status_with(stack: Stack, page: Page, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return page.request.get(f"{stack.site}/api/v1/clients/", headers=headers).status


@SCREENS
def test_a_dark_page_stays_dark_on_this_device(
    stack: Stack, open_page: Callable[..., Page], screen: Screen
):
    desk = at_desk(open_page(screen), stack)
    desk.open("/conta/")
    light = background(desk.page)
    desk.page.get_by_role("radio", name="Escuro").check()
    desk.button("Usar esta aparência").click()

    expect(desk.page.locator("html[data-bs-theme=dark]")).to_be_attached()
    dark = background(desk.page)
    desk.open("/clientes/")
    assert background(desk.page) == dark != light


def background(page: Page) -> str:
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


@SCREENS
def test_without_a_connection_a_page_says_so_and_tries_again(
    stack: Stack, browser: Browser, screen: Screen
):
    """A profile beside the watched ones: the console rightly complains of the connection."""
    context = new_context(browser, screen)
    page = context.new_page()
    at_desk(page, stack)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()

    context.set_offline(True)
    page.goto(f"{stack.site}/clientes/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sem conexão")
    assert background(page) == "rgb(250, 246, 241)"  # drawn with our own colours
    assert "Camila" not in page.content()
    context.set_offline(False)
    page.get_by_role("link", name="Tentar de novo").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Clientes")
    kept = page.evaluate(
        "caches.keys().then(names => Promise.all(names.map(name => caches.open(name)"
        ".then(store => store.keys())))).then(found => found.flat().map(each => each.url))"
    )
    assert kept and all("/static/" in url or url.endswith("/sem-conexao/") for url in kept)
    context.close()


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (403, "O seu papel nesta empresa não permite isto."),
        (404, "Isto não existe mais. Recarregue a página."),
        (500, "Não deu certo desta vez. Tente de novo."),
        (0, "Sem conexão com o Atendo."),
    ],
)
def test_a_part_that_fails_is_heard(stack: Stack, browser: Browser, status: int, words: str):
    context = new_context(browser, PHONE, service_workers="block")
    desk = at_desk(context.new_page(), stack)
    desk.open("/agendamentos/novo/")
    desk.page.route(
        "**/agendamentos/novo/clientes/**",
        lambda route: route.fulfill(status=status, body="") if status else route.abort(),
    )

    desk.field("Nome ou telefone").press_sequentially("camila")

    expect(desk.page.locator("#at-toasts[role=status]")).to_contain_text(words)
    context.close()
