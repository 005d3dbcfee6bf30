"""The agenda's work as people do it: book by the keyboard and on a phone, move, cancel, take back,
look at the day, print it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from time import monotonic

import pytest
from playwright.sync_api import Page, expect

from atendo.processes import web_command
from atendo.stack import Stack
from atendo.tests.browser.checks import problems
from atendo.tests.browser.people import Desk, weekday_ahead
from atendo.tests.browser.screens import DESK, PHONE, Screen

pytestmark = pytest.mark.browser

RECEPTION = "lia@flordeipe.example"
# What a person may need, reading included; the keys themselves take a fraction of it.
SECONDS, KEYSTROKES = 20, 30


@pytest.fixture(scope="module")
def stack(new_stack) -> Iterator[Stack]:
    """Without a worker: nothing happens but what the tests do."""
    with new_stack("browser_agenda") as stack:
        stack.start_simulator()
        stack.processes.start("web", web_command(stack.web_port))
        stack.processes.wait_for("web", f"{stack.site}/healthz")
        yield stack


@pytest.fixture
def desk(stack: Stack, open_page: Callable[..., Page]) -> Callable[[Screen], Desk]:
    def at(screen: Screen) -> Desk:
        desk = Desk(open_page(screen), stack.site)
        desk.log_in(RECEPTION)
        return desk

    return at


class Keys:
    """A keyboard that counts."""

    def __init__(self, page: Page) -> None:
        self.page, self.pressed = page, 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.pressed += 1

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.pressed += len(text)


def test_from_the_list_to_the_booked_appointment_by_keys_alone(desk: Callable[[Screen], Desk]):
    """Enter goes on: client, service, professional, time, button."""
    lia = desk(DESK)
    lia.open("/agendamentos/")
    page, keys = lia.page, Keys(lia.page)
    started = monotonic()

    keys.press("Tab", "Tab", "Tab")  # past the way to the content and the logo
    expect(lia.link("Novo agendamento")).to_be_focused()
    keys.press("Enter")
    expect(lia.field("Nome ou telefone")).to_be_focused()
    keys.type("1247")
    keys.press("Enter")
    expect(page.get_by_role("radio", name="Camila Prates")).to_be_focused()
    keys.press("Enter")
    expect(lia.radio("Serviço", "Corte")).to_be_focused()
    keys.press("Enter")
    expect(lia.radio("Profissional", "Qualquer")).to_be_focused()
    keys.press("Enter")
    first = page.locator("#horas input[type=radio]").first
    expect(first).to_be_focused()
    keys.press("Enter")
    expect(lia.booking_button).to_be_focused()
    expect(lia.booking_button).to_have_text(re.compile(r"^Marcar .+, \d\d:\d\d$"))
    keys.press("Enter")

    assert lia.appointment
    took = monotonic() - started
    expect(page.get_by_role("heading", level=1)).to_have_text("Camila Prates")
    assert keys.pressed <= KEYSTROKES
    assert took < SECONDS, f"{took:.1f} s for {keys.pressed} keys"


def test_enter_waits_for_the_clients_of_what_was_typed_last(desk: Callable[[Screen], Desk]):
    lia = desk(DESK)
    lia.menu("Novo agendamento")
    lia.field("Nome ou telefone").press_sequentially("a")
    people = lia.page.locator("#clientes").get_by_role("radio")
    expect(people).not_to_have_count(0)

    lia.field("Nome ou telefone").press_sequentially(" prates")
    lia.page.keyboard.press("Enter")

    expect(people).to_have_count(2)  # and the one that stands for a new client
    expect(lia.page.get_by_role("radio", name="Camila Prates")).to_be_focused()


def test_a_phone_books_moves_cancels_and_takes_it_back(desk: Callable[[Screen], Desk]):
    lia = desk(PHONE)
    booked = book(lia, "Juliana")

    lia.link("Remarcar").click()
    lia.radio("Profissional", "Denise").check()
    lia.wait_for_parts()
    lia.page.locator("#dias button").nth(2).click()
    lia.wait_for_parts()
    lia.page.locator("#horas .at-chip").nth(1).click()
    lia.wait_for_parts()
    lia.booking_button.click()
    said = lia.page.locator("#at-messages")
    expect(said).to_contain_text("Horário de Juliana remarcado para")
    expect(lia.page.locator("#historia")).to_contain_text(re.compile("Era .+ ficou .+ com Denise"))

    lia.open(f"/agendamentos/{booked}/cancelar/")
    lia.page.get_by_text("Cliente pediu").click()
    lia.button("Cancelar o horário").click()
    expect(lia.status).to_have_text("Cancelado")
    expect(lia.page.locator("#historia")).to_contain_text("Motivo: Cliente pediu")

    said.get_by_role("button", name="Desfazer").click()
    expect(lia.status).to_have_text("Agendado")
    expect(lia.page.locator("#historia")).to_contain_text("Lia desfez o cancelamento pelo balcão.")
    expect(said).to_contain_text("Horário de Juliana como antes.")


def book(desk: Desk, client: str) -> int:
    """Book by touch, at the second of the times that are offered."""
    desk.menu("Novo agendamento")
    desk.field("Nome ou telefone").press_sequentially(client)
    expect(desk.page.get_by_role("radio", name=re.compile(client))).to_be_checked()
    desk.radio("Serviço", "Corte").check()
    desk.wait_for_parts()
    desk.page.locator("#dias button").nth(1).click()
    desk.wait_for_parts()
    desk.page.locator("#horas .at-chip").nth(1).click()
    desk.wait_for_parts()
    desk.booking_button.click()
    return desk.appointment


@pytest.mark.parametrize("screen", [PHONE, DESK], ids=str)
def test_a_free_gap_of_the_day_leads_to_a_booking_that_is_filled_in(
    desk: Callable[[Screen], Desk], screen: Screen
):
    lia, day = desk(screen), weekday_ahead(50)
    lia.open(f"/agenda/?dia={day.isoformat()}")
    expect(lia.page.get_by_role("heading", level=2).first).to_have_text("Bia Moura")

    lia.page.get_by_role("link", name=re.compile("Marcar com Bia Moura às")).first.click()

    expect(lia.field("Dia")).to_have_value(day.isoformat())
    expect(lia.radio("Profissional", "Bia")).to_be_checked()
    expect(lia.field("Hora")).to_have_value("08:00")


def test_on_a_phone_one_professional_at_a_time(desk: Callable[[Screen], Desk]):
    lia = desk(PHONE)
    lia.open(f"/agenda/?dia={weekday_ahead(50).isoformat()}")
    shown = lia.page.get_by_role("heading", level=2).filter(visible=True)
    expect(shown).to_have_text(["Bia Moura"])

    lia.link("Denise Rocha").click()

    expect(shown).to_have_text(["Denise Rocha"])
    assert problems(lia.page, on=(PHONE,)) == []


def test_what_was_refused_can_be_asked_for_all_the_same(desk: Callable[[Screen], Desk]):
    lia = desk(DESK)
    lia.menu("Novo agendamento")
    lia.field("Nome ou telefone").press_sequentially("Marcos")
    expect(lia.page.get_by_role("radio", name="Marcos Vilela")).to_be_checked()
    lia.choose("Corte", "Denise")
    lia.pick_time(weekday_ahead(40), "21:00")

    lia.booking_button.click()

    expect(lia.page.get_by_text("Fora do horário de Denise Rocha")).to_be_visible()
    assert problems(lia.page, on=(PHONE, DESK)) == []
    lia.page.get_by_label("Marcar mesmo assim").check()
    lia.booking_button.click()
    assert lia.appointment


def test_the_printer_takes_the_list_that_one_sees(desk: Callable[[Screen], Desk]):
    lia = desk(DESK)
    lia.page.add_init_script("window.print = () => { window.printed = true }")
    lia.open("/agendamentos/?de=2026-01-01&ate=2026-12-31&q=prates")

    lia.link("Imprimir").click()

    expect(lia.page).to_have_url(re.compile(r"/papel/\?de=2026-01-01&ate=2026-12-31&q=prates$"))
    lia.page.wait_for_function("() => window.printed")
    lia.link("Voltar à lista").click()
    expect(lia.page).to_have_url(re.compile(r"/agendamentos/\?de=2026-01-01"))


@pytest.mark.parametrize("path", ["/agendamentos/", "/agendamentos/papel/", "/agenda/"])
def test_the_day_on_paper_has_no_menu(desk: Callable[[Screen], Desk], path: str):
    lia = desk(DESK)
    lia.open(path)
    lia.page.emulate_media(media="print")

    expect(lia.page.get_by_text("Salão Flor de Ipê ·")).to_be_visible()
    for gone in (".at-rail", ".at-top", "[role=search]"):
        expect(lia.page.locator(gone)).to_be_hidden()
    expect(lia.page.locator("main .card, main .at-board").first).to_be_visible()
