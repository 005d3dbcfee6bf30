"""The README's path without demo data: staff makes a company, its owner does the rest."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from atendo.processes import manage
from atendo.stack import Stack
from atendo.story.actors import Phones
from atendo.tests.browser.people import Desk, Handset, weekday_ahead
from atendo.tests.browser.screens import DESK, PHONE

pytestmark = pytest.mark.browser

STAFF, STAFF_PASSWORD = "equipe@atendo.example", "uma senha da equipe"
OWNER, OWNER_PASSWORD = "helena@estudiohelena.example", "uma senha da Helena"
COMPANY_PHONE, CLIENT_PHONE = "5531999228800", "5531988112233"
WEEKDAYS = ("Segunda", "Terça", "Quarta", "Quinta", "Sexta", "Sábado")


@pytest.fixture(scope="module")
def stack(new_stack) -> Iterator[Stack]:
    with new_stack("browser_first_steps", with_demo=False) as stack:
        stack.start()
        yield stack


def test_from_an_empty_database_to_the_first_confirmation(
    stack: Stack, open_page: Callable[..., Page]
):
    phones = Phones(stack.simulator)
    phones.call("phones", {"number": COMPANY_PHONE, "name": "Estúdio Helena"})
    phones.call("phones", {"number": CLIENT_PHONE, "name": "Joana Lemos"})
    make_superuser(stack)

    staff_makes_the_company(open_page(DESK), stack.site)

    owner = Desk(open_page(PHONE), stack.site)
    owner.log_in(OWNER, OWNER_PASSWORD)
    expect(owner.page.get_by_text("Estúdio Helena").first).to_be_visible()
    day = weekday_ahead(3)
    add_professional(owner, day)
    add_service(owner)
    add_client(owner)
    owner.connect_whatsapp()
    Handset(open_page(DESK), stack.simulator, COMPANY_PHONE).scan()
    expect(owner.page.get_by_text("Conectado", exact=True).first).to_be_visible()

    book(owner, day)
    owner.button("Enviar confirmação").click()

    client = Handset(open_page(PHONE), stack.simulator, CLIENT_PHONE)
    expect(client.chat.get_by_text("1 Confirmo")).to_be_visible()
    client.answer("1")
    expect(owner.status).to_have_text("Confirmado")


def make_superuser(stack: Stack) -> None:
    environment = stack.processes.full_environment | {"DJANGO_SUPERUSER_PASSWORD": STAFF_PASSWORD}
    asked = ["--noinput", "--email", STAFF, "--name", "Equipe"]
    subprocess.run(manage("createsuperuser", *asked), env=environment, check=True)


def staff_makes_the_company(page: Page, site: str) -> None:
    page.goto(f"{site}/admin/")
    page.locator("[name=username]").fill(STAFF)
    page.locator("[name=password]").fill(STAFF_PASSWORD)
    page.locator("[type=submit]").click()
    expect(page.get_by_role("heading", name="Todas as empresas")).to_be_visible()
    make_owner(page, site)
    make_company(page, site)
    page.locator("#logout-form button").click()


def make_owner(page: Page, site: str) -> None:
    page.goto(f"{site}/admin/tenants/user/add/")
    page.locator("[name=name]").fill("Helena Prado")
    page.locator("[name=email]").fill(OWNER)
    page.locator("[name=password1]").fill(OWNER_PASSWORD)
    page.locator("[name=password2]").fill(OWNER_PASSWORD)
    page.locator("[name=_save]").click()
    expect(page.locator(".messagelist .success")).to_contain_text("Helena Prado")


def make_company(page: Page, site: str) -> None:
    """The company, and with it the owner's access."""
    page.goto(f"{site}/admin/tenants/company/add/")
    page.locator("[name=name]").press_sequentially("Estúdio Helena")
    expect(page.locator("[name=slug]")).to_have_value("estudio-helena")
    page.locator("#memberships-0 .select2-selection").click()
    page.locator(".select2-search__field").fill("helena")
    page.get_by_role("option", name=re.compile("Helena Prado")).click()
    page.locator("[name=memberships-0-role]").select_option(label="Dono")
    page.locator("[name=_save]").click()
    expect(page.locator(".messagelist .success")).to_contain_text("Estúdio Helena")


def add_professional(owner: Desk, day: date) -> None:
    owner.menu("Profissionais")
    owner.link("Cadastrar o primeiro profissional").click()
    owner.field("Nome").fill("Helena Prado")
    owner.button("Cadastrar e ir aos horários").click()
    weekday = WEEKDAYS[day.weekday()]
    owner.button(f"Mais um período em {weekday}").click()
    owner.page.get_by_label(f"{weekday}, período 1, começa").fill("09:00")
    owner.page.get_by_label(f"{weekday}, período 1, termina").fill("18:00")
    owner.button("Salvar os horários").click()
    owner.menu("Profissionais")
    row = owner.page.get_by_role("listitem").filter(has_text="Helena Prado")
    expect(row).to_contain_text(weekday[:3].lower())


def add_service(owner: Desk) -> None:
    owner.menu("Serviços")
    owner.link("Cadastrar o primeiro serviço").click()
    owner.field("Nome").fill("Corte")
    owner.field("Duração em minutos").fill("45")
    owner.field("Preço (R$)").fill("85,00")
    owner.button("Cadastrar serviço").click()
    row = owner.page.get_by_role("listitem").filter(has_text="Corte")
    expect(row).to_contain_text("45 min · R$ 85")


def add_client(owner: Desk) -> None:
    owner.menu("Clientes")
    owner.link("Cadastrar o primeiro cliente").click()
    owner.field("Nome").fill("Joana Lemos")
    owner.page.get_by_label("Celular").fill("(31) 98811-2233")
    owner.button("Cadastrar cliente").click()
    expect(owner.page.get_by_role("heading", level=1)).to_have_text("Joana Lemos")


def book(owner: Desk, day: date) -> None:
    """From the client's page, outside the hours first: the page asks whether it is meant."""
    owner.menu("Clientes")
    owner.page.get_by_role("link", name="Joana Lemos").click()
    owner.link("Marcar horário").click()
    owner.choose("Corte", "Helena")
    owner.pick_time(day, "20:00")
    owner.booking_button.click()
    expect(owner.page.get_by_text("Fora do horário de Helena Prado")).to_be_visible()
    owner.pick_time(day, "10:30")
    owner.booking_button.click()
    assert owner.appointment
