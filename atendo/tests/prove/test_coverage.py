"""The walk leaves nothing out: every route, every model, every form is there, and reached."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.urls import Resolver404, resolve
from django.utils.module_loading import import_string

from atendo import health
from atendo.tests.prove.addresses import routes
from atendo.tests.prove.two_companies import OURS
from atendo.tests.prove.walk import (
    API,
    EARLY,
    NOT_WALKED,
    PAGES,
    STAFF_PAGES,
    everything,
)
from tenants.checks import GLOBAL_APPS, GLOBAL_MODELS, company_models, is_global

# Addresses at which nobody finds anything, and why.  The report prints it.
NOTHING_THERE = {
    "/api/nada": "what the API says at an address that it does not have",
    "/admin/nada": "what the staff's pages say at an address that they do not have",
    "/admin/r/{id}/{id}/": "Django's way to a row's own page, and no row of ours names one",
}


def test_a_request_for_every_route_comes_to_its_view():
    assert [route for route in routes() if not route.is_reached_by(**OURS.places)] == []


# What the other middleware answers by itself.
ANSWERS_NOTHING = {
    "django.middleware.security.SecurityMiddleware": "the same address by HTTPS",
    "whitenoise.middleware.WhiteNoiseMiddleware": "static files, which are no company's",
    "csp.middleware.CSPMiddleware": "adds a header",
    "django.contrib.sessions.middleware.SessionMiddleware": "reads and writes the session",
    "django.middleware.common.CommonMiddleware": "the address with a slash, if there is one",
    "django.middleware.csrf.CsrfViewMiddleware": "403",
    "django.contrib.auth.middleware.AuthenticationMiddleware": "looks who asks",
    "tenants.middleware.ScopeMiddleware": "401 and 403, which the walk gets",
    "tenants.timezones.CompanyTimezone": "sets the time zone",
    "django.contrib.messages.middleware.MessageMiddleware": "reads and writes the session",
    "django.middleware.clickjacking.XFrameOptionsMiddleware": "adds a header",
    "django_htmx.middleware.HtmxMiddleware": "reads headers",
}


def test_every_middleware_says_what_it_answers(settings):
    silent = {
        name for name in settings.MIDDLEWARE if not hasattr(import_string(name), "addresses")
    }
    assert silent == set(ANSWERS_NOTHING)
    assert set(health.HealthFirst.addresses) == set(health.PROBES)


def test_nothing_is_left_out_without_need_and_reason():
    everywhere = {route.address for route in routes()}
    assert set(NOT_WALKED) <= everywhere
    assert all(NOT_WALKED.values())


@pytest.mark.parametrize(
    ("who", "where"), [("owner", PAGES + API), ("stranger", EARLY), ("staff", STAFF_PAGES)]
)
def test_every_address_finds_our_own_row(who, where, walk, record_property):
    """Or the same refusal of the rival's row would mean nothing."""
    by = "staff" if who == "staff" else "owner"

    found = {
        address
        for method, address in everything(where, ("GET", "POST", "DELETE"))
        if is_found(
            walk.answer(
                walk.everybody[who], method, address, OURS, walk.learnt(method, address, by)[0]
            )
        )
    }

    assert set(where) - found == set(NOTHING_THERE) & set(where)
    record_property("left_out", NOT_WALKED | NOTHING_THERE)


def is_found(answer):
    """Some pages of the staff are refused to all of it, and the webhook without its secret: each
    is an answer of the view, too."""
    to_login = answer.status == 302 and "/entrar/?next=" in answer.shown
    return answer.status not in {404, 405} and answer.status < 500 and not to_login


def test_every_model_has_rows_of_both_companies_that_could_leak(walk, rival, record_property):
    tables = [model._meta.db_table for model in company_models()]

    rows = walk.rows()

    assert [name for name in tables if not rows[name][0] or rows[name][1] == "-"] == []
    record_property("models", len(tables))


def test_a_model_is_a_companys_or_says_why_not():
    declared = {model for model in apps.get_models() if is_global(model)}
    assert {*declared, *company_models()} >= set(apps.get_models())
    assert all([*GLOBAL_MODELS.values(), *GLOBAL_APPS.values()])


FIELDS = {"input", "select", "textarea", "button"}


def test_the_checks_of_models_and_server_find_nothing(db):
    """A superuser's login is warned of, and is no fault of the code."""
    found = run_checks(tags=["isolation"], include_deployment_checks=True)
    assert [message for message in found if message.id != "tenants.W025"] == []


class Forms(HTMLParser):
    """The forms of a page: method, action, and the names of the fields."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str, set[str]]] = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            method, action = given.get("method", "get").upper(), given.get("action", "")
            self.found.append((method, action, set()))
        elif tag in FIELDS and given.get("name") and self.found:
            self.found[-1][2].add(given["name"])


@pytest.mark.parametrize(("who", "where"), [("owner", PAGES), ("stranger", PAGES)])
def test_every_field_of_every_form_is_tried(who, where, walk):
    unknown = []
    for address in where:
        here = address.format(**OURS.places)
        page = walk.answer(walk.everybody[who], "GET", here, OURS, {}).shown
        forms = Forms()
        forms.feed(page)
        for method, action, names in forms.found:
            place = place_of(urlsplit(action).path or here)
            read = walk.learnt(method, place, who)[1]
            unknown += [(address, place, name) for name in names - read - SENT_ALONG]
    assert unknown == []


SENT_ALONG = {"csrfmiddlewaretoken", "file"}  # a file names no row


def place_of(action):
    """The walked address that the action of a form is."""
    found = [place for place in PAGES if re.fullmatch(re.sub(r"{\w+}", r"[^/]+", place), action)]
    try:
        resolve(action)
    except Resolver404:
        found = []
    assert found, f"a form leads to {action}, where the walk does not go"
    return found[0]
