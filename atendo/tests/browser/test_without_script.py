"""The work of a day in a browser that runs no script: the agenda, the team, the day on paper.
The week of a professional, clients and conversations are tried so beside their own tests."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from atendo.processes import web_command
from atendo.stack import Stack
from atendo.tests.browser.people import Desk, weekday_ahead
from atendo.tests.browser.screens import DESK, PHONE, Screen

pytestmark = pytest.mark.browser

OWNER = "renata@flordeipe.example"
SCREENS = pytest.mark.parametrize("screen", [PHONE, DESK], ids=str)


@pytest.fixture(scope="module")
def stack(new_stack) -> Iterator[Stack]:
    """Without a worker: what is to leave stays in the queue."""
    with new_stack("browser_without_script") as stack:
        stack.processes.start("web", web_command(stack.web_port))
        stack.processes.wait_for("web", f"{stack.site}/healthz")
        yield stack


@pytest.fixture
def desk(stack: Stack, open_page: Callable[..., Page], screen: Screen) -> Desk:
    desk = Desk(open_page(screen, java_script_enabled=False), stack.site)
    desk.log_in(OWNER)
    return desk


def choose_time(desk: Desk, day: date, time: str) -> None:
    """The free times of the day come with a click, as no script asks for them."""
    desk.field("Dia").fill(day.isoformat())
    desk.button("Ver horários").click()
    desk.page.get_by_role("radio", name=time, exact=True).check()


def send_off(desk: Desk) -> None:
    """The button says the time; it stands beside the form, or on a phone below it."""
    desk.page.locator("#marcar-agora, #doca button").filter(visible=True).click()


@SCREENS
def test_one_books_confirms_moves_and_cancels(desk: Desk, screen: Screen):
    day = weekday_ahead(40 if screen == PHONE else 44)
    desk.menu("Novo agendamento")
    desk.field("Nome ou telefone").fill("juliana")
    desk.button("Buscar").click()
    desk.page.get_by_role("radio", name="Juliana Matos").check()
    desk.radio("Serviço", "Corte").check()
    desk.radio("Profissional", "Denise Rocha").check()
    choose_time(desk, day, "09:00")
    send_off(desk)
    booked = desk.appointment
    expect(desk.page.locator("#agendamento")).to_contain_text("09:00 às 09:40")

    desk.button("Confirmar").click()
    assert desk.appointment == booked
    expect(desk.status).to_have_text("Confirmado")

    desk.link("Remarcar").click()
    choose_time(desk, day, "15:00")
    send_off(desk)
    assert desk.appointment == booked
    expect(desk.page.locator("#agendamento")).to_contain_text("15:00 às 15:40")

    desk.button("Enviar confirmação").click()
    promise = desk.page.get_by_text("A mensagem sai assim que o WhatsApp conectar.")
    expect(promise.first).to_be_visible()
    desk.link("Ver as mensagens").click()
    expect(desk.page.get_by_text("Pedido de confirmação").first).to_be_visible()
    desk.page.go_back()

    desk.link("Cancelar").click()
    desk.field("Em outras palavras").fill("A cliente ligou.")
    desk.button("Cancelar o horário").click()
    expect(desk.status).to_have_text("Cancelado")
    expect(desk.page.locator("#historia")).to_contain_text("A cliente ligou.")


@SCREENS
def test_one_invites_somebody_and_takes_the_invitation_back(desk: Desk, screen: Screen):
    email = f"nova-{screen}@flordeipe.example"
    desk.menu("Equipe")
    desk.link("Convidar pessoa").click()
    desk.field("E-mail").fill(email)
    desk.page.get_by_role("radio", name=re.compile("^Recepção")).check()
    desk.button("Enviar o convite").click()

    invited = desk.page.get_by_role("listitem").filter(has_text=email)
    expect(invited).to_be_visible()
    invited.get_by_role("button", name=re.compile("^Cancelar")).click()
    expect(desk.page.get_by_role("listitem").filter(has_text=email)).to_have_count(0)


@SCREENS
def test_the_day_on_paper_has_its_rows_and_no_menu(desk: Desk, screen: Screen):
    desk.open(f"/agendamentos/?dia={weekday_of_the_demo(desk)}")
    page = desk.page
    names = page.locator("main").get_by_text(re.compile("Camila Prates|Juliana Matos"))
    expect(names.first).to_be_visible()

    page.emulate_media(media="print")

    expect(names.first).to_be_visible()
    expect(page.get_by_role("navigation").filter(visible=True)).to_have_count(0)
    expect(page.get_by_role("button").filter(visible=True)).to_have_count(0)
    expect(page.get_by_role("search").filter(visible=True)).to_have_count(0)
    expect(page.get_by_text("Salão Flor de Ipê").filter(visible=True).first).to_be_visible()


def weekday_of_the_demo(desk: Desk) -> str:
    """The day of Camila's next appointment, from her card."""
    desk.menu("Clientes")
    desk.page.get_by_role("link", name=re.compile("Camila Prates")).click()
    desk.page.get_by_role("link", name=re.compile("com (Bia|Denise)")).first.click()
    back = desk.page.get_by_role("link", name=re.compile("^Agendamentos de"))
    return re.search(r"dia=([\d-]+)", back.get_attribute("href"))[1]
