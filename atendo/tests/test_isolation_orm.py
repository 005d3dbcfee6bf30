"""Every way in which the ORM reads or writes: with a scope its company alone, without one nothing.

The rival has more rows, under names and phones of our own, so that whatever leaks is seen.
"""

from __future__ import annotations

import copy
import pickle

import pytest
from django import forms
from django.core import serializers
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.core.paginator import Paginator
from django.db import (
    IntegrityError,
    models,
    transaction,
)
from django.db.models import Count, Exists, Max, OuterRef, Prefetch, Q, Subquery
from django.http import Http404
from django.shortcuts import get_object_or_404

from atendo.tests.isolation import awaited, committed, open_shop, stale
from scheduling.models import Appointment, AppointmentEvent, Client, Professional
from tenants import scope
from tenants.managers import TenantScopedManager
from tenants.scope import NoCompanyScope

# Made when the module is imported, in no scope at all.
AT_IMPORT = Client.objects.all()
SORTED_AT_IMPORT = Client.objects.filter(name__gt="").exclude(notes="x").order_by("-phone")
NONE_AT_IMPORT = Client.objects.none()


@pytest.fixture
def ours(company, now):
    return open_shop(company, now, clients=1)


@pytest.fixture
def theirs(rival, now):
    return open_shop(rival, now, clients=3)


def companies(rows):
    """The companies of rows, of their dictionaries, or of plain ids."""
    return {getattr(row, "company_id", row) for row in rows}


def ids(queryset):
    return set(queryset.values_list("company_id", flat=True))


async def _collected(rows):
    return [row async for row in rows]


def in_a_transaction(function):
    with transaction.atomic():
        return function()


# Reads ----------------------------------------------------------------------------------------
# Each returns the set of companies that it saw.

