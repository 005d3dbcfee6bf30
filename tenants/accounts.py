"""People's accounts by e-mail.  They belong to no company, so only who has proved that the
mailbox is his may learn whether there is one."""

from __future__ import annotations

from tenants.models import User


def account_of(email: str) -> User | None:
    return User.objects.filter(email=email.strip().lower()).first()


def active_account_id(email: str) -> int:
    """Return the id of the active account, or 0: who waits for an answer sees no difference."""
    found = User.objects.filter(email=email.strip().lower(), is_active=True)
    return found.values_list("pk", flat=True).first() or 0


def active_account(user_id: int) -> User | None:
    return User.objects.filter(pk=user_id, is_active=True).first()


def open_account(email: str, *, name: str, password: str) -> User:
    """Raises IntegrityError when another request was faster."""
    return User.objects.create_user(email, password, name=name)
