"""Who may change whose access, and the acts: change a role, remove, leave.

Every act locks the rows of the owners first, so that of two owners who remove each other at the
same moment one stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from tenants import security
from tenants.invitations import revoke_what_is_not_his_to_give
from tenants.models import Membership, Role, User
from tenants.security import Origin
from tenants.team_rules import Refused, may_touch, roles_given_by


@dataclass(frozen=True, slots=True)
class _Locked:
    actor: Membership
    member: Membership
    owners: int

    def refuse_last_owner(self) -> None:
        if self.member.role == Role.OWNER and self.owners == 1:
            raise Refused(
                _("A empresa precisa de pelo menos um dono. Dê este papel a outra pessoa antes.")
            )


def _locked(actor: Membership, member_id: int) -> _Locked:
    """Lock the owners and both people, and read them anew.

    Raises Membership.DoesNotExist when the member is gone, Refused when the actor is.  A visit
    of the staff acts as an owner and has no row.
    """
    asked = Q(role=Role.OWNER) | Q(pk__in=[actor.pk, member_id])
    rows = Membership.objects.filter(asked).order_by("pk").select_for_update(of=("self",))
    found = {row.pk: row for row in rows.select_related("user")}
    if member_id not in found:
        raise Membership.DoesNotExist
    is_visit = actor._state.adding
    if not is_visit and actor.pk not in found:
        raise Refused(_("Você não faz mais parte desta equipe."))
    owners = sum(row.role == Role.OWNER for row in found.values())
    return _Locked(found.get(actor.pk, actor), found[member_id], owners)


def _refuse_stranger(rows: _Locked) -> None:
    if rows.actor.user_id == rows.member.user_id:
        raise Refused(_("O seu próprio acesso quem muda é outra pessoa da gerência."))
    if not may_touch(rows.actor, rows.member):
        raise Refused(_("Só um dono muda o acesso de outro dono."))


@transaction.atomic
def change_role(
    actor: Membership, member_id: int, role: str, *, by: User, now: datetime
) -> Membership:
    rows = _locked(actor, member_id)
    _refuse_stranger(rows)
    if role not in roles_given_by(rows.actor):
        raise Refused(_("Só um dono faz de alguém um dono."))
    member = rows.member
    before = member.get_role_display()
    if role == member.role:
        return member
    rows.refuse_last_owner()
    member.role = role
    member.save(update_fields=["role"])
    revoke_what_is_not_his_to_give(member, now=now)
    said = {"person": str(member.user), "before": str(before)}
    said["after"] = str(member.get_role_display())
    security.record("role_changed", origin=Origin.WEB, actor=by, **said)
    return member


@transaction.atomic
def remove(actor: Membership, member_id: int, *, by: User, now: datetime) -> Membership:
    """End the person's access here, with the tokens that lean on it.  What he did stays his."""
    rows = _locked(actor, member_id)
    _refuse_stranger(rows)
    rows.refuse_last_owner()
    said = {"person": str(rows.member.user), "role": str(rows.member.get_role_display())}
    rows.member.delete()
    revoke_what_is_not_his_to_give(rows.member, now=now)
    security.record("member_removed", origin=Origin.WEB, actor=by, **said)
    return rows.member


@transaction.atomic
def leave(actor: Membership, *, by: User, now: datetime) -> None:
    rows = _locked(actor, actor.pk)
    rows.refuse_last_owner()
    security.record(
        "member_left", origin=Origin.WEB, actor=by, role=str(rows.member.get_role_display())
    )
    rows.member.delete()
    revoke_what_is_not_his_to_give(rows.member, now=now)
