"""Conversations: one for each client who wrote or was written to, and one for each number that is
no client's.

The list is made of the newest message of each conversation, found along an index: a page costs
the same number of statements whatever the number of clients.  Nothing is kept beside the messages
that could get out of step with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scheduling.models import Appointment, Client
from scheduling.situations import BY_NAME
from whatsapp import chat
from whatsapp.models import Direction, Message
from whatsapp.models.message import MOMENT

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

BEGINNING = 120
ATTENTION, UNANSWERED, UNKNOWN = "atencao", "sem-resposta", "desconhecidos"


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter: `slug` stands in the address."""

    slug: str
    label: _StrPromise
    empty: _StrPromise
    """What the list says when it has no row."""


CHIPS = (
    Chip(
        "",
        gettext_lazy("Todas"),
        gettext_lazy(
            "Nenhuma conversa ainda. Quando uma mensagem sair ou um cliente escrever, ela"
            " aparece aqui."
        ),
    ),
    Chip(
        ATTENTION,
        gettext_lazy("Precisa de atenção"),
        gettext_lazy(
            "Nada precisa de você. Quando o Atendo não entender uma resposta, ou uma mensagem não"
            " sair, a conversa aparece aqui."
        ),
    ),
    Chip(
        UNANSWERED,
        gettext_lazy("Sem resposta à confirmação"),
        gettext_lazy("Todos que foram perguntados já responderam."),
    ),
    Chip(
        UNKNOWN,
        gettext_lazy("Números desconhecidos"),
        gettext_lazy("Ninguém escreveu de um número que não é de cliente."),
    ),
)


class Pages(Paginator):  # type: ignore[type-arg]
    """The newest message of each conversation of a filter, the latest conversation first; of
    those that need attention, the newest message that does."""

    def __init__(self, slug: str, text: str, *, now: datetime, size: int) -> None:
        self._messages = Message.objects.in_conversation()
        self._clients = Client.objects.matching(text) if text else Client.objects.all()
        if slug == UNANSWERED:
            self._clients = self._clients.filter(pk__in=_asked(now))
        self._slug, self._all = slug, not (slug or text)
        self._found = _shown(self._heads(slug, text))
        super().__init__(self._found, size)

    @cached_property
    def count(self) -> int:
        """Counted by clients, of whom there are fewer than of messages.  One query."""
        if self._slug in {ATTENTION, UNKNOWN}:
            few: int = self._found.order_by().count()
            return few
        talks = Exists(self._messages.filter(client=OuterRef("pk")))
        counted: int = self._clients.order_by().filter(talks).count()
        return counted

    def page(self, number: int | str) -> Any:
        """The first of all pages, which is asked for most, is found from the newest message on."""
        page = super().page(number)
        if self._all and page.number == 1:
            page.object_list = self._first()[: self.per_page]
        return page

    def _heads(self, slug: str, text: str) -> Any:
        messages = self._messages
        if slug == UNKNOWN:
            return Q(client=None, pk__in=_by_number(messages))
        if slug == ATTENTION:
            messages = messages.filter(needs_attention=True)
        clients = self._clients.order_by() if text or slug == UNANSWERED else None
        heads = Q(pk__in=_by_client(messages, clients))
        if slug != ATTENTION:
            return heads
        numbers = Q() if text else Q(pk__in=_by_number(messages))
        return Q(needs_attention=True) & (heads | numbers)

    def _first(self) -> Any:
        """A message is the newest if one step down the index of its client leads to itself; so
        PostgreSQL may walk along the moments, and stop when a page is full."""
        own = self._messages.filter(client=OuterRef("client_id")).newest_first()
        newest = Q(client__isnull=False, pk=Subquery(own.values("pk")[:1]))
        return _shown(newest)


def _shown(heads: Q) -> Any:
    rows = Message.objects.in_conversation().filter(heads)
    return rows.newest_first().select_related("client", "appointment__client")


