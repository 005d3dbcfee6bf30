"""The menus of the page frame: one row a page, shown to those who may open it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from tenants.permissions import Right, may

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

SEVERAL_COMPANIES = "several_companies"  # in the session, set when a company is chosen

Current = Literal["", "page", "true"]


@dataclass(frozen=True, slots=True)
class Item:
    """`group` 0 is the button above the links; `on_phone` is the place in the bottom bar."""

    url_name: str
    label: _StrPromise
    icon: str
    group: int
    right: Right
    on_phone: int | None = None
    phone_label: _StrPromise | None = None


ITEMS = (
    Item("scheduling:appointment-new", _("Novo agendamento"), "plus", 0, Right.BOOK, 3),
    Item(
        "scheduling:appointments",
        _("Agendamentos"),
        "calendar-event",
        1,
        Right.SEE_OWN_AGENDA,
        1,
        _("Agenda"),
    ),
    Item("scheduling:clients", _("Clientes"), "users", 1, Right.BOOK, 2),
    Item("scheduling:professionals", _("Profissionais"), "user-check", 2, Right.MANAGE),
    Item("scheduling:services", _("Serviços"), "scissors", 2, Right.MANAGE),
    Item("whatsapp:connection", _("WhatsApp"), "brand-whatsapp", 3, Right.SEND, 4),
    Item("tenants:security-log", _("Segurança"), "shield-check", 3, Right.SEE_SECURITY_LOG),
)


@dataclass(frozen=True, slots=True)
class Link:
    """An item for one request; `current` is the value of `aria-current`."""

    item: Item
    url: str
    current: Current

    @property
    def label(self) -> _StrPromise:
        return self.item.label

    @property
    def phone_label(self) -> _StrPromise:
        return self.item.phone_label or self.item.label

    @property
    def icon(self) -> str:
        return self.item.icon

    @property
    def group(self) -> int:
        return self.item.group

    @property
    def on_phone(self) -> int | None:
        return self.item.on_phone


@dataclass(frozen=True, slots=True)
class Menu:
    links: list[Link]

    @property
    def button(self) -> Link | None:
        return next((link for link in self.links if not link.group), None)

    @property
    def groups(self) -> list[list[Link]]:
        pages = [link for link in self.links if link.group]
        return [list(links) for _group, links in groupby(pages, key=lambda link: link.group)]

    @property
    def bar(self) -> list[Link]:
        """The links of the phone's bottom bar."""
        return sorted(
            (link for link in self.links if link.on_phone), key=lambda link: link.on_phone or 0
        )

    @property
    def more(self) -> list[Link]:
        """What the bottom bar leaves out."""
        return [link for link in self.links if not link.on_phone]


def context(request: HttpRequest) -> dict[str, Any]:
    """What the page frame needs; built when a template asks for it."""
    return {"menu": partial(build, request)}
