"""What PostgreSQL itself holds, kept by `makemigrations` like any constraint.

CompanyPolicy: row level security.  CompanyKey and TenantForeignKeyConstraint: references that
cannot leave the company.  NoOverlap: two rows that may not share time.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, DateTimeRangeField
from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement, Table
from django.db.models.constraints import BaseConstraint

CURRENT = "NULLIF(current_setting('app.company_id', true), '')::bigint"


class _SchemaConstraint(BaseConstraint):
    """A constraint that only the database checks; equal when its parts are."""

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """Nothing to ask here: the scoped base manager asks it through ForeignKey.validate."""

    def __eq__(self, other: object) -> bool:
        if isinstance(other, type(self)):
            return bool(self.deconstruct() == other.deconstruct())
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]


class CompanyPolicy(_SchemaConstraint):
    """Row level security: the app role sees its company's rows, the staff role all of them.

    `append_only` takes UPDATE and DELETE of the table away from both roles.  No FORCE: the
    login role owns the tables and migrates them; the application never runs as it.
    """

    def __init__(
        self, *, name: str, field: str = "company", append_only: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.field, self.append_only = field, append_only

    def create_sql(  # type: ignore[override]
        self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor
    ) -> Statement:
        quote = schema_editor.quote_name
        field: Any = model._meta.get_field(self.field)
        column = quote(field.column)
        parts = [
            "ALTER TABLE %(table)s ENABLE ROW LEVEL SECURITY",
            "CREATE POLICY %(name)s ON %(table)s TO %(app)s USING (%(own)s) WITH CHECK (%(own)s)",
            "CREATE POLICY %(all)s ON %(table)s TO %(staff)s USING (true) WITH CHECK (true)",
        ]
        if self.append_only:
            parts.append("REVOKE UPDATE, DELETE ON %(table)s FROM %(app)s, %(staff)s")
        return Statement(
            "; ".join(parts),
            table=Table(model._meta.db_table, quote),
            name=quote(self.name),
            all=quote(f"{self.name}_staff"),
            app=quote(settings.APP_ROLE),
            staff=quote(settings.STAFF_ROLE),
            own=f"{column} = {CURRENT}",
        )

    def constraint_sql(  # type: ignore[override]
        self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor
    ) -> None:
        schema_editor.deferred_sql.append(self.create_sql(model, schema_editor))

    def remove_sql(  # type: ignore[override]
        self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor
    ) -> Statement:
        quote = schema_editor.quote_name
        return Statement(
            "DROP POLICY %(name)s ON %(table)s; DROP POLICY %(staff_name)s ON %(table)s;"
            " ALTER TABLE %(table)s DISABLE ROW LEVEL SECURITY;"
            " GRANT UPDATE, DELETE ON %(table)s TO %(app)s, %(staff)s",
            table=Table(model._meta.db_table, quote),
            name=quote(self.name),
            staff_name=quote(f"{self.name}_staff"),
            app=quote(settings.APP_ROLE),
            staff=quote(settings.STAFF_ROLE),
        )

    def deconstruct(self) -> Any:
        path, args, kwargs = super().deconstruct()
        if self.field != "company":
            kwargs["field"] = self.field
        if self.append_only:
            kwargs["append_only"] = True
        return path, args, kwargs


class CompanyKey(models.UniqueConstraint):
    """UNIQUE (company_id, id): what composite foreign keys point to."""

    def __init__(self, *, name: str, fields: Any = ("company", "id"), **kwargs: Any) -> None:
        super().__init__(name=name, fields=fields, **kwargs)

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """It cannot collide, since id is the primary key: no query."""

    def remove_sql(  # type: ignore[override]
        self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor
    ) -> Statement:
        """CASCADE: when a migration is undone, the keys that lean on this one may go later."""
        quote = schema_editor.quote_name
        return Statement(
            "ALTER TABLE %(table)s DROP CONSTRAINT %(name)s CASCADE",
            table=Table(model._meta.db_table, quote),
            name=quote(self.name),
        )


class TenantForeignKeyConstraint(_SchemaConstraint):
    """FOREIGN KEY (company_id, x_id) REFERENCES x (company_id, id), checked at commit."""

    def __init__(self, *, field: str, name: str, **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.field = field

    def create_sql(  # type: ignore[override]
        self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor
    ) -> None:
        """Deferred to the end of the migration, as Django does with its own foreign keys: the
        target's UNIQUE (company_id, id) may come later in the same migration."""
        schema_editor.deferred_sql.append(self._statement(model, schema_editor))

    constraint_sql = create_sql  # type: ignore[assignment]

    def _statement(
        self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor
    ) -> Statement:
        quote = schema_editor.quote_name
        field: Any = model._meta.get_field(self.field)
        target = field.remote_field.model
        return Statement(
            "ALTER TABLE %(table)s ADD CONSTRAINT %(name)s FOREIGN KEY (%(company)s, %(column)s)"
            " REFERENCES %(target)s (company_id, %(target_column)s) DEFERRABLE INITIALLY DEFERRED",
            table=Table(model._meta.db_table, quote),
            name=quote(self.name),
            company=quote("company_id"),
            column=quote(field.column),
            target=Table(target._meta.db_table, quote),
            target_column=quote(field.target_field.column),
        )

    def remove_sql(  # type: ignore[override]
        self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor
    ) -> Statement:
        """IF EXISTS: undoing a migration may have dropped the CompanyKey, with CASCADE, first."""
        quote = schema_editor.quote_name
        return Statement(
            "ALTER TABLE %(table)s DROP CONSTRAINT IF EXISTS %(name)s",
            table=Table(model._meta.db_table, quote),
            name=quote(self.name),
        )

    def deconstruct(self) -> Any:
        path, args, kwargs = super().deconstruct()
        kwargs["field"] = self.field
        return path, args, kwargs


