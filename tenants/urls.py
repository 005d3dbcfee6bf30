from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import path

from tenants.views import account, company, invitation, login, passwords, security_log, team

app_name = "tenants"
urlpatterns = [
    path("entrar/", login.LoginView.as_view(), name="login"),
    path("entrar/esqueci/", passwords.forgotten, name="password-forgotten"),
    path("entrar/esqueci/enviado/", passwords.asked, name="password-asked"),
    path(
        "entrar/nova-senha/<uidb64>/<token>/",
        passwords.NewPasswordView.as_view(),
        name="new-password",
    ),
    path("sair/", LogoutView.as_view(), name="logout"),
    path("empresas/", login.choose_company, name="choose-company"),
    path("convite/<str:invitation>/", invitation.invitation, name="invitation"),
    path("conta/", account.account, name="account"),
    path("conta/tema/", account.theme, name="theme"),
    path("conta/senha/", passwords.ChangePasswordView.as_view(), name="change-password"),
    path("conta/tokens/", account.token_new, name="token-new"),
    path("conta/tokens/<int:pk>/apagar/", account.token_delete, name="token-delete"),
    path("conta/sair-da-empresa/", account.leave, name="leave"),
    path("equipe/", team.team_page, name="team"),
    path("equipe/convidar/", team.invitation_new, name="invitation-new"),
    path("equipe/convites/<int:pk>/enviar/", team.invitation_renew, name="invitation-renew"),
    path("equipe/convites/<int:pk>/cancelar/", team.invitation_revoke, name="invitation-revoke"),
    path("equipe/<int:pk>/", team.member, name="member"),
    path("equipe/<int:pk>/remover/", team.member_remove, name="member-remove"),
    path("configuracoes/", company.settings, name="settings"),
    path("seguranca/", security_log.security_log, name="security-log"),
    path("seguranca/baixar/", security_log.security_log_file, name="security-log-file"),
]
