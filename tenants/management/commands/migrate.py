from django.core.management.commands import migrate

from tenants.management.login_role import as_login_role

Command = as_login_role(migrate.Command)
