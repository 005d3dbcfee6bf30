"""Connections, what came in and what is to go out, as the platform's staff may look at them."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, OuterRef, Subquery
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from tenants.admin import CompanyAdmin
from tenants.admin_site import ReadOnlyAdmin, labelled
from tenants.models import Company, Membership
from tenants.security import masked
from whatsapp.models import Instance, InstanceStatus, Message, WebhookEvent

SHOWN_CHARACTERS = 50_000
# With these of a code that is still valid, anybody could pair the company's number.
CODE_FIELDS = frozenset({"base64", "code", "pairingCode"})


@admin.register(Instance)
class InstanceAdmin(ReadOnlyAdmin):
    secret_fields: ClassVar[tuple[str, ...]] = (
        *("webhook_secret", "qr_code", "qr_image", "pairing_code", "phone", "wanted_number"),
    )
    list_display = ["name", "company", "status", "problem", "number", "webhook_seen_at"]
    list_filter = ["status", "problem"]
    search_fields = ["name", "company__name", "company__slug"]
    fields = [
        *("company", "name", "status", "problem", "what_failed", "asked_for", "number"),
        *("version", "started_at", "webhook_seen_at", "checked_at", "connected_at"),
        *("disconnected_at", "risk_accepted_at"),
    ]
    what_failed = labelled("problem_detail", _("detalhe"))
    asked_for = labelled("wanted", _("pedido em andamento"))
    version = labelled("server_version", _("versão do servidor"))

    @admin.display(description=_("número"))
    def number(self, instance: Instance) -> str:
        return masked(instance.phone) if instance.phone else "–"


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnlyAdmin):
    list_display = ["id", "received_at", "company", "event", "outcome", "detail"]
    list_filter = ["outcome"]
    search_fields = ["=id", "event", "=outcome", "company__name", "company__slug"]
    fields = [
        *("company", "event", "received_at", "processed_at", "tries", "outcome", "detail"),
        "pretty_body",
    ]
    tries = labelled("attempts", _("tentativas"))

    def get_queryset(self, request: HttpRequest) -> Any:
        """Bodies are large, and lists do not show them."""
        rows = super().get_queryset(request)
        viewing_one = "object_id" in getattr(request.resolver_match, "kwargs", {})
        return rows if viewing_one else rows.defer("body")

    @admin.display(description=_("corpo"))
    def pretty_body(self, event: WebhookEvent) -> str:
        text = json.dumps(without_codes(event.payload), indent=2, ensure_ascii=False)
        return format_html("<pre>{}</pre>", text[:SHOWN_CHARACTERS])


def without_codes(value: Any, *, in_code: bool = False) -> Any:
    """Return a body whose QR and pairing codes are left out."""
    if isinstance(value, list):
        return [without_codes(item, in_code=in_code) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: "•••"
        if in_code and name in CODE_FIELDS
        else without_codes(item, in_code=in_code or name == "qrcode")
        for name, item in value.items()
    }


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """The text stands on the page of the one message, not in lists."""

    secret_fields: ClassVar[tuple[str, ...]] = ("phone", "text")
    list_display = [
        *("id", "company", "way", "kind", "status", "reason", "phone_end", "due_at", "attempts"),
        "needs_attention",
    ]
    list_filter = ["status", "needs_attention", "kind"]
    search_fields = ["=id", "=key_id", "=kind", "company__name", "company__slug"]
    fields = [
        *("company", "way", "client", "appointment", "kind", "automatic", "phone_end", "text"),
        *("status", "reason", "due_at", "expires_at", "attempts", "evolution_id"),
        *("needs_attention", "happened_at", "delivered_at", "read_at"),
    ]
    way = labelled("direction", _("sentido"))
    evolution_id = labelled("key_id", _("id na Evolution API"))

    @admin.display(description=_("celular"))
    def phone_end(self, message: Message) -> str:
        return masked(message.phone)


admin.site.unregister(Company)


@admin.register(Company)
class CompanyHealthAdmin(CompanyAdmin):
    """The list of companies, with how each is doing."""

    list_display = ["name", "slug", "segment", "whatsapp", "people", "last_webhook"]

    def get_queryset(self, request: HttpRequest) -> Any:
        mine = {"company_id": OuterRef("pk")}
        instance = Instance.objects.filter(**mine)
        people = Membership.objects.filter(**mine).order_by().values("company_id")
        return (
            super()
            .get_queryset(request)
            .annotate(
                instance_status=Subquery(instance.values("status")[:1]),
                webhook_seen_at=Subquery(instance.values("webhook_seen_at")[:1]),
                member_count=Subquery(people.annotate(count=Count("pk")).values("count")),
            )
        )

    @admin.display(description=_("WhatsApp"), ordering="instance_status")
    def whatsapp(self, company: Any) -> str:
        return str(InstanceStatus(company.instance_status or "not_configured").label)

    @admin.display(description=_("usuários"), ordering="member_count")
    def people(self, company: Any) -> int:
        return company.member_count or 0

    @admin.display(description=_("último webhook"), ordering="webhook_seen_at")
    def last_webhook(self, company: Any) -> Any:
        return company.webhook_seen_at
