"""In INSTALLED_APPS instead of django.contrib.admin: its admin with our site."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class StaffAdminConfig(AdminConfig):
    default_site = "tenants.admin_site.StaffSite"
