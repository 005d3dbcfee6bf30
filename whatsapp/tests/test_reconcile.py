from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from scheduling.tests.factories import WEB, an_appointment
from tenants import scope
from whatsapp import planner, reconcile
from whatsapp.evolution.answers import StoredMessage
from whatsapp.evolution.errors import ServerUnreachable
from whatsapp.models import Message, MessageStatus, Reason
from whatsapp.tests.factories import an_instance

pytestmark = pytest.mark.django_db


@dataclass
class Server:
    stored: list[StoredMessage] = field(default_factory=list)
    error: Exception | None = None

    def find_messages(self, name, *, from_me, since, limit):
        if self.error:
            raise self.error
        return self.stored[:limit]


@pytest.fixture
def doubt(company, now):
    """A message of which nobody knows whether it left, in the company's scope."""
    with scope.company(company.pk):
        an_instance()
        message = planner.ask_confirmation(an_appointment(now), by=WEB, now=now)
        Message.objects.filter(pk=message.pk).update(
            status=MessageStatus.UNKNOWN, text="Oi, Camila", claimed_at=now, due_at=now
        )
        yield message


def as_stored(message, now, **changes):
    values = {
        "key_id": "3EB0FOUND",
        "remote_jid": "x@s.whatsapp.net",
        "phone": message.phone.lstrip("+"),
        "from_me": True,
        "text": "Oi, Camila",
        "timestamp": now,
    }
    return StoredMessage(**{**values, **changes})


def look(message, server, now):
    reconcile.look_up_unknown(server, now=now)
    message.refresh_from_db()
    return message.status


def test_a_message_that_the_server_has_was_sent(doubt, now):
    server = Server([as_stored(doubt, now)])
    assert look(doubt, server, now) == MessageStatus.SENT
    assert doubt.key_id == "3EB0FOUND"


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "Outra coisa"},
        {"phone": "5531977770000"},
        {"timestamp": None},
    ],
)
def test_another_message_proves_nothing(doubt, now, changes):
    if "timestamp" in changes:
        changes = {"timestamp": now - timedelta(hours=1)}
    server = Server([as_stored(doubt, now, **changes)])
    assert look(doubt, server, now) == MessageStatus.UNKNOWN


def test_a_message_that_is_not_there_is_sent_again_only_after_the_server_gave_up(doubt, now):
    assert look(doubt, Server(), now) == MessageStatus.UNKNOWN
    assert look(doubt, Server(), now + timedelta(seconds=60)) == MessageStatus.UNKNOWN
    assert look(doubt, Server(), now + timedelta(seconds=91)) == MessageStatus.WAITING


def test_a_full_page_of_others_decides_nothing_and_a_person_is_told(doubt, now):
    others = [as_stored(doubt, now, text=f"outra {n}") for n in range(reconcile.LIMIT)]
    assert look(doubt, Server(others), now + timedelta(minutes=5)) == MessageStatus.UNKNOWN
    assert look(doubt, Server(others), now + timedelta(minutes=16)) == MessageStatus.FAILED
    assert (doubt.reason, doubt.needs_attention) == (Reason.UNDECIDED, True)


def test_a_server_that_is_away_decides_nothing(doubt, now):
    server = Server(error=ServerUnreachable("away"))
    assert look(doubt, server, now + timedelta(minutes=5)) == MessageStatus.UNKNOWN
    assert look(doubt, server, now + timedelta(minutes=16)) == MessageStatus.FAILED


def test_we_look_every_ten_seconds_and_not_more_often(doubt, now):
    assert look(doubt, Server(), now) == MessageStatus.UNKNOWN
    server = Server([as_stored(doubt, now)])
    assert look(doubt, server, now + timedelta(seconds=9)) == MessageStatus.UNKNOWN
    assert look(doubt, server, now + timedelta(seconds=10)) == MessageStatus.SENT


def test_the_message_of_a_dead_sender_becomes_a_doubt(doubt, now, settings):
    settings.EVOLUTION_READ_TIMEOUT = 75
    Message.objects.filter(pk=doubt.pk).update(status=MessageStatus.SENDING)
    reconcile.doubt_dead_senders(now=now + timedelta(seconds=119))
    assert Message.objects.get().status == MessageStatus.SENDING
    reconcile.doubt_dead_senders(now=now + timedelta(seconds=121))
    assert Message.objects.get().status == MessageStatus.UNKNOWN
