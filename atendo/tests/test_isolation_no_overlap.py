"""No two appointments of one professional at one time: PostgreSQL is the referee, inside a company
and never across companies."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from atendo.tests.isolation import committed, open_shop
from scheduling.models import Appointment, Status
from scheduling.tests import factories
from tenants import scope

NO_OVERLAP = next(
    constraint
    for constraint in Appointment._meta.constraints
    if constraint.name == "appointments_no_overlap"
)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ours(company, now):
    return open_shop(company, now, clients=1)


@pytest.fixture
def theirs(rival, now):
    return open_shop(rival, now, clients=1)


def another(shop, *, start=0, end=50, **changes):
    """An appointment from `start` to `end`, in minutes after the start of the shop's own."""
    values = {
        "company_id": shop.company.pk,
        "client_id": shop.client.pk,
        "professional_id": shop.professional.pk,
        "service_id": shop.appointment.service_id,
        "starts_at": shop.appointment.starts_at + start * MINUTE,
        "ends_at": shop.appointment.starts_at + end * MINUTE,
        "status": Status.SCHEDULED,
    }
    return Appointment(**{**values, **changes})


def insert(row):
    """As raw SQL does, past every check of the model."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO appointments (company_id, client_id, professional_id, service_id,"
            " starts_at, ends_at, status, notes, revision, whatsapp_sent, created_at,"
            " buffer_before_minutes, buffer_after_minutes)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, '', 1, false, now(), 0, 0)",
            [
                *(row.company_id, row.client_id, row.professional_id, row.service_id),
                *(row.starts_at, row.ends_at, row.status),
            ],
        )
        connection.check_constraints()


OVERLAPS = [(0, 50), (-10, 1), (49, 99), (10, 20), (-10, 60)]
FREE = [(50, 100), (-50, 0), (500, 550)]


@pytest.mark.parametrize(("start", "end"), OVERLAPS)
def test_an_overlap_is_refused_by_the_table_and_by_the_form(start, end, ours):
    with scope.company(ours.company.pk):
        row = another(ours, start=start, end=end)
        with pytest.raises(IntegrityError) as caught:
            insert(row)
        assert caught.value.__cause__.diag.constraint_name == "appointments_no_overlap"
        with pytest.raises(ValidationError, match="Este horário já está ocupado."):
            row.full_clean()


@pytest.mark.parametrize(("start", "end"), FREE)
def test_a_neighbour_is_welcome(start, end, ours):
    with scope.company(ours.company.pk):
        row = another(ours, start=start, end=end)
        row.full_clean()
        insert(row)
        assert Appointment.objects.count() == 2


def test_a_cancelled_appointment_frees_its_time(ours):
    with scope.company(ours.company.pk):
        insert(another(ours, status=Status.CANCELLED))
        Appointment.objects.filter(pk=ours.appointment.pk).update(status=Status.CANCELLED)
        another(ours).full_clean()
        insert(another(ours))
        with pytest.raises(IntegrityError, match="appointments_no_overlap"):
            committed(lambda: Appointment.objects.update(status=Status.CONFIRMED))


@pytest.mark.parametrize("status", sorted(set(Status.values) - {"cancelled"}))
def test_any_other_status_holds_its_time(status, ours):
    with scope.company(ours.company.pk):
        Appointment.objects.update(status=status)
        with pytest.raises(IntegrityError, match="appointments_no_overlap"):
            insert(another(ours))


def test_another_professional_is_free(ours):
    with scope.company(ours.company.pk):
        row = another(ours, professional_id=factories.a_professional("Denise").pk)
        row.full_clean()
        insert(row)
        assert Appointment.objects.count() == 2


def test_the_same_hour_in_two_companies_is_no_overlap(ours, theirs):
    assert ours.appointment.starts_at == theirs.appointment.starts_at
    with scope.every_company("a test"):
        assert Appointment.objects.count() == 2


def test_a_foreign_professional_is_refused_alike_whether_busy_or_free(ours, theirs):
    """An exclusion over the professional alone would tell the rival's busy hours."""
    found = set()
    for start in (0, 500):
        row = another(ours, start=start, end=start + 50, professional_id=theirs.professional.pk)
        with scope.company(ours.company.pk), pytest.raises(IntegrityError) as caught:
            insert(row)
        diagnosis = caught.value.__cause__.diag
        found.add((diagnosis.constraint_name, diagnosis.message_primary, diagnosis.message_detail))
    (only,) = found
    assert only[0] == "appointments_professional_fk"


# What the form asks -----------------------------------------------------------------------------


def taken(row):
    """Whether the form says so; any other refusal would be an error here."""
    codes = []
    try:
        NO_OVERLAP.validate(Appointment, row)
    except ValidationError as error:
        codes.append(error.code)
    return codes == ["overlap"]


def test_the_form_asks_the_rows_and_not_the_constraint(ours, theirs):
    """So its answer is the same before the constraint is there, as in a test or a migration."""
    connection.check_constraints()
    with connection.as_login_role(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE appointments DROP CONSTRAINT appointments_no_overlap")
    with scope.company(ours.company.pk):
        assert [taken(another(ours, start=a, end=b)) for a, b in OVERLAPS] == [True] * 5
        assert [taken(another(ours, start=a, end=b)) for a, b in FREE] == [False] * 3


def test_the_form_does_not_find_the_row_itself(ours):
    with scope.company(ours.company.pk):
        ours.appointment.ends_at += MINUTE
        ours.appointment.full_clean()
        assert not taken(ours.appointment)


@pytest.mark.parametrize("name", ["professional_id", "starts_at", "ends_at"])
def test_the_form_asks_nothing_while_a_field_is_missing(name, ours, django_assert_num_queries):
    row = another(ours, **{name: None})
    with scope.company(ours.company.pk), django_assert_num_queries(0):
        assert not taken(row)


def test_the_form_asks_nothing_for_a_cancelled_row(ours, django_assert_num_queries):
    with scope.company(ours.company.pk), django_assert_num_queries(0):
        assert not taken(another(ours, status=Status.CANCELLED))


def test_the_form_is_not_told_of_the_rival(ours, theirs):
    row = another(ours, professional_id=theirs.professional.pk)
    with scope.company(ours.company.pk):
        assert not taken(row)
    with pytest.raises(scope.NoCompanyScope):
        taken(row)


def test_the_form_reads_an_index_under_row_level_security(ours, theirs):
    """An operator that is not leakproof, as those of ranges, could not use one."""
    fill = """INSERT INTO appointments (company_id, client_id, professional_id, service_id,
            starts_at, ends_at, status, notes, revision, whatsapp_sent, created_at,
            buffer_before_minutes, buffer_after_minutes)
        SELECT company_id, client_id, professional_id, service_id, starts_at + n * interval '1 h',
            ends_at + n * interval '1 h', status, '', 1, false, now(), 0, 0
        FROM appointments, generate_series(1, 1000) n"""
    with scope.every_company("a test"), connection.cursor() as cursor:
        cursor.execute(fill)
    with connection.as_login_role(), connection.cursor() as cursor:
        cursor.execute("ANALYZE appointments")
    with scope.company(ours.company.pk), connection.cursor() as cursor:
        with CaptureQueriesContext(connection) as queries:
            assert taken(another(ours))
        cursor.execute(f"EXPLAIN {queries[-1]['sql']}")
        plan = [line.strip() for (line,) in cursor.fetchall()]
    assert "idx_appointments_professional" in str(plan)
    assert any(line.startswith("Index Cond") and "starts_at <" in line for line in plan)
