"""The uses of an ORM that leak in other projects, whose manager filters and does no more.

Each use runs twice: on our layers, where nothing of the rival may be seen or changed, and in a
naive world made of the usual manager, where the same use must leak; a test without data that
could leak proves nothing.
"""

from __future__ import annotations

import io
from contextlib import suppress

import pytest
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.core.management import call_command
from django.db import DatabaseError, connection, models, transaction
from django.db.backends.postgresql import base as django_backend

from atendo.tests.isolation import committed, open_shop, rows_of, stale
from scheduling.models import Appointment, AppointmentEvent, Client
from tenants import scope
from tenants.checks import company_models
from tenants.managers import TenantScopedManager
from tenants.models import TenantModel
from tenants.postgresql import base

SECRET = "Segredo"


@pytest.fixture
def ours(company, now):
    return open_shop(company, now, clients=1)


@pytest.fixture
def theirs(rival, now):
    shop = open_shop(rival, now, clients=2)
    with scope.company(rival.pk):
        shop.client.name = SECRET
        shop.client.save()
    return shop


def reads(use):
    """Whether the use, as our company, returned the rival's secret."""

    def leaks(ours, theirs):
        with scope.company(ours.company.pk), suppress(*REFUSALS), transaction.atomic():
            return SECRET in str(use(ours, theirs))
        return False

    leaks.__name__ = use.__name__
    return leaks


def writes(use):
    """Whether the use, as our company, changed a row of the rival."""

    def leaks(ours, theirs):
        before = rows_of(theirs)
        with scope.company(ours.company.pk), suppress(*REFUSALS):
            committed(lambda: use(ours, theirs))
        return rows_of(theirs) != before

    leaks.__name__ = use.__name__
    return leaks


REFUSALS = (scope.CrossCompanyAccess, ObjectDoesNotExist, ValidationError, DatabaseError)
USES = []


def use(kind):
    return lambda function: USES.append(kind(function))


@use(reads)
def a_foreign_key_of_a_row_from_elsewhere(ours, theirs):
    return stale(theirs).client.name


@use(reads)
def refresh_from_db(ours, theirs):
    row = Client(pk=theirs.client.pk)
    row.refresh_from_db()
    return row.name


@use(reads)
def a_deferred_field(ours, theirs):
    return Client.from_db("default", ["id"], [theirs.client.pk]).name


@use(reads)
def a_queryset_built_in_another_company(ours, theirs):
    with scope.company(theirs.company.pk, switch=True):
        queryset = Client.objects.all()
    return list(queryset)


@use(reads)
def raw(ours, theirs):
    return list(Client.objects.raw("SELECT * FROM clients"))


@use(reads)
def a_cursor(ours, theirs):
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM clients")
        return cursor.fetchall()


@use(reads)
def a_cursor_that_copies(ours, theirs):
    with connection.cursor() as cursor, cursor.copy("COPY clients (name) TO STDOUT") as copy:
        return list(copy.rows())


@use(reads)
def dumpdata(ours, theirs):
    call_command("dumpdata", "scheduling.Client", all=True, stdout=(out := io.StringIO()))
    return out.getvalue()


@use(reads)
def a_join_to_an_id_that_nobody_checked(ours, theirs):
    committed(lambda: Appointment.objects.update(client_id=theirs.client.pk))
    return Appointment.objects.select_related("client").get().client.name


@use(reads)
def full_clean_of_an_id_from_a_body(ours, theirs):
    appointment = ours.appointment
    appointment.client_id = theirs.client.pk
    appointment.full_clean()
    return f"accepted: {SECRET}"


@use(reads)
def a_callback_on_commit(ours, theirs):
    ran = []
    with scope.company(theirs.company.pk, switch=True):
        transaction.on_commit(lambda: ran.append(scope.current()))
    _, callback, _ = connection.run_on_commit.pop()
    callback()
    return SECRET if ran == [ours.company.pk] else ran


@use(writes)
def save_over_an_id_of_the_rival(ours, theirs):
    Client(
        pk=theirs.client.pk,
        company_id=theirs.company.pk,
        name="mudado",
        phone="+5511912345678",
        created_at=theirs.client.created_at,
    ).save()


@use(writes)
def save_of_a_row_from_elsewhere(ours, theirs):
    theirs.client.name = "mudado"
    theirs.client.save()


@use(writes)
def create_for_the_rival(ours, theirs):
    Client.objects.create(company_id=theirs.company.pk, name="x", phone="+5511912345678")


@use(writes)
def bulk_create_for_the_rival(ours, theirs):
    Client.objects.bulk_create(
        [Client(company_id=theirs.company.pk, name="x", phone="+5511912345678", phone_key="x")]
    )


@use(writes)
def delete_of_a_row_from_elsewhere(ours, theirs):
    theirs.event.delete()


@use(writes)
def delete_by_an_id_of_the_rival(ours, theirs):
    AppointmentEvent(pk=theirs.event.pk).delete()


@use(writes)
def update_in_raw_sql(ours, theirs):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE clients SET name = 'mudado'")


@use(writes)
def an_own_row_moved_to_the_rival(ours, theirs):
    ours.event.company_id = theirs.company.pk
    ours.event.appointment_id = theirs.appointment.pk
    ours.event.save()


@pytest.mark.parametrize("leaks", USES, ids=lambda leaks: leaks.__name__)
def test_a_naive_use_leaks_nothing_here(leaks, ours, theirs):
    assert leaks(ours, theirs) is False


# The naive world ------------------------------------------------------------------------------


def filter_at_once(manager):
    queryset = models.Manager.get_queryset(manager)
    current = scope.company_id()
    if current is scope.EVERY_COMPANY:
        return queryset
    return queryset.filter(**{manager.model.company_field: current})


def fill_the_company(row):
    row.company_id = row.company_id or scope.company_id()


def plain_manager_of(model):
    manager = models.Manager()
    manager.model, manager.name = model, "_base_manager"
    return manager


@pytest.fixture
def naive_world(ours, theirs, monkeypatch):
    """What most projects have: a manager that filters, on `objects` alone; no second lock."""
    for model in company_models():
        monkeypatch.setitem(model._meta.__dict__, "base_manager", plain_manager_of(model))
    monkeypatch.setattr(TenantScopedManager, "get_queryset", filter_at_once)
    monkeypatch.setattr(TenantModel, "bind_company", fill_the_company)
    monkeypatch.setattr(
        base.DatabaseWrapper, "on_commit", django_backend.DatabaseWrapper.on_commit
    )
    connection.check_constraints()
    with connection.as_login_role():
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE appointments DROP CONSTRAINT appointments_client_fk")
        yield


@pytest.mark.parametrize("leaks", USES, ids=lambda leaks: leaks.__name__)
def test_the_same_use_leaks_where_only_the_manager_filters(leaks, ours, theirs, naive_world):
    assert leaks(ours, theirs) is True
