from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WhatsappConfig(AppConfig):
    name = "whatsapp"
    verbose_name = _("WhatsApp")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from scheduling import events  # noqa: PLC0415 -- app ready
        from whatsapp import jobs  # noqa: PLC0415 -- app ready

        events.subscribe(jobs.wake_planner)
