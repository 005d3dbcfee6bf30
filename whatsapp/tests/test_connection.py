from datetime import timedelta

import pytest
from django.utils import timezone

from scheduling.events import By
from scheduling.tests.factories import a_user
from tenants import scope
from tenants.models import SecurityEvent
from tenants.security import Origin
from whatsapp.connection import driver, requests, state
from whatsapp.evolution import errors
from whatsapp.evolution.answers import (
    ConnectionState,
    InstanceInfo,
    QrCode,
    WebhookSettings,
)
from whatsapp.evolution.events import ConnectionChanged, LoggedOut, QrCodeIssued, QrLimitReached
from whatsapp.models import Instance, InstanceStatus, Problem, Wanted

pytestmark = pytest.mark.django_db

OWNER = "5531999004400@s.whatsapp.net"


class Server:
    """Writes down what it is asked, in order; answers as it is told."""

    def __init__(self, *, found=None, answer=None, error=None):
        self.calls = []
        self.found, self.error = found, error
        self.answer = answer or QrCode(code="2@abc", image=None, pairing_code=None, count=1)
        self.webhook = self.authorization = None

    def _note(self, name):
        self.calls.append(name)
        if self.error is not None:
            raise self.error

    def server_version(self):
        self._note("version")
        return "2.3.6"

    def fetch_instance(self, name):
        self._note("fetch")
        return self.found

    def create_instance(self, name):
        self._note("create")

    def set_webhook(self, name, *, url, secret, events):
        self._note("webhook")
        self.webhook = (name, url, secret)

    def find_webhook(self, name):
        return WebhookSettings(driver.webhook_url(), True, True, False, (), self.authorization)

    def connect(self, name, *, number=None):
        self._note("connect")
        return self.answer

    def connection_state(self, name):
        self._note("state")
        return self.found.state if self.found else ConnectionState.CLOSE

    def logout(self, name):
        self._note("logout")

    def delete(self, name):
        self._note("delete")
        self.found = None


def info(state):
    return InstanceInfo("company_x_whatsapp", None, state, OWNER, "Salão", None)


@pytest.fixture
def by(db):
    return By(Origin.WEB, a_user())


@pytest.fixture
def asked(company, rival, by, now):
    """In the scope of a company that has asked to connect."""
    with scope.company(company.pk):
        requests.accept_risk(by=by, now=now)
        yield requests.connect(by=by, now=now)
    with scope.company(rival.pk):
        assert Instance.objects.count() == 0


def row():
    return Instance.objects.get()


def security_kinds():
    return [event.kind for event in SecurityEvent.objects.order_by("id")]


def test_without_the_risk_accepted_nothing_starts(company, by, now):
    with scope.company(company.pk), pytest.raises(requests.RiskNotAccepted):
        requests.connect(by=by, now=now)


def test_connecting_creates_sets_the_webhook_and_connects_in_this_order(asked, company):
    server = Server()
    driver.drive(server)

    assert server.calls == ["version", "fetch", "create", "webhook", "connect"]
    name = f"company_{company.pk}_whatsapp"
    assert server.webhook == (name, driver.webhook_url(), row().webhook_secret)
    assert (row().status, row().qr_code, row().wanted) == ("ready_to_scan", "2@abc", "")
    assert security_kinds() == ["risk_accepted", "whatsapp_requested"]


def test_an_instance_that_is_there_is_taken_over(asked):
    server = Server(found=info(ConnectionState.CONNECTING))
    driver.drive(server)
    assert server.calls == ["version", "fetch", "webhook", "connect"]


def test_an_instance_that_is_open_is_taken_over_as_connected(asked):
    driver.drive(Server(found=info(ConnectionState.OPEN)))
    assert (row().status, row().phone) == ("connected", "+5531999004400")
    assert row().profile_name == "Salão"


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (errors.ServerUnreachable("x"), Problem.SERVER_AWAY),
        (errors.TimedOut("x"), Problem.SERVER_AWAY),
        (errors.UnsupportedVersion("2.2.3"), Problem.SERVER_TOO_OLD),
        (errors.Unauthorized("x", status=401), Problem.SERVER_REFUSES),
    ],
)
def test_a_server_that_does_not_do_it_is_said_and_tried_again(asked, error, problem):
    driver.drive(Server(error=error))
    assert (row().status, row().problem, row().wanted) == ("creating", problem, Wanted.CONNECT)
    assert not driver.is_due(row(), timezone.now())
    assert driver.is_due(row(), timezone.now() + timedelta(seconds=6))

    driver.drive(Server())
    assert (row().status, row().problem) == ("ready_to_scan", "")


def test_the_code_rotates_and_the_scan_connects(asked, now):
    driver.drive(Server())
    assert state.apply(QrCodeIssued("2@def", None, "ABCD1234"), now=now)
    assert (row().qr_code, row().pairing_code) == ("2@def", "ABCD1234")

    state.apply(ConnectionChanged("connecting", 200, None, None), now=now)
    assert row().status == InstanceStatus.READY_TO_SCAN
    state.apply(ConnectionChanged("open", 200, OWNER, "Salão"), now=now)
    assert (row().status, row().qr_code, row().pairing_code) == ("connected", "", "")
    assert security_kinds()[-1] == "whatsapp_connected"

    assert state.apply(QrCodeIssued("2@late", None, None), now=now) is False
    assert row().status == InstanceStatus.CONNECTED


def test_a_short_drop_is_no_disconnection(asked, now):
    state.apply(ConnectionChanged("open", 200, OWNER, None), now=now)
    state.apply(ConnectionChanged("connecting", 200, None, None), now=now)
    assert row().status == InstanceStatus.CONNECTING
    state.apply(ConnectionChanged("open", 200, OWNER, None), now=now)
    assert row().status == InstanceStatus.CONNECTED
    assert security_kinds().count("whatsapp_connected") == 1


