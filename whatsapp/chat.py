"""Messages as people read them: text, ticks, what we understood, why one has not left."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scheduling import phone, wording
from tenants.models import Company
from whatsapp import by_hand, replies, sender
from whatsapp.messages import KINDS, Sending
from whatsapp.models import Direction, Message, MessageStatus, Reason
from whatsapp.preferences import Preferences
from whatsapp.replies import Intent

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True, slots=True)
class Tick:
    icon: str
    label: _StrPromise
    classes: str = ""


TICKS: dict[str, Tick] = {
    MessageStatus.WAITING: Tick("clock", _("na fila")),
    MessageStatus.SENDING: Tick("send", _("saindo")),
    MessageStatus.UNKNOWN: Tick("clock-question", _("sem certeza se saiu")),
    MessageStatus.SENT: Tick("check", _("enviada")),
    MessageStatus.DELIVERED: Tick("checks", _("entregue")),
    MessageStatus.READ: Tick("checks", _("lida"), "at-read"),
    MessageStatus.FAILED: Tick("alert-triangle", _("não saiu")),
    MessageStatus.DROPPED: Tick("ban", _("não vai sair")),
}
# Not left yet, or never will: drawn with a dashed edge.
DASHED = frozenset(
    {MessageStatus.WAITING, MessageStatus.SENDING, MessageStatus.FAILED, MessageStatus.DROPPED}
)

# What a person can do about a message that did not leave.
TODO: dict[str, _StrPromise] = {
    Reason.NO_WHATSAPP: _("Confira o número na ficha, ou ligue."),
    Reason.REFUSED: _("Envie de novo. Se repetir, veja a página do WhatsApp."),
    Reason.GAVE_UP: _("Envie de novo. Se repetir, veja a página do WhatsApp."),
    Reason.NOT_DELIVERED: _("Espere um pouco e envie de novo, ou ligue."),
}

UNDERSTOOD: dict[Intent, _StrPromise] = {
    Intent.CONFIRM: _("Entendemos: confirmou."),
    Intent.RESCHEDULE: _("Entendemos: quer remarcar."),
    Intent.CANCEL: _("Entendemos: não vai conseguir vir."),
    Intent.OPT_OUT: _("Entendemos: não quer mais avisos."),
    Intent.OPT_IN: _("Entendemos: quer receber avisos de novo."),
    Intent.ASK_AGAIN: _("A resposta não ficou clara."),
    Intent.UNKNOWN: _("Não entendemos a resposta."),
}

MEDIA: dict[str, _StrPromise] = {
    "image": _("Mandou uma foto."),
    "video": _("Mandou um vídeo."),
    "audio": _("Mandou um áudio."),
    "document": _("Mandou um documento."),
    "sticker": _("Mandou uma figurinha."),
    "location": _("Mandou uma localização."),
    "contact": _("Mandou um contato."),
}
UNREADABLE = _("Não conseguimos ler esta mensagem. Ela está no celular da empresa.")


@dataclass(frozen=True, slots=True)
class Bubble:
    text: str
    label: str
    """What kind of message it is; "" for what a person wrote."""
    outgoing: bool
    dashed: bool
    at: datetime
    """When it left or came; for the others when it should leave."""
    shows_time: bool
    tick: Tick | None
    why: str
    """The line below: what became of it."""
    message: Message
    automatic: bool
    """Written by Atendo, not by a person."""
    attention: str = ""
    """Why a person must look at it, where the line below does not say so."""
    todo: str = ""
    """What to do about one that did not leave."""
    may_go_again: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    name: str
    bubbles: list[Bubble]


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom and when the bubbles are made."""

    company: Company
    connected: bool
    now: datetime
    chosen: Preferences


def days(messages: Iterable[Message], reader: Reader) -> list[Day]:
    """Return the messages as bubbles under their days, oldest first.  No query, if each comes
    with its appointment and whom that is about."""
    bubbles = [_bubble(message, reader) for message in messages]
    found: dict[date, list[Bubble]] = {}
    for bubble in sorted(bubbles, key=lambda each: (each.at, each.message.pk)):
        found.setdefault(timezone.localdate(bubble.at), []).append(bubble)
    today = timezone.localdate(reader.now)
    return [Day(wording.day_name(day, today=today), shown) for day, shown in found.items()]


def _bubble(message: Message, reader: Reader) -> Bubble:
    outgoing = message.direction == Direction.OUT
    failed = message.status == MessageStatus.FAILED
    why = _became(message, reader) if outgoing else understood(message)
    attention = why_read(message) if message.needs_attention and not outgoing else ""
    return Bubble(
        text=message.text or _unsent_text(message, reader),
        label=author(message),
        outgoing=outgoing,
        dashed=message.status in DASHED,
        at=moment_of(message),
        shows_time=message.happened_at is not None,
        tick=TICKS.get(message.status),
        why=why,
        message=message,
        automatic=is_automatic(message),
        attention=attention if attention != why else "",
        todo=str(TODO.get(message.reason, "")) if failed else "",
        may_go_again=by_hand.may_go_again(message),
    )


def is_automatic(message: Message) -> bool:
    """Whether Atendo wrote it by itself."""
    kind = KINDS.get(message.kind)
    return kind is not None and kind.sending is not Sending.MANUAL


def author(message: Message) -> str:
    """Return what kind of message of ours it is, or who wrote it; "" for a client's."""
    if message.direction == Direction.IN:
        return ""
    if message.kind == "written":
        name: str = message.data.get("by", "")
        return name
    return kind_label(message) or gettext("Pelo celular")


