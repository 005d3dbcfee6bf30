from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import path

from tenants import views

app_name = "tenants"
urlpatterns = [
    path("entrar/", views.LoginView.as_view(), name="login"),
    path("sair/", LogoutView.as_view(), name="logout"),
    path("empresas/", views.choose_company, name="choose-company"),
    path("conta/senha/", views.ChangePasswordView.as_view(), name="change-password"),
    path("seguranca/", views.security_log, name="security-log"),
    path("seguranca/baixar/", views.security_log_file, name="security-log-file"),
]
