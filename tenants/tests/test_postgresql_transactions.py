"""Role and company are set only when they change, and forgotten whenever the server forgot."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager

import psycopg
import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from tenants import scope
from tenants.models import ApiToken, Membership
from tenants.tests.statements import kill_the_connection

pytestmark = pytest.mark.django_db(transaction=True)

QUERY = "SELECT DISTINCT company_id FROM memberships"


@pytest.fixture(autouse=True)
def two_companies(member, rival_member):
    """A row of each that every test could see too much of."""


def seen():
    """The companies that raw SQL sees."""
    with connection.cursor() as cursor:
        cursor.execute(QUERY)
        return {company_id for (company_id,) in cursor.fetchall()}


def seen_with_executemany():
    with connection.cursor() as cursor:
        cursor.cursor.executemany(f"{QUERY} WHERE role = %s", [["owner"]], returning=True)
        return {company_id for (company_id,) in cursor.fetchall()}


@contextmanager
def settings_sent():
    """Yield a list that holds, after the block, each set_config sent to the server."""
    connection.ensure_connection()
    sent = []
    with tempfile.TemporaryFile("w+") as log:
        connection.connection.pgconn.trace(log.fileno())
        try:
            yield sent
        finally:
            connection.connection.pgconn.untrace()
        log.seek(0)
        sent += [line for line in log if "\tParse\t" in line and "set_config" in line]


# When it is set -------------------------------------------------------------------------------


def test_the_setting_is_sent_once_while_the_scope_stays(company):
    seen()
    with settings_sent() as sent, scope.company(company.pk):
        for _ in range(3):
            seen()
            with transaction.atomic(), transaction.atomic():
                assert Membership.objects.count() == 1
            assert len(list(Membership.objects.iterator())) == 1
    assert len(sent) == 1


def test_a_return_to_the_same_company_sends_nothing(company):
    with scope.company(company.pk):
        seen()
    with settings_sent() as sent, scope.company(company.pk):
        seen()
    assert sent == []


def test_a_scope_in_which_nothing_is_asked_sends_nothing(company, rival):
    seen()
    with settings_sent() as sent:
        with scope.company(company.pk), scope.company(rival.pk, switch=True):
            pass
        seen()
    assert sent == []


def test_each_change_sends_the_setting_once(company, rival):
    seen()
    with settings_sent() as sent:
        for owner in (company, rival, company):
            with scope.company(owner.pk):
                assert seen() == {owner.pk}
                assert seen() == {owner.pk}
    assert len(sent) == 3


# When it is forgotten -------------------------------------------------------------------------


def enter_and_fail(owner, error=KeyError):
    with pytest.raises(error), transaction.atomic(), scope.company(owner.pk):
        assert seen() == {owner.pk}
        raise error


def test_a_rollback_is_noticed(company, rival):
    with scope.company(company.pk):
        assert seen() == {company.pk}
    enter_and_fail(rival)
    with scope.company(rival.pk):
        assert seen() == {rival.pk}


def test_a_rollback_of_an_inner_block_is_noticed(company, rival):
    with transaction.atomic():
        with scope.company(company.pk):
            assert seen() == {company.pk}
        enter_and_fail(rival)
        with scope.company(rival.pk):
            assert seen() == {rival.pk}


def point_to_a_missing_row():
    """An insert whose composite foreign key is checked, and fails, at COMMIT."""
    ApiToken(membership_id=987654321, name="x", digest="x").save()


def test_a_commit_that_fails_is_noticed(company, rival):
    with scope.company(company.pk):
        assert seen() == {company.pk}
    with (
        scope.company(rival.pk),
        pytest.raises(IntegrityError, match="api_tokens_membership_fk"),
        transaction.atomic(),
    ):
        assert seen() == {rival.pk}
        point_to_a_missing_row()
    with scope.company(rival.pk):
        assert seen() == {rival.pk}
        assert ApiToken.objects.count() == 0


@pytest.fixture
def manual_commit():
    connection.set_autocommit(False)
    yield
    connection.rollback()
    connection.set_autocommit(True)


def test_the_commit_of_a_failed_transaction_is_noticed(company, rival, manual_commit):
    """PostgreSQL answers ROLLBACK to it, and no error is raised."""
    with scope.company(company.pk):
        assert seen() == {company.pk}
        connection.commit()
    with scope.company(rival.pk):
        assert seen() == {rival.pk}
        with connection.cursor() as cursor:
            with pytest.raises(psycopg.Error), cursor.copy("COPY (SELECT 1/0) TO STDOUT") as copy:
                list(copy)
        connection.commit()
        assert seen() == {rival.pk}


def test_a_commit_by_hand_that_fails_is_noticed(company, rival, manual_commit):
    with scope.company(company.pk):
        assert seen() == {company.pk}
        connection.commit()
    with scope.company(rival.pk):
        point_to_a_missing_row()
        with pytest.raises(IntegrityError):
            connection.commit()
        assert seen() == {rival.pk}


@pytest.mark.parametrize("end", ["ROLLBACK", "ABORT", "ROLLBACK AND CHAIN"])
def test_a_rollback_in_raw_sql_is_noticed(end, company, rival):
    with scope.company(company.pk), connection.cursor() as cursor:
        assert seen() == {company.pk}
        cursor.execute("BEGIN")
    with scope.company(rival.pk), connection.cursor() as cursor:
        assert seen() == {rival.pk}
        cursor.execute(end)
        assert seen() == {rival.pk}
        cursor.execute("ROLLBACK")


def test_a_commit_that_fails_in_raw_sql_is_noticed(company, rival):
    with scope.company(company.pk), connection.cursor() as cursor:
        assert seen() == {company.pk}
        cursor.execute("BEGIN")
    with scope.company(rival.pk), connection.cursor() as cursor:
        point_to_a_missing_row()
        with pytest.raises(IntegrityError):
            cursor.execute("COMMIT")
        assert seen() == {rival.pk}


def test_executemany_that_fails_in_a_pipeline_is_noticed(company, rival):
    """Outside a transaction a pipeline is one, and its error undoes the setting inside it."""
    with scope.company(company.pk):
        assert seen() == {company.pk}
    with scope.company(rival.pk):
        with (
            pytest.raises(psycopg.errors.DivisionByZero),
            connection.connection.pipeline(),
            connection.connection.cursor() as cursor,
        ):
            cursor.executemany("SELECT 1 / %s", [[0]])
        assert seen() == {rival.pk}


def test_executemany_works_after_a_stream(company, rival):
    """psycopg 3.3 fails when nothing was sent in between."""
    for owner in (company, rival, rival):
        with scope.company(owner.pk):
            with connection.cursor() as cursor:
                assert list(cursor.stream(QUERY)) == [(owner.pk,)]
            assert seen_with_executemany() == {owner.pk}


def test_an_interrupt_after_the_server_obeyed_is_noticed(company, rival, monkeypatch):
    class Interrupted(psycopg.Cursor):
        def execute(self, *args, **kwargs):
            super().execute(*args, **kwargs)
            raise KeyboardInterrupt

    with scope.company(company.pk):
        assert seen() == {company.pk}
    with scope.company(rival.pk), monkeypatch.context() as patch:
        patch.setattr("tenants.postgresql.base.psycopg.Cursor", Interrupted)
        with pytest.raises(KeyboardInterrupt):
            seen()
    with scope.company(company.pk):
        assert seen() == {company.pk}


def test_what_discards_the_session_is_noticed(company):
    with scope.company(company.pk), connection.cursor() as cursor:
        assert seen() == {company.pk}
        cursor.execute("DISCARD ALL")
        assert seen() == {company.pk}


def test_a_new_connection_starts_anew(company):
    with scope.company(company.pk):
        assert seen() == {company.pk}
        connection.close()
        assert seen() == {company.pk}
    connection.close()
    assert seen() == set()


# A connection that died -----------------------------------------------------------------------


@pytest.mark.parametrize("stays", [True, False], ids=["same scope", "another scope"])
def test_a_dead_connection_is_djangos_error_and_costs_one_request(company, rival, stays):
    first = company if stays else rival
    with scope.company(first.pk):
        seen()
    kill_the_connection()
    with scope.company(company.pk), pytest.raises(OperationalError):
        seen()
    connection.close_if_unusable_or_obsolete()  # what Django does at the end of a request
    with scope.company(company.pk):
        assert seen() == {company.pk}


@pytest.mark.parametrize("stays", [True, False], ids=["same scope", "another scope"])
def test_with_health_checks_a_dead_connection_costs_no_request(company, rival, stays):
    assert connection.settings_dict["CONN_HEALTH_CHECKS"] is True
    first = company if stays else rival
    with scope.company(first.pk):
        seen()
    connection.close_if_unusable_or_obsolete()
    kill_the_connection()
    with scope.company(company.pk):
        assert seen() == {company.pk}


# After the commit -----------------------------------------------------------------------------


def test_what_runs_on_commit_runs_in_the_scope_that_asked_for_it(company, rival):
    ran = []
    with transaction.atomic():
        for owner in (company, rival):
            with scope.company(owner.pk):
                transaction.on_commit(lambda: ran.append((scope.current(), seen())))
        transaction.on_commit(lambda: ran.append((scope.current(), seen())), robust=True)
    assert ran == [(company.pk, {company.pk}), (rival.pk, {rival.pk}), (None, set())]


def test_on_commit_refuses_what_cannot_be_called():
    with pytest.raises(TypeError, match="must be a callable"), transaction.atomic():
        transaction.on_commit(None)
