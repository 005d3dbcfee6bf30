"""The addresses without a slash at the end are those that programs were promised."""

from __future__ import annotations

from django.urls import path

from whatsapp import api

app_name = "whatsapp-api"
urlpatterns = [
    path("whatsapp/connect", api.Connect.as_view(), name="connect"),
    path(
        "whatsapp/send-confirmation/<int:appointment_id>",
        api.SendConfirmation.as_view(),
        name="send-confirmation",
    ),
    path("company/whatsapp-status", api.CompanyStatus.as_view(), name="status"),
    path("dashboard/whatsapp-metrics", api.Metrics.as_view(), name="metrics"),
]
