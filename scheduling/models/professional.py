from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from scheduling.models.text import searchable_column
from tenants.fields import TenantForeignKey
from tenants.models import TENANT_CONSTRAINTS, Invitation, Membership, TenantModel


class Weekday(models.IntegerChoices):
    """As in `date.weekday()`."""

    MONDAY = 0, _("Segunda")
    TUESDAY = 1, _("Terça")
    WEDNESDAY = 2, _("Quarta")
    THURSDAY = 3, _("Quinta")
    FRIDAY = 4, _("Sexta")
    SATURDAY = 5, _("Sábado")
    SUNDAY = 6, _("Domingo")


class Hue(models.TextChoices):
    """The colours of a professional in the agenda: each is a pair of tokens in `hues.css` that can
    be read on light and on dark paper, so that no choice is a wrong one."""

    PLUM = "plum", _("Ameixa")
    ROSE = "rose", _("Rosa")
    CORAL = "coral", _("Coral")
    AMBER = "amber", _("Âmbar")
    OLIVE = "olive", _("Oliva")
    GREEN = "green", _("Verde")
    TEAL = "teal", _("Turquesa")
    SKY = "sky", _("Céu")
    BLUE = "blue", _("Azul")
    VIOLET = "violet", _("Violeta")
    BROWN = "brown", _("Marrom")
    SLATE = "slate", _("Grafite")


class Professional(TenantModel):
    name = models.CharField(_("nome"), max_length=120)
    name_search = searchable_column("name")
    membership = TenantForeignKey(
        Membership,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("acesso"),
        help_text=_("Quem entra com este acesso vê só a própria agenda."),
    )
    # Who accepts it gets the access: see scheduling.links.
    invitation = TenantForeignKey(
        Invitation, models.SET_NULL, null=True, editable=False, related_name="+"
    )
    color = models.CharField(_("cor"), max_length=10, choices=Hue.choices, default=Hue.PLUM)
    is_active = models.BooleanField(_("atende"), default=True)

    class Meta(TenantModel.Meta):
        db_table = "professionals"
        verbose_name = _("profissional")
        verbose_name_plural = _("profissionais")
        ordering = ["name_search", "id"]
        constraints = [
            *TENANT_CONSTRAINTS,
            models.UniqueConstraint(
                name="professionals_one_per_name",
                fields=["company", "name"],
                violation_error_message=_("Já existe um profissional com este nome."),
            ),
            models.UniqueConstraint(
                name="professionals_one_per_membership",
                fields=["company", "membership"],
                violation_error_message=_("Este acesso já é de outro profissional."),
            ),
            models.UniqueConstraint(
                name="professionals_one_per_invitation", fields=["company", "invitation"]
            ),
            models.CheckConstraint(
                name="professionals_color", condition=models.Q(color__in=Hue.values)
            ),
        ]
        indexes = [
            models.Index(fields=["company", "name_search"], name="idx_professionals_company")
        ]

    def __str__(self) -> str:
        return self.name


class WorkingHours(TenantModel):
    """One interval of a professional's week, in the company's zone."""

    professional = TenantForeignKey(Professional, models.CASCADE, related_name="hours")
    weekday = models.SmallIntegerField(_("dia"), choices=Weekday.choices)
    starts = models.TimeField(_("começa"))
    ends = models.TimeField(_("termina"))

    class Meta(TenantModel.Meta):
        db_table = "working_hours"
        verbose_name = _("horário de trabalho")
        verbose_name_plural = _("horários de trabalho")
        ordering = ["weekday", "starts"]
        constraints = [
            *TENANT_CONSTRAINTS,
            models.CheckConstraint(
                name="working_hours_order",
                condition=models.Q(ends__gt=models.F("starts")),
                violation_error_message=_("O fim vem depois do começo."),
            ),
            models.CheckConstraint(
                name="working_hours_weekday",
                condition=models.Q(weekday__gte=0, weekday__lte=6),
            ),
        ]
        indexes = [
            models.Index(
                fields=["company", "professional", "weekday"], name="idx_working_hours_company"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.starts:%H:%M}–{self.ends:%H:%M}"


class Absence(TenantModel):
    """Time in which a professional does not attend; without one, the company is closed."""

    professional = TenantForeignKey(
        Professional,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="absences",
        verbose_name=_("profissional"),
    )
    starts_at = models.DateTimeField(_("começa"))
    ends_at = models.DateTimeField(_("termina"))
    reason = models.CharField(_("motivo"), max_length=120, blank=True)

    class Meta(TenantModel.Meta):
        db_table = "absences"
        verbose_name = _("ausência")
        verbose_name_plural = _("ausências")
        ordering = ["starts_at", "id"]
        constraints = [
            *TENANT_CONSTRAINTS,
            models.CheckConstraint(
                name="absences_order",
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                violation_error_message=_("O fim vem depois do começo."),
            ),
        ]
        indexes = [
            models.Index(
                fields=["company", "professional", "ends_at"], name="idx_absences_company"
            )
        ]
