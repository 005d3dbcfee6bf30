from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scheduling.forms.base import CompanyModelForm
from scheduling.forms.fields import PhoneField
from scheduling.models import Client


class SearchForm(forms.Form):
    """A search in the address: what cannot be searched for finds as if nothing was typed."""

    q = forms.CharField(required=False, max_length=100)

    @property
    def text(self) -> str:
        self.is_valid()
        found: str = self.cleaned_data.get("q", "")
        return found


class ClientForm(CompanyModelForm[Client]):
    phone = PhoneField(label=_("Celular"), help_text=_("Com DDD. É por ele que o WhatsApp chega."))

    class Meta:
        model = Client
        fields = ["name", "phone", "notes"]
        labels = {"name": _("Nome"), "notes": _("Notas")}
        help_texts = {"notes": _("Toda a equipe vê. O cliente não.")}
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "off"}),
            "notes": forms.Textarea(attrs={"rows": 4}),
        }

    def clean_phone(self) -> str:
        e164: str = self.cleaned_data["phone"]
        other = Client.objects.with_phone(e164).exclude(pk=self.instance.pk).first()
        if other is not None:
            message = gettext("Este celular já é de %(name)s.") % {"name": other.name}
            raise ValidationError(message, code="taken")
        return e164
