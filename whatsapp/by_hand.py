"""What a person writes: an answer to a client, a test of a text.  It leaves at once, at any hour,
as soon as there is a connection."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from scheduling.models import Client
from tenants import security
from tenants.models import User
from tenants.security import Origin
from whatsapp.messages import KINDS, MessageKind
from whatsapp.models import Direction, Instance, Message, MessageStatus, Reason
from whatsapp.timing import ANSWER_LASTS

TESTS_AN_HOUR = 10
# A test that leaves later than that would surprise.
TEST_LASTS = timedelta(minutes=10)
TEST_SHOWN = timedelta(minutes=30)


# After these a message surely did not arrive, so that a second one is no repetition.
SAFE_TO_REPEAT = (Reason.REFUSED, Reason.GAVE_UP, Reason.NOT_DELIVERED, Reason.EXPIRED)


class Refused(Exception):
    """It may not be sent.  `reason` is a sentence in Portuguese."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@transaction.atomic
def write(text: str, *, to: Client | None, phone: str, by: User, now: datetime) -> Message:
    """Put a person's own words in the queue, to a client or to a number that is none's.

    Who asked for no more notices may be answered all the same: a person does, not Atendo.  What
    needed attention in the conversation has it now.
    """
    message = Message(
        direction=Direction.OUT,
        client=to,
        kind="written",
        phone=to.phone if to is not None else phone,
        text=text,
        status=MessageStatus.WAITING,
        due_at=now,
        expires_at=now + ANSWER_LASTS,
        data={"by": by.name},
    )
    message.save()
    conversation = Message.objects.filter(client=to)
    if to is None:
        conversation = conversation.filter(phone=phone)
    conversation.filter(needs_attention=True).update(needs_attention=False)
    return message


def may_go_again(message: Message) -> bool:
    """Whether a person's words that did not arrive can be sent once more without doubling."""
    ended = message.status in {MessageStatus.FAILED, MessageStatus.DROPPED}
    return message.kind == "written" and ended and message.reason in SAFE_TO_REPEAT


def send_again(message: Message, *, now: datetime) -> bool:
    """Put it in the queue once more; returns False when that is not safe, or was done already."""
    ended = Message.objects.filter(
        pk=message.pk,
        kind="written",
        status__in=[MessageStatus.FAILED, MessageStatus.DROPPED],
        reason__in=SAFE_TO_REPEAT,
    )
    return bool(
        ended.update(
            status=MessageStatus.WAITING,
            reason=Reason.NONE,
            due_at=now,
            expires_at=now + ANSWER_LASTS,
            key_id="",
            happened_at=None,
            needs_attention=False,
        )
    )


@transaction.atomic
def send_test(kind: MessageKind, text: str, *, number: str, by: User, now: datetime) -> Message:
    """Send a text to a number that was typed, without a client and without an appointment.

    At most ten an hour for a company, each a line in its security log: the button is for one's
    own phone.  Raises Refused.
    """
    instance = Instance.objects.select_for_update(of=("self",)).first()
    if instance is None or not instance.is_open:
        raise Refused(_("O WhatsApp não está conectado. Conecte e mande o teste de novo."))
    tests = Message.objects.filter(client=None, kind="test")
    if tests.filter(created_at__gt=now - timedelta(hours=1)).count() >= TESTS_AN_HOUR:
        raise Refused(
            _("Já saíram %(count)s testes na última hora. Espere um pouco para mandar outro.")
            % {"count": TESTS_AN_HOUR}
        )
    client = Client.objects.with_phone(number).exclude(opted_out_at=None).first()
    if client is not None:
        raise Refused(
            _("Este celular é de %(name)s, que não quer avisos. Use o seu.")
            % {"name": client.name}
        )
    message = Message(
        direction=Direction.OUT,
        kind="test",
        phone=number,
        text=text,
        status=MessageStatus.WAITING,
        due_at=now,
        expires_at=now + TEST_LASTS,
        data={"text_of": kind.name},
    )
    message.save()
    phone = security.masked(number)
    label = KINDS[kind.name].label
    security.record("message_tested", origin=Origin.WEB, actor=by, message=label, phone=phone)
    return message


def last_test(kind: MessageKind, now: datetime) -> Message | None:
    """Return the newest test of a text, unless it is long ago.  One query."""
    tests = Message.objects.filter(client=None, kind="test", data__text_of=kind.name)
    found: Message | None = tests.filter(created_at__gt=now - TEST_SHOWN).order_by("-id").first()
    return found
