"""The main job as people do it: two companies, their numbers, their clients' phones."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date

import pytest
from playwright.sync_api import Locator, Page, expect

from atendo.demo_data import COMPANIES, DemoCompany
from atendo.stack import Stack
from atendo.story.actors import Member, Phones, eventually
from atendo.tests.browser.people import Desk, Handset, Wish, weekday_ahead
from atendo.tests.browser.screens import DESK, PHONE, Screen

pytestmark = pytest.mark.browser

SALON, BARBER = COMPANIES


@pytest.fixture(scope="module")
def stack(new_stack) -> Iterator[Stack]:
    with new_stack("browser_story") as stack:
        stack.start()
        stack.add_phones()
        yield stack


@pytest.mark.parametrize(
    ("screen", "ours", "theirs"),
    [(PHONE, SALON, BARBER), (DESK, BARBER, SALON)],
    ids=["390", "1280"],
)
def test_from_the_code_to_the_confirmed_appointment(
    stack: Stack,
    open_page: Callable[..., Page],
    screen: Screen,
    ours: DemoCompany,
    theirs: DemoCompany,
):
    desk, phones = Desk(open_page(screen), stack.site), Phones(stack.simulator)
    wish = a_wish(ours, "Iracema Dorneles", "31 98877-66" + screen.name[:2])
    phones.call("phones", {"number": wish.digits, "name": wish.name})
    client = Handset(open_page(screen), stack.simulator, wish.digits)
    company = Handset(open_page(screen), stack.simulator, ours.phone)

    desk.log_in(ours.people[0].email)
    connect(desk, company)
    book_and_ask(desk, wish)
    confirm(desk, client)
    foreign = an_appointment_of(theirs, stack)
    phones.press(wish.digits, ours.phone, f"confirm_{foreign}")
    expect_refusal(desk, f"confirm_{foreign}")
    stop_messages(desk, client, wish)


def a_wish(company: DemoCompany, name: str, phone: str, **changes: object) -> Wish:
    fields = {
        "service": company.services[0][0],
        "professional": company.professionals[0],
        "day": weekday_ahead(11),
        "time": "15:00",
    }
    return Wish(name=name, phone=phone, **{**fields, **changes})


def an_appointment_of(company: DemoCompany, stack: Stack) -> int:
    owner = Member(stack.site, company.people[0].email)
    return int(owner.get("appointments/").json()["results"][0]["id"])


def connect(desk: Desk, company: Handset) -> None:
    """Conectar WhatsApp, the tick, the code, the company's phone."""
    code = desk.connect_whatsapp()
    assert code.bounding_box()["width"] >= 180, "too small for a camera"
    desk.stay()
    company.scan()
    expect(desk.page.get_by_role("heading", name="WhatsApp", exact=True)).to_be_visible()
    expect(desk.page.get_by_text("Conectado", exact=True).first).to_be_visible()
    expect(code).to_have_count(0)
    desk.expect_stayed()


def book_and_ask(desk: Desk, wish: Wish) -> None:
    """Book for a new client, find the appointment in the list, ask for the confirmation."""
    desk.book(wish)
    booked = desk.appointment
    desk.page.get_by_role("link", name=f"Agendamentos de {wish.day:%d/%m}").click()
    desk.page.get_by_role("link", name=re.compile(wish.name)).click()
    assert desk.appointment == booked
    desk.button("Enviar confirmação").click()
    expect(desk.page.get_by_text("A mensagem sai em instantes.").first).to_be_visible()


def confirm(desk: Desk, client: Handset) -> None:
    """The question arrives, `1` goes back, the open page changes by itself."""
    desk.stay()
    question = client.chat.get_by_text("1 Confirmo")
    expect(question).to_be_visible()
    expect(desk.status).to_have_text("Aguardando")
    client.answer("1")
    expect(desk.status).to_have_text("Confirmado")
    expect(desk.page.locator("#historia")).to_contain_text("confirmou pelo WhatsApp")
    expect(desk.page.locator("#mensagens")).to_contain_text("Entendemos: confirmou.")
    desk.expect_stayed()


def expect_refusal(desk: Desk, button: str) -> None:
    """The refused button stands in the security log, found through the menu."""
    appointment = desk.page.url
    desk.menu("Segurança")

    def refusals() -> int:
        desk.page.reload()
        return desk.page.get_by_role("listitem").filter(has_text=button).count()

    eventually(refusals, lambda count: count == 1)
    line = desk.page.get_by_role("listitem").filter(has_text=button)
    expect(line).to_contain_text("Recusado")
    desk.page.goto(appointment)
    expect(desk.status).to_have_text("Confirmado")


