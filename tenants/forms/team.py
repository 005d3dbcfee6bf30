from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib.auth.forms import SetPasswordMixin
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from tenants import invitations
from tenants.forms.passwords import explain_new_password
from tenants.links import links
from tenants.models import Invitation, Membership, Role, User
from tenants.models.invitation import OPEN
from tenants.team_rules import Refused, roles_given_by
from tenants.violations import violated_sentence

NO_ROLE = _("Escolha um papel da lista.")


def _role_field(given: list[str], **kwargs: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("Papel"),
        choices=[(role, Role(role).label) for role in Role.values if role in given],
        widget=forms.RadioSelect,
        error_messages={"required": NO_ROLE, "invalid_choice": NO_ROLE},
        **kwargs,
    )


class InvitationForm(forms.ModelForm):  # type: ignore[type-arg]
    """`in_agenda` is who the person is in the agenda, where there is one."""

    in_agenda = forms.TypedChoiceField(
        label=_("Quem é na agenda"),
        coerce=int,
        empty_value=None,
        required=False,
        help_text=_("Com o papel Profissional, a pessoa vê só a agenda de quem você escolher."),
        error_messages={"invalid_choice": _("Escolha um profissional da lista.")},
    )

    class Meta:
        model = Invitation
        fields = ["email", "role"]

    field_order = ["email", "role", "in_agenda"]

    def __init__(self, *args: Any, actor: Membership, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._now = now
        email: Any = self.fields["email"]
        email.widget = forms.EmailInput(attrs={"autocomplete": "off", "inputmode": "email"})
        email.error_messages = {
            "required": _("Escreva o e-mail da pessoa."),
            "invalid": _("Escreva o e-mail inteiro, como bia@empresa.com.br."),
        }
        self.fields["role"] = _role_field(roles_given_by(actor), initial=Role.RECEPTIONIST)
        choice: Any = self.fields["in_agenda"]
        choice.choices = [("", _("Ninguém")), *links().choices(now=now)]
        if len(choice.choices) == 1:
            del self.fields["in_agenda"]

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].strip().lower()
        if Membership.objects.filter(user__email=email).exists():
            raise ValidationError(_("Esta pessoa já faz parte da equipe."))
        waiting = Invitation.objects.filter(OPEN, email=email, expires_at__gt=self._now)
        if waiting.exists():
            raise ValidationError(
                _("Já há um convite para este e-mail. Na lista, você pode enviar de novo.")
            )
        return email

    def invited(self, actor: Membership, by: User) -> Invitation | None:
        """Invite; None when a rule or a faster request forbids it, which the errors say."""
        link = self.cleaned_data.get("in_agenda")
        try:
            return invitations.invite(actor, self.instance, link=link, by=by, now=self._now)
        except Refused as refusal:
            self.add_error(None, str(refusal))
        except IntegrityError as error:
            self.add_error("email", violated_sentence(Invitation, error))
        return None


class RoleForm(forms.Form):
    def __init__(self, *args: Any, actor: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"] = _role_field(roles_given_by(actor))


class JoinForm(SetPasswordMixin, forms.Form):  # type: ignore[type-arg]
    """The account of a person who comes by an invitation; the e-mail is the invitation's."""

    name = forms.CharField(
        label=_("Seu nome"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={
            "required": _("Escreva o seu nome."),
            "max_length": _("O nome tem no máximo 120 letras."),
        },
    )
    new_password1, new_password2 = SetPasswordMixin.create_password_fields()

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._email = email
        self.error_messages = {
            **SetPasswordMixin.error_messages,
            "password_mismatch": _("As duas senhas são diferentes."),
        }
        explain_new_password(self.fields, _("Senha"), _("Senha, outra vez"))

    def clean(self) -> dict[str, Any]:
        self.validate_passwords("new_password1", "new_password2")
        person = User(email=self._email, name=self.cleaned_data.get("name", ""))
        self.validate_password_for_user(person, "new_password2")
        return super().clean() or {}
