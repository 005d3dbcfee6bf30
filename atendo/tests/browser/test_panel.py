"""The day's work from the panel: what waits for a person, who arrives, a company's first steps.
And the staff's pages beside it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from atendo.demo_data import STAFF_EMAIL
from atendo.processes import web_command
from atendo.stack import Stack
from atendo.tests.browser import rows
from atendo.tests.browser.checks import problems, staff_problems
from atendo.tests.browser.panel_rows import GUESTS
from atendo.tests.browser.people import Desk
from atendo.tests.browser.screens import DESK, PHONE, Screen
from atendo.tests.browser.test_story import tab_to
from atendo.tests.browser.visitors import Visitors

pytestmark = pytest.mark.browser

RECEPTION = "lia@flordeipe.example"
BOTH = pytest.mark.parametrize("screen", [PHONE, DESK], ids=str)
ANA, BELA, CORA, DORA, EVA = GUESTS


@pytest.fixture(scope="module")
def stack(new_stack) -> Iterator[Stack]:
    """Without a worker: what the rows say stays as it is."""
    with new_stack("browser_panel", with_demo=False) as stack:
        environment = stack.processes.full_environment
        command = [sys.executable, "-m", "atendo.tests.browser.panel_rows"]
        subprocess.run(command, env=environment, check=True)
        stack.processes.start("web", web_command(stack.web_port))
        stack.processes.wait_for("web", f"{stack.site}/healthz")
        yield stack


def desk_of(page: Page, stack: Stack, email: str = RECEPTION) -> Desk:
    desk = Desk(page, stack.site)
    desk.log_in(email)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Hoje, ")
    return desk


def task(desk: Desk, text: str) -> Locator:
    section = desk.page.get_by_role("region", name="Precisa de você")
    return section.get_by_role("listitem").filter(has_text=text)


def with_guest(one: str, other: str) -> pytest.MarkDecorator:
    """Each screen with a guest of its own, who arrives once."""
    return pytest.mark.parametrize(("screen", "guest"), [(PHONE, one), (DESK, other)], ids=str)


def figure(desk: Desk, key: str) -> int:
    return int(desk.page.locator(f"#numero-{key} b").text_content())


@BOTH
def test_each_task_leads_to_where_it_is_done(
    stack: Stack, open_page: Callable[..., Page], screen: Screen
):
    desk = desk_of(open_page(screen), stack)
    for text, button, address in (
        ("pediu para remarcar", "Escolher horário", r"/agendamentos/\d+/remarcar/"),
        ("acho que atraso", "Responder", r"/conversas/\d+/"),
        ("não saiu", "Corrigir número", r"/clientes/\d+/"),
    ):
        desk.open("/")
        task(desk, text).get_by_role("link", name=button, exact=True).click()
        expect(desk.page).to_have_url(re.compile(address))
    desk.open("/")
    call = task(desk, "Juliana Matos não respondeu").get_by_role("link", name="Ligar")
    expect(call).to_have_attribute("href", "tel:+5531988773311")


@with_guest(ANA, BELA)
def test_who_arrives_is_marked_where_one_looks(
    stack: Stack, open_page: Callable[..., Page], screen: Screen, guest: str
):
    desk = desk_of(open_page(screen), stack)
    attended = figure(desk, "atendidos")
    desk.stay()
    toasts = desk.page.locator("#at-toasts")

    desk.button(f"Chegou: {guest}").click()
    expect(toasts).to_contain_text("Chegada de")
    desk.button(f"Atendido: {guest}").click()

    expect(toasts).to_contain_text("Atendimento de")
    expect(desk.page.locator("#numero-atendidos b")).to_have_text(str(attended + 1))
    toasts.evaluate("toasts => toasts.replaceChildren()")  # they lie over the page for a while
    assert problems(desk.page, on=(screen,)) == []
    desk.expect_stayed()


def test_the_keyboard_alone_marks_an_arrival_and_stays_in_its_row(
    stack: Stack, open_page: Callable[..., Page]
):
    desk = desk_of(open_page(DESK), stack)

    tab_to(desk.page, desk.button(f"Chegou: {CORA}"))
    desk.page.keyboard.press("Enter")

    expect(desk.button(f"Atendido: {CORA}")).to_be_focused()


def test_the_minutes_renewal_takes_the_focus_from_nobody(
    stack: Stack, open_page: Callable[..., Page]
):
    desk = desk_of(open_page(DESK), stack)
    desk.page.locator("#numero-faltou").focus()
    desk.page.evaluate("document.getElementById('trabalho').dataset.old = 'yes'")

    desk.page.evaluate(
        """() => htmx.ajax("GET", "/hoje/parte/", {
          source: "#trabalho", target: "#trabalho", select: "#trabalho", swap: "outerHTML"})"""
    )

    expect(desk.page.locator("#trabalho:not([data-old])")).to_be_visible()
    expect(desk.page.locator("#numero-faltou")).to_be_focused()


@with_guest(DORA, EVA)
def test_without_javascript_an_arrival_is_marked_too(
    stack: Stack, open_page: Callable[..., Page], screen: Screen, guest: str
):
    desk = desk_of(open_page(screen, java_script_enabled=False), stack)

    desk.button(f"Chegou: {guest}").click()

    expect(desk.page.get_by_text(re.compile("Chegada de .* marcada"))).to_be_visible()
    expect(desk.button(f"Atendido: {guest}")).to_be_visible()


@BOTH
def test_every_figure_leads_to_as_many_rows(
    stack: Stack, open_page: Callable[..., Page], screen: Screen
):
    desk = desk_of(open_page(screen), stack)
    for key in ("horarios", "atendidos", "faltou"):
        desk.open("/")
        count = figure(desk, key)
        desk.page.locator(f"#numero-{key}").click()
        chip = desk.page.locator(".at-chip[aria-current] b")
        expect(chip).to_have_text(str(count))


@BOTH
def test_the_weeks_are_a_table_too(stack: Stack, open_page: Callable[..., Page], screen: Screen):
    desk = desk_of(open_page(screen), stack)

    desk.page.get_by_text("Ver em tabela").click()

    table = desk.page.get_by_role("table", name="Comparecimento por semana")
    expect(table.get_by_role("row")).to_have_count(9)
    desk.page.get_by_text("Como calculamos").first.click()
    expect(desk.page.get_by_text("A semana vai de segunda a domingo")).to_be_visible()
    assert problems(desk.page, on=(screen,)) == []


@BOTH
def test_a_new_company_takes_its_first_step(
    stack: Stack, open_page: Callable[..., Page], screen: Screen
):
    desk = desk_of(open_page(screen), stack, rows.NEWCOMER)
    steps = desk.page.get_by_role("region", name="Primeiros passos")
    if screen == PHONE:
        expect(steps).to_contain_text("0 de 6")
        steps.get_by_role("link", name="Cadastrar um serviço").click()
        desk.field("Nome").fill("Consulta")
        desk.button("Cadastrar serviço").click()
        desk.open("/")

        expect(steps).to_contain_text("1 de 6")
        expect(steps.get_by_role("link", name="Cadastrar um serviço")).to_have_count(0)
    steps.get_by_role("link", name="Conectar o WhatsApp da empresa").click()
    expect(desk.page).to_have_url(f"{stack.site}/whatsapp/")


@pytest.fixture(scope="module")
def visitors(stack: Stack, browser) -> Iterator[Visitors]:
    visitors = Visitors(browser, stack.site)
    yield visitors
    visitors.close()


@BOTH
def test_the_staff_sees_how_a_company_is_and_finds_its_messages(
    visitors: Visitors, screen: Screen
):
    page = visitors.page(STAFF_EMAIL)
    page.set_viewport_size(screen.size)
    page.goto(f"{visitors.site}/admin/tenants/company/")
    expect(page.get_by_role("row", name="Salão Flor de Ipê")).to_contain_text("Nunca conectado")

    page.get_by_role("link", name="Salão Flor de Ipê").click()
    expect(page.get_by_role("heading", name="Como está agora")).to_be_visible()
    failed = page.locator(".at-health dd a[href*='failed']")
    count = failed.text_content()
    failed.click()

    expect(page.locator("#result_list tbody tr")).to_have_count(int(count))
    page.goto(f"{visitors.site}/admin/whatsapp/webhookevent/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert visitors.watch.complaints == []


@pytest.mark.parametrize(
    "path",
    [
        *("", "tenants/company/", "tenants/company/1/change/", "tenants/company/1/enter/"),
        *("whatsapp/message/", "whatsapp/message/1/change/", "whatsapp/webhookevent/"),
    ],
)
def test_the_staffs_pages_are_for_everybody(visitors: Visitors, path: str):
    page = visitors.page(STAFF_EMAIL)

    answer = page.goto(f"{visitors.site}/admin/{path}")

    assert answer.ok and page.url.endswith(f"/admin/{path}")
    assert staff_problems(page) == []
    assert visitors.watch.complaints == []
