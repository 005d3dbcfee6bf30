"""The menus of the page frame: one row a page, shown to those who may open it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from tenants.models import Membership
from tenants.permissions import Right, may

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True, slots=True)
class Item:
    """`group` 0 is the button above the links; `on_phone` is the place in the bottom bar, whose
    words are short; who has the right `unless` has a better page."""

    url_name: str
    label: _StrPromise
    icon: str
    group: int
    right: Right
    on_phone: int = 0
    short: _StrPromise | str = ""
    unless: Right | None = None
    counts: str = ""
    """What is counted beside it: filled in by whoever knows, after the page has loaded."""


ITEMS = (
    Item("scheduling:appointment-new", _("Novo agendamento"), "plus", 0, Right.BOOK, 3),
    Item("home", _("Hoje"), "home", 1, Right.SEE_OWN_AGENDA, 1),
    Item("scheduling:day", _("Agenda"), "calendar-event", 1, Right.SEE_OWN_AGENDA, 2),
    Item("scheduling:appointments", _("Agendamentos"), "list-check", 1, Right.SEE_OWN_AGENDA),
    Item(
        "whatsapp:conversations",
        _("Conversas"),
        "message-circle",
        1,
        Right.SEND,
        4,
        counts="attention",
    ),
    Item("scheduling:clients", _("Clientes"), "users", 1, Right.BOOK),
    Item("scheduling:professionals", _("Profissionais"), "user-check", 2, Right.MANAGE),
    Item(
        "scheduling:me",
        _("Meus horários"),
        "clock",
        2,
        Right.SEE_OWN_AGENDA,
        unless=Right.SEE_AGENDA,
    ),
    Item("scheduling:services", _("Serviços"), "scissors", 2, Right.MANAGE),
    Item("whatsapp:connection", _("WhatsApp"), "brand-whatsapp", 3, Right.SEE_OWN_AGENDA),
    Item("whatsapp:texts", _("Modelos"), "template", 3, Right.MANAGE),
    Item("tenants:team", _("Equipe"), "users-group", 3, Right.MANAGE_TEAM),
    Item("tenants:settings", _("Configurações"), "settings", 3, Right.MANAGE_COMPANY),
    Item("tenants:security-log", _("Segurança"), "shield-check", 3, Right.SEE_SECURITY_LOG),
)


@dataclass(frozen=True, slots=True)
class Link:
    """An item in one request.  `current` is the value of `aria-current`, "" for none."""

    item: Item
    url: str
    current: str


@dataclass(frozen=True, slots=True)
class Menu:
    links: list[Link]

    @property
    def button(self) -> Link | None:
        return next((link for link in self.links if not link.item.group), None)

    @property
    def groups(self) -> list[list[Link]]:
        pages = [link for link in self.links if link.item.group]
        return [list(links) for _group, links in groupby(pages, key=lambda link: link.item.group)]

    @property
    def bar(self) -> list[Link]:
        """What the phone's bottom bar shows."""
        shown = [link for link in self.links if link.item.on_phone]
        return sorted(shown, key=lambda link: link.item.on_phone)

    @property
    def more(self) -> list[Link]:
        """What the bottom bar leaves out."""
        return [link for link in self.links if not link.item.on_phone]


def context(request: HttpRequest) -> dict[str, Any]:
    """Give every page its `menu`, built when a template asks for it."""
    return {"menu": SimpleLazyObject(partial(menu_of, request))}


def menu_of(request: HttpRequest) -> Menu:
    """Return the pages that the member may open; none for who is in no company."""
    membership = getattr(request, "membership", None)
    pages = [(item, reverse(item.url_name)) for item in ITEMS if _is_for(item, membership)]
    above = [url for _item, url in pages if _lies_below(request.path, url)]
    here = max(above, key=len, default="")
    return Menu([Link(item, url, _current(url, here, request.path)) for item, url in pages])


def _lies_below(path: str, url: str) -> bool:
    """Whether this is the page or lies below it.  Every path begins like the panel's."""
    home = reverse("home")
    if url == home:
        return path == home or path.startswith(f"{home}hoje/")
    return path.startswith(url)


def _is_for(item: Item, membership: Membership | None) -> bool:
    better = item.unless is not None and may(membership, item.unless)
    return may(membership, item.right) and not better


def _current(url: str, here: str, path: str) -> str:
    """Return "page" for the page itself and "true" for one that lies below it."""
    if url != here:
        return ""
    return "page" if url == path else "true"
