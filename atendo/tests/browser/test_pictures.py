"""The pictures of the documents: the demo's salon on a Tuesday in November, at 10:40.

`make screenshots` writes them to docs/screenshots.  Any other run takes the same pictures and
throws them away: what it shows is that each page can still be taken as its picture shows it.
"""

from __future__ import annotations

import base64
import json
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from atendo.processes import web_command
from atendo.stack import Stack
from atendo.tests.browser.checks import settle
from atendo.tests.browser.moment import NOW
from atendo.tests.browser.people import Desk
from atendo.tests.browser.screens import DESK, PHONE, Screen, Watch, new_context
from atendo.tests.browser.small_png import look_the_same, small_png
from atendo.tests.documents import PICTURES

pytestmark = pytest.mark.browser

SALON, BARBER = "renata@flordeipe.example", "otavio@prosanavalha.example"
NOBODY = ""
WRITES = os.environ.get("ATENDO_SCREENSHOTS") == "1"
# Every page is looked at on both screens elsewhere.
SCREENS = (PHONE, DESK) if WRITES else (DESK,)
# The colour in the middle of a picture.
MIDDLE = """async source => {
  const image = new Image();
  image.src = "data:image/png;base64," + source;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
  canvas.drawImage(image, 0, 0);
  return [...canvas.getImageData(image.width / 2, image.height / 2, 1, 1).data];
}"""
# A page is shown from its top; what is further down than this is left out.
TALLEST = {PHONE: 1100, DESK: 900}


@dataclass(frozen=True)
class Picture:
    """A page and the one who looks at it.  `path` may name rows; `heading` stands on it."""

    name: str
    path: str
    heading: str
    email: str = SALON


PICTURED = (
    Picture("entrar", "/entrar/", "Entrar", NOBODY),
    Picture("hoje", "/", "Hoje"),
    Picture("precisa-de-voce", "/hoje/precisa-de-voce/", "Precisa de você"),
    Picture("agendamentos", "/agendamentos/", "Agendamentos"),
    Picture("agenda", "/agenda/", ""),
    Picture("agendamento-novo", "/agendamentos/novo/?cliente={client}", "Novo agendamento"),
    Picture("agendamento-confirmado", "/agendamentos/{confirmed}/", ""),
    Picture("remarcar", "/agendamentos/{open}/remarcar/", "Remarcar"),
    Picture("cancelar", "/agendamentos/{open}/cancelar/", "Cancelar"),
    Picture("clientes", "/clientes/", "Clientes"),
    Picture("cliente", "/clientes/{client}/", "Camila Prates"),
    Picture("importar-clientes", "/clientes/importar/", "Importar clientes"),
    Picture("conferir-importacao", "/clientes/importar/{import}/", ""),
    Picture("profissionais", "/profissionais/", "Profissionais"),
    Picture("profissional", "/profissionais/{professional}/", "Bia Moura"),
    Picture("ausencias", "/profissionais/ausencias/", "Ausências"),
    Picture("servicos", "/servicos/", "Serviços"),
    Picture("servico", "/servicos/{service}/", "Corte"),
    Picture("modelos", "/modelos/", "Modelos de mensagem"),
    Picture("modelo", "/modelos/confirmation-request/", "confirmação"),
    Picture("avisos", "/configuracoes/avisos/", "Configurações"),
    Picture("conversas", "/conversas/", "Conversas"),
    Picture("conversa", "/conversas/{conversation}/", "Lourdes Tavares"),
    Picture("equipe", "/equipe/", "Equipe"),
    Picture("convidar", "/equipe/convidar/", "Convidar"),
    Picture("configuracoes", "/configuracoes/", "Configurações"),
    Picture("minha-conta", "/conta/", "Minha conta"),
    Picture("conectar", "/whatsapp/", "Conectar WhatsApp", BARBER),
    Picture("whatsapp", "/whatsapp/", "WhatsApp"),
    Picture("sem-conexao", "/sem-conexao/", "conexão"),
)


