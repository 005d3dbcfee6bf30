from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scheduling.forms.fields import PhoneField
from tenants.models import Company
from tenants.models.company import Segment
from whatsapp.messages import WITH_TEXT, MessageKind
from whatsapp.preferences import Preferences
from whatsapp.wording_lint import LONGEST, Draft, Finding, findings
from whatsapp.words import plain


class KindForm(forms.Form):
    """Which message a request is about, where the address does not say so."""

    modelo = forms.ChoiceField(choices=[(name, name) for name in WITH_TEXT])

    @property
    def kind(self) -> MessageKind | None:
        self.is_valid()
        return WITH_TEXT.get(self.cleaned_data.get("modelo", ""))


class TextForm(forms.Form):
    """The company's own words; what the lint finds stands beside them, and errors keep them from
    being saved."""

    text = forms.CharField(
        label=_("Texto da mensagem"),
        required=False,  # the lint says so in its own words
        max_length=4 * LONGEST,
        widget=forms.Textarea(attrs={"rows": 11, "spellcheck": "true"}),
    )

    def __init__(
        self, data: Any, *, kind: MessageKind, company: Company, chosen: Preferences
    ) -> None:
        super().__init__(data, initial={"text": chosen.text_of(kind)})
        self.kind, self.company, self.chosen = kind, company, chosen
        self.fields["text"].widget.attrs["aria-describedby"] = "achados"

    def clean_text(self) -> str:
        text = plain(self.cleaned_data["text"])
        problems = [said(each) for each in self._findings(text) if each.blocks]
        if problems:
            raise ValidationError([ValidationError(problem) for problem in problems])
        return text

    @property
    def typed(self) -> str:
        """The text as it stands in the box."""
        return plain(str(self["text"].value() or ""))

    @property
    def found(self) -> list[tuple[str, bool]]:
        """What is to be said of the text in the box, and whether it keeps it from being saved."""
        return [(said(each), each.blocks) for each in self._findings(self.typed)]

    @property
    def blocks(self) -> bool:
        return any(blocks for _sentence, blocks in self.found)

    def _findings(self, text: str) -> list[Finding]:
        is_clinic = self.company.segment == Segment.CLINIC
        return findings(Draft(text, self.kind, self.company.name, is_clinic))


class TestForm(forms.Form):
    number = PhoneField(label=_("Seu celular"), help_text=_("Com DDD. Só este número recebe."))


def said(finding: Finding) -> str:
    """Return the sentence of the lint in the language of the page."""
    return gettext(finding.words) % finding.values if finding.values else gettext(finding.words)
