"""A file of clients on its way into the register: what it holds, and what became of each row."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from scheduling import phone
from scheduling.models.client import Client
from tenants.fields import TenantForeignKey
from tenants.managers import TenantQuerySet, TenantScopedManager
from tenants.models import TENANT_CONSTRAINTS, TenantModel

# So long the rows are kept: a file holds more about people than the register needs.
KEPT: Final = timedelta(days=30)


class ImportStatus(models.TextChoices):
    COLUMNS = "columns", _("Falta dizer as colunas")
    CHECKED = "checked", _("Conferido, falta importar")
    RUNNING = "running", _("Importando")
    DONE = "done", _("Importado")
    UNDONE = "undone", _("Desfeito")


class Outcome(models.TextChoices):
    WAITING = "", _("Falta importar")
    CREATED = "created", _("Novo")
    COMPLETED = "completed", _("Já cadastrado, notas completadas")
    KNOWN = "known", _("Já cadastrado")
    REFUSED = "refused", _("Com erro")


class ClientImportQuerySet(TenantQuerySet["ClientImport"]):
    def running(self) -> Any:
        return self.filter(status=ImportStatus.RUNNING)

    def outdated(self, now: datetime) -> Any:
        """Whose rows have been kept long enough."""
        kept = self.filter(forgotten_at=None, created_at__lte=now - KEPT)
        return kept.exclude(status=ImportStatus.RUNNING)


class ClientImport(TenantModel):
    """`table` is the file: a list of [number of the row, cells].  It and the rows are forgotten
    in the end; `summary` then still says how many there were of each outcome."""

    file_name = models.CharField(_("arquivo"), max_length=120)
    status = models.CharField(
        _("situação"), max_length=10, choices=ImportStatus.choices, default=ImportStatus.COLUMNS
    )
    table = models.JSONField(default=list)
    has_header = models.BooleanField(default=True)
    columns = models.JSONField(default=dict)
    area = models.CharField(max_length=2, blank=True)
    completes_notes = models.BooleanField(default=False)
    with_consent = models.BooleanField(default=False)
    summary = models.JSONField(default=dict)
    created_by = models.ForeignKey(
        "tenants.User", models.PROTECT, related_name="+", verbose_name=_("quem importou")
    )
    created_at = models.DateTimeField(_("quando"))
    finished_at = models.DateTimeField(null=True)
    forgotten_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = TenantScopedManager.from_queryset(ClientImportQuerySet)()

    class Meta(TenantModel.Meta):
        db_table = "client_imports"
        verbose_name = _("importação de clientes")
        verbose_name_plural = _("importações de clientes")
        ordering = ["-id"]
        constraints = [
            *TENANT_CONSTRAINTS,
            models.CheckConstraint(
                name="client_imports_status", condition=models.Q(status__in=ImportStatus.values)
            ),
        ]
        indexes = [
            models.Index(fields=["company", "id"], name="idx_client_imports_company"),
            models.Index(
                fields=["company"],
                condition=models.Q(status=ImportStatus.RUNNING),
                name="idx_client_imports_running",
            ),
            models.Index(
                fields=["company", "created_at"],
                condition=models.Q(forgotten_at=None),
                name="idx_client_imports_kept",
            ),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_open(self) -> bool:
        """Whether its columns may still change, and it may be thrown away."""
        return self.status in {ImportStatus.COLUMNS, ImportStatus.CHECKED}

    @property
    def kept_until(self) -> datetime:
        until: datetime = self.created_at + KEPT
        return until


class ClientImportRow(TenantModel):
    """A row as it was understood.  One with a `problem` is refused from the beginning."""

    client_import = TenantForeignKey(ClientImport, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=255, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    phone_key = models.CharField(max_length=20, blank=True)
    notes = models.TextField(blank=True)
    problem = models.CharField(max_length=20, blank=True)
    same_as = models.PositiveIntegerField(null=True)
    outcome = models.CharField(
        max_length=10, choices=Outcome.choices, default=Outcome.WAITING, blank=True
    )
    client = TenantForeignKey(Client, models.SET_NULL, null=True, related_name="+")

    class Meta(TenantModel.Meta):
        db_table = "client_import_rows"
        verbose_name = _("linha importada")
        verbose_name_plural = _("linhas importadas")
        ordering = ["number"]
        constraints = [
            *TENANT_CONSTRAINTS,
            models.UniqueConstraint(
                name="client_import_rows_number", fields=["company", "client_import", "number"]
            ),
            models.CheckConstraint(
                name="client_import_rows_outcome",
                condition=models.Q(outcome__in=Outcome.values),
            ),
        ]
        indexes = [
            models.Index(
                fields=["company", "client_import", "outcome", "number"],
                name="idx_client_import_rows_company",
            ),
            # For a client that is deleted: its rows forget it.
            models.Index(
                fields=["company", "client"],
                condition=models.Q(client__isnull=False),
                name="idx_client_import_rows_client",
            ),
        ]

    @property
    def phone_display(self) -> str:
        return phone.display(self.phone)
