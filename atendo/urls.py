"""Every address of Atendo.  The webhook is answered earlier: see whatsapp.middleware."""

from django.contrib import admin
from django.urls import include, path

from atendo import offline
from atendo.panel.views import home

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include("atendo.api_urls")),
    path("", home, name="home"),
    path("", include("atendo.panel.urls")),
    path("sem-conexao/", offline.page, name="offline"),
    path("sw.js", offline.worker, name="service-worker"),
    path("", include("tenants.urls")),
    path("", include("scheduling.urls")),
    path("", include("whatsapp.urls")),
]

handler400 = "atendo.errors.bad_request"
handler403 = "atendo.errors.forbidden"
handler404 = "atendo.errors.not_found"
handler500 = "atendo.errors.server_error"
