"""Every page on every screen: axe is silent, nothing scrolls sideways, the console stays empty,
nothing comes from another host."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from atendo.demo_data import STAFF_EMAIL
from atendo.processes import web_command
from atendo.stack import Stack
from atendo.story.actors import Phones
from atendo.tests.browser import rows
from atendo.tests.browser.checks import problems
from atendo.tests.browser.people import Desk
from atendo.tests.browser.screens import DESK, PHONE, Screen
from atendo.tests.browser.visitors import Visitors

pytestmark = pytest.mark.browser

OWNER, RECEPTION = "renata@flordeipe.example", "lia@flordeipe.example"
PROFESSIONAL, OF_TWO = "bia@flordeipe.example", "sara@consultoria.example"
STRANGER = ""


@dataclass(frozen=True)
class Look:
    """A page to look at.  `path` may name rows; `status` is what it answers."""

    name: str
    path: str
    email: str = OWNER
    status: int = 200


LOOKS = (
    Look("login", "/entrar/", STRANGER),
    Look("choose-company", "/empresas/", OF_TWO),
    Look("change-password", "/conta/senha/"),
    Look("panel", "/"),
    Look("panel-of-the-reception", "/", RECEPTION),
    Look("panel-of-a-professional", "/", PROFESSIONAL),
    Look("panel-empty", "/", rows.NEWCOMER),
    Look("panel-tasks", "/hoje/precisa-de-voce/"),
    Look("panel-tasks-empty", "/hoje/precisa-de-voce/", rows.NEWCOMER),
    Look("panel-not-asked-yet", "/hoje/sem-pergunta/"),
    Look("panel-not-asked-yet-empty", "/hoje/sem-pergunta/?situacao=sem-whatsapp"),
    Look("appointments", "/agendamentos/"),
    Look("appointments-none-found", "/agendamentos/?q=xyz"),
    Look("appointments-empty", "/agendamentos/", rows.NEWCOMER),
    Look("appointments-of-a-professional", "/agendamentos/", PROFESSIONAL),
    Look("appointments-of-a-period", "/agendamentos/?de=2020-01-01&situacao=cancelados"),
    Look("appointments-of-no-period", "/agendamentos/?de=2020-01-01&ate=2020-01-02"),
    Look("appointments-on-paper", "/agendamentos/papel/"),
    Look("appointments-on-paper-none", "/agendamentos/papel/?dia=2020-01-01"),
    Look("day", "/agenda/"),
    Look("day-of-one", "/agenda/?profissional={professional}"),
    Look("day-with-nothing", "/agenda/?dia=2030-01-06"),
    Look("day-empty", "/agenda/", rows.NEWCOMER),
    Look("day-of-a-professional", "/agenda/", PROFESSIONAL),
    Look("appointment-new", "/agendamentos/novo/"),
    Look("appointment-new-empty", "/agendamentos/novo/", rows.NEWCOMER),
    Look(
        "appointment-new-with-times",
        "/agendamentos/novo/?cliente={client}&servico={service}&profissional={professional}",
    ),
    Look("appointment-new-for-a-client", "/agendamentos/novo/?cliente={long_client}"),
    Look("appointment", "/agendamentos/{appointment}/"),
    Look("appointment-cancelled", "/agendamentos/{cancelled}/"),
    Look("appointment-messages", "/agendamentos/{appointment}/mensagens/"),
    Look("appointment-move", "/agendamentos/{appointment}/remarcar/"),
    Look("appointment-cancel", "/agendamentos/{appointment}/cancelar/"),
    Look("clients", "/clientes/"),
    Look("clients-none-found", "/clientes/?q=xyz"),
    Look("clients-empty", "/clientes/", rows.NEWCOMER),
    Look("clients-filtered", "/clientes/?filtro=com-faltas"),
    Look("client-new", "/clientes/novo/"),
    Look("client-import", "/clientes/importar/"),
    Look("client-import-first", "/clientes/importar/", rows.NEWCOMER),
    Look("client-import-columns", "/clientes/importar/{import_columns}/colunas/"),
    Look("client-import-checked", "/clientes/importar/{import_checked}/"),
    Look("client-import-running", "/clientes/importar/{import_running}/"),
    Look("client-import-done", "/clientes/importar/{import_done}/"),
    Look("client-import-undone", "/clientes/importar/{import_undone}/"),
    Look("client", "/clientes/{client}/"),
    Look("client-messages", "/clientes/{client}/mensagens/"),
    Look("client-with-long-messages", "/clientes/{long_client}/mensagens/"),
    Look("client-with-a-long-name", "/clientes/{long_client}/"),
    Look("professionals", "/profissionais/"),
    Look("professionals-empty", "/profissionais/", rows.NEWCOMER),
    Look("professional-new", "/profissionais/novo/"),
    Look("professional", "/profissionais/{professional}/"),
    Look("professional-alone", "/profissionais/{lonely}/", rows.LONELY),
    Look("professional-with-a-lot", "/profissionais/{long_professional}/", rows.CROWDED),
    Look("professional-archived", "/profissionais/{archived}/", rows.CROWDED),
    Look("professionals-one", "/profissionais/", rows.LONELY),
    Look("professionals-many", "/profissionais/", rows.CROWDED),
    Look("professionals-page-2", "/profissionais/?page=2", rows.CROWDED),
    Look("own-hours", "/profissionais/eu/", PROFESSIONAL),
    Look("own-hours-not-linked", "/profissionais/eu/", RECEPTION),
    Look("absences", "/profissionais/ausencias/"),
    Look("absences-past", "/profissionais/ausencias/?quando=passadas", rows.CROWDED),
    Look("absences-past-none", "/profissionais/ausencias/?quando=passadas", rows.NEWCOMER),
    Look("absences-empty", "/profissionais/ausencias/", rows.NEWCOMER),
    Look("absences-many", "/profissionais/ausencias/", rows.CROWDED),
    Look("absence-new", "/profissionais/ausencias/nova/?profissional={professional}"),
    Look("absence", "/profissionais/ausencias/{absence}/", rows.CROWDED),
    Look("absence-delete", "/profissionais/ausencias/{absence}/apagar/", rows.CROWDED),
    Look("services", "/servicos/"),
    Look("services-many", "/servicos/", rows.CROWDED),
    Look("services-page-2", "/servicos/?page=2", rows.CROWDED),
    Look("service-with-a-lot", "/servicos/{long_service}/", rows.CROWDED),
    Look("services-empty", "/servicos/", rows.LONELY),
    Look("service-of-nobody", "/servicos/{nobodys}/", rows.NEWCOMER),
    Look("service-new", "/servicos/novo/"),
    Look("service", "/servicos/{service}/"),
    Look("conversations", "/conversas/", RECEPTION),
    Look("conversations-attention", "/conversas/?so=atencao"),
    Look("conversations-unknown", "/conversas/?so=desconhecidos"),
    Look("conversations-none-found", "/conversas/?q=xyz"),
    Look("conversations-empty", "/conversas/", rows.NEWCOMER),
    Look("conversation", "/conversas/{client}/", RECEPTION),
    Look("conversation-older", "/conversas/{client}/?page=2"),
    Look("conversation-with-a-long-name", "/conversas/{long_client}/"),
    Look("conversation-with-a-stranger", "/conversas/numero/{unknown}/"),
    Look("texts", "/modelos/"),
    Look("text", "/modelos/receipt-with-question/"),
    Look("text-of-an-answer", "/modelos/answer-which-one/"),
    Look("text-restore", "/modelos/restaurar/?modelo=receipt"),
    Look("notices", "/configuracoes/avisos/"),
    Look("whatsapp-for-the-reception", "/whatsapp/", RECEPTION),
    Look("security-log", "/seguranca/"),
    Look("security-log-empty", "/seguranca/?so=recusas", rows.NEWCOMER),
    Look("security-log-filtered", "/seguranca/?tipo=logged_in&origem=web"),
    Look("security-log-none-found", "/seguranca/?origem=job&ate=2001-01-01"),
    Look("security-log-refused", "/seguranca/?de=2026-11-25&ate=2026-11-24"),
    Look("team", "/equipe/"),
    Look("team-of-one", "/equipe/", rows.NEWCOMER),
    Look("invitation-new", "/equipe/convidar/"),
    Look("member", "/equipe/{member}/"),
    Look("member-oneself", "/equipe/{owner}/"),
    Look("member-remove", "/equipe/{member}/remover/"),
    Look("settings", "/configuracoes/"),
    Look("account", "/conta/"),
    Look("account-of-a-professional", "/conta/", PROFESSIONAL),
    Look("leave", "/conta/sair-da-empresa/"),
    Look("invitation-for-a-new-person", "/convite/{invitation}/", STRANGER),
    Look("invitation-by-a-copied-link", "/convite/{copied_invitation}/", STRANGER),
    Look("invitation-mail-asked", "/convite/{copied_invitation}/?enviado=1", STRANGER),
    Look("invitation-of-somebody-else", "/convite/{invitation}/", RECEPTION),
    Look("invitation-gone", "/convite/nada/", STRANGER, 404),
    Look("password-forgotten", "/entrar/esqueci/", STRANGER),
    Look("password-asked", "/entrar/esqueci/enviado/", STRANGER),
    Look("password-link-gone", "/entrar/nova-senha/nada/nada/", STRANGER),
    Look("offline", "/sem-conexao/", STRANGER),
    *(
        Look(f"thousands-{name}", path, rows.BUSY)
        for name, path in (
            ("panel", "/"),
            ("panel-tasks", "/hoje/precisa-de-voce/"),
            ("day", "/agenda/"),
            ("appointments", "/agendamentos/"),
            ("appointments-last-page", "/agendamentos/?de=2020-01-01&ate=2100-01-01&page=100"),
            ("appointments-on-paper", "/agendamentos/papel/"),
            ("appointment", f"/agendamentos/{rows.BUSY_ID}/"),
            ("appointment-new", f"/agendamentos/novo/?servico={rows.BUSY_ID}"),
            ("clients", "/clientes/"),
            ("client", f"/clientes/{rows.BUSY_ID}/"),
            ("conversations", "/conversas/"),
            ("conversation", f"/conversas/{rows.BUSY_ID}/"),
            ("security-log", "/seguranca/?page=20"),
        )
    ),
    Look("error-404-of-a-stranger", "/nada/", STRANGER, 404),
    Look("error-404", "/nada/", OWNER, 404),
    Look("error-404-of-a-foreign-row", "/agendamentos/{foreign}/", OWNER, 404),
    Look("error-403", "/servicos/", RECEPTION, 403),
    Look("error-400", "/clientes/?" + "q=&" * 1001, OWNER, 400),
)


@pytest.fixture(scope="module")
def stack(new_stack) -> Iterator[Stack]:
    """Without a worker: what the rows say stays as it is."""
    with new_stack("browser_pages", with_demo=False) as stack:
        yield stack


@pytest.fixture(scope="module")
def known(stack: Stack) -> dict[str, int]:
    """Make the rows and start the servers; return the ids that addresses name."""
    environment = stack.processes.full_environment
    command = [sys.executable, "-m", "atendo.tests.browser.rows"]
    made = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    stack.start_simulator()
    stack.processes.start("web", web_command(stack.web_port))
    stack.processes.wait_for("web", f"{stack.site}/healthz")
    return json.loads(made.stdout)


@pytest.fixture(scope="module")
def visitors(stack: Stack, known: dict[str, int], browser: Browser) -> Iterator[Visitors]:
    visitors = Visitors(browser, stack.site)
    yield visitors
    visitors.close()


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_a_page_is_for_everybody(visitors: Visitors, known: dict[str, int], look: Look):
    page = visitors.page(look.email)

    answer = page.goto(visitors.site + look.path.format(**known))

    assert answer.status == look.status
    assert problems(page) == []
    assert visitors.watch.complaints == []


@pytest.mark.parametrize("name", rows.CONNECTIONS)
def test_the_connection_page_is_for_everybody(visitors: Visitors, name: str):
    page = visitors.page(rows.PERSON)
    choose_company(page, visitors.site, name)

    page.goto(f"{visitors.site}/whatsapp/")

    assert problems(page) == []
    assert visitors.watch.complaints == []


@pytest.mark.parametrize("path", ["celular", "desconectar"])
def test_a_page_behind_the_connection_is_for_everybody(visitors: Visitors, path: str):
    page = visitors.page(rows.PERSON)
    choose_company(page, visitors.site, "connected")

    page.goto(f"{visitors.site}/whatsapp/{path}/")

    assert page.url.endswith(f"/{path}/")
    assert problems(page) == []
    assert visitors.watch.complaints == []


def choose_company(page: Page, site: str, name: str) -> None:
    page.goto(f"{site}/empresas/")
    page.get_by_role("button", name=re.compile(rf"^\s*{name}\b")).click()
    page.wait_for_url(f"{site}/")


def test_a_refused_form_is_for_everybody(visitors: Visitors):
    desk = Desk(visitors.page(OWNER), visitors.site)
    desk.open("/agendamentos/novo/")

    desk.button("Marcar o horário").click()

    expect(desk.page.get_by_role("alert").first).to_be_focused()
    expect(desk.page.get_by_text("Escolha o serviço.")).to_be_visible()
    assert problems(desk.page) == []
    assert visitors.watch.complaints == []


@pytest.mark.parametrize("screen", [PHONE, DESK], ids=str)
def test_an_open_menu_is_for_everybody_and_escape_closes_it(visitors: Visitors, screen: Screen):
    page = visitors.page(OF_TWO)
    page.set_viewport_size(screen.size)
    choose_company(page, visitors.site, "Salão")
    opener = page.locator("details[data-menu] > summary").filter(visible=True)
    log_out = Desk(page, visitors.site).button("Sair")

    opener.click()

    expect(log_out).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    expect(log_out).to_have_count(0)
    opener.click()
    assert problems(page, on=(screen,)) == []
    assert visitors.watch.complaints == []


def test_a_search_for_a_client_is_for_everybody(visitors: Visitors):
    desk = Desk(visitors.page(OWNER), visitors.site)
    desk.open("/agendamentos/novo/")

    desk.field("Nome ou telefone").press_sequentially("cliente")

    expect(desk.page.get_by_role("radio", name="Cliente Número 00")).to_be_visible()
    assert problems(desk.page) == []
    assert visitors.watch.complaints == []


def test_the_simulators_pages_are_for_everybody(
    stack: Stack, known: dict[str, int], open_page: Callable[..., Page]
):
    page, phones = open_page(PHONE), Phones(stack.simulator)
    company, client = "5531999004400", "5531988771247"
    for number, name in ((company, "Salão Flor de Ipê"), (client, "Camila Prates")):
        phones.call("phones", {"number": number, "name": name})
    phones.say(client, company, f"*Sim*, {rows.UNBROKEN}")

    for path in ("/celulares/", f"/celulares/{client}/", f"/celulares/{company}/"):
        page.goto(stack.simulator + path)
        assert problems(page) == [], path


def test_the_documentation_of_the_api_needs_no_other_host(visitors: Visitors):
    """Its page is swagger-ui as it comes, so axe is not asked about it."""
    page = visitors.page(OWNER)

    page.goto(f"{visitors.site}/api/docs/")

    expect(page.get_by_role("heading", name="Atendo")).to_be_visible()
    expect(page.get_by_text("/api/v1/whatsapp/connect", exact=True)).to_be_visible()
    assert visitors.watch.complaints == []


def test_the_admin_needs_no_other_host(visitors: Visitors):
    """Its pages are Django's own, so axe is not asked about them."""
    page = visitors.page(STAFF_EMAIL)

    page.goto(f"{visitors.site}/admin/")

    expect(page.locator("#content").get_by_role("heading", level=1)).to_be_visible()
    assert visitors.watch.complaints == []


