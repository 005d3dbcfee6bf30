"""Every way in which the ORM writes: nothing reaches the rival, and without a scope nothing is
written at all."""

from __future__ import annotations

import copy
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, ProgrammingError, transaction
from django.db.models import F, Subquery

from atendo.tests.isolation import awaited, committed, open_shop, rows_of
from scheduling.models import Appointment, AppointmentEvent, Client
from tenants import scope
from tenants.scope import CrossCompanyAccess, NoCompanyScope


@pytest.fixture
def ours(company, now):
    return open_shop(company, now, clients=1)


@pytest.fixture
def theirs(rival, now):
    return open_shop(rival, now, clients=3)


def fresh(shop):
    """The rival's client with another name, and nothing known of where it came from."""
    row = copy.copy(shop.client)
    row.name = "mudado"
    return row


SLOT = timedelta(minutes=20)


def new_appointment(ours, theirs, **changes):
    values = {
        "client_id": ours.client.pk,
        "professional_id": ours.professional.pk,
        "service_id": ours.appointment.service_id,
        "starts_at": ours.appointment.ends_at,
        "ends_at": ours.appointment.ends_at + SLOT,
    }
    return Appointment(**{**values, **changes})


def add(theirs, **changes):
    values = {"name": "novo", "phone": "+5511912345678", "phone_key": "551112345678"}
    return Client(**{**values, "company_id": theirs.company.pk, **changes})


REFUSED_WRITES = {
    "save": lambda ours, theirs: fresh(theirs).save(),
    "save of one field": lambda ours, theirs: fresh(theirs).save(update_fields=["name"]),
    "save with a forced update": lambda ours, theirs: fresh(theirs).save(force_update=True),
    "save_base": lambda ours, theirs: fresh(theirs).save_base(raw=True),
    "asave": lambda ours, theirs: awaited(fresh(theirs).asave),
    "delete": lambda ours, theirs: fresh(theirs).delete(),
    "adelete": lambda ours, theirs: awaited(fresh(theirs).adelete),
    "full_clean": lambda ours, theirs: fresh(theirs).full_clean(),
    "create": lambda ours, theirs: Client.objects.create(
        company_id=theirs.company.pk, name="novo", phone="+5511912345678"
    ),
    "create with the object": lambda ours, theirs: Client.objects.create(
        company=theirs.company, name="novo", phone="+5511912345678"
    ),
    "get_or_create": lambda ours, theirs: Client.objects.get_or_create(
        company_id=theirs.company.pk, phone_key="x", defaults={"phone": "+5511912345678"}
    ),
    "update_or_create": lambda ours, theirs: Client.objects.update_or_create(
        pk=theirs.client.pk, defaults={"company_id": theirs.company.pk, "phone": "+5511912345678"}
    ),
    "bulk_create": lambda ours, theirs: Client.objects.bulk_create([add(theirs)]),
    "bulk_create from a generator": lambda ours, theirs: Client.objects.bulk_create(
        row for row in [add(ours), add(theirs)]
    ),
    "abulk_create": lambda ours, theirs: awaited(Client.objects.abulk_create, [add(theirs)]),
    "an upsert": lambda ours, theirs: Client.objects.bulk_create(
        [add(theirs, pk=theirs.client.pk)],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["name"],
    ),
    "an own row moved to the rival": lambda ours, theirs: _moved(ours, theirs).save(),
    "an own row moved, other field saved": lambda ours, theirs: _moved(ours, theirs).save(
        update_fields=["notes"]
    ),
}


def _moved(ours, theirs):
    row = copy.copy(ours.client)
    row.company = theirs.company
    return row


@pytest.mark.parametrize("path", REFUSED_WRITES)
def test_a_write_for_the_rival_is_refused_before_it_is_sent(path, ours, theirs):
    before = rows_of(ours), rows_of(theirs)
    with pytest.raises(NoCompanyScope), transaction.atomic():
        REFUSED_WRITES[path](ours, theirs)
    with scope.company(ours.company.pk), pytest.raises(CrossCompanyAccess), transaction.atomic():
        REFUSED_WRITES[path](ours, theirs)
    assert (rows_of(ours), rows_of(theirs)) == before


def hidden(theirs):
    """The rival's row passed off as our own: the id is his, the company is left empty."""
    return Client(pk=theirs.client.pk, name="mudado", phone="+5511912345678", phone_key="x")


