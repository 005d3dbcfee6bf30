"""Who works in two companies may have a page of each open: what was typed for one stays out of
the other."""

from __future__ import annotations

import re

import pytest
from django.test import Client as Browser

from scheduling.models import Client
from tenants import scope
from tenants.models import Membership, Role, SecurityEvent, User


@pytest.fixture
def browser(company, rival):
    user = User.objects.create_user("ana@flor.example", "uma senha longa", name="Ana")
    for each in (company, rival):
        with scope.company(each.pk):
            Membership.objects.create(user=user, role=Role.OWNER)
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(user)
    return browser


def token_in(browser, address):
    page = browser.get(address).content.decode()
    return re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]


def choose(browser, company, token=None):
    """With a token that is known already no page is shown in between."""
    token = token or token_in(browser, "/empresas/")
    browser.post("/empresas/", {"company": company.pk, "csrfmiddlewaretoken": token})


def clients_of(company):
    with scope.company(company.pk):
        return list(Client.objects.values_list("name", flat=True))


CAMILA = {"name": "Camila Prates", "phone": "(31) 98765-1247"}


@pytest.mark.parametrize(
    ("form", "target", "fields"),
    [
        ("/clientes/novo/", "/clientes/novo/", CAMILA),
        ("/clientes/novo/", "/whatsapp/aceitar/", {"accepted": "on"}),
    ],
)
def test_a_form_of_the_company_before_is_refused(browser, company, rival, form, target, fields):
    choose(browser, company)
    token = token_in(browser, form)
    choose(browser, rival)

    answer = browser.post(target, {**fields, "csrfmiddlewaretoken": token})

    assert answer.status_code == 403
    assert "nada foi enviado" in answer.content.decode()
    assert clients_of(rival) == clients_of(company) == []
    with scope.company(rival.pk):
        assert set(SecurityEvent.objects.values_list("kind", flat=True)) == {"logged_in"}


def test_a_form_of_the_same_company_outlives_choosing_it_again(browser, company):
    choose(browser, company)
    token = token_in(browser, "/clientes/novo/")
    choose(browser, company)

    browser.post("/clientes/novo/", {**CAMILA, "csrfmiddlewaretoken": token})

    assert clients_of(company) == ["Camila Prates"]


# What is still to be said -----------------------------------------------------------------------

SAID = "Camila Prates está no cadastro."


@pytest.fixture
def unsaid(browser, company):
    """A client was registered in the company; returns the token of that form.  The page that
    would say so was not shown yet."""
    choose(browser, company)
    token = token_in(browser, "/clientes/novo/")
    answer = browser.post("/clientes/novo/", {**CAMILA, "csrfmiddlewaretoken": token})
    assert answer.status_code == 302
    return token


def says_it(browser, address="/profissionais/"):
    return SAID in browser.get(address).content.decode()


def test_a_sentence_about_a_company_waits_until_that_company_is_chosen_again(
    browser, company, rival, unsaid
):
    choose(browser, rival, unsaid)
    assert not says_it(browser)
    assert not says_it(browser, "/empresas/")
    assert "Camila" not in str(browser.cookies)

    choose(browser, company)
    assert says_it(browser)
    assert not says_it(browser)


def test_a_sentence_ends_with_the_session(browser, company, rival, unsaid):
    browser.post("/sair/", {"csrfmiddlewaretoken": unsaid})
    browser.force_login(User.objects.get())

    assert not says_it(browser, "/empresas/")
    choose(browser, company)
    assert not says_it(browser)
