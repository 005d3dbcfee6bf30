"""What a log line carries, and above all what it never does."""

from __future__ import annotations

import io
import json
import logging
import logging.config

import pytest
import responses
from django.conf import settings
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client as Browser
from django.utils import timezone

from atendo.logs import JsonFormatter, ScopeFilter, TextFormatter
from scheduling import services
from scheduling.models import Client
from scheduling.tests.factories import WEB, a_client, an_appointment
from tenants import scope
from tenants.jobs import company_job
from tenants.models import SecurityEvent
from whatsapp import inbound, planner, sender
from whatsapp.evolution.client import EvolutionClient
from whatsapp.evolution.errors import EvolutionError
from whatsapp.models import Message, MessageStatus
from whatsapp.tests.factories import SECRET, an_instance, button, upsert

PHONE = "+5531988771247"
STRANGER = "+5531977665544"
API_KEY = "chave-da-evolution-4f1c"
TEXT = "Prefiro na quinta, pode ser?"
PASSWORD = "senha-secreta-17"
# The last eight digits of a phone are its person.
FORBIDDEN = (PHONE[-8:], STRANGER[-8:], API_KEY, TEXT, "Prefiro", SECRET, PASSWORD)


@pytest.fixture
def capture():
    """Collect the lines that the settings' loggers write at LOG_LEVEL=DEBUG, as they leave."""
    stream = io.StringIO()

    def start(log_format):
        console = settings.LOGGING["handlers"]["console"]
        logging.config.dictConfig(
            settings.LOGGING
            | {"handlers": {"console": console | {"stream": stream, "formatter": log_format}}}
            | {"loggers": settings.LOGGING["loggers"] | {"atendo": {"level": "DEBUG"}}}
            | {"root": {"handlers": ["console"], "level": "INFO"}}
        )
        return lambda: stream.getvalue().splitlines()

    yield start
    logging.config.dictConfig(settings.LOGGING)


def a_record(message="hello", *args, exc_info=None, **extra):
    record = logging.LogRecord("atendo.x", logging.INFO, "x.py", 1, message, args, exc_info)
    record.__dict__.update(extra)
    ScopeFilter().filter(record)
    return record


@pytest.mark.parametrize(
    ("state", "shown"), [(None, "-"), (7, 7), (scope.EVERY_COMPANY, "*")], ids=str
)
def test_every_line_says_which_company_it_is_about(state, shown):
    with scope._entered(state):
        record = a_record(appointment_id=3, phone=PHONE, outcome="sent")
    assert (
        TextFormatter()
        .format(record)
        .endswith(f"INFO atendo.x: hello company_id={shown} appointment_id=3 outcome=sent")
    )
    line = json.loads(JsonFormatter().format(record))
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "INFO",
        "logger": "atendo.x",
        "message": "hello",
        "company_id": shown,
        "appointment_id": 3,
        "outcome": "sent",
    }


def test_a_job_may_name_its_company_itself():
    assert a_record(company_id=9).company_id == 9


def test_nobody_can_forge_a_line():
    record = a_record("path %s", "/\n2026-11-24 INFO atendo.security: forged")
    assert len(TextFormatter().format(record).splitlines()) == 1
    assert len(JsonFormatter().format(record).splitlines()) == 1


def raised(action):
    try:
        action()
    except Exception as error:
        return (type(error), error, error.__traceback__)
    raise AssertionError("nothing was raised")


def formatted(exc_info):
    with scope._entered(7):
        record = a_record("failed", exc_info=exc_info)
    text, line = TextFormatter().format(record), json.loads(JsonFormatter().format(record))
    _, *rest = text.splitlines()
    assert rest == [f"company_id=7 | {each}" for each in line["exception"].splitlines()]
    return line["exception"]


def test_an_exception_shows_its_place_and_not_its_values():
    shown = formatted(raised(lambda: int(TEXT)))
    assert "Prefiro" not in shown
    assert "raised(lambda: int(TEXT))" in shown
    assert shown.splitlines()[-1] == "builtins.ValueError"


def test_an_exception_that_names_only_code_is_quoted():
    shown = formatted(raised(lambda: None + 1))
    assert "TypeError: unsupported operand type(s) for +: 'NoneType' and 'int'" in shown


@pytest.mark.django_db
def test_an_error_of_the_database_shows_the_constraint_and_not_the_row(company):
    with scope.company(company.pk):
        a_client(phone=PHONE)

        def twice():
            # To the login role PostgreSQL tells the values: "Key (...)=(...) already exists".
            with connection.as_login_role(), transaction.atomic():
                a_client(phone=PHONE)

        def malformed():
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT %s::integer", [PHONE])

        duplicate, syntax = raised(twice), raised(malformed)
    assert duplicate[0] is IntegrityError
    assert issubclass(syntax[0], DatabaseError)
    assert PHONE in str(syntax[1])
    assert PHONE[-8:] in str(duplicate[1])
    for error in (duplicate, syntax):
        assert PHONE[-8:] not in formatted(error)
    assert "23505 clients_one_per_phone clients" in formatted(duplicate)


def posted(body, secret):
    return (
        Browser()
        .post(
            "/api/v1/whatsapp-webhook/webhook",
            data=json.dumps(body),
            content_type="application/json",
            HTTP_AUTHORIZATION=f"Bearer {secret}",
        )
        .status_code
    )