LISTS = {
    "all": lambda: companies(Client.objects.all()),
    "made at import": lambda: companies(AT_IMPORT.all()),
    "filtered at import": lambda: companies(SORTED_AT_IMPORT.all()),
    "the base manager": lambda: companies(Client._base_manager.all()),
    "the default manager": lambda: companies(Client._default_manager.all()),
    "a manager for a database": lambda: companies(Client.objects.using("default")),
    "values": lambda: {row["company_id"] for row in Client.objects.values()},
    "values_list": lambda: ids(Client.objects.all()),
    "filter": lambda: companies(Client.objects.filter(name__startswith="Cliente")),
    "filter by Q or": lambda: companies(Client.objects.filter(Q(pk__gt=0) | Q(name="x"))),
    "exclude": lambda: companies(Client.objects.exclude(name="x")),
    "exclude over a relation": lambda: companies(Client.objects.exclude(appointments__notes="x")),
    "filter over a relation": lambda: companies(
        Client.objects.filter(appointments__status="scheduled")
    ),
    "order_by and slice": lambda: companies(Client.objects.order_by("pk")[:50]),
    "reverse": lambda: companies(Client.objects.order_by("pk").reverse()),
    "distinct": lambda: ids(Client.objects.distinct()),
    "distinct on": lambda: companies(Client.objects.order_by("company_id").distinct("company")),
    "first": lambda: companies([Client.objects.order_by("-pk").first()]),
    "last": lambda: companies([Client.objects.order_by("pk").last()]),
    "latest": lambda: companies([Client.objects.latest("pk")]),
    "earliest": lambda: companies([Client.objects.earliest("-pk")]),
    "iterator": lambda: companies(Client.objects.iterator()),
    "iterator in chunks": lambda: in_a_transaction(
        lambda: companies(Client.objects.iterator(chunk_size=1))
    ),
    "only": lambda: companies(Client.objects.only("company_id")),
    "a deferred field": lambda: {
        row.name and row.company_id for row in Client.objects.defer("name")
    },
    "in_bulk": lambda: companies(Client.objects.in_bulk().values()),
    "select_related": lambda: {
        (row.client.company_id, row.professional.company_id)[0]
        for row in Appointment.objects.select_related("client", "professional")
    },
    "prefetch_related": lambda: {
        appointment.company_id
        for row in Client.objects.prefetch_related("appointments")
        for appointment in row.appointments.all()
    },
    "prefetch of a chosen queryset": lambda: {
        event.company_id
        for row in Appointment.objects.prefetch_related(
            Prefetch("events", AppointmentEvent.objects.all(), to_attr="facts")
        )
        for event in row.facts
    },
    "annotate": lambda: companies(Client.objects.annotate(n=Count("appointments"))),
    "aggregate": lambda: {Client.objects.aggregate(n=Max("company_id"))["n"]},
    "group by": lambda: {
        row["company_id"] for row in Client.objects.values("company_id").annotate(n=Count("pk"))
    },
    "union": lambda: set(
        Client.objects.values_list("company_id", flat=True).union(
            Professional.objects.values_list("company_id", flat=True)
        )
    ),
    "intersection": lambda: set(
        Client.objects.values_list("company_id", flat=True).intersection(
            Appointment.objects.values_list("company_id", flat=True)
        )
    ),
    "difference": lambda: set(
        Client.objects.values_list("company_id", flat=True).difference(
            Client.objects.filter(name="x").values_list("company_id", flat=True)
        )
    ),
    "a | b": lambda: companies(Client.objects.filter(name="x") | Client.objects.filter(pk__gt=0)),
    "a & b": lambda: companies(Client.objects.all() & Client.objects.filter(pk__gt=0)),
    "a ^ b": lambda: companies(Client.objects.filter(name="x") ^ Client.objects.filter(pk__gt=0)),
    "an in-subquery": lambda: companies(
        Client.objects.filter(pk__in=Appointment.objects.values("client"))
    ),
    "exists(OuterRef)": lambda: companies(
        Client.objects.filter(Exists(Appointment.objects.filter(client=OuterRef("pk"))))
    ),
    "a scalar subquery": lambda: {
        row.found
        for row in Client.objects.annotate(
            found=Subquery(Appointment.objects.order_by("-pk").values("company_id")[:1])
        )
    },
    "select_for_update": lambda: in_a_transaction(
        lambda: companies(Client.objects.select_for_update())
    ),
    "raw": lambda: companies(Client.objects.raw("SELECT * FROM clients")),
    "extra": lambda: companies(Client.objects.extra(where=["name > ''"])),
    "a copied queryset": lambda: companies(copy.deepcopy(Client.objects.all())),
    "a pickled query": lambda: companies(_with_query(pickle.dumps(Client.objects.all().query))),
    "a paginator": lambda: companies(Paginator(Client.objects.all(), 50).page(1)),
    "choices of a form": lambda: {value.instance.company_id for value, _ in _choices()},
    "serialized": lambda: {
        row["fields"]["company"] for row in serializers.serialize("python", Client.objects.all())
    },
    "async for": lambda: companies(awaited(_collected, Client.objects.all())),
    "async iterator": lambda: companies(
        awaited(_collected, Client.objects.aiterator(chunk_size=1))
    ),
    "afirst": lambda: companies([awaited(Client.objects.order_by("-pk").afirst)]),
    "ain_bulk": lambda: companies(awaited(Client.objects.ain_bulk).values()),
    "get_or_create": lambda: companies(
        [Client.objects.get_or_create(phone_key=_key(), defaults={"name": "x"})[0]]
    ),
}


def _with_query(pickled):
    queryset = Client.objects.all()
    queryset.query = pickle.loads(pickled)
    return queryset


class ChoiceForm(forms.Form):
    client = forms.ModelChoiceField(AT_IMPORT, empty_label=None)


def _choices():
    return list(ChoiceForm().fields["client"].choices)


def _key():
    return Client(phone="+5511987654320").phone_key or "551187654320"


@pytest.mark.parametrize("path", LISTS)
def test_a_read_sees_its_company_alone_and_raises_without_a_scope(path, ours, theirs):
    if path == "raw":  # no queryset compiles it: row level security alone answers
        assert LISTS[path]() == set()
    else:
        with pytest.raises(NoCompanyScope):
            LISTS[path]()
    for shop in (ours, theirs, ours):
        with scope.company(shop.company.pk):
            assert LISTS[path]() == {shop.company.pk}


