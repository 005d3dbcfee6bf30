"""What PostgreSQL itself refuses, whoever asks: the bound write path is passed by on purpose."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.db.models import Q

from tenants import scope, security
from tenants.constraints import CompanyKey, CompanyPolicy, NoOverlap, TenantForeignKeyConstraint
from tenants.models import ApiToken, Company, Membership, Role, SecurityEvent

AS_COMPANY, AS_STAFF = "as company", "as staff"


def enter(who, company):
    return scope.company(company.pk) if who == AS_COMPANY else scope.every_company("a test")


def run(sql, params=()):
    """Return the number of rows that the statement touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.rowcount


def refused(match):
    return pytest.raises(ProgrammingError, match=match)


# Composite foreign keys -----------------------------------------------------------------------

INSERT_TOKEN = (
    "INSERT INTO api_tokens (company_id, membership_id, name, digest, created_at)"
    " VALUES (%s, %s, 'x', 'x', now())"
)


@pytest.mark.parametrize("who", [AS_COMPANY, AS_STAFF, "as the login role"])
def test_a_row_cannot_point_into_another_company(who, company, rival_member):
    role = connection.as_login_role() if who == "as the login role" else enter(who, company)
    with role, pytest.raises(IntegrityError) as caught, transaction.atomic():
        run(INSERT_TOKEN, [company.pk, rival_member.pk])
        connection.check_constraints()
    assert caught.value.__cause__.diag.constraint_name == "api_tokens_membership_fk"


def test_a_foreign_row_and_a_missing_row_are_the_same_to_the_key(company, rival_member):
    """PostgreSQL names the key that was asked for and nothing about who has it."""
    sentences = set()
    for membership_id in (rival_member.pk, 987654321):
        with scope.company(company.pk), pytest.raises(IntegrityError) as caught:
            with transaction.atomic():
                run(INSERT_TOKEN, [company.pk, membership_id])
                connection.check_constraints()
        sentences.add(str(caught.value).replace(str(membership_id), "?"))
    assert len(sentences) == 1


@pytest.mark.django_db(transaction=True)
def test_the_key_answers_at_commit(company, rival_member):
    with (
        scope.company(company.pk),
        pytest.raises(IntegrityError, match="api_tokens_membership_fk"),
        transaction.atomic(),
    ):
        run(INSERT_TOKEN, [company.pk, rival_member.pk])
    with scope.company(company.pk):
        assert ApiToken.objects.count() == 0


@pytest.fixture
def token(company, member):
    with scope.company(company.pk):
        return ApiToken.objects.create(membership=member, name="robô", digest="own")


def test_a_row_cannot_be_made_to_point_into_another_company(company, token, rival_member):
    with scope.company(company.pk), pytest.raises(IntegrityError), transaction.atomic():
        assert ApiToken.objects.update(membership_id=rival_member.pk) == 1
        connection.check_constraints()


def test_a_row_that_others_point_to_cannot_leave_its_company(rival, token):
    with scope.every_company("a test"), pytest.raises(IntegrityError), transaction.atomic():
        assert run("UPDATE memberships SET company_id = %s WHERE role = 'owner'", [rival.pk]) > 0
        connection.check_constraints()


def errors_of(token):
    with pytest.raises(ValidationError) as caught:
        token.full_clean()
    return caught.value.message_dict


@pytest.mark.parametrize("who", [AS_COMPANY, AS_STAFF])
def test_a_form_refuses_a_row_of_another_company_like_a_missing_one(
    who, company, member, rival_member
):
    with enter(who, company):
        for membership_id in (rival_member.pk, 987654321):
            token = ApiToken(
                company_id=company.pk, membership_id=membership_id, name="x", digest="x"
            )
            assert errors_of(token) == {
                "membership": [
                    f"A instância de vínculo com id {membership_id} não é uma escolha válida."
                ]
            }
        ApiToken(company_id=company.pk, membership_id=member.pk, name="x", digest="x").full_clean()


def test_a_form_of_the_staff_needs_a_company_before_it_accepts_a_reference(member):
    with scope.every_company("a test"):
        found = errors_of(ApiToken(membership_id=member.pk, name="x", digest="x"))
    assert "membership" in found


# Policies -------------------------------------------------------------------------------------


def test_each_role_sees_its_own_rows(company, rival, member, rival_member):
    rows = "SELECT FROM memberships"
    assert run(rows) == 0
    with scope.company(company.pk):
        assert run(rows) == 1
    with scope.every_company("a test"):
        assert run(rows) == 2


def test_the_staff_may_write_for_any_company(company, rival, member, rival_member):
    with scope.every_company("a test"):
        assert run("UPDATE memberships SET role = 'manager'") == 2
        assert run(INSERT_TOKEN, [rival.pk, rival_member.pk]) == 1


def test_a_row_cannot_be_given_to_another_company(company, rival, member):
    with scope.company(company.pk), refused("row-level security"), transaction.atomic():
        run("UPDATE memberships SET company_id = %s", [rival.pk])
    with scope.company(company.pk), refused("row-level security"), transaction.atomic():
        Membership.objects.update(company_id=rival.pk)


