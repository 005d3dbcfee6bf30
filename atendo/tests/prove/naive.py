"""Views as a careless colleague would write them, for the proof alone: each rests on the locks
that docs/isolation.md names for it, and leaks as soon as those are gone.

A URLconf of its own: the product's addresses, and these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from scheduling.models import Appointment, Client, Professional

View = Callable[..., HttpResponse]


def names(rows: Any) -> HttpResponse:
    return HttpResponse(", ".join(row.name for row in rows))


def raw_sql(request: Any, pk: int) -> HttpResponse:
    return names(Client.objects.raw("SELECT * FROM clients WHERE id = %s", [pk]))


def raw_sql_that_writes(request: Any, pk: int) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE clients SET name = 'mudado' WHERE id = %s", [pk])
    return HttpResponse()


def unscoped_queryset(request: Any, pk: int) -> HttpResponse:
    return names(QuerySet(Client).filter(pk=pk))


def unscoped_update(request: Any, pk: int) -> HttpResponse:
    QuerySet(Client).filter(pk=pk).update(name="mudado")
    return HttpResponse()


def scoped_queryset(request: Any, pk: int) -> HttpResponse:
    return names(Client.objects.filter(pk=pk))


def scoped_update(request: Any, pk: int) -> HttpResponse:
    Client.objects.filter(pk=pk).update(name="mudado")
    return HttpResponse()


def reference_from_the_body(request: Any, pk: int) -> HttpResponse:
    """Our own appointments get the client of the body."""
    Appointment.objects.update(client_id=pk)
    return HttpResponse()


def company_from_the_body(request: Any, pk: int) -> HttpResponse:
    """A new row of whatever company the body says; ids are the same in all tables here."""
    Professional(company_id=pk, name="nova").save()
    return HttpResponse()


def whole_row_from_the_body(request: Any, pk: int) -> HttpResponse:
    Professional(pk=pk, company_id=pk, name="mudada").save(force_update=True)
    return HttpResponse()


def cached(request: Any) -> HttpResponse:
    """Under a key that names no company."""
    best = cache.get_or_set("best-client", lambda: Client.objects.earliest("pk").name)
    return HttpResponse(best)


def failing(request: Any, pk: int) -> HttpResponse:
    raise ValueError(Client.objects.get(pk=pk).name)


# By what docs/isolation.md calls them in its table.
NAIVE: dict[str, View] = {
    "raw SQL by id": raw_sql,
    "raw SQL that writes by id": raw_sql_that_writes,
    "an unscoped queryset": unscoped_queryset,
    "an update of an unscoped queryset": unscoped_update,
    "`Model.objects` by an unchecked id": scoped_queryset,
    "an update of `Model.objects`": scoped_update,
    "a reference from an unchecked body": reference_from_the_body,
    "a new row with the body's company": company_from_the_body,
    "a row of the body, saved": whole_row_from_the_body,
}
CACHING, FAILING = "/naive/cached/", "/naive/failing/{id}/"
ADDRESSES = {what: f"/naive/{view.__name__}/{{id}}/" for what, view in NAIVE.items()}

urlpatterns = [
    *(
        path(f"naive/{view.__name__}/<int:pk>/", csrf_exempt(view), name=view.__name__)
        for view in NAIVE.values()
    ),
    path("naive/cached/", cached),
    path("naive/failing/<int:pk>/", failing),
    path("", include("atendo.urls")),
]