def test_a_visit_of_the_staff_says_so_to_everybody(visitors: Visitors):
    page = visitors.page(STAFF_EMAIL)
    page.goto(f"{visitors.site}/admin/tenants/company/")
    page.get_by_role("link", name="Salão Flor de Ipê").click()
    page.get_by_role("link", name="Entrar como empresa").click()
    page.get_by_label("Motivo").fill(f"Chamado 418: a agenda não abre {rows.UNBROKEN}")
    page.get_by_role("button", name="Entrar como empresa").click()
    banner = page.get_by_role("complementary", name="Visita da equipe do Atendo")
    expect(banner).to_contain_text("Você está em Salão Flor de Ipê como equipe do Atendo")

    for path in ("/agendamentos/", "/nada/"):
        page.goto(visitors.site + path)
        assert problems(page) == []

    banner.get_by_role("button", name="Sair da empresa").click()
    expect(page.get_by_text("Você saiu de Salão Flor de Ipê.")).to_be_visible()
    assert visitors.watch.complaints == []


def test_the_checks_find_what_is_wrong(open_page: Callable[..., Page]):
    page = open_page(PHONE)
    page.set_content(
        "<style>p { color: #bbb; background: white } a, a:focus { outline: none }"
        ".btn { transition: color 1s !important; width: 30px; height: 30px }</style>"
        "<title>·</title><nav>menu</nav><h1>a</h1><h1>b</h1><input><p>pale</p>"
        "<a href='/'>lost</a><button class='btn'>!</button>"
        "<div style='width: 1300px; height: 2px'></div>"
    )

    found = "\n".join(problems(page))

    assert "2 headings of level 1" in found
    assert "language ''" in found
    assert "no title of its own" in found
    assert "no skip link" in found
    for width in (320, 390, 640, 1280):
        assert f"{width}: wider than the screen: <div" in found
    assert "390: smaller than 44 px, 30 x 30: <button" in found
    assert "390: moves all the same: <button" in found
    assert "390: does not show its focus: <a" in found
    assert "390: label: <input>" in found
    assert "1280: color-contrast: <p>" in found
    assert "dark: color-contrast: <p>" in found


def test_the_watch_hears_what_no_page_may_do(visitors: Visitors):
    page = visitors.page(STRANGER)
    page.goto(f"{visitors.site}/entrar/")

    page.evaluate("""async () => {
      setTimeout(() => { throw new Error("uncaught"); });
      const script = document.createElement("script");
      script.textContent = "document.title = 'ran'";
      document.body.append(script);
      for (const src of ["http://localhost:9/pixel.png", "/static/missing.png"]) {
        await new Promise(onerror => Object.assign(new Image(), {onerror, src}));
      }
    }""")

    heard = "\n".join(visitors.watch.complaints)
    assert "console: Executing inline script violates" in heard
    assert "http://localhost:9/pixel.png" in heard
    assert f"404: {visitors.site}/static/missing.png" in heard
    assert "exception: uncaught" in heard
