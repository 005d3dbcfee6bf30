"""What the pages of the texts show: each kind with when it goes, and a text with example data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scheduling import wording
from scheduling.models import Professional, Service
from tenants.models import Company
from whatsapp import chat, messages, timing
from whatsapp.messages import KINDS, WITH_TEXT, MessageKind, Sending
from whatsapp.preferences import Preferences
from whatsapp.timing import SUNDAY, Rules
from whatsapp.words import DEFAULTS, fill

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

EXAMPLE_CLIENT = "Camila Prates"
EXAMPLE_HOUR = time(14, 30)
BEGINNING = 110


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of message in the list."""

    kind: MessageKind
    goes: str
    beginning: str
    is_on: bool
    is_own: bool


@dataclass(frozen=True, slots=True)
class Group:
    title: _StrPromise
    about: _StrPromise
    rows: list[Row]


def groups(chosen: Preferences) -> list[Group]:
    """Return every kind that has a text, as the page lists them.  No query."""
    rows = [_row(kind, chosen) for kind in WITH_TEXT.values()]
    asks = [row for row in rows if row.kind.answers_expected and row.kind.automatic]
    tells = [row for row in rows if row.kind.automatic and row not in asks]
    answers = [row for row in rows if row.kind.sending is Sending.ANSWER]
    return [
        Group(TELLS, ABOUT_TELLS, tells),
        Group(ASKS, ABOUT_ASKS, asks),
        Group(ANSWERS, ABOUT_ANSWERS, answers),
    ]


TELLS = gettext_lazy("Avisos automáticos")
ABOUT_TELLS = gettext_lazy("Contam ao cliente o que aconteceu com o horário dele.")
ASKS = gettext_lazy("Pedidos de confirmação")
ABOUT_ASKS = gettext_lazy("Pedem uma resposta: 1 confirma, 2 pede para remarcar, 3 cancela.")
ANSWERS = gettext_lazy("Respostas")
ABOUT_ANSWERS = gettext_lazy("Saem na hora, depois que o cliente escreve.")


def _row(kind: MessageKind, chosen: Preferences) -> Row:
    text = chosen.text_of(kind)
    return Row(
        kind,
        goes(kind, chosen.rules),
        chat.beginning(text, BEGINNING),
        is_on(kind, chosen.rules),
        kind.name in chosen.texts,
    )


def is_on(kind: MessageKind, rules: Rules) -> bool:
    """Whether a kind leaves; the one that is two in one leaves only if both do."""
    if kind.name == "receipt_with_question":
        return rules.sends("receipt") and rules.sends("confirmation_request")
    if kind.name == "second_request":
        return rules.sends("confirmation_request") and rules.sends("second_request")
    return rules.sends(kind.name)


GOES: dict[str, _StrPromise] = {
    "receipt": gettext_lazy("Assim que o horário é marcado."),
    "receipt_with_question": gettext_lazy(
        "Assim que o horário é marcado, quando faltam menos de %(request)s: o aviso e o pedido"
        " em uma mensagem só."
    ),
    "confirmation_request": gettext_lazy("%(request)s antes do horário."),
    "second_request": gettext_lazy("%(second)s depois do pedido, se não houve resposta."),
    "reminder": gettext_lazy("%(reminder)s antes do horário, para quem confirmou."),
    "rescheduled_notice": gettext_lazy("Assim que a equipe muda o horário."),
    "cancelled_notice": gettext_lazy("Assim que a equipe cancela o horário."),
    "answer_confirmed": gettext_lazy("Quando o cliente confirma."),
    "answer_cancelled": gettext_lazy("Quando o cliente cancela."),
    "answer_reschedule": gettext_lazy("Quando o cliente pede para remarcar."),
    "answer_not_understood": gettext_lazy(
        "Quando a resposta a um pedido não dá para entender. Uma vez por pedido."
    ),
    "answer_which_one": gettext_lazy("Quando o cliente responde e tem mais de um horário."),
    "answer_opted_out": gettext_lazy("Quando o cliente responde PARAR."),
    "answer_opted_in": gettext_lazy("Quando o cliente responde VOLTAR."),
}


def goes(kind: MessageKind, rules: Rules) -> str:
    """Return when a kind leaves, as a sentence."""
    return str(GOES[kind.name]) % {
        "request": wording.length(rules.request_lead),
        "second": wording.length(rules.second_after),
        "reminder": wording.length(rules.reminder_lead),
    }


def example_start(company: Company, now: datetime) -> datetime:
    """Return tomorrow at 14:30, or on Monday: the appointment of the examples."""
    day = now.astimezone(company.zone).date() + timedelta(days=1)
    if day.weekday() == SUNDAY:
        day += timedelta(days=1)
    return datetime.combine(day, EXAMPLE_HOUR, company.zone)


def example(company: Company, now: datetime) -> dict[str, str]:
    """Return a value for every variable: of this company, with a service and a professional of
    its own where it has any.  Two queries."""
    service = Service.objects.filter(is_active=True).first()
    professional = Professional.objects.filter(is_active=True).first()
    starts_at = example_start(company, now)
    first, second = (_option(starts_at + timedelta(days=days), service) for days in (0, 2))
    return {
        **messages.variables(
            client=EXAMPLE_CLIENT,
            company=company.name,
            service=service.name if service else _("Corte"),
            professional=professional.name if professional else _("Ana"),
            address=company.address,
            starts_at=starts_at,
            now=now,
            zone=company.zone,
        ),
        "opcoes": f"1 {first}\n2 {second}",
    }


def _option(at: datetime, service: Service | None) -> str:
    return messages.option(at, service.name if service else _("Corte"))


@dataclass(frozen=True, slots=True)
class Preview:
    text: str
    values: list[tuple[str, str]]
    """Each variable of the kind with what stands in its place."""


def preview(kind: MessageKind, text: str, company: Company, now: datetime) -> Preview:
    """Two queries."""
    values = example(company, now)
    shown = [(f"{{{name}}}", values[name]) for name in kind.variables]
    return Preview(fill(text, values), shown)


def default_text(kind: MessageKind) -> str:
    return DEFAULTS[kind.name]


# The example of the notices --------------------------------------------------------------------

EXAMPLE_DAYS = 6


@dataclass(frozen=True, slots=True)
class Step:
    """A message that the client of the example gets."""

    label: str
    at: datetime
    only_if: str


@dataclass(frozen=True, slots=True)
class Timeline:
    starts_at: datetime
    steps: list[Step]


ONLY_IF: dict[str, _StrPromise] = {
    "second_request": gettext_lazy("se não responder"),
    "reminder": gettext_lazy("se confirmar"),
}


def timeline(rules: Rules, company: Company, now: datetime) -> Timeline:
    """Return what somebody gets who is booked now for an afternoon of next week.  No query."""
    day = now.astimezone(company.zone).date() + timedelta(days=EXAMPLE_DAYS)
    if day.weekday() == SUNDAY:
        day += timedelta(days=1)
    starts_at = datetime.combine(day, EXAMPLE_HOUR, company.zone)
    planned = timing.plan(
        event="scheduled",
        now=now,
        starts_at=starts_at,
        status="scheduled",
        zone=company.zone,
        rules=rules,
    )
    steps = [
        Step(_(KINDS[each.kind].label), each.due_at, str(ONLY_IF.get(each.kind, "")))
        for each in planned
    ]
    return Timeline(starts_at, steps)
