"""Minha conta, Configurações, and the way back in for who has forgotten the password."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client as Browser
from procrastinate.contrib.django.models import ProcrastinateJob

from tenants import letters, scope, tokens
from tenants.models import ApiToken, Company, Role, User
from tenants.tests.conftest import make_member
from tenants.tests.test_team import browser_of, sentences, text

PASSWORD = "uma senha longa"
COMPANY = {
    "name": "Salão Ipê Amarelo",
    "segment": "salon",
    "address": "Rua das Flores, 10",
    "timezone": "America/Manaus",
    "slot_minutes": "15",
}


def reread(company) -> Company:
    with scope.company(company.pk):
        return Company.objects.get()


# Tokens ----------------------------------------------------------------------------------------


def shown_token(page) -> str:
    return re.search(r"atd_[0-9]+_[\w-]{20,}", text(page))[0]


def test_a_token_is_shown_once_and_acts_with_the_rights_of_its_person(company, rival):
    browser = browser_of(make_member(company, "lia@flor.example", role=Role.RECEPTIONIST))

    assert browser.post("/conta/tokens/", {"name": "Planilha"}).url == "/conta/"
    page = browser.get("/conta/")
    token = shown_token(page)
    assert "no-store" in page["Cache-Control"]
    assert token not in text(browser.get("/conta/"))

    asks = {"Authorization": f"Bearer {token}"}
    assert Browser().get("/api/v1/clients/", headers=asks).status_code == 200
    refused = Browser().post(
        "/api/v1/services/", {"name": "Corte"}, "application/json", headers=asks
    )
    assert refused.status_code == 403
    assert sentences(company) == ["lia@flor.example criou o token da API “Planilha”."]
    assert sentences(rival) == []


def test_a_deleted_token_opens_nothing(member, company):
    browser = browser_of(member)
    browser.post("/conta/tokens/", {"name": "Site"})
    asks = {"Authorization": f"Bearer {shown_token(browser.get('/conta/'))}"}
    with scope.company(company.pk):
        token = ApiToken.objects.get()

    assert browser.get(f"/conta/tokens/{token.pk}/apagar/").status_code == 405
    assert browser.post(f"/conta/tokens/{token.pk}/apagar/").url == "/conta/"

    assert Browser().get("/api/v1/clients/", headers=asks).status_code == 401
    assert sentences(company)[-1] == "ana@flor.example apagou o token da API “Site”."


def test_nobody_deletes_a_colleagues_token_or_the_rivals(member, company, rival, rival_member):
    colleague = make_member(company, "lia@flor.example")
    made = {}
    for owner in (colleague, rival_member):
        browser_of(owner).post("/conta/tokens/", {"name": "Dele"})
        with scope.company(owner.company_id):
            made[owner] = ApiToken.objects.get(membership=owner)

    browser = browser_of(member)
    answers = [
        browser.post(f"/conta/tokens/{pk}/apagar/")
        for pk in (*(token.pk for token in made.values()), 987654321)
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    for owner in made:
        with scope.company(owner.company_id):
            assert ApiToken.objects.count() == 1


def test_the_number_of_tokens_is_limited(member, company):
    browser = browser_of(member)
    for number in range(tokens.MOST + 2):
        browser.post("/conta/tokens/", {"name": f"Programa {number}"})

    assert "Você já tem 10 tokens." in text(browser.get("/conta/"))
    with scope.company(company.pk):
        assert ApiToken.objects.count() == tokens.MOST


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("", "Dê um nome ao token."), ("x" * 81, "O nome tem no máximo 80 letras.")],
)
def test_a_token_needs_a_name(member, company, name, sentence):
    assert sentence in text(browser_of(member).post("/conta/tokens/", {"name": name}))
    with scope.company(company.pk):
        assert not ApiToken.objects.exists()


# Light and dark --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("theme", "mark"), [("dark", ' data-bs-theme="dark"'), ("light", ' data-bs-theme="light"')]
)
def test_a_theme_is_kept_for_every_page_and_taken_back(member, theme, mark):
    browser = browser_of(member)

    assert "data-bs-theme" not in text(browser.get("/conta/"))
    browser.post("/conta/tema/", {"theme": theme})
    for path in ("/conta/", "/nada/", "/entrar/esqueci/"):
        assert f'<html lang="pt-BR"{mark}>' in text(browser.get(path))
    browser.post("/conta/tema/", {"theme": ""})
    assert "data-bs-theme" not in text(browser.get("/conta/"))


def test_a_theme_of_ones_own_making_is_none(member):
    browser = browser_of(member)
    browser.cookies["tema"] = '"><script>'

    assert "<script>" not in text(browser.get("/nada/")).partition("<head>")[0]


# Configurações ---------------------------------------------------------------------------------


def test_what_changed_in_the_company_stands_in_the_log_in_words(member, company, rival):
    before = reread(rival).name

    assert browser_of(member).post("/configuracoes/", COMPANY).url == "/configuracoes/"

    saved = reread(company)
    assert (saved.name, saved.timezone, saved.slot_minutes) == (
        "Salão Ipê Amarelo",
        "America/Manaus",
        15,
    )
    assert saved.slug == "flor-de-ipe"
    (sentence,) = sentences(company)
    assert "ana@flor.example mudou os dados da empresa: " in sentence
    for part in (
        "nome da empresa (antes “Salão Flor de Ipê”, agora “Salão Ipê Amarelo”)",
        "segmento (antes “Outro”, agora “Salão”)",
        "endereço (antes “vazio”, agora “Rua das Flores, 10”)",
        "fuso horário (antes “Brasília: Sul, Sudeste, Goiás e Distrito Federal”, agora “Ama",
    ):
        assert part in sentence
    assert reread(rival).name == before
    assert sentences(rival) == []


def test_nothing_changed_is_no_event(member, company):
    browser = browser_of(member)
    browser.post("/configuracoes/", COMPANY)
    browser.post("/configuracoes/", COMPANY)

    assert len(sentences(company)) == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "Escreva o nome da empresa."),
        ({"timezone": "Lua/Mar"}, "Escolha um fuso horário da lista."),
        ({"slot_minutes": "7"}, "Escolha um intervalo da lista."),
        ({"segment": "circus"}, "Escolha um segmento da lista."),
    ],
)
def test_settings_that_cannot_be(member, company, changes, sentence):
    answer = browser_of(member).post("/configuracoes/", COMPANY | changes)

    assert answer.status_code == 200
    assert sentence in text(answer)
    assert "Rua das Flores, 10" in text(answer)  # what was typed stays
    assert reread(company).name == "Salão Flor de Ipê"
    assert "Salão Flor de Ipê" in text(answer)  # in the frame
    assert sentences(company) == []


def test_the_slug_is_not_changed_here(member, company):
    browser_of(member).post("/configuracoes/", COMPANY | {"slug": "meu-salao", "pace_seconds": 0})

    assert (reread(company).slug, reread(company).pace_seconds) == ("flor-de-ipe", 8)


# The forgotten password ------------------------------------------------------------------------


@pytest.fixture
def empty_cache():
    yield
    cache.delete_many([f"global:password_letter:{user.pk}" for user in User.objects.all()])


def ask(email) -> int:
    """Ask for a link; return the id in the job that was queued."""
    answer = Browser().post("/entrar/esqueci/", {"email": email})
    assert answer.url == "/entrar/esqueci/enviado/"
    return ProcrastinateJob.objects.order_by("-id").first().args["user_id"]


def test_a_new_password_by_mail_stands_in_every_companys_log(member, company, rival, empty_cache):
    old = browser_of(member)
    letters.send_password_letter(user_id=ask(" ANA@flor.example"))
    (letter,) = mail.outbox
    path = re.search(r"/entrar/nova-senha/\S+", letter.body)[0]

    browser = Browser()
    form = browser.get(path, follow=True)
    assert "Senha nova" in text(form)
    new = {"new_password1": "outra senha comprida", "new_password2": "outra senha comprida"}
    assert browser.post(form.redirect_chain[-1][0], new).url == "/entrar/"

    member.user.refresh_from_db()
    assert member.user.check_password("outra senha comprida")
    assert old.get("/conta/").status_code == 302  # every other browser is out
    assert sentences(company) == ["ana@flor.example criou uma senha nova pelo link do e-mail."]
    assert "Este link não vale" in text(Browser().get(path, follow=True))


@pytest.mark.parametrize("email", ["ninguem@flor.example", "apagada@flor.example"])
def test_an_address_without_an_account_gets_the_same_answer_and_no_letter(
    member, company, email, django_assert_num_queries, empty_cache
):
    make_member(company, "apagada@flor.example", is_active=False)
    with django_assert_num_queries(2):
        known = Browser().post("/entrar/esqueci/", {"email": "ana@flor.example"})
    with django_assert_num_queries(2):
        unknown = Browser().post("/entrar/esqueci/", {"email": email})

    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    letters.send_password_letter(user_id=ask(email))
    assert mail.outbox == []


def test_letters_fill_no_mailbox(member, empty_cache):
    for _time in range(3):
        letters.send_password_letter(user_id=member.user_id)

    assert len(mail.outbox) == 1
