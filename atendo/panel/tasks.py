"""Precisa de você: what waits for a person, the most urgent first.  One row a task, each says
who, when and why, and has one button."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Count, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.fields import DateTimeField
from django.urls import reverse
from django.utils.translation import gettext as _

from scheduling import wording
from scheduling.agenda import visible
from scheduling.models import OPEN, Appointment
from scheduling.situations import BY_NAME
from tenants.http import CompanyRequest
from tenants.permissions import Right, may, own_agenda_only
from whatsapp import chat
from whatsapp.models import Direction, Instance, Message, MessageStatus, Reason
from whatsapp.situation import Situation
from whatsapp.threads import url_of

SHOWN = 8
MOST = 200
# So little time before the start that a call is better than a message.
CLOSE = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Task:
    """`mark` ends the CSS class `at-mark-<mark>`; `about` is where the row itself leads."""

    key: str
    urgency: datetime
    icon: str
    mark: str
    title: str
    detail: str
    button: str
    url: str
    about: str
    button_icon: str = ""
    # On a screen that cannot call, the number says more than the button.
    number: str = ""
    main: bool = False


@dataclass(frozen=True, slots=True)
class Tasks:
    rows: list[Task]
    total: int


def tasks(
    request: CompanyRequest, instance: Instance | None, now: datetime, *, most: int = SHOWN
) -> Tasks:
    """Return the most urgent ones, and how many there are.  Two queries."""
    reader = _Reader(request, now)
    appointments = _first(_waiting_appointments(request, now), most, by="starts_at")
    messages = _first(_messages(request, now), most, by="urgency", urgency=_urgency(now))
    found = list(connection_tasks(request, instance, now))
    total = len(found) + _total(appointments) + _total(messages)
    found += [reader.appointment(row) for row in appointments]
    found += [reader.message(row) for row in messages]
    return Tasks(sorted(found, key=lambda task: task.urgency)[:most], total)


def _total(rows: list[Any]) -> int:
    return rows[0].total if rows else 0


# What is asked of the database ------------------------------------------------------------------


def _first(rows: Any, most: int, *, by: str, **wanted: Any) -> list[Any]:
    """Return the first rows with their people, each with the `total` of all.  One query: people
    are looked up for the few rows that are shown."""
    rows = rows.order_by(by, "pk")
    counted = rows.order_by().values("company").annotate(count=Count("pk")).values("count")
    model = rows.model.objects.filter(pk__in=rows.values("pk")[:most])
    people = model.select_related(*PEOPLE[rows.model])
    shown = people.annotate(total=Subquery(counted), **wanted)
    return list(shown.order_by(by, "pk"))


PEOPLE: dict[Any, tuple[str, ...]] = {
    Appointment: ("client", "professional", "service"),
    Message: (
        *("client", "appointment__client", "appointment__service"),
        "appointment__professional",
    ),
}


def _waiting_appointments(request: CompanyRequest, now: datetime) -> Any:
    """Those ahead whose client wants another time, or has little time left to answer.  Who did
    answer, but was not understood, is among the messages."""
    answers = Message.objects.filter(appointment=OuterRef("pk"), needs_attention=True)
    soon = BY_NAME["waiting"].where & Q(~Exists(answers), starts_at__lt=now + CLOSE)
    rows = visible(request).select_related(None)
    return rows.filter(BY_NAME["move"].where | soon, starts_at__gt=now)


def _messages(request: CompanyRequest, now: datetime) -> Any:
    """Those that want a person, and those of an open appointment that did not leave."""
    rows = Message.objects.filter(Q(needs_attention=True) | Q(status=MessageStatus.FAILED))
    rows = rows.filter(Q(needs_attention=True) | _failed_in_vain(now))
    if own_agenda_only(request):
        rows = rows.filter(appointment__professional__membership_id=request.membership.pk)
    return rows.annotate(urgency=_urgency(now))


def _urgency(now: datetime) -> Case:
    """The start of the appointment; a message about none ahead comes after what is close."""
    return Case(
        When(appointment__starts_at__gt=now, then=F("appointment__starts_at")),
        default=Value(now + CLOSE),
        output_field=DateTimeField(),
    )


def _failed_in_vain(now: datetime) -> Q:
    """The last word on an appointment ahead, sent to the number that the client still has."""
    later = Message.objects.filter(
        appointment=OuterRef("appointment"), direction=Direction.OUT, pk__gt=OuterRef("pk")
    ).exclude(status=MessageStatus.DROPPED)
    return Q(
        ~Exists(later),
        appointment__starts_at__gt=now,
        appointment__status__in=[*OPEN],
        appointment__revision=F("revision"),
        phone=F("client__phone"),
        status=MessageStatus.FAILED,
    )


# What a person reads ----------------------------------------------------------------------------


def connection_tasks(
    request: CompanyRequest, instance: Instance | None, now: datetime
) -> Iterable[Task]:
    """A WhatsApp that is down, for those who see every client's messages."""
    situation = Situation(instance, now)
    if instance is None or own_agenda_only(request):
        return
    words = situation.words if situation.is_down else situation.trouble
    if words is None:
        return
    connects = situation.is_down and may(request.membership, Right.CONNECT_WHATSAPP)
    url = reverse("whatsapp:connection")
    yield Task(
        key="whatsapp",
        urgency=now - CLOSE,
        icon=words.icon,
        mark=words.mark,
        title=_of_whatsapp(str(words.title)),
        detail=str(words.happened),
        button=_("Conectar") if connects else _("Ver o que houve"),
        url=url,
        about=url,
        main=connects,
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    """Who reads the rows, and when."""

    request: CompanyRequest
    now: datetime

    def appointment(self, row: Appointment) -> Task:
        return self._wants_to_move(row) if row.move_requested_at else self._silent(row)

    def _wants_to_move(self, row: Appointment) -> Task:
        about = reverse("scheduling:appointment", args=[row.pk])
        books = may(self.request.membership, Right.BOOK)
        asked = wording.day_and_time(row.move_requested_at or self.now, now=self.now)
        return Task(
            key=f"remarcar-{row.pk}",
            urgency=row.starts_at,
            icon="arrows-exchange",
            mark="move",
            title=_("%(name)s pediu para remarcar") % {"name": row.client.name},
            detail=_("%(what)s. Pediu %(asked)s.") % {"what": self._what(row), "asked": asked},
            button=_("Escolher horário") if books else _("Ver"),
            url=reverse("scheduling:appointment-move", args=[row.pk]) if books else about,
            about=about,
            main=books,
        )

    def _silent(self, row: Appointment) -> Task:
        left = wording.length(row.starts_at - self.now).replace(" ", "\N{NO-BREAK SPACE}")
        return Task(
            key=f"ligar-{row.pk}",
            urgency=row.starts_at,
            icon="clock-question",
            mark="waiting",
            title=_("%(name)s não respondeu") % {"name": row.client.name},
            detail=_("%(what)s. Faltam %(left)s.") % {"what": self._what(row), "left": left},
            button=_("Ligar"),
            button_icon="phone",
            number=row.client.phone_display,
            url=f"tel:{row.client.phone}",
            about=reverse("scheduling:appointment", args=[row.pk]),
        )

    def message(self, row: Any) -> Task:
        came = row.direction == Direction.IN
        name = row.client.name if row.client else chat.who(row)
        title = _("%(name)s: “%(said)s”") if came else _("A mensagem para %(name)s não saiu")
        if row.reason == Reason.UNDECIDED:
            title = _("Não sabemos se a mensagem para %(name)s saiu")
        button, url = self._answer(row) if came else self._mend(row)
        return Task(
            key=f"mensagem-{row.pk}",
            urgency=row.urgency,
            icon="message-question" if came else "message-x",
            mark="waiting" if came else "bad",
            title=title % {"name": name, "said": _shortened(chat.said(row))},
            detail=" ".join(filter(None, [self._about(row), self._why(row)])),
            button=button,
            url=url,
            about=self._home_of(row),
        )

    def _answer(self, row: Message) -> tuple[str, str]:
        if not may(self.request.membership, Right.SEND):
            return _("Ver"), self._home_of(row)
        return _("Responder"), url_of(row)

    def _mend(self, row: Message) -> tuple[str, str]:
        corrects = row.reason == Reason.NO_WHATSAPP and may(self.request.membership, Right.BOOK)
        if corrects and row.client_id:
            return _("Corrigir número"), reverse("scheduling:client", args=[row.client_id])
        return _("Ver"), self._home_of(row)

    def _home_of(self, row: Message) -> str:
        if row.appointment_id:
            return reverse("scheduling:appointment", args=[row.appointment_id])
        return url_of(row)

    def _about(self, row: Message) -> str:
        if row.appointment is not None:
            return f"{self._what(row.appointment)}."
        when = wording.day_and_time(chat.moment_of(row), now=self.now)
        return _("Chegou %(when)s.") % {"when": when}

    def _why(self, row: Message) -> str:
        if row.reason == Reason.NO_WHATSAPP and row.client:
            number = row.client.phone_display
            return _("O número %(number)s não tem WhatsApp.") % {"number": number}
        return chat.why_read(row)

    def _what(self, row: Appointment) -> str:
        """ "Hoje, 16:30 · Escova com Bia" """
        when = wording.day_and_time(row.starts_at, now=self.now)
        return _("%(when)s · %(service)s com %(professional)s") % {
            "when": wording.capital(when),
            "service": row.service.name,
            "professional": row.professional.name,
        }


def _shortened(text: str, *, to: int = 80) -> str:
    line = " ".join(text.split())
    return line if len(line) <= to else f"{line[: to - 1].rstrip()}…"


def _of_whatsapp(title: str) -> str:
    """Return the title such that it says what it is about."""
    if "WhatsApp" in title:
        return title
    return _("WhatsApp: %(what)s") % {"what": title[:1].lower() + title[1:]}