class NoOverlap(ExclusionConstraint):
    """Rows of one owner may not share time, unless a field has a value that frees it.

    EXCLUDE (company WITH =, owner WITH =, [starts, ends) WITH &&) WHERE NOT unless.  The company
    stands first because row level security does not filter what a constraint compares: an id of
    another company would be answered with its owner's busy hours.  The check before saving uses
    plain comparisons: range operators are not leakproof, so under row level security they could
    not use an index.
    """

    def __init__(
        self,
        *,
        name: str,
        owner: str,
        starts: str,
        ends: str,
        unless: tuple[str, Any],
        **kwargs: Any,
    ) -> None:
        self.owner, self.starts, self.ends, self.unless = owner, starts, ends, tuple(unless)
        time = models.Func(
            models.F(starts),
            models.F(ends),
            function="tstzrange",
            output_field=DateTimeRangeField(),
        )
        super().__init__(
            name=name,
            expressions=[(_comparable("company"), "="), (_comparable(owner), "="), (time, "&&")],
            condition=~models.Q(self.unless),
            **kwargs,
        )

    def validate(
        self,
        model: type[models.Model],
        instance: models.Model,
        exclude: Any = None,
        using: str = DEFAULT_DB_ALIAS,
    ) -> None:
        owner: Any = model._meta.get_field(self.owner)
        owner_id, starts, ends = (
            getattr(instance, name) for name in (owner.attname, self.starts, self.ends)
        )
        field, freeing_value = self.unless
        if None in (owner_id, starts, ends) or getattr(instance, field) == freeing_value:
            return
        overlap = {owner.attname: owner_id, f"{self.starts}__lt": ends, f"{self.ends}__gt": starts}
        taken = model._default_manager.using(using).filter(self.condition, **overlap)
        if taken.exclude(pk=instance.pk).exists():
            raise ValidationError(self.get_violation_error_message(), code="overlap")

    def deconstruct(self) -> Any:
        path, args, kwargs = super().deconstruct()
        del kwargs["expressions"], kwargs["condition"]
        own = {"owner": self.owner, "starts": self.starts, "ends": self.ends}
        return path, args, {**kwargs, **own, "unless": self.unless}


def _comparable(field: str) -> models.Func:
    """A bigint that GiST can compare by `=` without the extension btree_gist."""
    return models.Func(
        models.F(field),
        models.F(field),
        models.Value("[]"),
        function="int8range",
        output_field=BigIntegerRangeField(),
    )
