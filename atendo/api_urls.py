from __future__ import annotations

from django.urls import include, path, re_path
from django.views.generic import TemplateView
from drf_spectacular.views import SpectacularJSONAPIView

from atendo.errors import unknown_address

urlpatterns = [
    path("v1/", include("scheduling.api_urls")),
    path("v1/", include("whatsapp.api_urls")),
    path("schema/", SpectacularJSONAPIView.as_view(), name="schema"),
    path("docs/", TemplateView.as_view(template_name="atendo/api_docs.html"), name="api-docs"),
    re_path("", unknown_address),
]