@pytest.mark.parametrize(
    ("report", "status", "problem"),
    [
        (ConnectionChanged("close", 401, None, None), "disconnected", Problem.UNPAIRED),
        (LoggedOut(), "disconnected", Problem.UNPAIRED),
        (ConnectionChanged("close", 403, None, None), "restricted", Problem.REFUSED_BY_WHATSAPP),
        (ConnectionChanged("close", 500, None, None), "disconnected", Problem.NONE),
    ],
)
def test_how_a_connection_ends(asked, now, report, status, problem):
    state.apply(ConnectionChanged("open", 200, OWNER, None), now=now)
    state.apply(report, now=now)
    assert (row().status, row().problem) == (status, problem)
    assert security_kinds()[-1] == "whatsapp_disconnected"


def test_the_limit_of_codes_ends_the_waiting(asked, now):
    driver.drive(Server())
    state.apply(QrLimitReached(), now=now)
    state.apply(ConnectionChanged("refused", 428, None, None), now=now)
    assert (row().status, row().problem, row().qr_code) == (
        "disconnected",
        Problem.CODE_LIMIT,
        "",
    )


def test_the_echo_of_an_earlier_logout_does_not_end_a_new_code(asked, now):
    driver.drive(Server())
    state.apply(LoggedOut(), now=now)
    assert row().status == InstanceStatus.READY_TO_SCAN


def test_reconnecting_deletes_and_creates(asked, by, now):
    state.apply(ConnectionChanged("open", 200, OWNER, None), now=now)
    state.apply(ConnectionChanged("close", 401, None, None), now=now)
    requests.connect(by=by, now=now)
    server = Server(found=info(ConnectionState.CLOSE))
    driver.drive(server)
    assert server.calls == [
        *("version", "delete", "fetch"),
        *("version", "fetch", "create", "webhook", "connect"),
    ]
    assert row().status == InstanceStatus.READY_TO_SCAN


def test_disconnecting_unpairs_and_late_reports_change_nothing(asked, by, now):
    state.apply(ConnectionChanged("open", 200, OWNER, None), now=now)
    requests.disconnect(by=by, now=now)
    assert state.apply(ConnectionChanged("open", 200, OWNER, None), now=now) is False
    server = Server(found=info(ConnectionState.OPEN))
    driver.drive(server)
    assert server.calls == ["logout", "delete", "fetch"]
    assert (row().status, row().wanted, row().problem) == ("disconnected", "", "")


def test_without_a_webhook_the_page_learns_it_and_the_code_is_read_by_the_job(asked):
    driver.drive(Server())
    Instance.objects.update(started_at=timezone.now() - timedelta(seconds=21))
    fresh = QrCode(code="2@fresh", image=None, pairing_code=None, count=2)
    driver.drive(Server(found=info(ConnectionState.CONNECTING), answer=fresh))
    assert (row().problem, row().qr_code) == (Problem.WEBHOOK_SILENT, "2@fresh")

    driver.drive(Server(found=info(ConnectionState.OPEN)))
    assert row().status == InstanceStatus.CONNECTED


def test_a_lost_connection_that_nobody_told_of_is_found(asked, now, monkeypatch):
    monkeypatch.setattr(driver.time, "sleep", lambda seconds: None)
    state.apply(ConnectionChanged("open", 200, OWNER, None), now=now)
    driver.drive(Server(found=info(ConnectionState.CLOSE)))
    assert (row().status, row().wanted) == ("disconnected", "")


def test_an_end_that_was_told_late_is_found_to_be_over(asked, by, now, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    state.apply(ConnectionChanged("open", 200, OWNER, None), now=now)
    driver.drive(Server(found=info(ConnectionState.OPEN)))
    Instance.objects.update(started_at=now)
    state.apply(ConnectionChanged("close", 401, None, None), now=now)
    assert driver.is_due(row(), timezone.now() + timedelta(seconds=61))

    driver.drive(Server(error=errors.ServerUnreachable("away")))
    assert (row().status, row().problem) == ("disconnected", Problem.UNPAIRED)
    driver.drive(Server(found=info(ConnectionState.OPEN)))
    assert (row().status, row().problem) == ("connected", "")


def test_what_a_person_disconnected_is_left_alone(asked, by, now):
    state.apply(ConnectionChanged("open", 200, OWNER, None), now=now)
    requests.disconnect(by=by, now=now)
    driver.drive(Server(found=info(ConnectionState.OPEN)))
    assert not driver.is_due(row(), timezone.now() + timedelta(hours=1))


def test_a_webhook_with_another_secret_is_set_again(asked, now):
    state.apply(ConnectionChanged("open", 200, OWNER, None), now=now)
    server = Server(found=info(ConnectionState.OPEN))
    server.authorization = "Bearer somebody else's"
    driver.drive(server)
    assert server.webhook[2] == row().webhook_secret


def test_a_person_who_changes_his_mind_meanwhile_is_not_overruled(asked, by, now):
    class Slow(Server):
        def set_webhook(self, name, **kwargs):
            super().set_webhook(name, **kwargs)
            requests.disconnect(by=by, now=now + timedelta(seconds=1))

    driver.drive(Slow())
    assert (row().status, row().wanted) == ("disconnected", Wanted.DISCONNECT)
    assert row().qr_code == ""


def test_the_database_refuses_a_name_that_is_not_the_companys(asked, rival):
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError, match="whatsapp_instances_name"), transaction.atomic():
        Instance.objects.update(name=f"company_{rival.pk}_whatsapp")
