"""Every message that we send, and what its words may say.  When it leaves: `timing`.

A new kind is one row in KINDS and its words in templates/whatsapp/messages/<name>.txt.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final
from zoneinfo import ZoneInfo

HOUR: Final = timedelta(hours=1)

# Values of Status and EventKind of an appointment, which a pure module cannot import.
OPEN: Final = frozenset({"scheduled", "confirmed"})
UNANSWERED: Final = "scheduled"
BOOKED: Final = ("scheduled", "moved")


class Sending(Enum):
    AUTOMATIC = "automatic"  # opt-out, hours and pace hold
    ANSWER = "answer"  # to a client who has just written: at once
    MANUAL = "manual"  # a person pressed the button: at once, at any hour


@dataclass(frozen=True, slots=True)
class MessageKind:
    name: str
    label: str
    """For people, in Portuguese: the msgid that a page translates."""
    sending: Sending
    on: tuple[str, ...] = ()
    """AppointmentEvent kinds that plan it; none for an answer."""
    statuses: frozenset[str] = OPEN
    """Of the appointment when the message leaves: in any other it is dropped."""
    useless: timedelta = timedelta(0)
    """So long before the start it is worth nothing any more and expires."""
    answers_expected: bool = False
    on_sundays: bool = False
    cannot_wait: bool = False
    """Leaves at night rather than less than three hours before the start."""
    words_of: str = ""
    """Another kind with the same text."""

    @property
    def automatic(self) -> bool:
        return self.sending is Sending.AUTOMATIC

    @property
    def template(self) -> str:
        return f"whatsapp/messages/{self.words_of or self.name}.txt"


KINDS: Final = {
    kind.name: kind
    for kind in (
        MessageKind("receipt", "Aviso de agendamento", Sending.AUTOMATIC, on=("scheduled",)),
        MessageKind(
            "receipt_with_question",
            "Aviso de agendamento com pedido de confirmação",
            Sending.AUTOMATIC,
            on=BOOKED,
            useless=HOUR,
            answers_expected=True,
        ),
        MessageKind(
            "confirmation_request",
            "Pedido de confirmação",
            Sending.AUTOMATIC,
            on=BOOKED,
            statuses=frozenset({UNANSWERED}),
            useless=HOUR,
            answers_expected=True,
        ),
        MessageKind(
            "second_request",
            "Segundo pedido de confirmação",
            Sending.AUTOMATIC,
            on=BOOKED,
            statuses=frozenset({UNANSWERED}),
            useless=HOUR,
            answers_expected=True,
        ),
        MessageKind(
            "reminder",
            "Lembrete",
            Sending.AUTOMATIC,
            on=BOOKED,
            statuses=frozenset({"confirmed"}),
            useless=HOUR / 2,
            on_sundays=True,
        ),
        MessageKind(
            "manual_confirmation",
            "Pedido de confirmação enviado pela equipe",
            Sending.MANUAL,
            on=("confirmation_asked_for",),
            answers_expected=True,
            words_of="confirmation_request",
        ),
        MessageKind(
            "rescheduled_notice",
            "Aviso de novo horário",
            Sending.AUTOMATIC,
            on=("moved",),
            cannot_wait=True,
        ),
        MessageKind(
            "cancelled_notice",
            "Aviso de cancelamento",
            Sending.AUTOMATIC,
            on=("cancelled",),
            statuses=frozenset({"cancelled"}),
            cannot_wait=True,
        ),
        MessageKind("answer_confirmed", "Resposta: confirmado", Sending.ANSWER),
        MessageKind("answer_cancelled", "Resposta: cancelado", Sending.ANSWER),
        MessageKind("answer_reschedule", "Resposta: pedido para remarcar", Sending.ANSWER),
        MessageKind(
            "answer_not_understood",
            "Resposta: não entendemos",
            Sending.ANSWER,
            answers_expected=True,
        ),
        MessageKind(
            "answer_which_one",
            "Resposta: qual dos horários",
            Sending.ANSWER,
            answers_expected=True,
        ),
        MessageKind("answer_opted_out", "Resposta: avisos parados", Sending.ANSWER),
        MessageKind("answer_opted_in", "Resposta: avisos retomados", Sending.ANSWER),
    )
}


# What a text may use. `quando` is "hoje", "amanhã" or "terça, 24/11", seen from the moment of
# sending; `endereco_curto` may be empty; `opcoes` is for answer_which_one: (number, text) pairs.
VARIABLES: Final = (
    *("primeiro_nome", "empresa", "servico", "profissional", "endereco_curto"),
    *("dia_semana", "data", "hora", "quando", "opcoes"),
)
WEEKDAYS: Final = (
    *("segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira"),
    *("sábado", "domingo"),
)


def variables(
    *,
    client: str,
    company: str,
    service: str,
    professional: str,
    address: str,
    starts_at: datetime,
    now: datetime,
    zone: ZoneInfo,
) -> dict[str, str]:
    """Return the values of VARIABLES but `opcoes`, each on one line and without asterisks.

    Messages are plain text: every template switches autoescape off, or "D'Ávila & Cia" would
    arrive as HTML.
    """
    local = starts_at.astimezone(zone)
    weekday = WEEKDAYS[local.weekday()]
    days_ahead = (local.date() - now.astimezone(zone).date()).days
    later = f"{weekday.removesuffix('-feira')}, {local:%d/%m}"
    return {
        "primeiro_nome": _first_name(_line(client)),
        "empresa": _line(company).rstrip("."),
        "servico": _line(service),
        "profissional": _line(professional),
        "endereco_curto": _line(address),
        "dia_semana": weekday,
        "data": f"{local:%d/%m}",
        "hora": f"{local:%H:%M}",
        "quando": {0: "hoje", 1: "amanhã"}.get(days_ahead, later),
    }


def _line(text: str) -> str:
    """On one line; without the asterisk, by which WhatsApp would begin or end bold type."""
    return " ".join(text.replace("*", " ").split())


def _first_name(name: str) -> str:
    """The first word, and the second after a title ("Dra. Ana"); "MARIA" becomes "Maria"."""
    title, _, rest = name.partition(" ")
    first = f"{title} {rest.partition(' ')[0]}" if title.endswith(".") and rest else title
    return first.title() if first.isupper() or first.islower() else first