# Sent, and without effect on the rival: (what it does, what it returns or raises).
HARMLESS_WRITES = {
    "update": (
        lambda ours, theirs: Client.objects.filter(pk=theirs.client.pk).update(name="x"),
        0,
    ),
    "update of all": (lambda ours, theirs: Client.objects.update(notes="x"), 1),
    "update through the base manager": (
        lambda ours, theirs: Client._base_manager.filter(pk=theirs.client.pk).update(name="x"),
        0,
    ),
    "aupdate": (
        lambda ours, theirs: awaited(Client.objects.filter(pk=theirs.client.pk).aupdate, name="x"),
        0,
    ),
    "update over a relation": (
        lambda ours, theirs: Appointment.objects.filter(client__phone__gt="").update(notes="x"),
        1,
    ),
    "update by a subquery": (
        lambda ours, theirs: Appointment.objects.update(
            notes=Subquery(Client.objects.order_by("-pk").values("name")[:1])
        ),
        1,
    ),
    "bulk_update": (
        lambda ours, theirs: Client.objects.bulk_update([fresh(theirs)], ["name"]),
        0,
    ),
    "delete": (
        lambda ours, theirs: AppointmentEvent.objects.filter(pk=theirs.event.pk).delete(),
        (0, {}),
    ),
    "delete of all": (
        lambda ours, theirs: AppointmentEvent.objects.all().delete(),
        (1, {"scheduling.AppointmentEvent": 1}),
    ),
    "_raw_delete": (
        lambda ours, theirs: AppointmentEvent.objects.filter(
            pk__in=[ours.event.pk, theirs.event.pk]
        )._raw_delete("default"),
        1,
    ),
    "save over the rival's id": (lambda ours, theirs: hidden(theirs).save(), IntegrityError),
    "forced update of the rival's id": (
        lambda ours, theirs: hidden(theirs).save(force_update=True),
        DatabaseError,
    ),
    "delete of the rival's id": (
        lambda ours, theirs: AppointmentEvent(pk=theirs.event.pk).delete()[0],
        0,
    ),
    "update of the company": (
        lambda ours, theirs: Client.objects.update(company_id=theirs.company.pk),
        ProgrammingError,
    ),
    "bulk_update of the company": (
        lambda ours, theirs: Client.objects.bulk_update([_moved(ours, theirs)], ["company"]),
        ProgrammingError,
    ),
    "an upsert over the rival's id": (
        lambda ours, theirs: Client.objects.bulk_create(
            [hidden(theirs)],
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=["name", "company"],
        ),
        ProgrammingError,
    ),
    "update_or_create over the rival's id": (
        lambda ours, theirs: Client.objects.update_or_create(
            pk=theirs.client.pk, defaults={"name": "x", "phone": "+5511912345678"}
        ),
        IntegrityError,
    ),
}


@pytest.mark.parametrize("path", HARMLESS_WRITES)
def test_a_write_that_is_sent_does_not_reach_the_rival(path, ours, theirs):
    write, outcome = HARMLESS_WRITES[path]
    our_rows, their_rows = rows_of(ours), rows_of(theirs)
    with pytest.raises(NoCompanyScope), transaction.atomic():
        write(ours, theirs)
    assert rows_of(ours) == our_rows
    with scope.company(ours.company.pk):
        if isinstance(outcome, type):
            with pytest.raises(outcome), transaction.atomic():
                write(ours, theirs)
        else:
            assert write(ours, theirs) == outcome
    assert rows_of(theirs) == their_rows


def test_the_company_is_filled_from_the_scope(ours, theirs):
    with scope.company(ours.company.pk):
        saved = Client(name="novo", phone="+5511912345678")
        saved.save()
        (made,) = Client.objects.bulk_create([add(theirs, company_id=None, phone_key="other")])
    assert (saved.company_id, made.company_id) == (ours.company.pk, ours.company.pk)


@pytest.mark.parametrize("name", ["client", "professional", "service"])
def test_full_clean_refuses_the_rivals_row_like_a_missing_one(name, ours, theirs):
    sentences = set()
    with scope.company(ours.company.pk):
        for pk in (getattr(theirs.appointment, f"{name}_id"), 987654321):
            with pytest.raises(ValidationError) as caught:
                new_appointment(ours, theirs, **{f"{name}_id": pk}).full_clean()
            assert list(caught.value.message_dict) == [name]
            sentences.add(caught.value.message_dict[name][0].replace(str(pk), "?"))
        new_appointment(ours, theirs).full_clean()
    assert len(sentences) == 1


@pytest.mark.parametrize("name", ["client", "professional", "service"])
def test_the_database_refuses_the_rivals_row_where_no_form_was_asked(name, ours, theirs):
    foreign = {f"{name}_id": getattr(theirs.appointment, f"{name}_id")}
    writes = (
        lambda: new_appointment(ours, theirs, **foreign).save(),
        lambda: Appointment.objects.update(**foreign),
    )
    for write in writes:
        with (
            scope.company(ours.company.pk),
            pytest.raises(IntegrityError, match=f"appointments_{name}_fk"),
        ):
            committed(write)


def test_the_same_phone_in_two_companies_is_two_clients(ours, theirs):
    with scope.company(ours.company.pk):
        twin = Client(name="Cliente 2", phone="+5511987654322")
        twin.full_clean(exclude=["phone_key"])
        twin.save()
        assert Client.objects.count() == 2
    with scope.company(theirs.company.pk):
        assert Client.objects.count() == 3


def test_an_expression_cannot_read_over_the_company(ours, theirs):
    with scope.company(ours.company.pk):
        Appointment.objects.update(notes=F("status"))
        assert Appointment.objects.filter(client__company_id=theirs.company.pk).count() == 0
        assert Appointment.objects.filter(client__in=[theirs.client.pk]).count() == 0
