"""The first steps of a new company: what is done, and where the next one is taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Exists
from django.utils.translation import gettext_lazy as _

from scheduling.models import Appointment, Client, Service, WorkingHours
from tenants.models import Company, Membership
from tenants.permissions import Right, may
from whatsapp.models import Direction, Instance, Message
from whatsapp.overview import LEFT

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True, slots=True)
class Step:
    """`right` is what it takes; the others read `by_others`, and have no link."""

    name: str
    label: _StrPromise
    why: _StrPromise
    by_others: _StrPromise
    url_name: str
    right: Right


STEPS = (
    Step(
        "service",
        _("Cadastrar um serviço"),
        _("O que se marca, com duração e preço."),
        _("A gerência cadastra os serviços."),
        "scheduling:service-new",
        Right.MANAGE,
    ),
    Step(
        "professional",
        _("Cadastrar um profissional e os horários dele"),
        _("Dos horários saem as vagas livres."),
        _("A gerência cadastra os profissionais e os horários deles."),
        "scheduling:professional-new",
        Right.MANAGE,
    ),
    Step(
        "client",
        _("Cadastrar o primeiro cliente"),
        _("Nome e celular bastam."),
        _("A recepção cadastra os clientes."),
        "scheduling:client-new",
        Right.BOOK,
    ),
    Step(
        "whatsapp",
        _("Conectar o WhatsApp da empresa"),
        _("Leva menos de um minuto. Deixe o celular da empresa à mão."),
        _("A gerência conecta o WhatsApp da empresa."),
        "whatsapp:connection",
        Right.CONNECT_WHATSAPP,
    ),
    Step(
        "appointment",
        _("Marcar o primeiro horário"),
        _("Pode ser o seu, para experimentar."),
        _("A recepção marca os horários."),
        "scheduling:appointment-new",
        Right.BOOK,
    ),
    Step(
        "sent",
        _("Enviar a primeira confirmação"),
        _("Abra um horário marcado e toque em Enviar confirmação."),
        _("A recepção envia a primeira confirmação."),
        "scheduling:appointments",
        Right.SEND,
    ),
)


@dataclass(frozen=True, slots=True)
class Line:
    step: Step
    done: bool
    may: bool


@dataclass(frozen=True, slots=True)
class Setup:
    lines: list[Line]
    started: bool
    """Whether anything was ever booked."""

    @property
    def done(self) -> int:
        return sum(line.done for line in self.lines)

    @property
    def finished(self) -> bool:
        return self.done == len(self.lines)

    @property
    def next(self) -> Line | None:
        """The first step that this member can take."""
        return next((line for line in self.lines if line.may and not line.done), None)


def setup(company: Company, membership: Membership) -> Setup:
    """One query."""
    facts: dict[str, Any] = {
        "service": Exists(Service.objects.all()),
        "professional": Exists(WorkingHours.objects.all()),
        "client": Exists(Client.objects.all()),
        "whatsapp": Exists(Instance.objects.exclude(connected_at=None)),
        "appointment": Exists(Appointment.objects.all()),
        "sent": Exists(Message.objects.filter(direction=Direction.OUT, status__in=LEFT)),
    }
    found = Company.objects.annotate(**facts).values(*facts).get(pk=company.pk)
    return Setup(
        lines=[Line(step, found[step.name], may(membership, step.right)) for step in STEPS],
        started=found["appointment"],
    )
