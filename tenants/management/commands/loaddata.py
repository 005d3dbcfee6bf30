from django.core.management.commands import loaddata

from tenants.management.login_role import as_login_role

Command = as_login_role(loaddata.Command, reason="loaddata")
