"""The addresses that other programs were promised for a company's WhatsApp."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest

from scheduling import services
from scheduling.models import Appointment, AppointmentEvent, Status
from scheduling.tests.factories import WEB
from scheduling.tests.test_api_rows import NEVER_USED, send, token_of
from tenants import scope
from tenants.models import Role, SecurityEvent
from whatsapp.models import Instance, InstanceStatus, Message, MessageStatus, Problem, Wanted
from whatsapp.tests.factories import an_instance

CONNECT = "/api/v1/whatsapp/connect"
STATUS = "/api/v1/company/whatsapp-status"
METRICS = "/api/v1/dashboard/whatsapp-metrics"
CONFIRM = "/api/v1/whatsapp/send-confirmation/"
IMAGE = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n....").decode()


def instance_of(shop):
    with scope.company(shop.company.pk, switch=True):
        return Instance.objects.first()


def connected(shop, status=InstanceStatus.CONNECTED, **fields):
    with scope.company(shop.company.pk, switch=True):
        return an_instance(status, **fields)


def log_of(shop):
    with scope.company(shop.company.pk, switch=True):
        return [event.kind for event in SecurityEvent.objects.order_by("id")]


# Connect ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [{}, {"accept_risk": False}])
def test_the_first_connection_needs_the_risk_accepted(salon, body):
    answer = send(salon.browser(), "POST", CONNECT, body)

    assert answer.status_code == 409
    assert answer.json() == {
        "detail": "Antes da primeira conexão a empresa aceita o risco: envie accept_risk: true."
    }
    assert instance_of(salon) is None
    assert log_of(salon) == []


def test_connecting_writes_the_intention_and_answers_without_a_code(salon, barber):
    answer = send(salon.browser(), "POST", CONNECT, {"accept_risk": True})

    name = f"company_{salon.company.pk}_whatsapp"
    assert answer.status_code == 200
    assert answer.json() == {
        "instance_name": name,
        "qrcode": None,
        "qrcode_image": None,
        "status": "ready_to_scan",
    }
    instance = instance_of(salon)
    assert (instance.status, instance.wanted) == (InstanceStatus.CREATING, Wanted.CONNECT)
    assert (instance.name, instance.risk_accepted_at) == (name, salon.now)
    assert instance.risk_accepted_by == salon.members[Role.OWNER].user
    assert log_of(salon) == ["risk_accepted", "whatsapp_requested"]
    assert instance_of(barber) is None


def test_asking_again_shows_the_code_that_came_and_logs_nothing_new(salon):
    browser, body = salon.browser(), {"accept_risk": True}
    send(browser, "POST", CONNECT, body)
    with scope.company(salon.company.pk):
        Instance.objects.update(
            status=InstanceStatus.READY_TO_SCAN,
            qr_code="2@abc",
            qr_image=IMAGE,
            code_issued_at=salon.now,
        )

    answer = send(browser, "POST", CONNECT, body).json()

    assert (answer["qrcode"], answer["qrcode_image"]) == ("2@abc", IMAGE)
    assert answer["status"] == "ready_to_scan"
    assert log_of(salon) == ["risk_accepted", "whatsapp_requested"]


def test_after_the_first_time_the_risk_need_not_be_accepted_again(salon):
    connected(salon, InstanceStatus.DISCONNECTED, risk_accepted_at=salon.now)

    assert send(salon.browser(), "POST", CONNECT, {}).status_code == 200
    assert instance_of(salon).wanted == Wanted.RECONNECT


def test_with_only_an_image_the_image_is_the_code(salon):
    waiting = {"risk_accepted_at": salon.now, "code_issued_at": salon.now}
    connected(salon, InstanceStatus.READY_TO_SCAN, qr_image=IMAGE, **waiting)

    answer = send(salon.browser(), "POST", CONNECT, {}).json()

    assert answer["qrcode"] == answer["qrcode_image"] == IMAGE


@pytest.mark.parametrize("image", ["javascript:alert(1)", "data:text/html;base64,AAAA", "x"])
def test_what_is_no_picture_is_not_passed_on(salon, image):
    waiting = {"risk_accepted_at": salon.now, "code_issued_at": salon.now}
    connected(salon, InstanceStatus.READY_TO_SCAN, qr_image=image, **waiting)

    answer = send(salon.browser(), "POST", CONNECT, {}).json()

    assert (answer["qrcode"], answer["qrcode_image"]) == (None, None)


def test_a_code_that_expired_is_not_shown(salon):
    issued = salon.now - timedelta(seconds=61)
    waiting = {"risk_accepted_at": salon.now, "code_issued_at": issued}
    connected(salon, InstanceStatus.READY_TO_SCAN, qr_code="2@old", **waiting)

    assert send(salon.browser(), "POST", CONNECT, {}).json()["qrcode"] is None


def test_an_open_connection_stays_as_it_is(salon):
    connected(salon, risk_accepted_at=salon.now)

    answer = send(salon.browser(), "POST", CONNECT, {"accept_risk": True}).json()

    assert (answer["status"], answer["qrcode"]) == ("connected", None)
    assert instance_of(salon).wanted == Wanted.NOTHING
    assert log_of(salon) == []


@pytest.mark.parametrize("role", [Role.RECEPTIONIST, Role.PROFESSIONAL])
def test_only_who_may_connects(salon, role):
    answer = send(salon.browser(role), "POST", CONNECT, {"accept_risk": True})

    assert answer.status_code == 403
    assert instance_of(salon) is None


@pytest.mark.parametrize("value", ["talvez", None, [], {}, 7])
def test_a_risk_that_is_neither_accepted_nor_not_is_a_400(salon, value):
    answer = send(salon.browser(), "POST", CONNECT, {"accept_risk": value})

    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["accept_risk"]


# Status ----------------------------------------------------------------------------------------


def test_before_the_first_connection_the_status_is_not_configured(salon, barber):
    connected(barber)

    assert salon.browser().get(STATUS).json() == {
        "company_id": salon.company.pk,
        "instance_name": f"company_{salon.company.pk}_whatsapp",
        "status": "not_configured",
        "total_messages_sent": 0,
    }


@pytest.mark.parametrize("status", InstanceStatus.values)
def test_the_status_is_the_stored_one(salon, status):
    connected(salon, status)

    assert salon.browser().get(STATUS).json()["status"] == status


def test_out_of_reach_keeps_the_last_status_and_says_the_error(salon):
    connected(salon, problem=Problem.SERVER_AWAY)

    answer = salon.browser(Role.PROFESSIONAL).get(STATUS).json()

    assert answer["status"] == "connected"
    assert answer["error"] == "O servidor do WhatsApp não responde."


def test_the_status_counts_appointments_of_which_a_message_left(salon, barber):
    for shop, hours in ((salon, (3, 4, 5)), (barber, (3,))):
        rows = [shop.book(hours=number) for number in hours]
        with scope.company(shop.company.pk, switch=True):
            sent = Appointment.objects.filter(pk__in=[row.pk for row in rows[:2]])
            sent.update(whatsapp_sent=True)

    assert salon.browser().get(STATUS).json()["total_messages_sent"] == 2
    assert barber.browser().get(STATUS).json()["total_messages_sent"] == 1


def test_the_status_of_a_rivals_token_is_the_rivals(salon, barber, client):
    headers = {"authorization": f"Bearer {token_of(barber)}"}

    assert client.get(STATUS, headers=headers).json()["company_id"] == barber.company.pk


# Metrics ---------------------------------------------------------------------------------------


def test_the_figures_count_the_callers_company_alone(salon, barber, django_assert_num_queries):
    with scope.company(salon.company.pk):
        confirmed, cancelled, moving, waiting, over, _plain = (
            salon.book(hours=number) for number in range(1, 7)
        )
        services.confirm(confirmed, by=WEB, now=salon.now)
        services.cancel(cancelled, by=WEB, now=salon.now)
        services.request_move(moving, by=WEB, now=salon.now)
        services.mark_asked(waiting, now=salon.now)
        services.mark_asked(over, now=salon.now)
        past = salon.now - timedelta(days=1)
        Appointment.objects.filter(pk=over.pk).update(
            starts_at=past, ends_at=past + timedelta(hours=1)
        )
        Appointment.objects.filter(pk__in=[confirmed.pk, cancelled.pk]).update(whatsapp_sent=True)
        for status in (MessageStatus.WAITING, MessageStatus.FAILED, MessageStatus.READ):
            Message.objects.create(client=salon.camila, status=status, direction="out")
    theirs = barber.book()
    with scope.company(barber.company.pk):
        services.confirm(theirs, by=WEB, now=barber.now)
    browser = salon.browser()

    with django_assert_num_queries(5):  # session, user, membership; appointments, messages
        answer = browser.get(METRICS).json()

    assert answer == {
        "company_id": salon.company.pk,
        "total_confirmations": 1,
        "total_sent": 2,
        "total_cancelled": 1,
        "total_reschedule_requests": 1,
        "total_waiting_answer": 1,
        "messages_waiting": 1,
        "messages_failed": 1,
    }
    assert barber.browser().get(METRICS).json()["total_sent"] == 0


def test_a_professional_does_not_see_the_companys_figures(salon):
    assert salon.browser(Role.PROFESSIONAL).get(METRICS).status_code == 403


# Confirmation ----------------------------------------------------------------------------------


def test_asking_for_a_confirmation_queues_a_message(salon, barber):
    appointment = salon.book()

    answer = send(salon.browser(Role.RECEPTIONIST), "POST", f"{CONFIRM}{appointment.pk}", {})

    with scope.company(salon.company.pk):
        message = Message.objects.get()
        event = AppointmentEvent.objects.get(kind="confirmation_asked_for")
    assert answer.status_code == 202
    assert answer.json() == {"status": "queued", "message_id": message.pk}
    assert (message.status, message.appointment_id) == (MessageStatus.WAITING, appointment.pk)
    assert (event.origin, event.actor) == ("api", salon.members[Role.RECEPTIONIST].user)
    assert barber.count(Message) == 0


def test_a_second_request_on_its_way_is_a_409_with_the_reason(salon):
    appointment, browser = salon.book(), salon.browser()
    send(browser, "POST", f"{CONFIRM}{appointment.pk}")

    answer = send(browser, "POST", f"{CONFIRM}{appointment.pk}")

    assert answer.status_code == 409
    assert answer.json() == {"detail": "O pedido de confirmação para Camila já está na fila."}
    assert salon.count(Message) == 1


def test_nothing_is_asked_about_a_cancelled_appointment(salon):
    appointment = salon.book()
    with scope.company(salon.company.pk):
        services.cancel(appointment, by=WEB, now=salon.now)

    answer = send(salon.browser(), "POST", f"{CONFIRM}{appointment.pk}")

    assert (answer.status_code, answer.json()) == (409, {"detail": "Este horário foi cancelado."})


@pytest.mark.parametrize("method", ["POST", "GET", "PUT", "DELETE"])
def test_another_companys_appointment_is_answered_as_an_id_never_used(salon, barber, method):
    foreign, browser = barber.book(), salon.browser()

    seen = send(browser, method, f"{CONFIRM}{foreign.pk}", {})
    unused = send(browser, method, f"{CONFIRM}{NEVER_USED}", {})

    assert seen.status_code == (404 if method == "POST" else 405)
    assert (seen.status_code, seen.content) == (unused.status_code, unused.content)
    assert seen.headers.items() == unused.headers.items()
    assert (salon.count(Message), barber.count(Message)) == (0, 0)
    assert barber.fresh(foreign).status == Status.SCHEDULED


@pytest.mark.parametrize("pk", [NEVER_USED, "9" * 40, "0"])
def test_the_404_says_what_was_not_found(salon, pk):
    answer = send(salon.browser(), "POST", f"{CONFIRM}{pk}")

    assert answer.status_code == 404
    assert answer.json() == {"detail": "Agendamento não encontrado"}


def test_a_professional_does_not_send(salon):
    appointment = salon.book()

    answer = send(salon.browser(Role.PROFESSIONAL), "POST", f"{CONFIRM}{appointment.pk}")

    assert answer.status_code == 403
    assert salon.count(Message) == 0


@pytest.mark.parametrize(
    ("method", "path"), [("POST", CONNECT), ("GET", STATUS), ("GET", METRICS)]
)
def test_without_a_credential_it_is_a_401(db, client, method, path):
    answer = client.generic(method, path)

    assert (answer.status_code, answer.json()) == (401, {"detail": "Entre ou envie um token."})


@pytest.mark.parametrize("path", [CONNECT, STATUS, METRICS, f"{CONFIRM}1"])
def test_the_addresses_have_no_slash_at_the_end(salon, path):
    assert salon.browser().get(f"{path}/").json() == {"detail": "Não encontrado."}
