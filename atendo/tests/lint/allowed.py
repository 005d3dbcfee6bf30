"""The few places that may step around a lock, each with its reason; everywhere else is refused.

To add a place, add a line to its rule: (file, function or class) and why it has to be there.
A line that is no longer needed fails too.
"""

from __future__ import annotations

EVERYWHERE = "*"  # as the function: all of the file

Place = tuple[str, str]

BACKEND = ("tenants/postgresql/base.py", EVERYWHERE)
MANAGERS = ("tenants/managers.py", EVERYWHERE)

ALLOWED: dict[str, dict[Place, str]] = {
    "as_login_role": {
        ("tenants/postgresql/creation.py", EVERYWHERE): "test databases are made and cleared",
        ("tenants/management/login_role.py", EVERYWHERE): "what wraps a command",
        ("tenants/management/commands/migrate.py", EVERYWHERE): "changes the schema",
        ("tenants/management/commands/flush.py", EVERYWHERE): "TRUNCATE is the owner's",
        ("tenants/management/commands/loaddata.py", EVERYWHERE): "loads rows of every company",
        ("tenants/management/commands/createcachetable.py", EVERYWHERE): "changes the schema",
    },
    "every_company": {
        ("tenants/management/login_role.py", "as_login_role.Command.handle"): "loaddata",
        ("tenants/postgresql/creation.py", "DatabaseCreation.serialize_db_to_string"): "tests",
        ("tenants/postgresql/creation.py", "DatabaseCreation.deserialize_db_from_string"): "tests",
        ("tenants/middleware.py", "staff_scope"): "the admin of the platform's staff",
        ("tenants/companies.py", "memberships_of"): "login and choice of company look across",
        ("tenants/visits.py", "_note"): "the staff's log, closed to the application's role",
        ("atendo/demo_data.py", "_company"): "a company is made before it can be entered",
        ("whatsapp/jobs.py", "tick"): "which companies have something to do",
    },
    "another company by switch=True": {
        ("tenants/companies.py", "activate"): "the log of the company that is entered",
        ("tenants/companies.py", "record_everywhere"): "the logs of a person's companies",
        ("tenants/views/invitation.py", "invitation"): "who is invited may work in another one",
    },
    "no_company": {},
    "the state of the scope itself": {},
    "a scope kept for later": {
        ("tenants/scope.py", "bound"): "a streamed answer",
        ("tenants/scope.py", "carried"): "threads and callbacks",
    },
    "a scope entered without a block": {},
    "_base_manager": {
        ("tenants/checks.py", "_manager_errors"): "asks whether it is scoped",
        ("tenants/fields.py", "TenantForeignKey.validate"): "as Django's own validate does",
    },
    "a queryset or manager beside the scoped one": {
        ("tenants/managers.py", "TenantScopedManager"): "makes the scoped one",
        ("tenants/models/user.py", "User"): "people belong to no company",
        ("tenants/migrations/0001_initial.py", "Migration"): "the same",
    },
    "internals of the ORM": {
        MANAGERS: "adds the company to every query",
        ("tenants/models/base.py", "CompanyBound.save_base"): "binds the row and goes on",
    },
    "people of every company": {
        ("tenants/accounts.py", "account_of"): "whose mailbox an invitation reached",
        ("tenants/accounts.py", "active_account"): "who has forgotten the password",
        ("tenants/accounts.py", "active_account_id"): "likewise",
        ("tenants/accounts.py", "open_account"): "who comes by an invitation",
        ("atendo/demo_data.py", "_staff"): "the login of the demo's staff",
        ("atendo/demo_data.py", "_member"): "the logins of the demo",
    },
    "raw SQL: raw, extra, RawSQL": {},
    "raw SQL: cursor": {
        BACKEND: "the backend",
        ("tenants/roles.py", "_make_roles"): "roles and default privileges, in pre_migrate",
        ("tenants/roles.py", "_request_for_administrator"): "reads pg_roles",
        ("tenants/roles.py", "protect_bookkeeping"): "REVOKE on django_migrations",
        ("tenants/server_checks.py", "_rows"): "reads the catalogue",
        ("atendo/embedded_postgres.py", "_create_database"): "before Django knows it",
        ("atendo/fresh_database.py", "_execute"): "DROP and CREATE",
        ("atendo/health.py", "_worker_seen"): "procrastinate_workers, no company's table",
        ("whatsapp/management/commands/worker.py", "keep_house"): "procrastinate_jobs",
    },
    "SQL that changes role or scope": {
        ("tenants/postgresql/base.py", ""): "the one statement that applies the scope",
        ("tenants/postgresql/base.py", "DatabaseWrapper.read_only"): "makes it read only",
    },
    "a connection beside Django's": {
        ("atendo/embedded_postgres.py", "_serves"): "whether the server is up",
        ("atendo/embedded_postgres.py", "_create_database"): "before Django knows it",
        ("whatsapp/management/commands/worker.py", "make_connector"): "as the app role",
    },
    "psycopg's own connection": {
        BACKEND: "the backend",
        ("whatsapp/urls.py", ""): "a view of that name in a module of that name",
    },
    "a migration of rows or raw SQL": {
        ("tenants/migrations/0002_wake_on_free_lock.py", "Migration"): "a trigger, no rows",
    },
    "kept for the life of the process": {
        ("tenants/managers.py", "_in_scope"): "a lookup per model, which holds no value",
        ("tenants/scope.py", ""): "when a reason was logged last",
        ("scheduling/events.py", ""): "the functions that hear of an event",
        ("atendo/health.py", "is_migrated"): "whether the database is that of this code",
        ("whatsapp/qr.py", "draw"): "a drawing is a function of its text",
        ("whatsapp/simulator/codes.py", "qr_image"): "likewise, and no product",
        (
            "whatsapp/management/commands/evolution_simulator.py",
            "Command",
        ): "no checks of Django's",
    },
    "the cache of every company": {},
    # The walk of the proof puts ids into addresses, parameters and fields, and nowhere else.
    "what a request carries beside its fields": {
        ("tenants/middleware.py", "ScopeMiddleware._answer"): "the token",
        ("tenants/middleware.py", "ScopeMiddleware._as_program"): "the token",
        ("tenants/themes.py", "theme_of"): "light or dark, a choice of two words",
        ("whatsapp/webhook.py", "EvolutionWebhook.post"): "the secret of the instance",
        ("whatsapp/webhook.py", "_read"): "the length of the body",
        ("scheduling/views/client_imports.py", "client_import"): "a file of the person's own",
        ("whatsapp/simulator/evolution_routes.py", EVERYWHERE): "no product",
        ("whatsapp/simulator/server.py", EVERYWHERE): "no product",
    },
}
