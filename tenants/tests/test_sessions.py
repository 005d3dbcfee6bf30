"""One session serves several companies: what one of them left is not there for another."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from asgiref.sync import async_to_sync
from django.contrib import auth
from django.contrib.auth import views
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from tenants import scope
from tenants.middleware import SESSION_KEY
from tenants.scope import NoCompanyScope
from tenants.sessions import DJANGOS, SessionStore, kept_as

OURS, RIVALS = 12, 13
NO_COMPANY = {
    "no scope": nullcontext,
    "every company": lambda: scope.every_company("a test"),
}


@pytest.mark.parametrize(
    "cookie", [r'"aaaaaaaaaaaaaaaa\000"', r'"\355\240\200aaaaaaaa"', "a" * 5000, "short", ""]
)
def test_a_cookie_that_no_session_of_ours_has_is_no_session(db, cookie):
    answer = Browser().get("/clientes/", headers={"cookie": f"sessionid={cookie}"})

    assert (answer.status_code, answer.url) == (302, "/entrar/?next=/clientes/")


def test_a_new_key_is_one_that_is_looked_for(db):
    session = SessionStore()
    session["global:x"] = 1
    session.save()

    assert SessionStore(session.session_key)["global:x"] == 1


# Names carry the company ------------------------------------------------------------------------


@pytest.fixture
def session(db):
    """Saved with a value of the rival's, under the name that we use too, and one of nobody's."""
    session = SessionStore()
    with scope.company(RIVALS):
        session["x"] = "theirs"
    session["global:y"] = "everybody's"
    session.save()
    return SessionStore(session.session_key)


def held(session):
    """All that it holds, as it is kept."""
    return dict(session._session.kept)


HELD = {"company_13:x": "theirs", "global:y": "everybody's"}

CALLS = {
    "get": (lambda s: s.get("x"), None, {}),
    "[]": (lambda s: s["x"], KeyError, {}),
    "in": (lambda s: "x" in s, False, {}),
    "has_key": (lambda s: s.has_key("x"), False, {}),
    "[] = ": (lambda s: s.__setitem__("x", 1), None, {"company_12:x": 1}),
    "del": (lambda s: s.__delitem__("x"), KeyError, {}),
    "pop": (lambda s: s.pop("x"), KeyError, {}),
    "pop with a default": (lambda s: s.pop("x", 7), 7, {}),
    "setdefault": (lambda s: s.setdefault("x", 1), 1, {"company_12:x": 1}),
    "update": (lambda s: s.update({"x": 1}), None, {"company_12:x": 1}),
    "set_test_cookie": (
        lambda s: s.set_test_cookie(),
        None,
        {"company_12:testcookie": "worked"},
    ),
    "test_cookie_worked": (lambda s: s.test_cookie_worked(), False, {}),
    "delete_test_cookie": (lambda s: s.delete_test_cookie(), KeyError, {}),
    "aget": (lambda s: async_to_sync(s.aget)("x"), None, {}),
    "aset": (lambda s: async_to_sync(s.aset)("x", 1), None, {"company_12:x": 1}),
    "apop": (lambda s: async_to_sync(s.apop)("x", 7), 7, {}),
    "asetdefault": (lambda s: async_to_sync(s.asetdefault)("x", 1), 1, {"company_12:x": 1}),
    "aupdate": (lambda s: async_to_sync(s.aupdate)({"x": 1}), None, {"company_12:x": 1}),
    "ahas_key": (lambda s: async_to_sync(s.ahas_key)("x"), False, {}),
}


def result_of(call, session):
    try:
        return call(session)
    except KeyError as error:
        return type(error)


@pytest.mark.parametrize("name", CALLS)
def test_no_way_in_finds_or_changes_what_the_rival_left(name, session):
    call, answer, new = CALLS[name]
    with scope.company(OURS):
        assert result_of(call, session) == answer
    assert held(session) == HELD | new


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("state", NO_COMPANY)
def test_no_way_in_works_without_a_company(name, state, session):
    with NO_COMPANY[state](), pytest.raises(NoCompanyScope):
        CALLS[name][0](session)
    assert held(session) == HELD


LISTS = {
    "keys": lambda s: set(s.keys()),
    "values": lambda s: set(s.values()),
    "items": lambda s: {name for name, _ in s.items()},
    "akeys": lambda s: set(async_to_sync(s.akeys)()),
    "avalues": lambda s: set(async_to_sync(s.avalues)()),
    "aitems": lambda s: {name for name, _ in async_to_sync(s.aitems)()},
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_holds_what_the_company_may_see(name, session):
    value = "values" in name
    common = {"everybody's" if value else "global:y"}
    with scope.company(RIVALS):
        assert LISTS[name](session) == common | {"theirs" if value else "x"}
    for state in (
        nullcontext,
        lambda: scope.company(OURS),
        lambda: scope.company(1),
        *NO_COMPANY.values(),
    ):
        with state():
            assert LISTS[name](session) == common


def test_the_tables_know_every_public_method():
    of_the_session = {"clear", "clear_expired", "create", "create_model_instance", "cycle_key"}
    of_the_session |= {"delete", "exists", "flush", "is_empty", "load", "save"}
    of_the_session |= {"decode", "encode", "get_model_class", "get_session_cookie_age"}
    of_a_name_of_django = {"get_expiry_age", "get_expiry_date", "set_expiry"}
    of_a_name_of_django |= {"get_expire_at_browser_close"}
    public = {name for name in dir(SessionStore) if name[0] != "_"}
    methods = {name for name in public if callable(getattr(SessionStore, name))}
    known = of_the_session | of_a_name_of_django | set(CALLS) | set(LISTS)
    # Those of the test cookie call the others.
    assert {name for name in methods - known if name.removeprefix("a") not in known} == set()


@pytest.mark.parametrize("state", [*NO_COMPANY.values(), lambda: scope.company(OURS)])
def test_what_is_global_is_the_same_in_every_scope(state, session):
    with state():
        assert session["global:y"] == "everybody's"
        for name in DJANGOS:
            session[name] = name
    with scope.company(RIVALS):
        assert [session[name] for name in DJANGOS] == list(DJANGOS)


def test_the_names_of_django_are_those_that_django_uses():
    assert set(DJANGOS) == {
        auth.SESSION_KEY,
        auth.BACKEND_SESSION_KEY,
        auth.HASH_SESSION_KEY,
        views.INTERNAL_RESET_SESSION_TOKEN,
        "_session_expiry",
    }


def test_what_a_company_left_outlives_a_new_key_and_ends_with_the_session(session):
    with scope.company(OURS):
        session.cycle_key()
    session.save()
    session = SessionStore(session.session_key)
    with scope.company(RIVALS):
        assert session["x"] == "theirs"

    with scope.company(OURS):
        session.flush()
    assert held(session) == {}
    assert not Session.objects.exists()


def test_a_new_session_with_nothing_but_a_companys_value_is_not_empty(db):
    session = SessionStore()
    assert session.is_empty()
    with scope.company(OURS):
        session["x"] = 1
    assert not session.is_empty()


words = st.lists(
    st.sampled_from(["company_", "global", ":", "1", "2", "12", "x"]) | st.text(max_size=2),
    max_size=5,
).map("".join)
ids = st.integers(1, 200)


@given(ids, ids, words, words)
def test_no_name_of_a_company_is_spelled_like_one_of_another(company, rival, mine, theirs):
    with scope.company(company):
        ours = kept_as(mine)
    with scope.company(rival if rival != company else rival + 1):
        assert ours != kept_as(theirs) or mine.startswith("global:")
    assert ours != "global:" + theirs or mine.startswith("global:")
    assert ours not in DJANGOS


# What is written, and what not -----------------------------------------------------------------


def about_sessions(queries):
    return [query["sql"].split()[0] for query in queries if "django_session" in query["sql"]]


@pytest.fixture
def browser(company, member, rival_member):
    browser = Browser()
    browser.force_login(member.user)
    session = browser.session
    session[SESSION_KEY] = company.pk
    session.save()
    return browser


STORAGES = [
    "tenants.messages.CompanyMessages",
    "django.contrib.messages.storage.cookie.CookieStorage",
]


def test_a_page_without_a_sentence_costs_what_it_costs_without_ours(browser, settings):
    """Cookies ask no database: the same number says that the session is read once either way."""
    counts = []
    for storage in STORAGES:
        settings.MESSAGE_STORAGE = storage
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = browser.get("/clientes/")
        assert answer.status_code == 200
        assert "sessionid" not in answer.cookies
        assert about_sessions(queries) == ["SELECT"]
        counts.append(len(queries))
    assert counts[0] == counts[1] > 1


@pytest.mark.parametrize("address", ["/entrar/", "/clientes/", "/admin/login/", "/nada/"])
def test_a_page_for_a_stranger_makes_no_session(address, db):
    browser = Browser()
    with CaptureQueriesContext(connection) as queries:
        answer = browser.get(address)
    assert answer.status_code < 500
    assert about_sessions(queries) == []
    assert "sessionid" not in answer.cookies
    assert not Session.objects.exists()


def test_a_session_from_before_ends_in_the_choice_of_company(browser, company):
    session = browser.session
    del session[SESSION_KEY]
    session._session.kept["company_id"] = company.pk
    session.save()

    answer = browser.get("/clientes/")

    assert (answer.status_code, answer.url.partition("?")[0]) == (302, "/empresas/")


# Two requests of a browser at a time -------------------------------------------------------------


@pytest.fixture
def key(session):
    session["global:gone"] = 1
    session.save()
    return session.session_key


def read(key):
    session = SessionStore(key)
    assert "global:y" in session
    return session


def test_a_late_request_does_not_take_back_a_change_of_company(key):
    """Else what is typed for the one company would be written into the other."""
    late, switch = read(key), read(key)
    switch[SESSION_KEY] = RIVALS
    switch.save()
    with scope.company(OURS):
        late["_messages"] = "said"
    late.save()

    assert held(read(key)) == HELD | {
        "global:gone": 1,
        SESSION_KEY: RIVALS,
        "company_12:_messages": "said",
    }


def test_a_late_request_forgets_only_what_it_knew(key):
    late, other = read(key), read(key)
    other["global:gone"] = 2
    other["global:y"] = "changed"
    other.save()
    del late["global:gone"]
    late.save()

    assert held(read(key)) == HELD | {"global:gone": 2, "global:y": "changed"}


def test_what_was_removed_meanwhile_stays_away(key):
    late, other = read(key), read(key)
    del other["global:gone"]
    other.save()
    late["global:z"] = 3
    late.save()

    assert held(read(key)) == HELD | {"global:z": 3}
    assert held(late) == held(read(key))


def test_a_change_inside_a_value_is_saved(key):
    session = read(key)
    session["global:list"] = [1]
    session.save()
    session = read(key)
    session["global:list"].append(2)
    session.save()

    assert read(key)["global:list"] == [1, 2]


def test_what_is_set_back_after_a_first_save_is_saved(key):
    session = read(key)
    for value in ("changed", "everybody's"):
        session["global:y"] = value
        session.save()

    assert read(key)["global:y"] == "everybody's"


def test_clearing_leaves_nothing(key):
    session = read(key)
    session.clear()
    session["global:new"] = 1
    session.save()

    assert held(SessionStore(key)) == {"global:new": 1}


def test_a_login_in_a_session_read_before_keeps_the_new_ones_values(key):
    session = read(key)
    session.flush()
    session.create()
    session["global:y"] = "everybody's"
    session.save()

    assert held(SessionStore(session.session_key)) == {"global:y": "everybody's"}


def test_a_session_that_ended_meanwhile_is_not_made_anew(key):
    late = read(key)
    read(key).flush()
    late["global:z"] = 3

    with pytest.raises(UpdateError):
        late.save()
    assert not Session.objects.exists()