def kind_label(message: Message) -> str:
    """Return what kind of message of ours it is; "" for what a person wrote."""
    kind = KINDS.get(message.kind)
    return gettext(kind.label) if kind else ""


def moment_of(message: Message) -> datetime:
    """Return when it left or came; for one that did neither, when it should leave."""
    at: datetime = message.happened_at or message.due_at or message.created_at
    return at


def _unsent_text(message: Message, reader: Reader) -> str:
    """The words as they would read on leaving; none for an earlier version of the appointment,
    whose time they would get wrong."""
    appointment = message.appointment
    if message.direction == Direction.IN or message.kind not in KINDS:
        return said(message)
    if appointment is not None:
        if message.revision not in {None, appointment.revision}:
            return ""
        message.client = appointment.client
    return sender.words(message, reader.chosen, reader.company, message.due_at or reader.now)


@dataclass(frozen=True, slots=True)
class State:
    """What became of one message of ours, in words."""

    message: Message
    tick: Tick
    sentence: str
    live: bool
    """Whether it may still change soon."""


def state_of(message: Message, reader: Reader) -> State:
    """Return what became of a message that left or is to leave.  No query."""
    tick = TICKS[message.status]
    sentence = _became(message, reader) or f"{str(tick.label).capitalize()}."
    over = message.status in {MessageStatus.READ, MessageStatus.FAILED, MessageStatus.DROPPED}
    return State(message, tick, sentence, not over)


def _became(message: Message, reader: Reader) -> str:
    if message.status == MessageStatus.WAITING:
        return _leaves(message, reader)
    if message.status == MessageStatus.SENDING:
        return gettext("Está saindo agora.")
    if message.status == MessageStatus.UNKNOWN:
        return gettext("Estamos conferindo se saiu. Não mandamos duas vezes.")
    if message.status in {MessageStatus.DROPPED, MessageStatus.FAILED}:
        start = TICKS[message.status].label
        return f"{str(start).capitalize()}. {message.get_reason_display()}".strip()
    return _received(message)


def _leaves(message: Message, reader: Reader) -> str:
    if message.due_at is not None and message.due_at > reader.now:
        when = wording.day_and_time(message.due_at, now=reader.now)
        return gettext("Sai %(when)s.") % {"when": when}
    if not reader.connected:
        return gettext("Sai assim que o WhatsApp conectar.")
    return gettext("Sai em instantes.")


def _received(message: Message) -> str:
    if message.delivered_at is None:
        return ""
    values = {"delivered": _at(message.delivered_at, message)}
    if message.read_at is None:
        return gettext("Entregue %(delivered)s.") % values
    values["read"] = _at(message.read_at, message)
    return gettext("Entregue %(delivered)s, lida %(read)s.") % values


def _at(moment: datetime, message: Message) -> str:
    """ "às 16:31"; with the day when it is not the message's own."""
    local = timezone.localtime(moment)
    if local.date() == timezone.localdate(moment_of(message)):
        return gettext("às %(time)s") % {"time": f"{local:%H:%M}"}
    day = wording.short_date(local.date(), today=local.date())
    return gettext("%(day)s, %(time)s") % {"day": day, "time": f"{local:%H:%M}"}


def understood(message: Message) -> str:
    """Return what we took a client's message for; "" when nothing depended on it."""
    if message.intent:
        return str(UNDERSTOOD[Intent(message.intent)])
    return str(UNDERSTOOD[Intent.UNKNOWN]) if message.needs_attention else ""


def who(message: Message) -> str:
    """Return the person at the other end: name, else number, else that it is hidden."""
    if message.client is not None:
        name: str = message.client.name
        return name
    if message.phone.startswith("+"):
        return phone.display(message.phone)
    return gettext("Alguém com o número escondido")


def said(message: Message) -> str:
    """Return the text, or what stands for it where there is none."""
    if message.text:
        return message.text
    if (media := message.data.get("media")) in MEDIA:
        return str(MEDIA[media])
    if message.direction == Direction.IN:
        return str(UNREADABLE)
    return kind_label(message)


def beginning(text: str, length: int) -> str:
    """Return the first words on one line, as a list shows them: without asterisks."""
    return Truncator(" ".join(text.replace("*", "").split())).chars(length)


def why_read(message: Message) -> str:
    """Return why a person must look at this message."""
    if message.direction == Direction.OUT:
        return str(message.get_reason_display())
    if "webhook_event_id" in message.data:
        return gettext("Chegou de um jeito que não conhecemos.")
    if message.client is None:
        return gettext("Não sabemos se é de um cliente: o WhatsApp escondeu o número.")
    if message.intent not in {"", Intent.UNKNOWN.value, Intent.ASK_AGAIN.value}:
        return gettext("A resposta chegou quando o horário já tinha mudado ou passado.")
    meant = replies.understand(text=message.text, button_id=None, reaction=None).intent
    if meant in {Intent.UNKNOWN, Intent.ASK_AGAIN}:
        return str(UNDERSTOOD[Intent.UNKNOWN])
    return gettext("Não havia horário em aberto para esta resposta.")


def version(messages: Iterable[Message], reader: Reader) -> str:
    """Return a text that changes whenever the bubbles would."""
    shown = [
        (
            m.pk,
            m.status,
            m.reason,
            m.due_at,
            m.delivered_at,
            m.read_at,
            m.intent,
            m.needs_attention,
        )
        for m in messages
    ]
    waits = [m.pk for m in messages if m.status == MessageStatus.WAITING and _is_due(m, reader)]
    seen = (shown, waits, reader.connected, timezone.localdate(reader.now))
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


def _is_due(message: Message, reader: Reader) -> bool:
    return message.due_at is None or message.due_at <= reader.now
