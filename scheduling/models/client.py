from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Substr
from django.utils.translation import gettext_lazy as _

from scheduling import phone
from scheduling.models.text import searchable, searchable_column
from tenants.fields import TenantForeignKey
from tenants.managers import TenantQuerySet, TenantScopedManager
from tenants.models import TENANT_CONSTRAINTS, TenantModel
from tenants.security import Origin

# So many digits are looked for at the end of a phone; fewer would find half of the clients.
FEWEST_DIGITS = 3


class ConsentSource(models.TextChoices):
    """How the company learnt that a client agrees to get notices."""

    PERSON = "person", _("anotado por alguém da equipe")
    WHATSAPP = "whatsapp", _("pelo WhatsApp")
    SPREADSHEET = "spreadsheet", _("na planilha importada")


class ClientQuerySet(TenantQuerySet["Client"]):
    def matching(self, text: str) -> Any:
        """Clients with each word of `text` in the name, in any order and accents aside, or at
        the end of the phone; or with all of its digits there."""
        found = models.Q()
        for word in text.split():
            found &= models.Q(name_search__contains=searchable(word)) | _phone_ends(word)
        return self.filter(found | _phone_ends(text)) if found else self.all()

    def called(self, name: str) -> Any:
        """Clients of this name, accents, case and spaces at its ends aside."""
        return self.filter(name_search=searchable(" ".join(name.split())))

    def usual_area(self) -> str:
        """Return the DDD that most of them have; "" without any.  One query."""
        areas = self.filter(phone__startswith="+55").order_by().values_list(Substr("phone", 4, 2))
        first = areas.annotate(many=models.Count("pk")).order_by("-many").first()
        return first[0] if first else ""

    def with_phone(self, e164: str) -> Any:
        """Clients whose phone is the same person's, with or without the ninth digit."""
        return self.filter(phone_key=phone.same_person_key(e164))


def _phone_ends(text: str) -> models.Q:
    """What finds a phone that ends so; nothing where there is a letter or too little to go by."""
    digits = "".join(character for character in text if character.isdigit())
    if len(digits) < FEWEST_DIGITS or any(character.isalpha() for character in text):
        return models.Q(pk__in=[])
    return models.Q(phone_key__endswith=digits[-8:])


class Client(TenantModel):
    name = models.CharField(_("nome"), max_length=255)
    phone = models.CharField(_("celular"), max_length=20, help_text=_("Com DDD."))
    phone_key = models.CharField(max_length=20, editable=False)
    name_search = searchable_column("name")
    notes = models.TextField(_("observações"), blank=True)
    opted_out_at = models.DateTimeField(_("não quer avisos desde"), null=True, editable=False)
    opted_out_from = models.CharField(
        max_length=10, choices=Origin.choices, blank=True, editable=False
    )
    notices_consent_at = models.DateTimeField(_("aceitou avisos em"), null=True, editable=False)
    notices_consent_from = models.CharField(
        max_length=12, choices=ConsentSource.choices, blank=True, editable=False
    )
    notices_consent_by = models.ForeignKey(
        "tenants.User", models.PROTECT, null=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(_("cadastrado em"), auto_now_add=True)

    objects: ClassVar[Any] = TenantScopedManager.from_queryset(ClientQuerySet)()

    class Meta(TenantModel.Meta):
        db_table = "clients"
        verbose_name = _("cliente")
        verbose_name_plural = _("clientes")
        ordering = ["name_search", "id"]
        constraints = [
            *TENANT_CONSTRAINTS,
            models.UniqueConstraint(
                name="clients_one_per_phone",
                fields=["company", "phone_key"],
                violation_error_message=_("Já existe um cliente com este celular."),
            ),
            models.CheckConstraint(
                name="clients_opted_out_from",
                condition=models.Q(opted_out_from__in=["", *Origin.values]),
            ),
            models.CheckConstraint(
                name="clients_notices_consent_from",
                condition=models.Q(notices_consent_from__in=["", *ConsentSource.values]),
            ),
        ]
        indexes = [models.Index(fields=["company", "name_search"], name="idx_clients_company")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the key by which phones are compared in step with the phone."""
        self.phone_key = phone.same_person_key(self.phone)
        if (fields := kwargs.get("update_fields")) is not None and "phone" in fields:
            kwargs["update_fields"] = {*fields, "phone_key"}
        super().save(*args, **kwargs)

    @property
    def first_name(self) -> str:
        return self.name.partition(" ")[0]

    @property
    def phone_display(self) -> str:
        return phone.display(self.phone)


class ClientIdentity(TenantModel):
    """A name under which WhatsApp knows a client besides the phone: a JID or a hidden LID."""

    class Kind(models.TextChoices):
        JID = "jid", "JID"
        LID = "lid", "LID"

    client = TenantForeignKey(Client, models.CASCADE, related_name="identities")
    kind = models.CharField(max_length=3, choices=Kind.choices)
    value = models.CharField(max_length=80)

    class Meta(TenantModel.Meta):
        db_table = "client_identities"
        verbose_name = _("identidade do cliente")
        verbose_name_plural = _("identidades do cliente")
        constraints = [
            *TENANT_CONSTRAINTS,
            models.UniqueConstraint(
                name="client_identities_value", fields=["company", "kind", "value"]
            ),
        ]
        indexes = [
            models.Index(fields=["company", "client"], name="idx_client_identities_company")
        ]
