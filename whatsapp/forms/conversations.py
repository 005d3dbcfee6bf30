from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from whatsapp.words import plain

LONGEST_ANSWER = 2000


class AnswerForm(forms.Form):
    text = forms.CharField(
        label=_("Sua resposta"),
        max_length=LONGEST_ANSWER,
        error_messages={
            "required": _("Escreva a mensagem antes de enviar."),
            "max_length": _(
                "A mensagem tem %(show_value)s caracteres. O máximo é %(limit_value)s."
            ),
        },
    )

    def clean_text(self) -> str:
        """As WhatsApp gives it back: a browser ends lines in its own way."""
        return plain(self.cleaned_data["text"])
