"""Every page on every screen: axe is silent, nothing scrolls sideways, the console stays empty,
nothing comes from another host; and the main ones without JavaScript."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from atendo.stack import Stack
from atendo.story.actors import Phones
from atendo.tests.browser import rows
from atendo.tests.browser.checks import problems, settle
from atendo.tests.browser.people import Desk, weekday_ahead
from atendo.tests.browser.screens import (
    DESK,
    DESK_DARK,
    PHONE,
    PHONE_DARK,
    Screen,
    Watch,
    new_context,
)

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-pages")]

OWNER, RECEPTION, PROFESSIONAL = (
    "renata@flordeipe.example",
    "lia@flordeipe.example",
    "bia@flordeipe.example",
)
OF_TWO = "sara@consultoria.example"
LIGHT, ALL = (PHONE, DESK), (PHONE, DESK, PHONE_DARK, DESK_DARK)


@dataclass(frozen=True)
class Look:
    """A page to look at.  `path` may name rows; `status` is what it answers."""

    name: str
    path: str
    email: str | None = OWNER
    screens: tuple[Screen, ...] = LIGHT
    status: int = 200


LOOKS = (
    Look("entrar", "/entrar/", None, ALL),
    Look("escolher empresa", "/empresas/", OF_TWO, ALL),
    Look("agendamentos", "/agendamentos/", OWNER, ALL),
    Look("agendamentos sem resultado", "/agendamentos/?q=ninguém"),
    Look("agendamentos vazio", "/agendamentos/", rows.NEWCOMER),
    Look("agendamentos do profissional", "/agendamentos/", PROFESSIONAL),
    Look("novo agendamento", "/agendamentos/novo/", OWNER, ALL),
    Look("agendamento", "/agendamentos/{appointment}/", OWNER, ALL),
    Look("agendamento cancelado", "/agendamentos/{cancelled}/"),
    Look("mensagens", "/agendamentos/{appointment}/mensagens/"),
    Look("remarcar", "/agendamentos/{appointment}/remarcar/"),
    Look("cancelar", "/agendamentos/{appointment}/cancelar/"),
    Look("clientes", "/clientes/", OWNER, ALL),
    Look("clientes sem resultado", "/clientes/?q=ninguém"),
    Look("clientes vazio", "/clientes/", rows.NEWCOMER),
    Look("novo cliente", "/clientes/novo/"),
    Look("cliente", "/clientes/{client}/", OWNER, ALL),
    Look("cliente de nome longo", "/clientes/{long_client}/"),
    Look("profissionais", "/profissionais/"),
    Look("profissionais vazio", "/profissionais/", rows.NEWCOMER),
    Look("novo profissional", "/profissionais/novo/"),
    Look("profissional", "/profissionais/{professional}/", OWNER, ALL),
    Look("serviços", "/servicos/"),
    Look("serviços vazio", "/servicos/", rows.NEWCOMER),
    Look("novo serviço", "/servicos/novo/"),
    Look("serviço", "/servicos/{service}/"),
    Look("segurança", "/seguranca/", OWNER, ALL),
    Look("segurança sem recusas", "/seguranca/?so=recusas", rows.NEWCOMER),
    Look("trocar senha", "/conta/senha/"),
    Look("whatsapp da recepção", "/whatsapp/", RECEPTION),
    Look("endereço errado", "/nada/", OWNER, ALL, 404),
    Look("agendamento de outra empresa", "/agendamentos/{foreign}/", OWNER, LIGHT, 404),
    Look("página de outro papel", "/servicos/", RECEPTION, ALL, 403),
)


@pytest.fixture(scope="module")
def stack(new_stack) -> Iterator[Stack]:
    """Without a worker: what the rows say stays as it is."""
    with new_stack("browser_pages", with_demo=False) as stack:
        yield stack


@pytest.fixture(scope="module")
def known(stack: Stack) -> dict[str, int]:
    """The ids of the rows that addresses name."""
    environment = stack.processes.full_environment | {"DJANGO_SETTINGS_MODULE": "atendo.settings"}
    command = [sys.executable, "-m", "atendo.tests.browser.rows"]
    made = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    stack.start_simulator()
    stack.add_phones()
    stack.start_web()
    return json.loads(made.stdout)
