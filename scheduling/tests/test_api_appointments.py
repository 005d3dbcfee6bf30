"""Appointments over REST: the services decide, the answers say it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from scheduling import services
from scheduling.models import (
    Absence,
    Appointment,
    AppointmentEvent,
    Client,
    ProfessionalService,
    Status,
)
from scheduling.tests.factories import WEB
from scheduling.tests.test_api_rows import NEVER_USED, send, token_of
from tenants import scope
from tenants.models import Role

PATH = "/api/v1/appointments/"
TAKEN = {"detail": "Este horário já está ocupado."}
NOT_FOUND = {"detail": "Não encontrado."}
NOT_NOW = {"detail": "A situação do agendamento não permite mais isso."}


def wish(shop, **changes):
    body = {
        "client": shop.camila.pk,
        "professional": shop.bia.pk,
        "service": shop.cut.pk,
        "starts_at": "2026-11-24T16:30:00-03:00",
    }
    return {**body, **changes}


def events(shop, appointment):
    with scope.company(shop.company.pk):
        rows = AppointmentEvent.objects.filter(appointment=appointment)
        return [(row.kind, row.origin, row.actor) for row in rows.select_related("actor")]


def test_booking_writes_the_appointment_and_the_fact(salon):
    answer = send(salon.browser(), "POST", PATH, wish(salon, notes="Primeira vez"))

    body = answer.json()
    assert answer.status_code == 201
    assert body == {
        "id": body["id"],
        "client": salon.camila.pk,
        "client_name": "Camila Prates",
        "professional": salon.bia.pk,
        "professional_name": "Bia",
        "service": salon.cut.pk,
        "service_name": "Corte",
        "starts_at": "2026-11-24T16:30:00-03:00",
        "ends_at": "2026-11-24T17:10:00-03:00",
        "status": "scheduled",
        "price": "85.00",
        "notes": "Primeira vez",
        "whatsapp_sent": False,
        "asked_at": None,
        "move_requested_at": None,
        "created_at": "2026-11-24T09:00:00-03:00",
    }
    owner = salon.members[Role.OWNER].user
    assert events(salon, body["id"]) == [("scheduled", "api", owner)]


def test_a_program_books_as_the_person_of_its_token(salon, client):
    headers = {"authorization": f"Bearer {token_of(salon, Role.RECEPTIONIST)}"}

    answer = client.post(PATH, wish(salon), "application/json", headers=headers)

    receptionist = salon.members[Role.RECEPTIONIST].user
    assert events(salon, answer.json()["id"]) == [("scheduled", "api", receptionist)]


def test_a_time_without_an_offset_is_the_companys(salon):
    with scope.company(salon.company.pk):
        type(salon.company).objects.update(timezone="America/Manaus")

    answer = send(salon.browser(), "POST", PATH, wish(salon, starts_at="2026-11-25T10:00"))

    assert answer.json()["starts_at"] == "2026-11-25T10:00:00-04:00"


def test_a_double_booking_is_a_409_and_the_rival_may_have_the_hour(salon, barber):
    first = send(salon.browser(), "POST", PATH, wish(salon))
    again = send(salon.browser(), "POST", PATH, wish(salon, starts_at="2026-11-24T17:00-03:00"))
    theirs = send(barber.browser(), "POST", PATH, wish(barber))

    assert (first.status_code, again.status_code, theirs.status_code) == (201, 409, 201)
    assert again.json() == TAKEN
    assert salon.count(Appointment) == 1


def test_the_past_is_a_400(salon):
    answer = send(salon.browser(), "POST", PATH, wish(salon, starts_at="2026-11-24T11:59:59Z"))

    assert answer.status_code == 400
    assert answer.json() == {"detail": "Este horário já passou."}
    assert salon.count(Appointment) == 0


@pytest.mark.parametrize(
    "starts_at",
    [
        *("2028-12-01T10:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00Z", "1999-12-31"),
        *("amanhã", "", "2026-13-01T10:00", "2026-11-24T10:00+99:00", 17, 1e300, True),
        *(None, [], {}),
    ],
)
def test_a_start_that_is_none_is_a_400(salon, starts_at):
    answer = send(salon.browser(), "POST", PATH, wish(salon, starts_at=starts_at))

    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["starts_at"]
    assert salon.count(Appointment) == 0


def test_another_companys_ids_in_a_body_are_refused_as_ids_never_used(salon, barber):
    foreign = {
        "client": barber.camila.pk,
        "professional": barber.bia.pk,
        "service": barber.cut.pk,
    }
    browser = salon.browser()

    for name, pk in foreign.items():
        seen = send(browser, "POST", PATH, wish(salon, **{name: pk}))
        unused = send(browser, "POST", PATH, wish(salon, **{name: NEVER_USED}))

        assert seen.status_code == unused.status_code == 400
        assert seen.content.replace(b"%d" % pk, b"N") == unused.content.replace(
            b"%d" % NEVER_USED, b"N"
        )
        assert seen.json()["errors"] == {name: [f"Não há registro com o id {pk}."]}
    assert (salon.count(Appointment), barber.count(Appointment)) == (0, 0)


@pytest.mark.parametrize("pk", [0, -1, 10**30, 1.5, "x", "1_0x", True, None, [], {}, "\ud800"])
def test_what_is_no_id_is_a_400(salon, pk):
    answer = send(salon.browser(), "POST", PATH, wish(salon, client=pk))

    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["client"]


def test_who_does_not_attend_and_what_is_not_offered_is_not_booked(salon):
    with scope.company(salon.company.pk):
        type(salon.bia).objects.update(is_active=False)
        type(salon.cut).objects.update(is_active=False)

    answer = send(salon.browser(), "POST", PATH, wish(salon))

    assert sorted(answer.json()["errors"]) == ["professional", "service"]


@pytest.mark.django_db(transaction=True)
def test_a_client_who_is_deleted_at_this_moment_is_a_409(salon, monkeypatch):
    book = services.book

    def after_deletion(**wishes):
        Client.objects.filter(pk=wishes["client"].pk).delete()
        return book(**wishes)

    monkeypatch.setattr("scheduling.services.book", after_deletion)

    answer = send(salon.browser(), "POST", PATH, wish(salon))

    assert answer.status_code == 409
    assert answer.json() == {"detail": "O cliente, o profissional ou o serviço foi apagado."}
    assert salon.count(Appointment) == 0


def test_the_list_is_narrowed_by_day_status_professional_and_client(salon, barber):
    today, tomorrow = salon.book(hours=3), salon.book(hours=24)
    late = salon.book(hours=14.9, professional=salon.denise)  # 23:54 in São Paulo
    barber.book(hours=3)
    with scope.company(salon.company.pk):
        services.confirm(late, by=WEB, now=salon.now)
    browser = salon.browser()

    def ids(**query):
        answer = browser.get(PATH, query)
        assert answer.status_code == 200, answer.content
        return [row["id"] for row in answer.json()["results"]]

    assert ids() == [today.pk, late.pk, tomorrow.pk]
    assert ids(date="2026-11-24") == [today.pk, late.pk]
    assert ids(date="2026-11-25") == [tomorrow.pk]
    assert ids(status="confirmed") == [late.pk]
    assert ids(professional=salon.denise.pk) == [late.pk]
    assert ids(client=salon.camila.pk, status="scheduled") == [today.pk, tomorrow.pk]
    assert ids(client=barber.camila.pk) == ids(client=NEVER_USED) == []
    assert ids(professional=barber.bia.pk) == []


@pytest.mark.parametrize(
    "query",
    [
        {"date": "amanhã"},
        {"date": "0001-01-01"},
        {"date": "9999-12-31"},
        {"status": "nenhum"},
        {"client": "x"},
        {"client": "9" * 30},
        {"client": "-1"},
        {"professional": "1.5"},
        {"professional": "\x00"},
    ],
)
def test_a_filter_that_is_not_understood_is_a_400(salon, query):
    answer = salon.browser().get(PATH, query)

    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == list(query)


@pytest.mark.parametrize("page", ["0", "2", "x", "9" * 40])
def test_a_page_that_is_not_there_is_a_404(salon, page):
    answer = salon.browser().get(PATH, {"page": page})

    assert (answer.status_code, answer.json()) == (404, {"detail": "Página inválida."})


def test_the_list_asks_one_query_for_all_names(salon, django_assert_num_queries):
    browser = salon.browser()
    for hours in (3, 4, 5):
        salon.book(hours=hours)
        with django_assert_num_queries(5):  # session, user, membership; count, rows
            browser.get(PATH)


def test_a_new_time_moves_and_asks_again(salon):
    appointment = salon.book()
    with scope.company(salon.company.pk):
        services.confirm(appointment, by=WEB, now=salon.now)

    answer = send(
        salon.browser(),
        "PATCH",
        f"{PATH}{appointment.pk}/",
        {"starts_at": "2026-11-26T10:00", "professional": salon.denise.pk, "notes": "Franja"},
    )

    assert answer.status_code == 200
    moved = salon.fresh(appointment)
    assert (moved.status, moved.revision, moved.notes) == (Status.SCHEDULED, 2, "Franja")
    assert answer.json()["starts_at"] == "2026-11-26T10:00:00-03:00"
    assert answer.json()["professional_name"] == "Denise"
    assert [kind for kind, _origin, _actor in events(salon, appointment)][-1] == "moved"


def test_what_stays_the_same_does_not_move(salon):
    appointment = salon.book()
    with scope.company(salon.company.pk):
        services.confirm(appointment, by=WEB, now=salon.now)
    same = {
        "starts_at": appointment.starts_at.isoformat(),
        "professional": salon.bia.pk,
        "notes": "Franja",
    }

    answer = send(salon.browser(), "PATCH", f"{PATH}{appointment.pk}/", same)

    assert answer.status_code == 200
    kept = salon.fresh(appointment)
    assert (kept.status, kept.revision, kept.notes) == (Status.CONFIRMED, 1, "Franja")


def test_a_move_that_is_refused_changes_nothing_else(salon):
    appointment, other = salon.book(hours=3), salon.book(hours=5)
    body = {"starts_at": other.starts_at.isoformat(), "notes": "Franja"}

    answer = send(salon.browser(), "PATCH", f"{PATH}{appointment.pk}/", body)

    assert (answer.status_code, answer.json()) == (409, TAKEN)
    assert salon.fresh(appointment).notes == ""


@pytest.mark.parametrize("field", ["client", "service", "status", "price", "id", "ends_at"])
def test_what_patch_does_not_change_it_refuses(salon, field):
    appointment = salon.book()

    answer = send(salon.browser(), "PATCH", f"{PATH}{appointment.pk}/", {field: 1})

    assert answer.status_code == 400
    assert answer.json()["errors"] == {field: ["Isto não se muda por aqui."]}


STEPS = [
    ("confirm", Status.CONFIRMED),
    ("arrived", Status.ARRIVED),
    ("completed", Status.COMPLETED),
    ("no-show", Status.NO_SHOW),
    ("cancel", Status.CANCELLED),
]


@pytest.mark.parametrize(("step", "status"), STEPS)
def test_a_step_is_taken_once(salon, step, status):
    appointment = salon.book()
    browser, path = salon.browser(), f"{PATH}{appointment.pk}/{step}/"

    first, again = send(browser, "POST", path, {}), send(browser, "POST", path, {})

    assert (first.status_code, first.json()["status"]) == (200, status.value)
    assert (again.status_code, again.json()) == (409, NOT_NOW)
    assert events(salon, appointment)[1:] == [
        (status.value, "api", salon.members[Role.OWNER].user)
    ]


def test_the_reason_of_a_cancellation_stands_in_the_history(salon):
    appointment = salon.book()

    send(salon.browser(), "POST", f"{PATH}{appointment.pk}/cancel/", {"reason": "Adoeceu"})

    with scope.company(salon.company.pk):
        event = AppointmentEvent.objects.get(appointment=appointment, kind="cancelled")
    assert event.data["reason"] == "Adoeceu"


def test_a_cancelled_appointment_is_not_moved(salon):
    appointment = salon.book()
    with scope.company(salon.company.pk):
        services.cancel(appointment, by=WEB, now=salon.now)

    body = {"starts_at": "2026-11-26T10:00"}
    answer = send(salon.browser(), "PATCH", f"{PATH}{appointment.pk}/", body)

    assert (answer.status_code, answer.json()) == (409, NOT_NOW)


@pytest.mark.parametrize("method", ["DELETE", "PUT"])
def test_an_appointment_is_neither_deleted_nor_replaced(salon, method):
    appointment = salon.book()

    answer = send(salon.browser(), method, f"{PATH}{appointment.pk}/", wish(salon))

    assert answer.status_code == 405
    assert answer.json() == {"detail": f'Método "{method}" não é permitido.'}
    assert salon.fresh(appointment) == appointment


ALL_VERBS = [
    ("GET", ""),
    ("HEAD", ""),
    ("PUT", ""),
    ("PATCH", ""),
    ("DELETE", ""),
    ("OPTIONS", ""),
    *[("POST", f"{step}/") for step, _status in STEPS],
]


@pytest.mark.parametrize("role", [Role.OWNER, Role.PROFESSIONAL])
@pytest.mark.parametrize(("method", "rest"), ALL_VERBS)
def test_another_companys_appointment_is_answered_as_an_id_never_used(
    salon, barber, method, rest, role
):
    foreign, browser = barber.book(), salon.browser(role)
    body = {"starts_at": "2026-11-26T10:00", "notes": "x"}

    seen = send(browser, method, f"{PATH}{foreign.pk}/{rest}", body)
    unused = send(browser, method, f"{PATH}{NEVER_USED}/{rest}", body)

    assert seen.status_code in {404, 403, 405}
    assert (seen.status_code, seen.content) == (unused.status_code, unused.content)
    assert seen.headers.items() == unused.headers.items()
    kept = barber.fresh(foreign)
    assert (kept.status, kept.starts_at, kept.notes) == ("scheduled", foreign.starts_at, "")


def test_a_professional_sees_only_those_he_attends_and_changes_none(salon):
    mine, hers = salon.book(), salon.book(professional=salon.denise)
    browser = salon.browser(Role.PROFESSIONAL)

    assert [row["id"] for row in browser.get(PATH).json()["results"]] == [mine.pk]
    assert browser.get(f"{PATH}{mine.pk}/").status_code == 200
    assert browser.get(f"{PATH}{hers.pk}/").json() == NOT_FOUND
    assert browser.get(PATH, {"professional": salon.denise.pk}).json()["count"] == 0
    for method, rest in ALL_VERBS[2:4] + ALL_VERBS[6:]:
        answer = send(browser, method, f"{PATH}{mine.pk}/{rest}", {"notes": "x"})
        assert answer.status_code == 403
    assert send(browser, "POST", PATH, wish(salon)).status_code == 403
    assert salon.fresh(mine).status == Status.SCHEDULED


def test_a_receptionist_books_and_changes(salon):
    browser = salon.browser(Role.RECEPTIONIST)

    made = send(browser, "POST", PATH, wish(salon)).json()

    assert send(browser, "POST", f"{PATH}{made['id']}/confirm/").json()["status"] == "confirmed"


def test_a_rivals_token_does_not_reach_our_appointment(salon, barber, client):
    ours = salon.book()
    headers = {"authorization": f"Bearer {token_of(barber)}"}

    seen = client.get(f"{PATH}{ours.pk}/", headers=headers)
    unused = client.get(f"{PATH}{NEVER_USED}/", headers=headers)

    assert (seen.status_code, seen.content) == (404, unused.content)


def test_a_move_to_the_past_is_a_400(salon):
    appointment = salon.book()
    past = (salon.now - timedelta(hours=1)).isoformat()

    answer = send(salon.browser(), "PATCH", f"{PATH}{appointment.pk}/", {"starts_at": past})

    assert (answer.status_code, answer.json()) == (400, {"detail": "Este horário já passou."})


def test_every_answer_is_json(salon):
    browser = salon.browser()
    for answer in (browser.get(PATH), browser.get(f"{PATH}1/"), browser.post(PATH, {})):
        assert answer["Content-Type"] == "application/json"
        json.loads(answer.content)


def own_terms(shop, **terms):
    with scope.company(shop.company.pk):
        ProfessionalService.objects.create(professional=shop.bia, service=shop.cut, **terms)


def test_a_booking_is_on_the_professionals_own_terms_and_absences_are_advice(salon):
    own_terms(salon, duration_minutes=70, price=120)
    with scope.company(salon.company.pk):
        Absence.objects.create(starts_at=salon.now, ends_at=salon.now + timedelta(days=1))

    body = send(salon.browser(), "POST", PATH, wish(salon)).json()

    assert (body["ends_at"], body["price"]) == ("2026-11-24T17:40:00-03:00", "120.00")


def test_who_does_not_do_the_service_is_refused(salon, barber):
    own_terms(salon, is_offered=False)

    answer = send(salon.browser(), "POST", PATH, wish(salon))

    assert (answer.status_code, answer.json()) == (
        400,
        {"detail": "Este profissional não faz o serviço."},
    )
    assert salon.count(Appointment) == 0
