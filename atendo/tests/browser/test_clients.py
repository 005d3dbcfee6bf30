"""Clientes as people use it: find, enter, note, bring a whole list, take it away again."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from openpyxl import Workbook
from playwright.sync_api import Locator, Page, expect

from atendo.stack import Stack
from atendo.tests.browser.people import Desk
from atendo.tests.browser.screens import DESK, PHONE, Screen

pytestmark = pytest.mark.browser

OWNER = "renata@flordeipe.example"
CSV = """Cliente;Telefone;Obs
Íris {0};(31) 9{0}0-0001;Alérgica a amônia
Otto {0};9{0}0-0002;
Sem Número {0};;
Camila Prates;31 98877-1247;
"""


@pytest.fixture(scope="module")
def stack(new_stack) -> Iterator[Stack]:
    with new_stack("browser_clients") as stack:
        stack.start()
        yield stack


@pytest.fixture
def at_desk(stack: Stack, open_page: Callable[..., Page]) -> Callable[..., Desk]:
    def arrived(screen: Screen, **options: bool) -> ClientsDesk:
        desk = ClientsDesk(open_page(screen, **options), stack.site)
        desk.log_in(OWNER)
        desk.menu("Clientes")
        return desk

    return arrived


class ClientsDesk(Desk):
    @property
    def notes(self) -> Locator:
        return self.page.get_by_role("textbox", name="Notas")


def tab_to(desk: Desk, role: str, name: str) -> None:
    """Press Tab until this is in focus."""
    wanted = desk.seen(role, name)
    for _time in range(60):
        desk.page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"Tab never came to {name}")


def spreadsheet(number: str) -> bytes:
    book, file = Workbook(), io.BytesIO()
    for line in CSV.format(number).splitlines():
        book.active.append(line.split(";"))
    book.save(file)
    return file.getvalue()


def heading(desk: Desk, name: str) -> None:
    expect(desk.page.get_by_role("heading", level=1)).to_have_text(name)


@pytest.mark.parametrize("screen", [PHONE, DESK], ids=str)
def test_with_the_keyboard_alone_one_finds_a_client_while_typing(at_desk, screen: Screen):
    desk = at_desk(screen)
    keyboard, rows = desk.page.keyboard, desk.page.locator("#lista .at-rows > li")
    desk.stay()
    desk.page.get_by_role("searchbox", name="Buscar cliente").focus()

    keyboard.type("vilela mar")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Marcos Vilela")
    expect(desk.page.locator("#at-live")).to_have_text("1 cliente encontrado.")
    assert desk.page.url.endswith("/clientes/?q=vilela%20mar")
    keyboard.press("ControlOrMeta+a")
    keyboard.type("1247")
    expect(rows).to_contain_text("Camila Prates")
    desk.expect_stayed()

    for _time in range(20):
        keyboard.press("Tab")
        if rows.locator("a").evaluate("link => link === document.activeElement"):
            break
    keyboard.press("Enter")
    heading(desk, "Camila Prates")
    expect(desk.page.locator("#mensagens")).to_contain_text("Pedido de confirmação")


@pytest.mark.parametrize("screen", [PHONE, DESK], ids=str)
def test_with_the_keyboard_alone_one_enters_a_namesake_after_a_look(at_desk, screen: Screen):
    desk = at_desk(screen)
    keyboard = desk.page.keyboard
    tab_to(desk, "link", "Novo cliente")
    keyboard.press("Enter")
    heading(desk, "Novo cliente")

    desk.field("Nome").focus()
    keyboard.type("juliana matos")
    keyboard.press("Tab")
    expect(desk.page.locator("#parecidos")).to_contain_text("Já existe Juliana Matos")
    keyboard.type(f"31 98811-{screen.width:04}")
    keyboard.press("Enter")
    expect(desk.page.get_by_role("alert")).to_be_focused()
    expect(desk.field("Celular")).to_have_value(f"31 98811-{screen.width:04}")
    desk.field("Aceita receber avisos pelo WhatsApp").focus()
    keyboard.press("Space")
    tab_to(desk, "button", "Cadastrar mesmo assim")
    keyboard.press("Enter")

    heading(desk, "juliana matos")
    expect(desk.page.get_by_text("Anotado por Renata Aguiar.")).to_be_visible()


@pytest.mark.parametrize("screen", [PHONE, DESK], ids=str)
def test_a_known_phone_leads_to_its_owner_and_notes_are_kept(at_desk, screen: Screen):
    desk = at_desk(screen)
    desk.link("Novo cliente").click()
    desk.field("Nome").fill("Camila")
    desk.field("Celular").fill("31 8877-1247")
    desk.page.keyboard.press("Tab")

    desk.link("Abrir o cadastro").click()
    heading(desk, "Camila Prates")
    desk.notes.fill(f"Toma café sem açúcar ({screen})")
    desk.button("Salvar as notas").click()

    expect(desk.page.locator("#at-messages")).to_have_text("Notas salvas.")
    expect(desk.notes).to_have_value(f"Toma café sem açúcar ({screen})")
    desk.button("Não enviar mais avisos").click()
    expect(desk.page.get_by_text("Anotado pela equipe.")).to_be_visible()
    desk.button("Voltar a enviar avisos").click()
    expect(desk.button("Não enviar mais avisos")).to_be_visible()


def bring(desk: Desk, name: str, data: bytes) -> None:
    """From the list to the rows as they will be understood."""
    desk.link("Importar planilha").click()
    file = {"name": name, "mimeType": "application/octet-stream", "buffer": data}
    desk.field("Planilha").set_input_files(file)
    desk.button("Enviar e ver as colunas").click()
    heading(desk, "O que é cada coluna")
    expect(desk.field("Celular").locator("option:checked")).to_contain_text("B: Telefone")
    desk.button("Conferir as linhas").click()
    heading(desk, "Confira antes de importar")


@pytest.mark.parametrize(
    ("screen", "name", "number", "data"),
    [
        (PHONE, "lista.csv", "831", CSV.format("831").encode("cp1252")),
        (DESK, "lista.xlsx", "832", spreadsheet("832")),
    ],
    ids=["390-csv", "1280-xlsx"],
)
def test_a_whole_list_comes_in_and_goes_out_again(
    at_desk, screen: Screen, name: str, number: str, data: bytes, tmp_path: Path
):
    desk = at_desk(screen)
    bring(desk, name, data)
    expect(desk.page.get_by_text("Falta o celular.")).to_be_visible()
    with desk.page.expect_download() as saved:
        desk.link("Baixar para corrigir").click()
    saved.value.save_as(tmp_path / "corrigir.csv")
    assert f"Falta o celular.;4;Sem Número {number};;" in (tmp_path / "corrigir.csv").read_text()

    desk.button("Importar 2 clientes novos").click()
    heading(desk, "Importação terminada")
    expect(desk.page.get_by_role("list", name="O que aconteceu")).to_contain_text(
        re.compile(r"2\s*clientes novos\s*1\s*já estava no cadastro\s*1\s*linha com erro")
    )
    result = desk.page.url
    desk.link("Ver os clientes").click()
    desk.page.get_by_role("link", name=f"Íris {number}").click()
    expect(desk.notes).to_have_value("Alérgica a amônia")

    desk.page.goto(result)
    desk.button("Desfazer a importação").click()
    desk.page.get_by_role("dialog").get_by_role("button", name="Desfazer a importação").click()
    heading(desk, "Importação desfeita")
    desk.menu("Clientes")
    expect(desk.page.get_by_role("link", name=f"Íris {number}")).to_have_count(0)


@pytest.mark.parametrize("screen", [PHONE, DESK], ids=str)
def test_without_javascript_one_searches_enters_and_imports(at_desk, screen: Screen):
    desk = at_desk(screen, java_script_enabled=False)
    desk.page.get_by_role("searchbox", name="Buscar cliente").fill("vilela mar")
    desk.button("Buscar").click()
    expect(desk.page.locator("#lista .at-rows > li")).to_have_count(1)

    desk.link("Novo cliente").click()
    desk.field("Nome").fill("Camila Prates")
    desk.field("Celular").fill(f"31 98822-{screen.width:04}")
    desk.button("Cadastrar cliente").click()
    expect(desk.page.locator("#parecidos")).to_contain_text("Já existe Camila Prates")
    desk.button("Cadastrar mesmo assim").click()
    heading(desk, "Camila Prates")
    desk.link("Abrir a conversa").click()
    heading(desk, "Camila Prates")
    expect(desk.page.get_by_role("region", name="Próximo horário")).to_contain_text(
        "Nada marcado."
    )

    desk.link("Todas as conversas").click()
    desk.menu("Clientes")
    number = "840" if screen == PHONE else "853"
    bring(desk, "lista.csv", CSV.format(number).encode())
    desk.button("Importar 2 clientes novos").click()
    for _time in range(40):
        if desk.page.get_by_role("heading", name="Importação terminada").count():
            break
        desk.page.wait_for_timeout(250)
        desk.page.reload()
    heading(desk, "Importação terminada")


def test_the_list_is_taken_as_a_file_and_the_log_says_so(at_desk, tmp_path: Path):
    desk = at_desk(DESK)
    desk.page.get_by_role("searchbox", name="Buscar cliente").press_sequentially("vilela")

    with desk.page.expect_download() as saved:
        desk.button("Baixar 1 cliente em planilha").click()
    saved.value.save_as(tmp_path / "clientes.csv")

    lines = (tmp_path / "clientes.csv").read_text(encoding="utf-8-sig").splitlines()
    assert [line.partition(";")[0] for line in lines] == ["Nome", "Marcos Vilela"]
    desk.menu("Segurança")
    expect(desk.page.get_by_text("baixou a lista de clientes (linhas: 1)")).to_be_visible()
