"""One person in each of the two companies."""

from __future__ import annotations

import pytest

from tenants import scope
from tenants.models import Membership, Role, User


def make_member(company, email, *, role=Role.OWNER, **fields):
    """A new user and his membership; `membership.user` is the user."""
    user = User.objects.create_user(email, "uma senha longa", name=email, **fields)
    with scope.company(company.pk, switch=True):
        return Membership.objects.create(user=user, role=role)


@pytest.fixture
def member(company):
    return make_member(company, "ana@flor.example")


@pytest.fixture
def rival_member(rival):
    return make_member(rival, "bruno@navalha.example")
