"""A table that breaks a rule of isolation is told by `check --tag isolation`, by its number."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import models

from tenants import checks
from tenants.constraints import CompanyKey, CompanyPolicy
from tenants.fields import TenantForeignKey
from tenants.models import (
    TENANT_CONSTRAINTS,
    Company,
    CompanyBound,
    Membership,
    TenantModel,
    User,
)


@pytest.fixture(autouse=True)
def models_of_the_test():
    """Take the models that the test defines out of the registry again."""
    labels = ("tenants", "contenttypes")
    installed = {label: dict(apps.all_models[label]) for label in labels}
    yield
    for label in labels:
        apps.all_models[label].clear()
        apps.all_models[label].update(installed[label])
    apps.clear_cache()


def ids_of(model):
    return sorted(error.id for error in checks.errors_of(model))


def the_good_model():
    class Note(TenantModel):
        membership = TenantForeignKey(Membership, models.CASCADE, related_name="+")
        text = models.TextField()

        class Meta(TenantModel.Meta):
            app_label = "tenants"
            constraints = [
                *TENANT_CONSTRAINTS,
                models.UniqueConstraint(name="notes_text", fields=["company", "text"]),
            ]

    return Note


def without_a_company():
    class Note(models.Model):
        text = models.TextField()

        class Meta:
            app_label = "tenants"

    return Note


def that_inherits_the_table_of_another():
    class Note(Membership):
        text = models.TextField()

        class Meta(TenantModel.Meta):
            app_label = "tenants"

    return Note


def with_a_company_of_its_own_making():
    class Note(models.Model):
        company = models.ForeignKey(Company, models.CASCADE, related_name="+")

        class Meta:
            app_label = "tenants"
            constraints = [CompanyPolicy(name="note_policy")]

    return Note


def with_a_plain_manager():
    class Note(TenantModel):
        everything = models.Manager()

        class Meta(TenantModel.Meta):
            app_label = "tenants"
            constraints = TENANT_CONSTRAINTS

    return Note


def with_a_plain_base_manager():
    class Note(TenantModel):
        everything = models.Manager()

        class Meta(TenantModel.Meta):
            app_label = "tenants"
            base_manager_name = "everything"
            constraints = TENANT_CONSTRAINTS

    return Note


def without_a_policy():
    class Note(TenantModel):
        class Meta(TenantModel.Meta):
            app_label = "tenants"
            constraints = [CompanyKey(name="note_key")]

    return Note


def with_a_policy_on_another_column():
    class Note(TenantModel):
        class Meta(TenantModel.Meta):
            app_label = "tenants"
            constraints = [
                CompanyKey(name="note_key"),
                CompanyPolicy(name="note_policy", field="id"),
            ]

    return Note


def with_a_plain_foreign_key():
    class Note(TenantModel):
        membership = models.ForeignKey(Membership, models.CASCADE, related_name="+")

        class Meta(TenantModel.Meta):
            app_label = "tenants"
            constraints = TENANT_CONSTRAINTS

    return Note


def with_a_unique_field():
    class Note(TenantModel):
        text = models.CharField(max_length=9, unique=True)

        class Meta(TenantModel.Meta):
            app_label = "tenants"
            constraints = TENANT_CONSTRAINTS

    return Note


def with_a_plain_one_to_one_field():
    class Note(TenantModel):
        membership = models.OneToOneField(Membership, models.CASCADE, related_name="+")

        class Meta(TenantModel.Meta):
            app_label = "tenants"
            constraints = TENANT_CONSTRAINTS

    return Note


def with_a_constraint_across_companies():
    class Note(TenantModel):
        text = models.TextField()

        class Meta(TenantModel.Meta):
            app_label = "tenants"
            constraints = [
                *TENANT_CONSTRAINTS,
                models.UniqueConstraint(name="notes_text", fields=["text", "company"]),
            ]

    return Note


def with_a_unique_expression():
    class Note(TenantModel):
        text = models.TextField()

        class Meta(TenantModel.Meta):
            app_label = "tenants"
            constraints = [
                *TENANT_CONSTRAINTS,
                models.UniqueConstraint(models.functions.Lower("text"), name="notes_text"),
            ]

    return Note


def with_an_exclusion_across_companies():
    class Note(TenantModel):
        days = DateRangeField()

        class Meta(TenantModel.Meta):
            app_label = "tenants"
            constraints = [
                *TENANT_CONSTRAINTS,
                ExclusionConstraint(name="notes_days", expressions=[("days", "&&")]),
            ]

    return Note


def with_unique_together():
    class Note(TenantModel):
        text = models.TextField()
        language = models.TextField()

        class Meta(TenantModel.Meta):
            app_label = "tenants"
            constraints = TENANT_CONSTRAINTS
            unique_together = [("text", "language")]

    return Note


def the_automatic_table_of_a_many_to_many_field():
    class Note(TenantModel):
        readers = models.ManyToManyField(User, related_name="+")

        class Meta(TenantModel.Meta):
            app_label = "tenants"
            constraints = TENANT_CONSTRAINTS

    return Note.readers.through


def the_automatic_table_between_global_and_company_rows():
    class Note(models.Model):
        members = models.ManyToManyField(Membership, related_name="+")

        class Meta:
            app_label = "contenttypes"

    return Note.members.through


def that_is_global_and_points_into_a_company():
    class Note(models.Model):
        membership = models.ForeignKey(Membership, models.CASCADE, related_name="+")

        class Meta:
            app_label = "contenttypes"

    return Note


BAD = [
    (without_a_company, ["tenants.E001"]),
    (that_inherits_the_table_of_another, ["tenants.E001", "tenants.E006"]),
    (with_a_company_of_its_own_making, ["tenants.E002", "tenants.E003", "tenants.E004"]),
    (with_a_plain_manager, ["tenants.E003"]),
    (with_a_plain_base_manager, ["tenants.E003", "tenants.E004"]),
    (without_a_policy, ["tenants.E005"]),
    (with_a_policy_on_another_column, ["tenants.E005"]),
    (with_a_plain_foreign_key, ["tenants.E006"]),
    (with_a_plain_one_to_one_field, ["tenants.E006", "tenants.E007"]),
    (with_a_unique_field, ["tenants.E007"]),
    (with_a_constraint_across_companies, ["tenants.E008"]),
    (with_a_unique_expression, ["tenants.E008"]),
    (with_an_exclusion_across_companies, ["tenants.E008"]),
    (with_unique_together, ["tenants.E008"]),
    (the_automatic_table_of_a_many_to_many_field, ["tenants.E006", "tenants.E009"]),
    (the_automatic_table_between_global_and_company_rows, ["tenants.E006", "tenants.E009"]),
    (that_is_global_and_points_into_a_company, ["tenants.E006"]),
]


def test_a_good_model_has_no_errors():
    assert ids_of(the_good_model()) == []


@pytest.mark.parametrize(("make", "ids"), BAD, ids=[make.__name__ for make, _ in BAD])
def test_a_model_that_breaks_a_rule_is_told(make, ids):
    assert ids_of(make()) == ids


def test_every_number_has_a_model_that_shows_it():
    shown = {number for _, ids in BAD for number in ids}
    assert shown == {f"tenants.E{number:03}" for number in range(1, 10)}


def test_the_installed_models_are_clean():
    assert checks.check_models() == []


@pytest.mark.parametrize(
    ("make", "id"),
    [
        (without_a_company, "tenants.E001"),
        (without_a_policy, "tenants.E005"),
        (with_a_plain_foreign_key, "tenants.E006"),
    ],
)
def test_the_command_fails_for_a_model_added_without_care(make, id):
    make()
    with pytest.raises(SystemCheckError, match=id):
        call_command("check", "--tag", "isolation")


def test_every_global_table_says_why():
    assert all(checks.GLOBAL_MODELS.values())
    assert all(checks.GLOBAL_APPS.values())
    assert CompanyBound not in checks.company_models()
    assert Company in checks.company_models()
    assert User not in checks.company_models()