def _by_client(messages: Any, clients: Any | None) -> Any:
    """The newest message of each client, or of each of these."""
    about = messages.exclude(client=None)
    about = about if clients is None else about.filter(client__in=clients)
    ordered = about.order_by("client_id", MOMENT.desc(), "-id")
    return ordered.distinct("client_id").values("pk")


def _by_number(messages: Any) -> Any:
    """The newest message of each number that is no client's; such messages are few."""
    ordered = messages.filter(client=None).order_by("phone", MOMENT.desc(), "-id")
    return ordered.distinct("phone").values("pk")


def _asked(now: datetime) -> Any:
    waiting = Appointment.objects.filter(BY_NAME["waiting"].where, starts_at__gt=now)
    return waiting.order_by().values("client_id")


def attention_count() -> int:
    """Return how many messages want a person.  One query, along an index of those alone."""
    wanted = Message.objects.in_conversation().filter(needs_attention=True)
    count: int = wanted.order_by().count()
    return count


@dataclass(frozen=True, slots=True)
class Row:
    """A conversation in the list."""

    message: Message
    name: str
    url: str
    beginning: str
    from_us: str
    """Who of ours wrote it; "" for the client."""
    tick: chat.Tick | None
    attention: int
    """How many messages of it want a person."""


def rows(messages: list[Message]) -> list[Row]:
    """One query, however many."""
    counts = _attention_of(messages)
    return [_row(message, counts) for message in messages]


def _attention_of(messages: list[Message]) -> dict[tuple[int | None, str], int]:
    wanted = Message.objects.in_conversation().filter(needs_attention=True).order_by()
    counted = wanted.filter(client__in=[m.client_id for m in messages if m.client_id])
    found = {
        (row["client_id"], ""): row["count"]
        for row in counted.values("client_id").annotate(count=Count("pk"))
    }
    strangers = [m.phone for m in messages if not m.client_id]
    if strangers:
        unknown = wanted.filter(client=None, phone__in=strangers)
        for row in unknown.values("phone").annotate(count=Count("pk")):
            found[None, row["phone"]] = row["count"]
    return found


def _row(message: Message, counts: dict[tuple[int | None, str], int]) -> Row:
    outgoing = message.direction == Direction.OUT
    key = (message.client_id, "" if message.client_id else message.phone)
    return Row(
        message,
        chat.who(message),
        url_of(message),
        chat.beginning(chat.said(message), BEGINNING),
        _author(message) if outgoing else "",
        chat.TICKS.get(message.status),
        counts.get(key, 0),
    )


def _author(message: Message) -> str:
    return _("Atendo") if chat.is_automatic(message) else chat.author(message)


def url_of(message: Message) -> str:
    """Return where the conversation of a message is."""
    if message.client_id is not None:
        return reverse("whatsapp:thread", args=[message.client_id])
    return reverse("whatsapp:unknown-thread", args=[message.pk])


@dataclass(frozen=True, slots=True)
class Thread:
    """With a client, or with a number that is no client's."""

    client: Client | None
    phone: str
    url: str

    @property
    def name(self) -> str:
        return chat.who(Message(client=self.client, phone=self.phone))

    @property
    def first_name(self) -> str:
        return self.client.first_name if self.client is not None else self.name

    @property
    def can_be_answered(self) -> bool:
        """Not when WhatsApp hides the number."""
        return self.client is not None or self.phone.startswith("+")

    def messages(self) -> Any:
        """Newest first, also what a person wrote and has not left yet."""
        rows = Message.objects.in_conversation().filter(client=self.client)
        if self.client is None:
            rows = rows.filter(phone=self.phone)
        people = ("client", "appointment__client", "appointment__service")
        return rows.select_related(*people, "appointment__professional").newest_first()

    def next_appointment(self, now: datetime) -> Appointment | None:
        if self.client is None:
            return None
        ahead = Appointment.objects.open_at(now).with_people().filter(client=self.client)
        found: Appointment | None = ahead.order_by("starts_at").first()
        return found
