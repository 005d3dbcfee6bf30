from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SchedulingConfig(AppConfig):
    name = "scheduling"
    verbose_name = _("Agenda")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from scheduling.links import ProfessionalLinks  # noqa: PLC0415 -- app ready
        from tenants import links  # noqa: PLC0415 -- app ready

        links.provide(ProfessionalLinks())
