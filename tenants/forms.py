from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.utils.translation import gettext_lazy as _

NEUTRAL = _("Não conseguimos entrar com estes dados. Confira o e-mail e a senha.")


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
        "password_incorrect": _("A senha atual não é esta. Escreva de novo."),
        "password_mismatch": _("As duas senhas novas são diferentes."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = _("Senha atual")
        self.fields["new_password1"].label = _("Senha nova")
        self.fields["new_password2"].label = _("Senha nova, outra vez")
        self.fields["new_password1"].help_text = _(
            "Pelo menos 10 caracteres, que não sejam só números nem uma senha comum."
        )
        self.fields["new_password2"].help_text = ""