def stop_messages(desk: Desk, client: Handset, wish: Wish) -> None:
    """PARAR: the open page says why nothing more will leave."""
    desk.stay()
    client.answer("PARAR")
    expect(client.chat.get_by_text("VOLTAR").last).to_be_visible()
    reason = "Não vai sair. O cliente pediu para não receber avisos."
    expect(desk.page.locator("#mensagens").get_by_text(reason).first).to_be_visible()
    desk.expect_stayed()
    desk.page.reload()
    expect(desk.page.get_by_text("Não quer avisos automáticos.")).to_be_visible()


def test_a_taken_time_keeps_what_was_typed(stack: Stack, open_page: Callable[..., Page]):
    desk = Desk(open_page(PHONE), stack.site)
    desk.log_in("lia@flordeipe.example")
    slot = {"day": weekday_ahead(13), "professional": "Denise Rocha"}
    first = a_wish(SALON, "Zuleica Prado", "31 98801-0001", **slot)
    second = a_wish(SALON, "Wanda Reis", "31 98801-0002", notes="Traz a filha.", **slot)

    desk.book(first)
    assert desk.appointment
    desk.book(second)

    expect(desk.page.get_by_text("Este horário já está ocupado.")).to_be_visible()
    kept = {
        "Nome": second.name,
        "Dia": second.day.isoformat(),
        "Hora": second.time,
        "Observações": second.notes,
    }
    for label, value in kept.items():
        expect(desk.field(label)).to_have_value(value)
    expect(desk.field("Celular com DDD")).to_have_value(re.compile("98801.?0002"))
    expect(desk.radio("Serviço", "Corte")).to_be_checked()
    expect(desk.radio("Profissional", "Denise Rocha")).to_be_checked()


def test_the_keyboard_alone_logs_in_and_books(stack: Stack, open_page: Callable[..., Page]):
    page = open_page(DESK)
    desk, day = Desk(page, stack.site), same_in_both_orders(weekday_ahead(3))
    desk.open("/entrar/")

    page.keyboard.type("lia@flordeipe.example")
    page.keyboard.press("Tab")
    page.keyboard.type("atendo-demo-2026")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{stack.site}/")
    skip_to_content(page)
    tab_to(page, desk.link("Novo agendamento"), back=True)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/novo/"))

    tab_to(page, desk.field("Nome ou telefone"))
    page.keyboard.type("camila")
    expect(page.get_by_role("radio", name="Camila Prates")).to_be_checked()
    tab_to(page, desk.radio("Serviço", "Corte"))
    page.keyboard.press("ArrowDown")
    desk.wait_for_parts()
    tab_to(page, desk.radio("Profissional", "Qualquer"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    desk.wait_for_parts()
    tab_to(page, desk.field("Dia"))
    page.keyboard.type(f"{day:%d%m%Y}")
    page.wait_for_timeout(600)
    desk.wait_for_parts()
    tab_to(page, desk.field("Hora"))
    page.keyboard.type("1430")  # a browser that counts to twelve takes it for 02:30 PM
    tab_to(page, desk.booking_button)
    page.keyboard.press("Enter")

    assert desk.appointment
    expect(page.get_by_role("heading", level=1)).to_have_text("Camila Prates")
    expect(page.locator("#agendamento")).to_contain_text("14:30 às 15:20")
    expect(page.locator("#agendamento")).to_contain_text("Escova com Denise Rocha")


def same_in_both_orders(day: date) -> date:
    """The next day that reads the same as day/month and as month/day, whichever the browser's
    language puts first, and that is no Sunday."""
    both = [
        date(day.year + (month > 12), (month - 1) % 12 + 1, (month - 1) % 12 + 1)
        for month in range(day.month, day.month + 14)
    ]
    return next(each for each in both if each >= day and each.weekday() != 6)


def skip_to_content(page: Page) -> None:
    """The first Tab shows the skip link; Enter leads past the menu."""
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Ir para o conteúdo")
    expect(skip).to_be_focused()
    assert skip.bounding_box()["y"] >= 0, "the focused skip link cannot be seen"
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def tab_to(page: Page, wanted: Locator, *, back: bool = False) -> None:
    """Press Tab until the wanted element has the focus, and shows it."""
    for _press in range(60):
        if wanted.evaluate("element => element === document.activeElement"):
            break
        page.keyboard.press("Shift+Tab" if back else "Tab")
    expect(wanted).to_be_focused()
    ring = "e => getComputedStyle(e).outlineStyle + getComputedStyle(e).boxShadow"
    assert wanted.evaluate(ring) != "nonenone", "the focus cannot be seen"
