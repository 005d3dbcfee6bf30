"""The agenda as the platform's staff may look at it to help: phones in part, nothing to change."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from scheduling.models import (
    Absence,
    Appointment,
    Client,
    Professional,
    ProfessionalService,
    Service,
    WorkingHours,
)
from tenants.admin_site import ReadOnlyAdmin
from tenants.security import masked


@admin.register(Client)
class ClientAdmin(ReadOnlyAdmin):
    secret_fields: ClassVar[tuple[str, ...]] = ("phone",)
    list_display = ["name", "company", "phone_end", "opted_out_at", "created_at"]
    search_fields = ["name", "company__name", "company__slug"]
    fields = ["company", "name", "phone_end", "opted_out_at", "created_at"]

    @admin.display(description=_("celular"))
    def phone_end(self, client: Client) -> str:
        return masked(client.phone)


@admin.register(Professional)
class ProfessionalAdmin(ReadOnlyAdmin):
    list_display = ["name", "company", "membership", "is_active"]
    list_select_related = ["company", "membership__user"]
    search_fields = ["name", "company__name", "company__slug"]
    fields = ["company", "name", "membership", "color", "is_active"]


@admin.register(Service)
class ServiceAdmin(ReadOnlyAdmin):
    list_display = ["name", "category", "company", "duration_minutes", "price", "is_active"]
    search_fields = ["name", "company__name", "company__slug"]
    fields = [
        *("company", "name", "category", "duration_minutes", "price"),
        *("buffer_before_minutes", "buffer_after_minutes", "is_active"),
    ]


@admin.register(WorkingHours)
class WorkingHoursAdmin(ReadOnlyAdmin):
    list_display = ["professional", "company", "weekday", "starts", "ends"]
    list_filter = ["weekday"]
    list_select_related = ["company", "professional"]
    search_fields = ["professional__name", "company__name", "company__slug"]
    fields = ["company", "professional", "weekday", "starts", "ends"]


@admin.register(Absence)
class AbsenceAdmin(ReadOnlyAdmin):
    """The reason is the company's own business, and not shown."""

    secret_fields: ClassVar[tuple[str, ...]] = ("reason",)
    list_display = ["id", "company", "professional", "starts_at", "ends_at"]
    list_select_related = ["company", "professional"]
    search_fields = ["professional__name", "company__name", "company__slug"]
    fields = ["company", "professional", "starts_at", "ends_at"]


@admin.register(ProfessionalService)
class ProfessionalServiceAdmin(ReadOnlyAdmin):
    list_display = [
        "professional",
        "service",
        "company",
        "is_offered",
        "duration_minutes",
        "price",
    ]
    list_select_related = ["company", "professional", "service"]
    search_fields = ["professional__name", "service__name", "company__name", "company__slug"]
    fields = ["company", "professional", "service", "is_offered", "duration_minutes", "price"]


@admin.register(Appointment)
class AppointmentAdmin(ReadOnlyAdmin):
    list_display = [
        "id",
        "company",
        "starts_at",
        "client",
        "professional",
        "service",
        "status",
        "whatsapp_sent",
    ]
    list_filter = ["status", "whatsapp_sent"]
    list_select_related = ["company", "client", "professional", "service"]
    search_fields = ["=id", "client__name", "company__name", "company__slug"]
    fields = [
        *("company", "client", "professional", "service", "starts_at", "ends_at", "status"),
        *("asked_at", "move_requested_at", "whatsapp_sent", "created_at"),
    ]
