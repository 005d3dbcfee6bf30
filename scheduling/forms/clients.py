from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scheduling import phone as phones
from scheduling.client_rows import NOTES_LENGTH
from scheduling.forms.base import CompanyModelForm
from scheduling.forms.fields import PhoneField
from scheduling.models import Client

SHOWN_ALIKE = 3


class SearchForm(forms.Form):
    """A search in the address: what cannot be searched for finds as if nothing was typed."""

    q = forms.CharField(required=False, max_length=100)

    @property
    def text(self) -> str:
        self.is_valid()
        found: str = self.cleaned_data.get("q", "")
        return found


@dataclass(frozen=True, slots=True)
class Known:
    """Who is in the register already: the owner of a phone, and those of the same name."""

    owner: Client | None
    namesakes: list[Client]

    def __bool__(self) -> bool:
        return self.owner is not None or bool(self.namesakes)


def known_to(*, name: str, phone: str) -> Known:
    """Return whom a name and a phone, as typed so far, belong to.  At most two queries."""
    try:
        owner = Client.objects.with_phone(phones.normalize(phone)).first()
    except phones.InvalidPhone:
        owner = None
    name = " ".join(name.split())
    if not name or "\x00" in name:
        return Known(owner, [])
    namesakes = [each for each in Client.objects.called(name)[: SHOWN_ALIKE + 1] if each != owner]
    return Known(owner, namesakes[:SHOWN_ALIKE])


class ClientForm(CompanyModelForm[Client]):
    phone = PhoneField(label=_("Celular"), help_text=_("Com DDD. É por ele que o WhatsApp chega."))
    owner: Client | None = None  # of whom the phone is already

    class Meta:
        model = Client
        fields = ["name", "phone"]
        labels = {"name": _("Nome")}
        widgets: ClassVar[dict[str, forms.Widget]] = {
            "name": forms.TextInput(attrs={"autocomplete": "off"})
        }

    def clean(self) -> dict[str, Any]:
        """Where the DDD is missing, say how the number would read with that of most clients."""
        said: dict[str, Any] = super().clean() or {}
        if self.has_error("phone", "no_area_code") and (whole := self._with_usual_area()):
            del self.errors["phone"]
            message = gettext("Falta o DDD. Se for daqui, escreva %(phone)s.") % {"phone": whole}
            self.add_error("phone", ValidationError(message, code="no_area_code"))
        return said

    def _with_usual_area(self) -> str:
        typed = self.data.get(self.add_prefix("phone"), "")
        try:
            return phones.display(phones.normalize(f"({Client.objects.usual_area()}) {typed}"))
        except phones.InvalidPhone:
            return ""

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    def clean_phone(self) -> str:
        e164: str = self.cleaned_data["phone"]
        self.owner = Client.objects.with_phone(e164).exclude(pk=self.instance.pk).first()
        if self.owner is not None:
            message = gettext("Este celular já é de %(name)s.") % {"name": self.owner.name}
            raise ValidationError(message, code="taken")
        return e164


class NewClientForm(ClientForm):
    """Asks once when somebody of the same name is there: `same_name` says that it is meant."""

    consent = forms.BooleanField(
        label=_("Aceita receber avisos pelo WhatsApp"),
        help_text=_("Marque se a pessoa disse que sim. A data e o seu nome ficam anotados."),
        required=False,
    )
    same_name = forms.BooleanField(required=False, widget=forms.HiddenInput)
    known = Known(None, [])

    class Meta(ClientForm.Meta):
        fields = ["name", "phone", "notes"]
        labels = {"name": _("Nome"), "notes": _("Notas")}
        help_texts = {"notes": _("Toda a equipe vê. O cliente não.")}
        widgets = {
            **ClientForm.Meta.widgets,
            "notes": forms.Textarea(attrs={"rows": 3, "maxlength": NOTES_LENGTH}),
        }

    def clean(self) -> dict[str, Any]:
        said = super().clean()
        namesakes: list[Client] = []
        if "name" in said and not said.get("same_name"):
            found = known_to(name=said["name"], phone="").namesakes
            namesakes = [each for each in found if each != self.owner]
        self.known = Known(self.owner, namesakes)
        if namesakes:
            self.add_error(None, _("Já existe alguém com este nome. Confira abaixo."))
        return said


class NotesForm(CompanyModelForm[Client]):
    """Its one field is named by the heading of its card."""

    notes = forms.CharField(
        label="",
        help_text=_("Toda a equipe vê. O cliente não."),
        max_length=NOTES_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "aria-labelledby": "titulo-notas"}),
    )

    class Meta:
        model = Client
        fields = ["notes"]
