"""A person asks for a client's confirmation: when that is possible, and the reason when not.

Pages and the REST API use the same rules.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scheduling.events import By
from scheduling.models import Appointment, Status
from whatsapp import planner
from whatsapp.models import Instance, Message, MessageStatus

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

KIND = "manual_confirmation"
ON_ITS_WAY = (MessageStatus.WAITING, MessageStatus.SENDING, MessageStatus.UNKNOWN)
OVER: dict[str, _StrPromise] = {
    Status.ARRIVED: gettext_lazy("O cliente já chegou: não há o que confirmar."),
    Status.COMPLETED: gettext_lazy("Este atendimento já aconteceu."),
    Status.CANCELLED: gettext_lazy("Este horário foi cancelado."),
    Status.NO_SHOW: gettext_lazy("Este horário terminou em falta."),
}


class Refused(Exception):
    """The confirmation cannot be asked for.  `reason` is a sentence in Portuguese."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def may_ask(appointment: Appointment, now: datetime) -> str | None:
    """Return why the confirmation cannot be asked for, as a sentence, or None when it can.

    At most one query.  A WhatsApp that is not connected is no reason: the message waits.
    """
    name = {"name": appointment.client.first_name}
    if appointment.status in OVER:
        return str(OVER[appointment.status])
    if appointment.starts_at <= now:
        return _("Este horário já começou ou já passou.")
    if appointment.client.opted_out_at is not None:
        return _("%(name)s pediu para não receber mensagens. Ligue para confirmar.") % name
    if is_on_its_way(appointment):
        return _("O pedido de confirmação para %(name)s já está na fila.") % name
    return None


def is_on_its_way(appointment: Appointment) -> bool:
    """Whether a request made by a person for the appointment as it is now has yet to leave."""
    asked = Message.objects.filter(appointment=appointment, kind=KIND)
    return bool(asked.filter(revision=appointment.revision, status__in=ON_ITS_WAY).exists())


@transaction.atomic
def ask(appointment: Appointment, by: By, now: datetime) -> Message:
    """Put the request in the queue, to leave at once; two at the same moment make one.

    Raises Refused; nothing is written then.
    """
    rows = Appointment.objects.with_people().select_for_update(of=("self",))
    current: Appointment = rows.get(pk=appointment.pk)
    if reason := may_ask(current, now):
        raise Refused(reason)
    return planner.ask_confirmation(current, by=by, now=now)


def promise() -> str:
    """Return the sentence that says when the message just asked for leaves.  One query."""
    instance = Instance.objects.first()
    if instance is not None and instance.is_open:
        return _("A mensagem sai em instantes.")
    return _("A mensagem sai assim que o WhatsApp conectar.")
