"""Connections, what came in and what is to go out, as the platform's staff may look at them.

Of a client's phone the last digits are shown, of words how many there are: who needs them enters
the company.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin import ChoicesFieldListFilter, DateFieldListFilter
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from scheduling import wording
from tenants.admin import CompanyAdmin
from tenants.admin_site import ReadOnlyAdmin, labelled
from tenants.models import Company, Membership
from tenants.security import masked
from whatsapp import repeating
from whatsapp.health import Health, failures_since, health_of
from whatsapp.masks import masked_body, masked_words
from whatsapp.models import Instance, InstanceStatus, Message, WebhookEvent

SHOWN_CHARACTERS = 50_000


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
    list_display = ["id", "received_at", "company", "event", "outcome", "detail", "tries"]
    list_filter = ["outcome", ("received_at", DateFieldListFilter)]
    search_fields = [
        *("=id", "=event", "=outcome", "dedupe_key__endswith"),
        *("company__name", "company__slug"),
    ]
    search_help_text = _("Número, nome do acontecimento, id da mensagem no WhatsApp ou empresa.")
    fields = [
        *("company", "event", "received_at", "processed_at", "tries", "outcome", "detail"),
        "pretty_body",
    ]
    actions = ["repeat_chosen"]
    tries = labelled("attempts", _("tentativas"))

    def get_queryset(self, request: HttpRequest) -> Any:
        """Bodies are large, and lists do not show them."""
        rows = super().get_queryset(request)
        viewing_one = "object_id" in getattr(request.resolver_match, "kwargs", {})
        return rows if viewing_one else rows.defer("body")

    @admin.display(description=_("corpo"))
    def pretty_body(self, event: WebhookEvent) -> str:
        text = json.dumps(masked_body(event.payload), indent=2, ensure_ascii=False)
        return format_html("<pre>{}</pre>", text[:SHOWN_CHARACTERS])

    # Once more ----------------------------------------------------------------------------------

    def has_repeat_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("whatsapp.repeat_webhookevent"))

    def get_urls(self) -> list[Any]:
        repeat = self.admin_site.admin_view(require_POST(self.repeat_view))
        name = "whatsapp_webhookevent_repeat"
        return [path("<path:object_id>/repeat/", repeat, name=name), *super().get_urls()]

    def repeat_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The permission is asked for before anybody looks whether the event exists."""
        if not self.has_repeat_permission(request):
            raise PermissionDenied
        event = self.get_object(request, unquote(object_id))
        if event is None:
            return self._get_obj_does_not_exist_redirect(  # type: ignore[attr-defined,no-any-return]
                request, self.opts, object_id
            )
        self._repeat(request, [event])
        return redirect("admin:whatsapp_webhookevent_change", event.pk)

    @admin.action(description=_("Tratar de novo os que falharam"), permissions=["repeat"])
    def repeat_chosen(self, request: HttpRequest, rows: Any) -> None:
        self._repeat(request, rows)

    def _repeat(self, request: Any, events: Any) -> None:
        chosen = list(events)
        done = [event for event in chosen if repeating.repeat(event, by=request.user)]
        for event in done:
            self.log_change(request, event, gettext("Mandou tratar de novo."))
        if done:
            sentence = ngettext(
                "%(count)d evento volta para a fila. O resultado aparece em segundos.",
                "%(count)d eventos voltam para a fila. O resultado aparece em segundos.",
                len(done),
            )
            messages.success(request, sentence % {"count": len(done)})
        if left := len(chosen) - len(done):
            sentence = ngettext(
                "%(count)d evento ficou como está: já teve efeito, ou ainda espera.",
                "%(count)d eventos ficaram como estão: já tiveram efeito, ou ainda esperam.",
                left,
            )
            messages.warning(request, sentence % {"count": left})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        context = {"may_repeat": self.has_repeat_permission(request)}
        return super().change_view(
            request, object_id, form_url, {**(extra_context or {}), **context}
        )

    def render_change_form(self, request: Any, context: Any, *args: Any, **kwargs: Any) -> Any:
        event = context.get("original")
        context["repeatable"] = event is not None and repeating.is_repeatable(event)
        return super().render_change_form(request, context, *args, **kwargs)