COUNTS = {
    "count": (Client.objects.count, 1, 3),
    "len": (lambda: len(Client.objects.all()), 1, 3),
    "bool": (lambda: bool(Client.objects.filter(phone__endswith="2")), False, True),
    "exists": (Client.objects.filter(phone__endswith="2").exists, False, True),
    "not exists": (Client.objects.exclude(phone__endswith="0").exists, False, True),
    "aggregate": (lambda: Client.objects.aggregate(n=Count("*"))["n"], 1, 3),
    "count of distinct": (lambda: Client.objects.values("name").distinct().count(), 1, 3),
    "count of a slice": (Client.objects.all()[:9].count, 1, 3),
    "count of a union": (
        lambda: Client.objects.all().union(Client.objects.all(), all=True).count(),
        2,
        6,
    ),
    "dates": (lambda: len(Client.objects.dates("created_at", "day")), 1, 1),
    "datetimes": (lambda: len(Client.objects.datetimes("created_at", "second")), 1, 1),
    "explain": (lambda: "company_id" in Client.objects.explain(), True, True),
    "acount": (lambda: awaited(Client.objects.acount), 1, 3),
    "aexists": (
        lambda: awaited(Client.objects.filter(phone__endswith="2").aexists),
        False,
        True,
    ),
    "str(query)": (lambda: str(Client.objects.all().query).count(" = "), 1, 1),
}


@pytest.mark.parametrize("path", COUNTS)
def test_a_count_is_of_its_company_alone_and_raises_without_a_scope(path, ours, theirs):
    count, our_number, their_number = COUNTS[path]
    with pytest.raises(NoCompanyScope):
        count()
    with scope.company(ours.company.pk):
        assert count() == our_number
    with scope.company(theirs.company.pk):
        assert count() == their_number


def test_no_queryset_contains_a_row_of_the_rival(ours, theirs):
    with scope.company(ours.company.pk):
        assert theirs.client not in Client.objects.all()
        assert not Client.objects.contains(theirs.client)
        assert Client.objects.contains(ours.client)
    with pytest.raises(NoCompanyScope):
        Client.objects.contains(theirs.client)


# One row of the rival, asked for by its id ----------------------------------------------------

LOOKUPS = {
    "get": lambda row: type(row).objects.get(pk=row.pk),
    "get by the base manager": lambda row: type(row)._base_manager.get(pk=row.pk),
    "get_object_or_404": lambda row: get_object_or_404(type(row), pk=row.pk),
    "aget": lambda row: awaited(type(row).objects.aget, pk=row.pk),
    "refresh_from_db": lambda row: type(row)(pk=row.pk).refresh_from_db(),
    "a deferred field": lambda row: type(row).from_db("default", ["id"], [row.pk]).company_id,
    "natural pk of a form": lambda row: forms.ModelChoiceField(AT_IMPORT).clean(row.pk),
    "earliest": lambda row: type(row).objects.filter(pk=row.pk).earliest("pk"),
    "select_for_update": lambda row: type(row).objects.select_for_update().get(pk=row.pk),
    "in_bulk": lambda row: type(row).objects.in_bulk([row.pk])[row.pk],
    "a union": lambda row: (
        type(row).objects.filter(pk=row.pk).union(type(row).objects.filter(pk=row.pk)).get()
    ),
    "get with the company named": lambda row: type(row).objects.get(
        pk=row.pk, company_id=row.company_id
    ),
}
MISSING = (ObjectDoesNotExist, ValidationError, KeyError, Http404)


@pytest.mark.parametrize("path", LOOKUPS)
def test_a_row_of_the_rival_does_not_exist_and_no_row_does_without_a_scope(path, ours, theirs):
    with pytest.raises(NoCompanyScope):
        LOOKUPS[path](theirs.client)
    with scope.company(ours.company.pk), pytest.raises(MISSING):
        LOOKUPS[path](theirs.client)
    with scope.company(theirs.company.pk):
        LOOKUPS[path](theirs.client)
        assert LOOKUPS["get"](theirs.client) == theirs.client


# From an object of the rival, kept from another scope ------------------------------------------


