"""Who may do what: one table of roles, asked by pages and by the REST API alike."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from tenants.models import Membership, Role

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class Right(Enum):
    SEE_OWN_AGENDA = "see_own_agenda"
    SEE_AGENDA = "see_agenda"
    BOOK = "book"
    SEND = "send"
    MANAGE = "manage"  # professionals, services
    CONNECT_WHATSAPP = "connect_whatsapp"
    SEE_SECURITY_LOG = "see_security_log"
    MANAGE_TEAM = "manage_team"
    MANAGE_COMPANY = "manage_company"


_PROFESSIONAL = frozenset({Right.SEE_OWN_AGENDA})
_RECEPTIONIST = _PROFESSIONAL | {Right.SEE_AGENDA, Right.BOOK, Right.SEND}
_MANAGER = _RECEPTIONIST | {
    Right.MANAGE,
    Right.CONNECT_WHATSAPP,
    Right.SEE_SECURITY_LOG,
    Right.MANAGE_TEAM,
    Right.MANAGE_COMPANY,
}

RIGHTS: dict[str, frozenset[Right]] = {
    Role.PROFESSIONAL: _PROFESSIONAL,
    Role.RECEPTIONIST: _RECEPTIONIST,
    Role.MANAGER: _MANAGER,
    Role.OWNER: _MANAGER,
}


# What each right lets a person do, as the page Equipe says it; a test wants one for each.
LABELS: dict[Right, _StrPromise] = {
    Right.SEE_OWN_AGENDA: _("Ver a própria agenda"),
    Right.SEE_AGENDA: _("Ver a agenda de todos"),
    Right.BOOK: _("Marcar horários e cuidar dos clientes"),
    Right.SEND: _("Enviar mensagens aos clientes"),
    Right.MANAGE: _("Cuidar dos profissionais e dos serviços"),
    Right.CONNECT_WHATSAPP: _("Conectar o WhatsApp da empresa"),
    Right.SEE_SECURITY_LOG: _("Ver o registro de segurança"),
    Right.MANAGE_TEAM: _("Convidar pessoas e mudar papéis"),
    Right.MANAGE_COMPANY: _("Mudar os dados da empresa"),
}


SUMMARIES: dict[str, _StrPromise] = {
    Role.OWNER: _("Faz tudo. Só um dono cuida do acesso de outro dono."),
    Role.MANAGER: _("Faz tudo, menos mudar o acesso dos donos."),
    Role.RECEPTIONIST: _("Cuida da agenda, dos clientes e das conversas."),
    Role.PROFESSIONAL: _("Vê só a própria agenda."),
}


def may(membership: Membership | None, right: Right) -> bool:
    return membership is not None and right in RIGHTS[membership.role]


def requires(right: Right) -> Callable[..., Any]:
    """Let a view run only for a member with this right.

    A stranger goes to the login page, a person without a company to the choice of one, a member
    without the right gets 403: the page is of his own company, so nothing is given away.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if request.membership is None:
                return redirect("tenants:choose-company")
            if not may(request.membership, right):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.right = right  # type: ignore[attr-defined]
        return guarded

    return decorate


class IsMember(BasePermission):
    """A member of the active company with the rights that the view names.

    A view sets `right_to_read` and `right_to_write`; without them any member may.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        membership = getattr(request._request, "membership", None)
        if membership is None:
            return False
        name = (
            "right_to_read" if request.method in {"GET", "HEAD", "OPTIONS"} else "right_to_write"
        )
        right: Right | None = getattr(view, name, None)
        return right is None or may(membership, right)


def own_agenda_only(request: HttpRequest) -> bool:
    """Whether this member sees only the appointments of the professional that he is."""
    return not may(getattr(request, "membership", None), Right.SEE_AGENDA)