class GivenReason(ChoicesFieldListFilter):
    """Most messages have none, and that is no link to click."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        return (choice for choice in super().choices(changelist) if choice["display"])


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """Of the text only the length is shown: the words are between the company and its client."""

    secret_fields: ClassVar[tuple[str, ...]] = ("phone", "text")
    list_display = [
        *(
            "id",
            "company",
            "way",
            "kind",
            "status",
            "reason",
            "phone_end",
            "due_at",
            "happened_at",
        ),
        *("attempts", "needs_attention"),
    ]
    list_filter = [
        *("status", "needs_attention", ("reason", GivenReason)),
        *(("due_at", DateFieldListFilter), ("happened_at", DateFieldListFilter)),
    ]
    search_fields = ["=id", "=key_id", "=kind", "company__name", "company__slug"]
    search_help_text = _("Número, tipo, id da mensagem no WhatsApp ou empresa.")
    fields = [
        *("company", "way", "client", "appointment", "kind", "automatic", "phone_end", "words"),
        *("status", "reason", "due_at", "expires_at", "attempts", "evolution_id"),
        *("needs_attention", "happened_at", "delivered_at", "read_at"),
    ]
    way = labelled("direction", _("sentido"))
    evolution_id = labelled("key_id", _("id na Evolution API"))

    @admin.display(description=_("celular"))
    def phone_end(self, message: Message) -> str:
        return masked(message.phone)

    @admin.display(description=_("letras"))
    def words(self, message: Message) -> str:
        return masked_words(message.text) if message.text else "–"


admin.site.unregister(Company)


class HealthyList(ChangeList):
    """The companies of a page with how each is doing; asked once for all of them."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: Sequence[Any] = list(self.result_list)
        found = health_of([row.pk for row in rows], timezone.now())
        for row in rows:
            row.health = found[row.pk]
        self.result_list = rows


def ago(at: datetime | None) -> str:
    """ "há 2 h", or a dash"""
    if at is None:
        return "–"
    past = timezone.now() - at
    if past.days > 1:
        return gettext("há %(days)d dias") % {"days": past.days}
    return gettext("há %(length)s") % {"length": wording.length(past)}


@admin.register(Company)
class CompanyHealthAdmin(CompanyAdmin):
    """The list of companies, and the page of one, with how each is doing."""

    list_display = [
        *("name", "whatsapp", "queue", "failed"),
        *("last_webhook", "last_messages", "week", "people"),
    ]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return HealthyList

    def get_queryset(self, request: HttpRequest) -> Any:
        """With what the list is ordered by."""
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

    def render_change_form(self, request: Any, context: Any, *args: Any, **kwargs: Any) -> Any:
        company = context.get("original")
        if company is not None:
            now = timezone.now()
            context["health"] = health_of([company.pk], now)[company.pk]
            context["failures_since"] = failures_since(now).isoformat()
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=_("WhatsApp"), ordering="instance_status")
    def whatsapp(self, company: Any) -> str:
        status = str(InstanceStatus(company.instance_status or "not_configured").label)
        since = company.health.since
        return f"{status} {ago(since)}" if since else status

    @admin.display(description=_("na fila"))
    def queue(self, company: Any) -> str:
        health: Health = company.health
        if not health.late:
            return str(health.queued)
        return gettext("%(count)d, a primeira %(ago)s") % {
            "count": health.queued,
            "ago": ago(health.oldest_due),
        }

    @admin.display(description=_("falhas 24 h"))
    def failed(self, company: Any) -> int:
        count: int = company.health.failed
        return count

    @admin.display(description=_("evento"), ordering="webhook_seen_at")
    def last_webhook(self, company: Any) -> Any:
        return ago(company.health.last_event or company.webhook_seen_at)

    @admin.display(description=_("recebida · enviada"))
    def last_messages(self, company: Any) -> str:
        return f"{ago(company.health.last_in)} · {ago(company.health.last_out)}"

    @admin.display(description=_("semana"))
    def week(self, company: Any) -> int:
        count: int = company.health.this_week
        return count

    @admin.display(description=_("usuários"), ordering="member_count")
    def people(self, company: Any) -> int:
        return company.member_count or 0
