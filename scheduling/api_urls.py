from __future__ import annotations

from rest_framework.routers import SimpleRouter

from scheduling.api import appointments, rows

router = SimpleRouter(use_regex_path=False)
router.register("clients", rows.Clients, "client")
router.register("professionals", rows.Professionals, "professional")
router.register("services", rows.Services, "service")
router.register("appointments", appointments.Appointments, "appointment")

app_name = "scheduling-api"
urlpatterns = router.urls
