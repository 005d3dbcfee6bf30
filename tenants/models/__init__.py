from tenants.models.base import TENANT_CONSTRAINTS, CompanyBound, TenantModel
from tenants.models.company import Company
from tenants.models.invitation import Invitation, Letter
from tenants.models.membership import ApiToken, Membership, Role
from tenants.models.security import SecurityEvent
from tenants.models.support import SupportVisit
from tenants.models.user import User

__all__ = [
    "TENANT_CONSTRAINTS",
    "ApiToken",
    "Company",
    "CompanyBound",
    "Invitation",
    "Letter",
    "Membership",
    "Role",
    "SecurityEvent",
    "SupportVisit",
    "TenantModel",
    "User",
]
