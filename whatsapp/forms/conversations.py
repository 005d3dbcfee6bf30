from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

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