@pytest.mark.parametrize("name", ["client", "professional", "service", "company"])
def test_a_foreign_key_of_a_stale_object_leads_nowhere(name, ours, theirs):
    with scope.company(ours.company.pk), pytest.raises(ObjectDoesNotExist):
        getattr(stale(theirs), name)
    with pytest.raises(NoCompanyScope):
        getattr(stale(theirs), name)
    with scope.company(theirs.company.pk):
        assert getattr(stale(theirs), name).pk == getattr(theirs.appointment, f"{name}_id")


def test_a_reverse_manager_of_a_stale_object_is_empty(ours, theirs):
    with scope.company(ours.company.pk):
        assert list(theirs.client.appointments.all()) == []
        assert theirs.client.appointments.count() == 0
        assert not theirs.client.appointments.exists()
        assert theirs.appointment.events.update(kind="moved") == 0
        assert theirs.appointment.events.all().delete() == (0, {})
    with pytest.raises(NoCompanyScope):
        theirs.client.appointments.count()
    with scope.company(theirs.company.pk):
        assert theirs.client.appointments.get() == theirs.appointment
        assert theirs.appointment.events.get().kind == "scheduled"


def test_a_reverse_manager_of_a_stale_object_makes_no_row_for_the_rival(ours, theirs):
    def make():
        theirs.client.identities.create(kind="jid", value="x")

    with scope.company(ours.company.pk), pytest.raises(IntegrityError, match="client_fk"):
        committed(make)


def test_objects_of_the_rival_cannot_be_prefetched(ours, theirs):
    rows = [stale(theirs)]
    with scope.company(ours.company.pk):
        models.prefetch_related_objects(rows, "client", "events")
        assert list(rows[0].events.all()) == []
        with pytest.raises(ObjectDoesNotExist):
            rows[0].client.name  # noqa: B018


# A queryset outlives the scope in which it was made -------------------------------------------


def test_a_queryset_made_in_one_company_runs_in_another(ours, theirs):
    with scope.company(ours.company.pk):
        queryset = Client.objects.filter(name__startswith="Cliente").order_by("pk")
        counted = queryset.filter(pk__in=Client.objects.values("pk"))
    with scope.company(theirs.company.pk):
        assert companies(queryset) == {theirs.company.pk}
        assert counted.count() == 3
    with pytest.raises(NoCompanyScope):
        counted.count()
    with scope.every_company("a test"):
        assert counted.count() == 4


def test_a_queryset_that_was_read_keeps_its_rows_and_asks_no_more(ours, theirs):
    with scope.company(ours.company.pk):
        queryset = Client.objects.all()
        read = list(queryset)
    with scope.company(theirs.company.pk):
        assert list(queryset) == read
        assert companies(queryset.all()) == {theirs.company.pk}


@pytest.mark.parametrize("queryset", [Client.objects.none(), NONE_AT_IMPORT, AT_IMPORT.none()])
def test_none_needs_no_scope_and_stays_empty(queryset, ours, theirs):
    for enter in (scope.no_company, lambda: scope.company(ours.company.pk)):
        with enter():
            assert list(queryset) == []
            assert queryset.count() == 0
            assert not queryset.exists()
            assert list(queryset.filter(pk=theirs.client.pk)) == []
            assert queryset.update(name="x") == 0
            assert queryset.delete() == (0, {})
    with scope.company(ours.company.pk):
        assert companies(queryset | Client.objects.all()) == {ours.company.pk}
        assert companies(queryset.union(Client.objects.all())) == {ours.company.pk}
        assert not Client.objects.filter(pk__in=queryset).exists()
        assert companies(Client.objects.filter(~Exists(queryset))) == {ours.company.pk}


def test_every_company_sees_every_row(ours, theirs):
    with scope.every_company("a test"):
        assert Client.objects.count() == 4
        assert ids(Client.objects.all()) == {ours.company.pk, theirs.company.pk}
        assert stale(theirs).client == theirs.client


def test_every_manager_of_a_company_table_is_scoped():
    from tenants.checks import company_models

    for model in company_models():
        assert all(isinstance(manager, TenantScopedManager) for manager in model._meta.managers)
        assert isinstance(model._base_manager, TenantScopedManager)
