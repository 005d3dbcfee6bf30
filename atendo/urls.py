"""Every address of Atendo.  The webhook is answered earlier: see whatsapp.middleware."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include("atendo.api_urls")),
    path("", RedirectView.as_view(pattern_name="scheduling:appointments"), name="home"),
    path("", include("tenants.urls")),
    path("", include("scheduling.urls")),
    path("", include("whatsapp.urls")),
]

handler400 = "atendo.errors.bad_request"
handler500 = "atendo.errors.server_error"
