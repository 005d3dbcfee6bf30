from tenants.forms.company import CompanyForm
from tenants.forms.passwords import ChangePasswordForm, LoginForm, NewPasswordForm, ResetForm
from tenants.forms.team import InvitationForm, JoinForm, RoleForm
from tenants.forms.tokens import TokenForm

__all__ = [
    "ChangePasswordForm",
    "CompanyForm",
    "InvitationForm",
    "JoinForm",
    "LoginForm",
    "NewPasswordForm",
    "ResetForm",
    "RoleForm",
    "TokenForm",
]