@pytest.fixture(scope="module")
def known(new_stack) -> Iterator[tuple[Stack, dict[str, int]]]:
    """A server for which it is always that moment, without a worker."""
    with new_stack("browser_pictures", with_demo=False) as stack:
        stack.processes.environment["DJANGO_SETTINGS_MODULE"] = "atendo.tests.browser.frozen"
        rows = subprocess.run(
            [sys.executable, "-m", "atendo.tests.browser.picture_rows"],
            env=stack.processes.full_environment,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        stack.start_simulator()
        stack.processes.start("web", web_command(stack.web_port))
        stack.processes.wait_for("web", f"{stack.site}/healthz")
        yield stack, json.loads(rows.stdout)


@pytest.fixture(scope="module")
def blank(browser: Browser) -> Iterator[Page]:
    """A page of nobody's, in which pictures are made smaller."""
    page = browser.new_page()
    yield page
    page.close()


@pytest.fixture(scope="module", params=SCREENS, ids=str)
def screen(request) -> Screen:
    return request.param


@pytest.fixture(scope="module")
def pages(browser: Browser, known, screen: Screen) -> Iterator[dict[str, Page]]:
    """For each person a page, logged in where there is somebody."""
    stack, _ids = known
    watch, found = Watch(), {}
    for email in dict.fromkeys(picture.email for picture in PICTURED):
        context = new_context(browser, screen)
        watch.of(context)
        page = found[email] = context.new_page()
        page.clock.set_fixed_time(NOW)
        if email:
            Desk(page, stack.site).log_in(email)
    yield found
    for page in found.values():
        page.context.close()
    assert watch.complaints == []


@pytest.mark.parametrize("picture", PICTURED, ids=lambda picture: picture.name)
def test_the_page_is_as_its_picture_shows_it(
    picture: Picture, screen: Screen, pages: dict[str, Page], known, blank: Page
):
    stack, ids = known
    page = pages[picture.email]
    page.set_viewport_size(screen.size)
    page.goto(stack.site + picture.path.format(**ids))
    expect(page.get_by_role("heading", level=1)).to_contain_text(picture.heading)
    settle(page)

    page.set_viewport_size({"width": screen.width, "height": _height(page, screen)})
    png = page.screenshot()

    assert _size(png)[0] == screen.width
    if WRITES:
        write(PICTURES / f"{picture.name}-{screen}.png", small_png(blank, png), blank)


def write(file: Path, png: bytes, blank: Page) -> None:
    """Leave a picture that is there and looks the same as it is."""
    if not (file.exists() and look_the_same(blank, file.read_bytes(), png)):
        file.write_bytes(png)


def _height(page: Page, screen: Screen) -> int:
    """As high as the page, no less than the screen."""
    content = page.evaluate("document.documentElement.scrollHeight")
    return min(max(content, screen.height), TALLEST[screen])


def _size(png: bytes) -> tuple[int, int]:
    """Width and height, as the head of the file says."""
    return struct.unpack(">II", png[16:24])


def test_a_smaller_picture_shows_the_same(blank: Page):
    blank.set_viewport_size({"width": 200, "height": 100})
    blank.set_content("<body style='background: linear-gradient(to right, #6a2e57, #e2b3d2)'>")
    png = blank.screenshot()

    small = small_png(blank, png)

    assert _size(small) == _size(png) == (200, 100)
    assert len(small) < len(png)
    seen = [blank.evaluate(MIDDLE, base64.b64encode(each).decode()) for each in (png, small)]
    assert seen[1] == pytest.approx(seen[0], abs=3)


def test_a_picture_is_written_again_only_if_it_looks_different(blank: Page, tmp_path: Path):
    file, pictures = tmp_path / "page.png", []
    blank.set_viewport_size({"width": 200, "height": 100})
    for color in ("#6a2e57", "#6b2e57", "#1f6039"):
        blank.set_content(f"<body style='background: {color}'>")
        pictures.append(blank.screenshot())
    first, alike, other = pictures

    write(file, first, blank)
    write(file, alike, blank)
    assert file.read_bytes() == first
    write(file, other, blank)
    assert file.read_bytes() == other
