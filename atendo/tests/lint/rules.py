"""The ways around a lock, each with code that it must see and code that it must not."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from atendo.tests.lint.matchers import (
    Sees,
    any_of,
    calls,
    has_attribute,
    imports,
    makes,
    mentions,
    owner_of,
    renames,
    says,
    stays,
)


@dataclass(frozen=True)
class Rule:
    sees: Sees
    examples: tuple[str, ...]
    fine: tuple[str, ...] = ()


# Scope ------------------------------------------------------------------------------------------

SCOPE = {
    "as_login_role": Rule(
        mentions("as_login_role"),
        ("with connection.as_login_role(): pass", "enter = getattr(c, 'as_login_role')"),
    ),
    "every_company": Rule(
        mentions("every_company"),
        (
            "with every_company('why'): pass",
            "from tenants.scope import every_company as look",
            "look = partial(scope.every_company, 'why')",
            "look = scope.every_company",
            "look = getattr(scope, 'every_company')",
            "look = import_string('tenants.scope.every_company')",
        ),
    ),
    "another company by switch=True": Rule(
        lambda node: isinstance(node, ast.keyword) and node.arg == "switch",
        ("with scope.company(1, switch=True): pass", "partial(scope.company, switch=True)"),
        ("with scope.company(1): pass",),
    ),
    "no_company": Rule(
        mentions("no_company"),
        ("with scope.no_company(): pass", "from tenants.scope import no_company as alone"),
    ),
    "the state of the scope itself": Rule(
        any_of(
            has_attribute("_current", "_entered"),
            imports("_current", "_entered", module="tenants.scope"),
        ),
        (
            "scope._current.set(1)",
            "import tenants.scope as s; s._entered(1)",
            "from tenants.scope import _current",
            "getattr(scope, '_current').set(1)",
        ),
        ("_current = 1",),
    ),
    "a scope kept for later": Rule(
        mentions("copy_context"), ("context = copy_context()", "contextvars.copy_context().run(f)")
    ),
    "a scope entered without a block": Rule(
        mentions("ExitStack", "AsyncExitStack", "enter_context", "__enter__"),
        ("stack.enter_context(scope.company(1))", "scope.company(1).__enter__()"),
    ),
}

# The ORM ----------------------------------------------------------------------------------------

QUERYSETS = r"\w*(?<!Context)(QuerySet|Manager)"
NO_SCOPED_ONE = r"(?!TenantScopedManager)" + QUERYSETS


def _beside_the_scoped_one(node: ast.AST) -> bool:
    """All but `TenantScopedManager()` and `TenantScopedManager.from_queryset(X)()`."""
    if calls("from_queryset")(node):
        return owner_of(node.func) != "TenantScopedManager"
    if calls("super")(node):
        return makes(QUERYSETS)(node)
    return any_of(makes(NO_SCOPED_ONE), renames(QUERYSETS), _makes_one_alike)(node)


def _makes_one_alike(node: ast.AST) -> bool:
    """`type(queryset)(...)`, whatever it is the type of."""
    return isinstance(node, ast.Call) and calls("type")(node.func)


def _imports_internals(node: ast.AST) -> bool:
    if not isinstance(node, ast.Import | ast.ImportFrom):
        return False
    package = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
    modules = [f"{package}{each.name}." for each in node.names]
    return any(module.startswith("django.db.models.sql.") for module in modules)


# Other things that have a `query`: an address that was taken apart, a request of the simulator.
ADDRESSES = frozenset({"parts", "request", "self"})

ORM = {
    "_base_manager": Rule(
        mentions("_base_manager", "base_manager"),
        ("Client._base_manager.all()", "Client._meta.base_manager", "getattr(C, '_base_manager')"),
    ),
    "a queryset or manager beside the scoped one": Rule(
        any_of(_beside_the_scoped_one, mentions("as_manager", "_queryset_class", "RawQuerySet")),
        (
            "clients = serializers.SlugRelatedField(queryset=QuerySet(Client))",
            "models.QuerySet(Client).all()",
            "QuerySet[Client](Client)",
            "QuerySet(model=Client)",
            "ClientQuerySet(Client)",
            "objects = models.Manager()",
            "objects = Manager.from_queryset(ClientQuerySet)()",
            "objects = ClientQuerySet.as_manager()",
            "build = partial(QuerySet, Client)",
            "Rows = QuerySet",
            "from django.db.models import QuerySet as Rows",
            "return QuerySet",
            "class Rows(models.QuerySet[Client]): pass",
            "super(TenantScopedManager, Client.objects).get_queryset()",
            "Client.objects._queryset_class(Client)",
            "type(Client.objects.all())(Client)",
        ),
        (
            "def rows() -> QuerySet[Client]: pass",
            "rows: QuerySet[Client] = Client.objects.all()",
            "isinstance(rows, QuerySet)",
            "rows = cast(QuerySet[Client], rows)",
            "objects = TenantScopedManager()",
            "objects = TenantScopedManager.from_queryset(ClientQuerySet)()",
            "from django.db.models import QuerySet",
            "class ClientQuerySet(TenantQuerySet['Client']): pass",
        ),
    ),
    "internals of the ORM": Rule(
        any_of(
            mentions("_raw_delete", "save_base", "_do_update", "_do_insert", "_save_table"),
            mentions("Collector", "Query", "DeleteQuery", "UpdateQuery", "InsertQuery"),
            mentions("clear_where", "set_empty", "get_compiler", "execute_sql"),
            has_attribute("query", but_of=ADDRESSES),
            _imports_internals,
        ),
        (
            "Client.objects.all()._raw_delete('default')",
            "client.save_base(raw=True)",
            "Client._do_update(client)",
            "sql.DeleteQuery(Client).delete_batch([1], 'default')",
            "Client.objects.all().query.where.children.clear()",
            "rows.query.clear_where()",
            "rows.query = other",
            "inner = rows.query",
            "from django.db.models import sql",
            "from django.db.models.sql import Query as Q",
            "import django.db.models.sql.subqueries",
            "Collector(using='default').delete()",
        ),
        ("parts.query", "request.query.get('x')"),
    ),
    "people of every company": Rule(
        any_of(
            has_attribute("objects", "_default_manager", of="User"),
            renames("User"),
            mentions("get_user_model"),
        ),
        (
            "User.objects.filter(email='')",
            "models.User._default_manager.all()",
            "from tenants.models import User as Person",
            "Person = User",
            "get_user_model().objects.all()",
            "getattr(User, 'objects')",
        ),
        ("user: User = request.user",),
    ),
}

# SQL and connections -----------------------------------------------------------------------------

CURSORS = ("cursor", "_cursor", "_nodb_cursor", "chunked_cursor", "create_cursor")
STATEMENTS = ("executemany", "callproc", "executescript")

SQL = {
    "raw SQL: raw, extra, RawSQL": Rule(
        any_of(has_attribute("raw", "extra"), mentions("RawSQL", "RawQuerySet")),
        (
            "Client.objects.raw('SELECT 1')",
            "ask = Client.objects.raw",
            "methodcaller('extra', where=['1 = 1'])(rows)",
            "getattr(Client.objects, 'raw')('SELECT 1')",
            "from django.db.models.expressions import RawSQL as Text",
        ),
        ("raw = request.body", "logger.info('x', extra={})"),
    ),
    "raw SQL: cursor": Rule(
        any_of(
            has_attribute(*CURSORS, *STATEMENTS),
            has_attribute("execute", but_of=frozenset({"cursor"})),
            has_attribute("copy", "stream", of="cursor"),
        ),
        (
            "with connections['default'].cursor() as cursor: pass",
            "make = connection.cursor",
            "with getattr(connection, 'cursor')() as c: pass",
            "methodcaller('cursor')(connection)",
            "connection._nodb_cursor()",
            "c.executemany('SELECT %s', [[1]])",
            "c.callproc('f')",
            "c.execute('SELECT 1')",
            "with cursor.copy('COPY clients TO STDOUT'): pass",
        ),
        ("cursor = None", "cursor.execute('SELECT 1')", "copy.copy(row)"),
    ),
    "SQL that changes role or scope": Rule(
        says(r"set_config|row_security|\b(re)?set\s+(\w+\s+)?(role|session)\b"),
        (
            "cursor.execute('RESET ROLE')",
            "cursor.execute(f'set local role {role}')",
            "sql = \"SELECT set_config('role', 'x', false)\"",
            "sql = 'SET SESSION AUTHORIZATION x'",
        ),
        ("role = 'reset'",),
    ),
    "a connection beside Django's": Rule(
        any_of(
            mentions("PsycopgConnector", "SyncPsycopgConnector"),
            mentions("ConnectionPool", "AsyncConnectionPool"),
            has_attribute("connect", "Connection", "AsyncConnection", of="psycopg"),
            imports("connect", "Connection", "AsyncConnection", module="psycopg"),
        ),
        (
            "psycopg.connect('')",
            "psycopg.Connection.connect('')",
            "from psycopg import connect as dial",
            "PsycopgConnector()",
        ),
    ),
    "psycopg's own connection": Rule(
        any_of(
            mentions("Cursor", "ClientCursor", "ServerCursor", "RawCursor", "get_new_connection"),
            has_attribute("connection", of="connection"),
            has_attribute("connection", of="connections"),
            has_attribute("ops", "schema_editor", "introspection", of="connection"),
            has_attribute("ops", "schema_editor", "introspection", of="connections"),
        ),
        (
            "connection.connection.rollback()",
            "own = connections['default'].connection",
            "psycopg.Cursor(own)",
            "with connection.schema_editor() as editor: pass",
            "connections['default'].ops.sql_flush(1, [])",
            "getattr(connection, 'connection')",
        ),
        ("self.connection.info", "connection.in_atomic_block"),
    ),
    "a migration of rows or raw SQL": Rule(
        mentions("RunPython", "RunSQL", "SeparateDatabaseAndState"),
        ("migrations.RunPython(print)", "from django.db.migrations import RunSQL as Step"),
    ),
}

# What is kept -----------------------------------------------------------------------------------

KEPT = {
    "kept for the life of the process": Rule(
        stays,
        (
            "@lru_cache\ndef rows(): pass",
            "@functools.cache\ndef rows(): pass",
            "@lru_cache(maxsize=9)\ndef rows(): pass",
            "rows = lru_cache(find)",
            "def f():\n    global rows",
            "class Rows:\n    found = {}",
            "class Rows:\n    found: dict[int, str] = defaultdict(list)",
        ),
        (
            "def f():\n    found = []",
            "class Rows:\n    names = ['a']",
            "@cached_property\ndef rows(self): pass",
            "from django.core.cache import cache",
        ),
    ),
    "the cache of every company": Rule(
        any_of(has_attribute("clear", of="cache"), has_attribute("clear", of="caches")),
        ("cache.clear()", "caches['default'].clear()", "empty = cache.clear"),
        ("cache.delete('x')", "found.clear()"),
    ),
}

# What is read ------------------------------------------------------------------------------------

READ = {
    "what a request carries beside its fields": Rule(
        any_of(has_attribute("COOKIES", "META", "FILES"), has_attribute("headers", of="request")),
        ("request.headers['X-Company']", "request.COOKIES.get('company')", "request.FILES"),
        ("request.GET['q']", "response.headers['ETag']"),
    ),
}

RULES: dict[str, Rule] = SCOPE | ORM | SQL | KEPT | READ
