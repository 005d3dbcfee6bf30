from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from scheduling import hues
from scheduling.forms.base import CompanyModelForm
from scheduling.models import Hue, Professional
from tenants.models import Membership


class MembershipChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, membership: Any) -> str:
        return f"{membership.user.name or membership.user.email} ({membership.get_role_display()})"


class ProfessionalForm(CompanyModelForm[Professional]):
    membership = MembershipChoice(
        queryset=Membership.objects.select_related("user").order_by("user__name", "id"),
        required=False,
        label=_("Acesso ao Atendo"),
        empty_label=_("Sem acesso"),
        help_text=_("Com o papel Profissional, a pessoa vê só a própria agenda."),
        error_messages={"invalid_choice": _("Escolha um acesso da lista.")},
    )

    class Meta:
        model = Professional
        fields = ["name", "color", "membership"]
        labels = {"name": _("Nome"), "color": _("Cor na agenda")}
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "off"}),
            "color": forms.RadioSelect(),
        }
        error_messages = {
            "color": {
                "required": _("Escolha uma cor."),
                "invalid_choice": _("Escolha uma cor da lista."),
            }
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._holders = hues.holders(besides=self.instance)
        color = self.fields["color"]
        color.widget.choices = color.choices = Hue.choices  # type: ignore[attr-defined]
        if self.instance.pk is None:
            self.initial["color"] = hues.next_one()

    def swatches(self) -> list[tuple[Hue, bool, list[str]]]:
        """Return each colour, whether it is chosen, and which other professionals have it."""
        chosen = self["color"].value()
        return [(hue, hue == chosen, self._holders.get(hue, [])) for hue in Hue]
