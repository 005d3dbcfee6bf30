"""The company is added when the SQL is compiled.  Every path of the ORM: test_isolation_orm."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.models import Exists, OuterRef
from django.test.utils import CaptureQueriesContext

from tenants import scope
from tenants.managers import TenantScopedManager, _in_scope
from tenants.models import ApiToken, Company, Membership, SecurityEvent
from tenants.scope import NoCompanyScope


@pytest.fixture(autouse=True)
def two_companies(member, rival_member):
    """A row of each that every test could see too much of."""


def sql_of(company, run):
    with scope.company(company.pk), CaptureQueriesContext(connection) as queries:
        run()
    return queries[-1]["sql"]


MEMBERSHIPS = [
    lambda: list(Membership.objects.all()),
    Membership.objects.count,
    lambda: Membership.objects.update(role="manager"),
    lambda: Membership.objects.all()._raw_delete("default"),
    lambda: list(Membership.objects.order_by("pk")[:1]),
    lambda: list(Membership.objects.select_related("company", "user")),
]


@pytest.mark.parametrize("run", MEMBERSHIPS)
def test_the_sql_names_the_company_besides_the_policy(run, company):
    assert f'"memberships"."company_id" = {company.pk}' in sql_of(company, run)


def test_a_subquery_names_the_company_under_its_own_alias(company):
    tokens = ApiToken.objects.filter(membership=OuterRef("pk"))
    sql = sql_of(company, lambda: list(Membership.objects.filter(~Exists(tokens))))
    assert f'"memberships"."company_id" = {company.pk}' in sql
    assert f'U0."company_id" = {company.pk}' in sql
    twice = Membership.objects.filter(pk__in=Membership.objects.values("pk"))
    sql = sql_of(company, lambda: list(twice))
    assert f'"memberships"."company_id" = {company.pk}' in sql
    assert f'U0."company_id" = {company.pk}' in sql


def test_every_company_filters_nothing():
    with scope.every_company("a test"), CaptureQueriesContext(connection) as queries:
        assert Membership.objects.count() == 2
    assert '"company_id" =' not in queries[-1]["sql"]


def test_one_lookup_without_a_value_serves_every_queryset(company, rival):
    first, second = Membership.objects.all(), Membership.objects.filter(role="owner")
    lookup = _in_scope(Membership)
    assert first.query.where.children == [lookup]
    assert second.query.where.children[0] is lookup
    assert _in_scope(ApiToken) is not lookup
    for owner in (company, rival):
        with scope.company(owner.pk):
            assert [row.company_id for row in first.all()] == [owner.pk]
    assert first.query.where.children == [lookup]


def test_the_table_of_companies_is_filtered_by_its_id(company, rival):
    with scope.company(company.pk):
        assert Company.objects.get() == company
        assert not Company.objects.filter(pk=rival.pk).exists()
        assert f'"companies"."id" = {company.pk}' in str(Company.objects.all().query)
    with pytest.raises(NoCompanyScope):
        Company.objects.get()


def test_a_query_that_cannot_find_anything_still_needs_a_scope():
    """A view without a scope fails in the test with an empty database, too."""
    with pytest.raises(NoCompanyScope):
        list(SecurityEvent.objects.filter(kind="nothing"))


def test_a_manager_of_ones_own_methods_stays_scoped(company):
    class Owners(TenantScopedManager):
        def owners(self):
            return self.filter(role="owner")

    manager = Owners()
    manager.model = Membership
    with scope.company(company.pk):
        assert [row.company_id for row in manager.owners()] == [company.pk]
    with pytest.raises(NoCompanyScope):
        manager.owners().count()
