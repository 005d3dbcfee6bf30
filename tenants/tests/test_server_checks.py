"""`check --tag isolation --deploy` tells what the server lacks.  Each fault is rolled back."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection

from tenants import server_checks

pytestmark = pytest.mark.django_db

APP, STAFF = f'"{settings.APP_ROLE}"', f'"{settings.STAFF_ROLE}"'

FAULTS = {
    "the app role escapes the policies": ("E020", f"ALTER ROLE {APP} BYPASSRLS"),
    "the staff role escapes the policies": ("E020", f"ALTER ROLE {STAFF} SUPERUSER"),
    "a table is owned by the app role": (
        "E021",
        f"GRANT CREATE ON SCHEMA public TO {APP}; ALTER TABLE memberships OWNER TO {APP}",
    ),
    "the app role is a member of the owner": (
        "E021",
        "CREATE ROLE owner_of_tables; GRANT owner_of_tables TO CURRENT_USER;"
        " GRANT CREATE ON SCHEMA public TO owner_of_tables;"
        f" ALTER TABLE memberships OWNER TO owner_of_tables; GRANT owner_of_tables TO {APP}",
    ),
    "row level security is off": ("E022", "ALTER TABLE companies DISABLE ROW LEVEL SECURITY"),
    "a policy is gone": ("E022", "DROP POLICY membership_company_policy ON memberships"),
    "a policy is for reading alone": (
        "E022",
        "DROP POLICY companies_company_policy ON companies;"
        f" CREATE POLICY companies_company_policy ON companies FOR SELECT TO {APP}"
        " USING (id = NULLIF(current_setting('app.company_id', true), '')::bigint)",
    ),
    "a second policy lets everybody in": (
        "E023",
        "CREATE POLICY open_door ON memberships USING (true)",
    ),
    "a policy has an exception": (
        "E023",
        "ALTER POLICY membership_company_policy ON memberships USING"
        " (company_id = NULLIF(current_setting('app.company_id', true), '')::bigint OR true)",
    ),
    "a policy lets any row be written": (
        "E023",
        "ALTER POLICY membership_company_policy ON memberships WITH CHECK (true)",
    ),
    "the app role is a member of the staff role": ("E023", f"GRANT {STAFF} TO {APP}"),
    "a composite key is gone": (
        "E024",
        "ALTER TABLE api_tokens DROP CONSTRAINT api_tokens_membership_fk",
    ),
    "a key does not carry the company": (
        "E024",
        "ALTER TABLE api_tokens DROP CONSTRAINT api_tokens_membership_fk,"
        " ADD CONSTRAINT api_tokens_membership_fk"
        " FOREIGN KEY (membership_id) REFERENCES memberships (id)",
    ),
    "the app role may empty a table": ("E026", f"GRANT TRUNCATE ON companies TO {APP}"),
    "everything was granted to the staff role": (
        "E026",
        f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {STAFF}",
    ),
}


def errors():
    return {message.id for message in server_checks.check_server() if message.is_serious()}


def run_as_owner(sql):
    with connection.as_login_role(), connection.cursor() as cursor:
        cursor.execute(sql)


def is_superuser():
    with connection.as_login_role(), connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = session_user")
        return cursor.fetchone() == (True,)


def test_a_server_after_migrate_is_clean():
    assert errors() == set()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_server_is_told(fault):
    number, sql = FAULTS[fault]
    if sql.startswith("ALTER ROLE") and not is_superuser():
        pytest.skip("the login role of this server is no superuser, which this fault takes")
    assert errors() == set()
    run_as_owner(sql)
    assert f"tenants.{number}" in errors()


def test_every_number_has_a_fault_that_shows_it():
    assert {number for number, _ in FAULTS.values()} == {
        "E020",
        "E021",
        "E022",
        "E023",
        "E024",
        "E026",
    }


def test_the_command_fails_for_a_fault():
    call_command("check", "--tag", "isolation", "--deploy")
    run_as_owner("DROP POLICY membership_company_policy ON memberships")
    with pytest.raises(SystemCheckError, match="tenants.E022.*memberships"):
        call_command("check", "--tag", "isolation", "--deploy")


def test_a_server_without_our_roles_is_told(settings):
    settings.APP_ROLE = "nobody_made_this_role"
    (message,) = server_checks.check_server()
    assert message.id == "tenants.E020"
    assert 'role "nobody_made_this_role" does not exist' in message.msg


@pytest.mark.parametrize(("embedded", "warned"), [(False, True), (True, False)])
def test_a_superuser_as_login_is_worth_a_warning(embedded, warned, settings):
    if not is_superuser():
        pytest.skip("the login role of this server is no superuser")
    settings.DATABASE_IS_EMBEDDED = embedded
    warnings = [message.id for message in server_checks.check_server()]
    assert warnings == (["tenants.W025"] if warned else [])
