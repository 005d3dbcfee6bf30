from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import (
    AuthenticationForm,
    PasswordChangeForm,
    SetPasswordForm,
    SetPasswordMixin,
)
from django.utils.translation import gettext_lazy as _

NEUTRAL = _("Não conseguimos entrar com estes dados. Confira o e-mail e a senha.")
MISMATCH = {
    **SetPasswordMixin.error_messages,
    "password_mismatch": _("As duas senhas novas são diferentes."),
}


def explain_new_password(fields: dict[str, forms.Field], label: Any, again: Any) -> None:
    """Give the two fields of a new password their words."""
    first, second = fields["new_password1"], fields["new_password2"]
    first.label, second.label = label, again
    first.help_text = _("Pelo menos 10 caracteres, que não sejam só números nem uma senha comum.")
    second.help_text = ""
    first.error_messages["required"] = _("Escreva uma senha.")
    second.error_messages["required"] = _("Escreva a mesma senha outra vez.")


class LoginForm(AuthenticationForm):
    """One error text for every reason, so that nobody learns which e-mails exist here."""

    error_messages = {"invalid_login": NEUTRAL, "inactive": NEUTRAL}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        email, password = self.fields["username"], self.fields["password"]
        email.label, password.label = _("E-mail"), _("Senha")
        email.widget = forms.EmailInput(
            attrs={"autocomplete": "username", "inputmode": "email", "autofocus": True}
        )
        email.error_messages["required"] = _("Escreva o seu e-mail.")
        password.error_messages["required"] = _("Escreva a sua senha.")


class ChangePasswordForm(PasswordChangeForm):
    error_messages = {
        **PasswordChangeForm.error_messages,
        **MISMATCH,
        "password_incorrect": _("A senha atual não é esta. Escreva de novo."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = _("Senha atual")
        explain_new_password(self.fields, _("Senha nova"), _("Senha nova, outra vez"))


class ResetForm(forms.Form):
    """Who has forgotten the password says the e-mail; the answer is the same for every one."""

    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(
            attrs={"autocomplete": "username", "inputmode": "email", "autofocus": True}
        ),
        error_messages={
            "required": _("Escreva o seu e-mail."),
            "invalid": _("Escreva o e-mail inteiro, como bia@empresa.com.br."),
        },
    )


class NewPasswordForm(SetPasswordForm):  # type: ignore[type-arg]
    error_messages = MISMATCH

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        explain_new_password(self.fields, _("Senha nova"), _("Senha nova, outra vez"))
