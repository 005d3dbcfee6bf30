"""What one company keeps in the cache, no other company finds."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from django.core.cache import cache, caches
from django.http import HttpResponse
from django.template import Context, Template
from django.views.decorators.cache import cache_page
from hypothesis import given
from hypothesis import strategies as st

from tenants import scope
from tenants.cache import key
from tenants.scope import NoCompanyScope

OURS, RIVALS = 12, 13
NO_COMPANY = {
    "no scope": nullcontext,
    "every company": lambda: scope.every_company("a test"),
}


@pytest.fixture(autouse=True)
def empty():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def theirs():
    """The rival keeps a number under the name that we use too."""
    with scope.company(RIVALS):
        cache.set("x", 40)


def kept_by_the_rival():
    with scope.company(RIVALS, switch=True):
        return cache.get("x")


CALLS = {
    "get": (cache.get, None),
    "get_many": (lambda name: cache.get_many([name]), {}),
    "has_key": (cache.has_key, False),
    "in": (lambda name: name in cache, False),
    "add": (lambda name: cache.add(name, 1), True),
    "get_or_set": (lambda name: cache.get_or_set(name, 1), 1),
    "set": (lambda name: cache.set(name, 1), None),
    "set_many": (lambda name: cache.set_many({name: 1}), []),
    "touch": (lambda name: cache.touch(name, 0), False),
    "delete": (cache.delete, False),
    "delete_many": (lambda name: cache.delete_many([name]), None),
    "incr": (cache.incr, ValueError),
    "decr": (cache.decr, ValueError),
    "incr_version": (cache.incr_version, ValueError),
    "decr_version": (cache.decr_version, ValueError),
}


def result_of(call):
    try:
        return call("x")
    except ValueError as error:
        return type(error)


@pytest.mark.parametrize("name", CALLS)
def test_no_way_in_finds_or_changes_what_the_rival_keeps(name, theirs):
    call, nothing = CALLS[name]

    with scope.company(OURS):
        assert result_of(call) == nothing

    assert kept_by_the_rival() == 40


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("state", NO_COMPANY)
def test_no_way_in_works_without_a_company(name, state, theirs):
    call, _ = CALLS[name]

    with NO_COMPANY[state](), pytest.raises(NoCompanyScope):
        call("x")

    assert kept_by_the_rival() == 40


def test_the_table_knows_every_public_method():
    of_no_key = {"clear", "close", "get_backend_timeout", "key_func", "make_key"}
    of_no_key |= {"validate_key", "make_and_validate_key"}
    backend = caches["default"]
    methods = {
        name for name in dir(backend) if name[0] != "_" and callable(getattr(backend, name))
    }
    asynchronous = {name for name in methods if name[0] == "a" and name[1:] in methods}
    assert methods - asynchronous - of_no_key == set(CALLS) - {"in"}


@pytest.mark.parametrize("state", NO_COMPANY)
def test_what_is_named_global_is_the_same_in_every_scope(state, theirs):
    with NO_COMPANY[state]():
        cache.set("global:x", "everybody's")

    for company in (OURS, RIVALS):
        with scope.company(company):
            assert cache.get("global:x") == "everybody's"
    assert kept_by_the_rival() == 40


def test_a_part_of_a_template_is_kept_per_company(theirs):
    part = Template("{% load cache %}{% cache 60 head %}{{ name }}{% endcache %}")

    def shown(company, name):
        with scope.company(company):
            return part.render(Context({"name": name}))

    assert shown(RIVALS, "Navalha") == "Navalha"
    assert shown(OURS, "Flor de Ipê") == "Flor de Ipê"
    assert shown(RIVALS, "changed meanwhile") == "Navalha"


def test_a_kept_page_is_kept_per_company(rf):
    @cache_page(60)
    def page(request):
        return HttpResponse(str(scope.current()))

    def shown(company):
        with scope.company(company):
            return page(rf.get("/agenda/")).content

    assert [shown(each) for each in (RIVALS, OURS, RIVALS)] == [b"13", b"12", b"13"]
    with pytest.raises(NoCompanyScope):
        page(rf.get("/agenda/"))


# No spelling reaches another's ------------------------------------------------------------------

ids = st.integers(1, 200) | st.integers(1, scope.LARGEST_ID)
# Made of what the keys themselves are made of.
pieces = st.sampled_from(["global", "company_", ":", "1", "2", "12", "x", ""]) | st.text(
    max_size=3
)
words = st.lists(pieces, max_size=6).map("".join)
versions = st.integers(0, 20) | words


def kept_as(company, name, prefix, version):
    with scope.company(company):
        return key(name, prefix, version)


@given(st.lists(st.tuples(ids, words, words, versions), min_size=2, max_size=2))
def test_no_key_of_a_company_is_spelled_like_one_of_another_company(two):
    (company, *mine), (rival, *theirs) = two
    if company == rival:
        rival += 1 if rival < scope.LARGEST_ID else -1
    if not (mine[0].startswith("global:") and theirs[0].startswith("global:")):
        assert kept_as(company, *mine) != kept_as(rival, *theirs)


@given(ids, words, words, words, versions)
def test_no_key_of_a_company_is_spelled_like_a_global_one(company, name, other, prefix, version):
    if not name.startswith("global:"):
        assert kept_as(company, name, prefix, version) != key(f"global:{other}", prefix, version)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((1, "2:x", "", 1), (12, "x", "", 1)),
        ((1, "x", "2", 1), (12, "x", "", 1)),
        ((1, "company_2:x", "", 1), (2, "x", "", 1)),
        ((1, "x", "", "1:1:company_2"), (2, "x", "", 1)),
    ],
)
def test_no_number_runs_into_the_next_word(one, other):
    assert kept_as(*one) != kept_as(*other)


def test_two_names_of_one_company_stay_two():
    assert kept_as(OURS, "x", "", 1) != kept_as(OURS, "y", "", 1) != kept_as(OURS, "y", "", 2)