def test_an_upsert_cannot_reach_a_row_of_another_company(company, rival, rival_member):
    sql = (
        "INSERT INTO memberships (id, company_id, user_id, role, created_at)"
        " VALUES (%s, %s, %s, 'manager', now()) ON CONFLICT (id) DO UPDATE SET role = 'manager'"
    )
    values = [rival_member.pk, company.pk, rival_member.user_id]
    with scope.company(company.pk), refused("row-level security"), transaction.atomic():
        run(sql, values)
    with scope.company(rival.pk):
        assert Membership.objects.get().role == Role.OWNER


def test_a_company_sees_and_changes_its_own_row_alone(company, rival):
    with scope.company(company.pk):
        assert run("SELECT FROM companies") == 1
        assert run("UPDATE companies SET name = 'Nosso'") == 1
        assert list(Company.objects.values_list("name", flat=True)) == ["Nosso"]
    with scope.company(rival.pk):
        assert Company.objects.get().name == "Barbearia Prosa & Navalha"
    assert run("SELECT FROM companies") == 0


def test_a_company_can_neither_make_a_company_nor_become_another(company, rival):
    with scope.company(company.pk):
        with refused("row-level security"), transaction.atomic():
            run(
                "INSERT INTO companies (name, slug, segment, timezone, address,"
                " message_hours_start, message_hours_end, pace_seconds, use_buttons, created_at)"
                " SELECT name, 'new', segment, timezone, address,"
                " message_hours_start, message_hours_end, pace_seconds, use_buttons, created_at"
                " FROM companies"
            )
        with refused("row-level security"), transaction.atomic():
            run("UPDATE companies SET id = 987654321")
        with pytest.raises(scope.CrossCompanyAccess):
            Company(name="x", slug="x").save()
        with pytest.raises(scope.CrossCompanyAccess):
            rival.save()


# Append-only ----------------------------------------------------------------------------------

CHANGES = {
    "UPDATE": lambda: run("UPDATE security_events SET data = '{}'"),
    "DELETE": lambda: run("DELETE FROM security_events"),
    "TRUNCATE": lambda: run("TRUNCATE security_events"),
    "an upsert": lambda: run(
        "INSERT INTO security_events (id, company_id, kind, origin, data, created_at)"
        " SELECT id, company_id, kind, origin, data, created_at FROM security_events"
        " ON CONFLICT (id) DO UPDATE SET data = '{}'"
    ),
    "a lock": lambda: run("SELECT FROM security_events FOR UPDATE"),
    "update()": lambda: SecurityEvent.objects.update(kind="logged_in"),
    "delete()": lambda: SecurityEvent.objects.all().delete(),
    "save()": lambda: SecurityEvent.objects.get().save(),
    "delete() of one": lambda: SecurityEvent.objects.get().delete(),
}


@pytest.mark.parametrize("who", [AS_COMPANY, AS_STAFF])
@pytest.mark.parametrize("change", CHANGES)
def test_the_security_log_cannot_be_changed(change, who, company):
    with scope.company(company.pk):
        security.record("write_stopped", origin="web", path="/clientes/")
    with enter(who, company):
        with refused("permission denied for table security_events"), transaction.atomic():
            CHANGES[change]()
        assert SecurityEvent.objects.get().data == {"path": "/clientes/"}


def privileges(table):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT grantee::regrole::text, privilege_type"
            " FROM pg_class, aclexplode(relacl) WHERE relname = %s",
            [table],
        )
        return set(cursor.fetchall())


def test_a_policy_taken_back_and_made_anew_leaves_the_same_table(company, rival, member):
    connection.check_constraints()  # else PostgreSQL alters no table: triggers are pending
    for model in (Membership, SecurityEvent):
        table = model._meta.db_table
        policy = next(c for c in model._meta.constraints if isinstance(c, CompanyPolicy))
        before = privileges(table)
        with connection.as_login_role(), connection.schema_editor() as editor:
            editor.remove_constraint(model, policy)
        with scope.company(rival.pk):
            assert run("SELECT FROM memberships") == 1 - int(model is SecurityEvent)
        with connection.as_login_role(), connection.schema_editor() as editor:
            editor.add_constraint(model, policy)
        with scope.company(rival.pk):
            assert run("SELECT FROM memberships") == 0
        assert privileges(table) == before


# As values ------------------------------------------------------------------------------------

MAKERS = [
    lambda name: CompanyPolicy(name=name),
    lambda name: CompanyPolicy(name=name, field="id"),
    lambda name: CompanyPolicy(name=name, append_only=True),
    lambda name: CompanyKey(name=name),
    lambda name: TenantForeignKeyConstraint(name=name, field="client"),
    lambda name: TenantForeignKeyConstraint(name=name, field="service"),
    lambda name: NoOverlap(
        name=name, owner="room", starts="start", ends="end", unless=("state", "off")
    ),
    lambda name: NoOverlap(
        name=name, owner="room", starts="start", ends="end", unless=("state", "gone")
    ),
]


@pytest.mark.parametrize("make", MAKERS)
def test_a_constraint_equals_what_a_migration_would_write(make):
    constraint = make("one")
    _, args, kwargs = constraint.deconstruct()
    assert type(constraint)(*args, **kwargs) == constraint
    assert constraint.clone() == constraint
    assert constraint != make("two")
    assert [constraint == other("one") for other in MAKERS].count(True) == 1


def test_an_overlap_is_free_of_a_value_by_its_condition():
    assert MAKERS[-1]("one").condition == ~Q(("state", "gone"))
