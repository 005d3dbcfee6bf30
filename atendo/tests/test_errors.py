"""What a page says when something is wrong: in Portuguese, with a way out, in the frame where
there is a person, and without the database where that may be what is wrong."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.core.exceptions import SuspiciousOperation
from django.test import Client as Browser

from atendo import errors
from tenants.models import Role
from tenants.tests.conftest import make_member
from tenants.tests.test_team import browser_of, text

FRAME = 'class="at-rail"'


@pytest.fixture
def reception(company, rival):
    return browser_of(make_member(company, "lia@flor.example", role=Role.RECEPTIONIST))


def test_a_member_finds_his_menu_beside_what_went_wrong(reception):
    for path, status, words in (
        ("/nada/", 404, "Não encontramos esta página"),
        ("/equipe/", 403, "Esta página não é para o seu acesso"),
    ):
        answer = reception.get(path)
        assert answer.status_code == status
        assert words in text(answer) and FRAME in text(answer)
        assert "Ir para o início" in text(answer)


def test_a_stranger_learns_no_frame(db):
    answer = Browser().get("/nada/")

    assert answer.status_code == 404
    assert "Não encontramos esta página" in text(answer)
    assert FRAME not in text(answer)


def test_one_404_is_like_another_to_the_byte(reception):
    assert reception.get("/nada/").content == reception.get("/tudo/").content


def test_a_form_without_its_token_says_what_to_do(company):
    member = make_member(company, "ana@flor.example")
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(member.user)

    answer = browser.post("/conta/tema/", {"theme": "dark"})

    assert answer.status_code == 403
    assert "recarregue a página e envie de novo" in text(answer)


@pytest.mark.parametrize(
    ("handler", "status", "words"),
    [
        (
            lambda request: errors.bad_request(request, SuspiciousOperation()),
            400,
            "Não entendemos",
        ),
        (errors.server_error, 500, "Algo deu errado do nosso lado"),
    ],
)
def test_the_worst_pages_ask_no_database(rf, handler, status, words):
    """The fixture `db` is missing on purpose: a query would fail."""
    request = rf.get("/agendamentos/")
    request.COOKIES["tema"] = "dark"

    answer = handler(request)

    assert answer.status_code == status
    assert words in text(answer) and "Ir para o início" in text(answer)
    assert 'data-bs-theme="dark"' in text(answer)


# Without a connection --------------------------------------------------------------------------


def files_of(script) -> list[str]:
    return json.loads(re.search(r"const FILES = (\[.*\]);", script)[1])


def test_the_worker_keeps_one_page_and_what_it_is_drawn_with(reception):
    answer = Browser().get("/sw.js")
    files = files_of(text(answer))

    assert answer["Content-Type"].startswith("text/javascript")
    assert "no-cache" in answer["Cache-Control"]
    assert files[0] == "/sem-conexao/"
    static = [file.removeprefix("/static/") for file in files[1:]]
    assert all(finders.find(file) for file in static)
    assert {"css/tokens.css", "css/door.css"} <= set(static)
    assert any("figtree" in file for file in static)
    assert text(answer) == text(reception.get("/sw.js"))


def test_the_kept_page_is_nobodys(reception):
    reception.post("/conta/tema/", {"theme": "dark"})
    page = text(reception.get("/sem-conexao/"))

    assert page == text(Browser().get("/sem-conexao/"))
    assert "Sem conexão" in page and "Tentar de novo" in page
    assert "Salão Flor de Ipê" not in page and "lia@" not in page


def test_only_our_own_worker_runs(db):
    assert "worker-src 'self'" in Browser().get("/entrar/")["Content-Security-Policy"]


def test_the_manifest_names_an_icon_that_is_there():
    manifest = json.loads(Path(finders.find("manifest.webmanifest")).read_text())

    assert manifest["start_url"] == "/"
    assert all(finders.find(icon["src"]) for icon in manifest["icons"])
