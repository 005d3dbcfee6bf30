"""Every message that we send, and what its words may say.  When it leaves: `timing`; how the
words are filled in: `words`.

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

# What a text may use, written {primeiro_nome}. `quando` is "hoje", "amanhã" or "terça, 24/11",
# seen from the moment of sending; `opcoes` is the list of answer_which_one, a line each.
ABOUT_PEOPLE: Final = ("primeiro_nome", "empresa")
ABOUT_APPOINTMENT: Final = (
    *ABOUT_PEOPLE,
    *("servico", "profissional", "endereco_curto", "dia_semana", "data", "hora", "quando"),
)
ABOUT_CHOICE: Final = (*ABOUT_PEOPLE, "opcoes")
VARIABLES: Final = (*ABOUT_APPOINTMENT, "opcoes")
MAY_BE_EMPTY: Final = frozenset({"endereco_curto"})


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
    variables: tuple[str, ...] = ABOUT_APPOINTMENT
    words_of: str = ""
    """Another kind with the same text."""
    typed: bool = False
    """A person typed the text: there are no words of ours."""

    @property
    def automatic(self) -> bool:
        return self.sending is Sending.AUTOMATIC

    @property
    def text_name(self) -> str:
        """The kind whose text this one sends."""
        return self.words_of or self.name

    @property
    def has_own_text(self) -> bool:
        return not self.typed and not self.words_of

    @property
    def asks_about_time(self) -> bool:
        """Whether it asks for an answer about one appointment, which it then has to name."""
        return self.answers_expected and "hora" in self.variables


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
            variables=ABOUT_CHOICE,
        ),
        MessageKind(
            "answer_opted_out",
            "Resposta: avisos parados",
            Sending.ANSWER,
            variables=ABOUT_PEOPLE,
        ),
        MessageKind(
            "answer_opted_in",
            "Resposta: avisos retomados",
            Sending.ANSWER,
            variables=ABOUT_PEOPLE,
        ),
        MessageKind("written", "Escrita pela equipe", Sending.MANUAL, typed=True),
        MessageKind("test", "Teste de texto", Sending.MANUAL, typed=True),
    )
}


# The kinds that have words: what a company may write in its own way.
WITH_TEXT: Final = {name: kind for name, kind in KINDS.items() if kind.has_own_text}
WEEKDAYS: Final = (
    *("segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira"),
    *("sábado", "domingo"),
)


def option(at: datetime, service: str) -> str:
    """Return "terça, 24/11 às 14:30: Corte", a line of the list that a client chooses from; `at`
    is in the company's zone."""
    weekday = WEEKDAYS[at.weekday()].removesuffix("-feira")
    return f"{weekday}, {at:%d/%m} às {at:%H:%M}: {service}"


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
    """Return the values of ABOUT_APPOINTMENT, each on one line and without asterisks."""
    local = starts_at.astimezone(zone)
    weekday = WEEKDAYS[local.weekday()]
    days_ahead = (local.date() - now.astimezone(zone).date()).days
    later = f"{weekday.removesuffix('-feira')}, {local:%d/%m}"
    return {
        **about_people(client=client, company=company),
        "servico": _line(service),
        "profissional": _line(professional),
        "endereco_curto": _line(address),
        "dia_semana": weekday,
        "data": f"{local:%d/%m}",
        "hora": f"{local:%H:%M}",
        "quando": {0: "hoje", 1: "amanhã"}.get(days_ahead, later),
    }


def about_people(*, client: str, company: str) -> dict[str, str]:
    """Return the values of ABOUT_PEOPLE: what a message may say without an appointment."""
    return {
        "primeiro_nome": _first_name(_line(client)),
        "empresa": _line(company).rstrip("."),
    }


def _line(text: str) -> str:
    """On one line; without the asterisk, by which WhatsApp would begin or end bold type."""
    return " ".join(text.replace("*", " ").split())


def _first_name(name: str) -> str:
    """The first word, and the second after a title ("Dra. Ana"); "MARIA" becomes "Maria"."""
    title, _, rest = name.partition(" ")
    first = f"{title} {rest.partition(' ')[0]}" if title.endswith(".") and rest else title
    return first.title() if first.isupper() or first.islower() else first