@pytest.mark.django_db
@pytest.mark.parametrize("log_format", ["text", "json"])
def test_the_loop_logs_no_phone_no_text_and_no_credential(
    company, rival, capture, log_format, settings
):
    captured = capture(log_format)
    settings.DEBUG = True  # Django collects SQL, and would log it at DEBUG
    now = timezone.now()
    with scope.company(rival.pk):
        foreign = an_appointment(now)
    with scope.company(company.pk):
        an_instance(checked_at=now)
        client = a_client(phone=PHONE)
        appointment = an_appointment(now, client=client)
        sent, failed = (planner.ask_confirmation(appointment, by=WEB, now=now) for _ in "12")
        send(company, 201), send(company, 400)
        assert Message.objects.get(pk=sent.pk).status == MessageStatus.SENT
        assert Message.objects.get(pk=failed.pk).status == MessageStatus.FAILED

    secret = f"{SECRET}-{company.pk}"
    with scope.company(company.pk):
        bodies = [
            upsert(PHONE, at=now, message=button(f"confirm_{foreign.pk}")),
            upsert(STRANGER, at=now, message=button(f"confirm_{appointment.pk}")),
            upsert(PHONE, at=now, text=TEXT),
            upsert(PHONE, at=now, text="1"),
            {**upsert(PHONE, at=now, text=TEXT), "data": {"key": PHONE}},
        ]
    assert [posted(body, secret) for body in bodies] == [200] * 5
    assert posted(bodies[0], f"{SECRET}-{rival.pk}") == 401
    with scope.company(company.pk):
        inbound.process_new_events(now=now)
        assert SecurityEvent.objects.count() == 2
        appointment.refresh_from_db()
        assert appointment.status == "confirmed"
        services.cancel(appointment, by=WEB, now=now)
    browse(PHONE)
    broken_job(company.pk)

    lines = captured()
    assert len(lines) > 15
    for line in lines:
        assert not [word for word in FORBIDDEN if word in line], line
    about = f"company_id={company.pk}" if log_format == "text" else f'"company_id": {company.pk}'
    assert all("company_id" in line for line in lines)
    assert len([line for line in lines if about in line]) > 10
    if log_format == "json":
        of_the_loop(lines, company, appointment)


def of_the_loop(lines, company, appointment):
    """Each step of a confirmation stands in a line that says whose it is."""
    ids = {"company_id": company.pk, "appointment_id": appointment.pk}
    ids["client_id"] = appointment.client_id
    said = [json.loads(line) for line in lines]
    steps = {line["message"] for line in said if ids.items() <= line.items()}
    assert {
        "appointment booked",
        "confirmation asked for",
        "message sent",
        "client answered",
        "appointment cancelled",
    } <= steps
    assert any(step.startswith("message not sent: Rejected") for step in steps)
    assert len([line for line in said if line["message"] == "security event button_refused"]) == 1


def send(company, status):
    gateway = EvolutionClient("http://evolution.test", API_KEY)
    instance = f"company_{company.pk}_whatsapp"
    key = {"remoteJid": f"{PHONE[1:]}@s.whatsapp.net", "fromMe": True, "id": "3EB0"}
    refused = {"status": 400, "error": "Bad Request", "response": {"message": [TEXT_REFUSED]}}
    with responses.RequestsMock() as server:
        server.post(
            f"http://evolution.test/message/sendText/{instance}",
            json={"key": key, "messageTimestamp": 1} if status == 201 else refused,
            status=status,
        )
        assert sender.send_next(company, gateway)


TEXT_REFUSED = f"number {PHONE[1:]} is not allowed, apikey {API_KEY}"


def browse(phone):
    """A search by phone, a wrong password, an address that does not exist."""
    http = Browser(headers={"host": "testserver"})
    http.get("/clientes/", {"q": phone})
    http.get(f"/nao-existe/?q={phone}")
    http.post("/entrar/", {"username": "dona@exemplo.example", "password": PASSWORD})


@company_job()
def failing(company_id):
    Client.objects.get(phone=int(PHONE) and TEXT)


def broken_job(company_id):
    with pytest.raises(Client.DoesNotExist):
        failing(company_id)


def test_no_handler_of_django_writes_lines_of_its_own():
    """Django gives `django` and `django.server` handlers that know nothing of companies."""
    for name in ("django", "django.server", "django.request", "django.db.backends"):
        logger = logging.getLogger(name)
        # pytest hangs handlers of its own on whatever does not propagate.
        assert not [h for h in logger.handlers if not type(h).__module__.startswith("_pytest")]
        assert not logger.isEnabledFor(logging.DEBUG)
    assert not logging.getLogger("django.server").isEnabledFor(logging.ERROR)
    assert not logging.getLogger("urllib3.connectionpool").isEnabledFor(logging.DEBUG)


def test_the_gateway_s_errors_do_not_say_whom_they_are_about():
    assert PHONE[1:] not in str(EvolutionError(TEXT_REFUSED))


def test_a_scope_of_a_moment_ago_is_not_shown(capture):
    captured = capture("text")
    with scope.company(3):
        logging.getLogger("atendo.x").debug("inside")
    logging.getLogger("atendo.x").debug("outside")
    inside, outside = captured()
    assert inside.endswith("inside company_id=3")
    assert outside.endswith("outside company_id=-")


@pytest.mark.django_db
@pytest.mark.parametrize("log_format", ["text", "json"])
@pytest.mark.parametrize("address", ["/convite/{}/", "/entrar/nova-senha/MQ/{}/"])
def test_an_address_that_is_a_secret_stands_in_no_line(capture, log_format, address):
    secret = "7.c2VncmVkby1kby1jb252aXRl"
    lines = capture(log_format)

    Browser(enforce_csrf_checks=True).post(address.format(secret))
    Browser().put(address.format(secret))

    assert lines()
    assert secret not in "\n".join(lines())
