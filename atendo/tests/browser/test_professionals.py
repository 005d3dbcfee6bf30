"""Who attends, when, and for how much: done as a person would, on a phone and at a desk."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from atendo.processes import web_command
from atendo.stack import Stack
from atendo.tests.browser.checks import problems
from atendo.tests.browser.people import Desk
from atendo.tests.browser.screens import DESK, PHONE, Screen

pytestmark = pytest.mark.browser

OWNER, PROFESSIONAL = "renata@flordeipe.example", "bia@flordeipe.example"
SCREENS = pytest.mark.parametrize("screen", [PHONE, DESK], ids=str)


@pytest.fixture(scope="module")
def stack(new_stack) -> Iterator[Stack]:
    with new_stack("browser_professionals") as stack:
        stack.processes.start("web", web_command(stack.web_port))
        stack.processes.wait_for("web", f"{stack.site}/healthz")
        yield stack


def logged_in(page: Page, stack: Stack, email: str = OWNER) -> Desk:
    desk = Desk(page, stack.site)
    desk.log_in(email)
    return desk


def new_professional(desk: Desk, name: str) -> None:
    desk.open("/profissionais/novo/")
    desk.field("Nome").fill(name)
    desk.button("Cadastrar e ir aos horários").click()
    desk.page.wait_for_url(re.compile(r"/profissionais/\d+/#horarios$"))


def press_until(page: Page, key: str, name: str, *, most: int = 200) -> None:
    """Press a key until what is in focus has this accessible name."""
    for _press in range(most):
        page.keyboard.press(key)
        if focused_name(page) == name:
            return
    raise AssertionError(f"{key} never came to {name!r}")


def focused_name(page: Page) -> str:
    name = page.evaluate(
        """() => {
          const it = document.activeElement;
          return it.getAttribute("aria-label") || it.labels?.[0]?.textContent || it.textContent;
        }"""
    )
    return " ".join(name.split())


@SCREENS
def test_the_week_is_made_with_the_keyboard_alone(
    stack: Stack, open_page: Callable[..., Page], screen: Screen
):
    """Two intervals on Monday, copied to Tuesday to Friday."""
    page = open_page(screen)
    desk = logged_in(page, stack)
    new_professional(desk, f"Elisa {screen}")

    press_until(page, "Tab", "Mais um período em Segunda")
    # Where Chromium writes hours as AM and PM it wants the letter; elsewhere it ignores it.
    for number, (starts, ends) in enumerate((("0900A", "1200P"), ("1300", "1800")), start=1):
        page.keyboard.press("Enter")
        first = page.get_by_label(f"Segunda, período {number}, começa")
        expect(first).to_be_focused()
        first.press_sequentially(starts)
        page.get_by_label(f"Segunda, período {number}, termina").focus()
        page.keyboard.type(ends)
        if number == 1:
            press_until(page, "Tab", "Mais um período em Segunda")
    press_until(page, "Tab", "Copiar horários")
    page.keyboard.press("Enter")
    press_until(page, "Tab", "Copiar para estes dias")
    page.keyboard.press("Enter")
    said = page.locator("#semana").get_by_role("status")
    expect(said).to_have_text("O horário de segunda foi para ter a sex. Falta salvar.")
    expect(said).to_be_focused()
    assert problems(page, on=(screen,)) == []
    press_until(page, "Tab", "Salvar os horários")
    page.keyboard.press("Enter")

    expect(page.get_by_text(f"Horários de Elisa {screen} salvos.").first).to_be_visible()
    expect(page.get_by_text("seg a sex, 09:00–12:00 e 13:00–18:00").first).to_be_visible()


@SCREENS
def test_without_javascript_the_week_is_made_all_the_same(
    stack: Stack, open_page: Callable[..., Page], screen: Screen
):
    page = open_page(screen, java_script_enabled=False)
    desk = logged_in(page, stack)
    new_professional(desk, f"Fábio {screen}")

    desk.button("Mais um período em Sábado").click()
    page.get_by_label("Sábado, período 1, começa").fill("09:00")
    page.get_by_label("Sábado, período 1, termina").fill("08:00")
    page.keyboard.press("Enter")
    expect(page.get_by_text("O fim vem depois do começo.")).to_be_visible()
    expect(page.get_by_label("Sábado, período 1, começa")).to_have_value("09:00")
    page.get_by_label("Sábado, período 1, termina").fill("00:00")
    desk.button("Mais um período em Domingo").click()
    expect(page.get_by_label("Sábado, período 1, começa")).to_have_value("09:00")
    desk.button("Tirar o período 1 de Domingo").click()
    desk.button("Salvar os horários").click()

    expect(page.get_by_text("sáb 09:00–24:00").first).to_be_visible()


@SCREENS
def test_the_week_of_somebody_else_is_used(
    stack: Stack, open_page: Callable[..., Page], screen: Screen
):
    page = open_page(screen)
    desk = logged_in(page, stack)
    new_professional(desk, f"Gil {screen}")

    page.get_by_text("Copiar horários").click()
    page.get_by_label("Da semana de outra pessoa").select_option("Bia Moura")
    desk.button("Usar este horário").click()
    expect(page.get_by_text("Horário de Bia Moura copiado. Falta salvar.")).to_be_visible()
    desk.button("Salvar os horários").click()

    expect(page.get_by_text("seg a sáb, 08:00–20:00").first).to_be_visible()


@SCREENS
def test_an_absence_shows_whom_it_strikes_before_it_is_saved(
    stack: Stack, open_page: Callable[..., Page], screen: Screen
):
    page = open_page(screen)
    desk = logged_in(page, stack)
    desk.menu("Profissionais")
    page.get_by_role("link", name="Bia Moura").click()
    desk.link("Nova ausência").click()
    today = date.today()
    desk.field("Primeiro dia").fill(today.isoformat())
    desk.field("Último dia").fill((today + timedelta(days=6)).isoformat())
    desk.field("Motivo").fill(f"Curso {screen}")
    desk.button("Marcar a ausência").click()

    asked = page.get_by_role("alert").filter(has_text="Camila Prates")
    expect(asked).to_be_focused()
    expect(asked.get_by_role("link", name=re.compile("^Remarcar Camila Prates"))).to_be_visible()
    assert problems(page, on=(screen,)) == []
    desk.button("Salvar mesmo assim").click()

    expect(page.get_by_text(f"Curso {screen}")).to_be_visible()
    desk.menu("Profissionais")
    expect(page.get_by_text("Ausente agora")).to_be_visible()

    page.get_by_role("link", name="Bia Moura").click()
    page.get_by_role("link", name=re.compile(f"Curso {screen}")).click()
    desk.link("Apagar").click()
    desk.button("Apagar a ausência").click()
    expect(page.get_by_text(f"Curso {screen}")).to_have_count(0)


@SCREENS
def test_a_price_of_ones_own_is_the_same_from_both_sides(
    stack: Stack, open_page: Callable[..., Page], screen: Screen
):
    page = open_page(screen)
    desk = logged_in(page, stack)
    desk.menu("Profissionais")
    page.get_by_role("link", name="Denise Rocha").click()
    page.get_by_label("Preço próprio de Escova").fill("99,90" if screen is PHONE else "101")
    page.get_by_label("Duração própria de Escova, em minutos").fill("65")
    desk.button("Salvar os serviços").click()
    expect(page.get_by_text("Serviços de Denise Rocha salvos.").first).to_be_visible()

    desk.open("/servicos/")
    page.get_by_role("link", name=re.compile("^Escova")).click()
    price = "99,90" if screen is PHONE else "101,00"
    expect(page.get_by_label("Preço com Denise Rocha")).to_have_value(price)
    expect(page.get_by_label("Duração com Denise Rocha, em minutos")).to_have_value("65")
    assert page.get_by_label("Preço com Denise Rocha").get_attribute("placeholder") == "85,00"


@SCREENS
def test_a_service_is_made_with_a_quick_duration(
    stack: Stack, open_page: Callable[..., Page], screen: Screen
):
    page = open_page(screen)
    desk = logged_in(page, stack)
    desk.menu("Serviços")
    desk.link("Novo serviço").click()
    desk.field("Nome").fill(f"Hidratação {screen}")
    desk.field("Categoria").fill("cabelo")
    desk.field("Preço (R$)").fill("120")
    page.get_by_role("button", name="45 minutos").click()
    expect(desk.field("Duração em minutos")).to_have_value("45")
    desk.field("Arrumação em minutos").fill("10")
    desk.button("Cadastrar serviço").click()

    row = page.get_by_role("link", name=re.compile(f"^Hidratação {screen}"))
    expect(row).to_contain_text("45 min · R$\N{NO-BREAK SPACE}120")
    expect(row).to_contain_text("Reserva mais 10 min depois")


def test_who_saves_one_part_is_asked_about_the_others(
    stack: Stack, open_page: Callable[..., Page]
):
    page = open_page(DESK)
    desk = logged_in(page, stack)
    desk.open("/profissionais/")
    page.get_by_role("link", name="Denise Rocha").click()
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))

    desk.field("Nome").fill("Denise R")
    page.get_by_label("Preço próprio de Corte").fill("77")
    desk.button("Salvar os serviços").click()

    expect(page.get_by_text("Serviços de Denise Rocha salvos.").first).to_be_visible()
    assert asked == ["beforeunload"]
    page.get_by_label("Preço próprio de Corte").fill("")
    desk.button("Salvar os serviços").click()
    expect(page.get_by_label("Preço próprio de Corte")).to_have_value("")
    assert asked == ["beforeunload"]


@SCREENS
def test_a_professional_reads_the_own_hours(
    stack: Stack, open_page: Callable[..., Page], screen: Screen
):
    page = open_page(screen)
    desk = logged_in(page, stack, PROFESSIONAL)

    desk.menu("Meus horários")

    expect(page.get_by_role("heading", name="Meus horários")).to_be_visible()
    expect(page.get_by_text("08:00–20:00").first).to_be_visible()
    expect(page.get_by_text("Denise")).to_have_count(0)
