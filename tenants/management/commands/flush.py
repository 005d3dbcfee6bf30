from django.core.management.commands import flush

from tenants.management.login_role import as_login_role

Command = as_login_role(flush.Command)
