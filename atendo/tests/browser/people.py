"""A member of a company at a screen, and a client who holds a phone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from playwright.sync_api import Locator, Page, expect

from atendo.demo_data import PASSWORD


@dataclass(frozen=True, slots=True)
class Wish:
    """What is typed into Novo agendamento."""

    name: str
    phone: str
    service: str
    professional: str
    day: date
    time: str
    notes: str = ""

    @property
    def digits(self) -> str:
        """The phone as WhatsApp writes it."""
        return "55" + re.sub(r"\D", "", self.phone)


def weekday_ahead(days: int) -> date:
    """The first day from so many days ahead on that is no Sunday."""
    day = date.today() + timedelta(days=days)
    return day + timedelta(days=1) if day.weekday() == 6 else day


class Desk:
    def __init__(self, page: Page, site: str) -> None:
        self.page, self.site = page, site

    def open(self, path: str) -> None:
        self.page.goto(self.site + path)

    def log_in(self, email: str, password: str = PASSWORD) -> None:
        self.open("/entrar/")
        self.field("E-mail").fill(email)
        self.field("Senha").fill(password)
        self.button("Entrar").click()
        self.page.wait_for_url(re.compile(r"(?<!/entrar/)$"))

    def button(self, name: str) -> Locator:
        return self.seen("button", name)

    def link(self, name: str) -> Locator:
        return self.seen("link", name)

    def field(self, label: str) -> Locator:
        """The field with this label, which ends in an asterisk where it must be filled in."""
        return self.page.get_by_label(re.compile(rf"^\s*{re.escape(label)}\s*\*?\s*$"))

    def seen(self, role: str, name: str) -> Locator:
        """The one that is visible: menus and buttons stand twice, for phones and for desks."""
        return self.page.get_by_role(role, name=name, exact=True).filter(visible=True)

    def menu(self, name: str) -> None:
        """Follow a link of the menu, on a phone below Mais where it is not in the bar."""
        words = re.compile(rf"^\s*{re.escape(name)}(\s+\d+)?\s*$")  # its count stands beside it
        menus = self.page.locator(".at-rail, .at-bottom")
        link = menus.get_by_role("link", name=words).filter(visible=True)
        if not link.count():
            self.page.get_by_text("Mais", exact=True).filter(visible=True).click()
        link.first.click()

    def connect_whatsapp(self) -> Locator:
        """Accept the risk and ask for a code; return it as it is shown."""
        self.menu("WhatsApp")
        self.page.get_by_role("checkbox").check()
        self.button("Conectar WhatsApp").click()
        code = self.page.get_by_role("img", name="Código QR para conectar o WhatsApp")
        expect(code).to_be_visible()
        return code

    def book(self, wish: Wish) -> None:
        """Type a new client and a time into Novo agendamento, and send it off."""
        self.menu("Novo agendamento")
        self.page.get_by_text("Cadastrar cliente novo").click()
        self.field("Nome").press_sequentially(wish.name)
        self.field("Celular com DDD").press_sequentially(wish.phone)
        self.choose(wish.service, wish.professional)
        self.field("Observações").fill(wish.notes)
        self.pick_time(wish.day, wish.time)
        self.booking_button.click()

    def choose(self, service: str, professional: str) -> None:
        """What for and with whom: the page brings the times that go with it."""
        self.radio("Serviço", service).check()
        self.wait_for_parts()
        # The label is what a person touches: own terms stand in it, over the round button.
        self.radio("Profissional", professional).check(force=True)
        self.wait_for_parts()

    def pick_time(self, day: date, time: str) -> None:
        """Type a day and an hour, whether it is among the free ones or not."""
        self.field("Dia").fill(day.isoformat())
        self.page.wait_for_timeout(600)  # the page waits until the year has been typed
        self.wait_for_parts()
        self.field("Hora").fill(time)
        self.wait_for_parts()

    def wait_for_parts(self) -> None:
        self.page.wait_for_function("() => !document.querySelector('.htmx-request')")

    @property
    def booking_button(self) -> Locator:
        """The button that books or moves, whose words say to when."""
        words = re.compile(r"^(Marcar|Remarcar) (?!mesmo)")
        return self.page.get_by_role("button", name=words).filter(visible=True)

    def radio(self, group: str, start: str) -> Locator:
        """The choice of this group that starts so."""
        radios = self.page.get_by_role("group", name=group, exact=True).get_by_role("radio")
        return radios.and_(
            self.page.get_by_role("radio", name=re.compile(rf"^\s*{start}\b"))
        ).first

    @property
    def appointment(self) -> int:
        """The id of the appointment that is open."""
        self.page.wait_for_url(re.compile(r"/agendamentos/\d+/$"))
        return int(self.page.url.rstrip("/").rpartition("/")[2])

    @property
    def status(self) -> Locator:
        """The badge of the appointment that is open."""
        return self.page.locator("#agendamento").get_by_role("status")

    def stay(self) -> None:
        """From here on the page must change by itself; see `expect_stayed`."""
        self.page.evaluate("window.sameDocument = true")

    def expect_stayed(self) -> None:
        assert self.page.evaluate("window.sameDocument === true"), "the page was loaded again"


class Handset:
    """A phone in the simulator's page."""

    def __init__(self, page: Page, simulator: str, number: str) -> None:
        self.page = page
        page.goto(f"{simulator}/celulares/{number.lstrip('+')}/")

    def scan(self) -> None:
        """Read the code that a company is showing."""
        self.page.get_by_role("button", name="Ler o código de").click()
        expect(self.page.get_by_role("status")).to_contain_text("lido")

    @property
    def chat(self) -> Locator:
        return self.page.get_by_role("log")

    def answer(self, text: str) -> None:
        self.page.get_by_role("button", name=text, exact=True).click()
