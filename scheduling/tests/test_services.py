from datetime import timedelta

import pytest
from django.db import connection, transaction

from scheduling import services
from scheduling.events import By
from scheduling.models import (
    Appointment,
    AppointmentEvent,
    Client,
    ConsentSource,
    ProfessionalService,
    Status,
)
from scheduling.phone import InvalidPhone
from scheduling.tests.factories import (
    WEB,
    a_client,
    a_member,
    a_professional,
    a_service,
    an_appointment,
)
from tenants import scope
from tenants.security import Origin

pytestmark = pytest.mark.django_db


def kinds(appointment):
    return [event.kind for event in AppointmentEvent.objects.filter(appointment=appointment)]


def test_booking_writes_the_appointment_and_the_fact(company, rival, now):
    with scope.company(rival.pk):
        an_appointment(now)
    with scope.company(company.pk):
        appointment = an_appointment(now)

        assert appointment.ends_at - appointment.starts_at == timedelta(minutes=50)
        assert appointment.price == 85
        assert kinds(appointment) == ["scheduled"]
        assert Appointment.objects.count() == 1


def test_a_taken_time_is_refused_and_writes_nothing(company, rival, now):
    with scope.company(company.pk):
        first = an_appointment(now)
        with pytest.raises(services.SlotTaken):
            services.book(
                client=a_client(),
                professional=first.professional,
                service=a_service(),
                starts_at=first.starts_at + timedelta(minutes=10),
                by=WEB,
                now=now,
            )

        assert Appointment.objects.count() == 1
        assert AppointmentEvent.objects.count() == 1


def test_the_same_time_is_free_for_another_professional_and_another_company(company, rival, now):
    for owner in (company, rival):
        with scope.company(owner.pk):
            first = an_appointment(now)
            second = an_appointment(now)
            assert first.starts_at == second.starts_at


def test_a_cancelled_appointment_frees_its_time(company, now):
    with scope.company(company.pk):
        first = an_appointment(now)
        services.cancel(first, by=WEB, now=now, reason="viagem")
        again = an_appointment(now, professional=first.professional)

        assert again.starts_at == first.starts_at
        data = AppointmentEvent.objects.filter(appointment=first).last().data
        assert data["reason"] == "viagem"
        assert data["before"]["status"] == "scheduled"


def test_the_past_cannot_be_booked(company, now):
    with scope.company(company.pk), pytest.raises(services.InThePast):
        an_appointment(now, ahead=timedelta(0))


def test_of_two_answers_one_wins(company, now):
    with scope.company(company.pk):
        appointment = an_appointment(now)
        twin = Appointment.objects.get(pk=appointment.pk)

        services.cancel(appointment, by=By.client(), now=now)
        with pytest.raises(services.NotChangeable):
            services.confirm(twin, by=By.client(), now=now)

        assert Appointment.objects.get().status == Status.CANCELLED
        assert kinds(appointment) == ["scheduled", "cancelled"]


def test_moving_starts_a_new_revision_that_is_unconfirmed(company, now):
    with scope.company(company.pk):
        appointment = an_appointment(now)
        services.confirm(appointment, by=WEB, now=now)
        was = appointment.starts_at

        services.move(appointment, starts_at=was + timedelta(hours=1), by=WEB, now=now)

        assert (appointment.status, appointment.revision) == (Status.SCHEDULED, 2)
        assert appointment.ends_at == was + timedelta(hours=1, minutes=50)
        assert kinds(appointment) == ["scheduled", "confirmed", "moved"]


def test_moving_onto_a_taken_time_changes_nothing(company, now):
    with scope.company(company.pk):
        professional = a_professional()
        first = an_appointment(now, professional=professional)
        second = an_appointment(now, professional=professional, ahead=timedelta(days=6))
        with pytest.raises(services.SlotTaken):
            services.move(second, starts_at=first.starts_at, by=WEB, now=now)

        second.refresh_from_db()
        assert (second.starts_at, second.revision) == (now + timedelta(days=6), 1)


def test_asking_to_move_keeps_the_time_until_a_person_decides(company, now):
    with scope.company(company.pk):
        appointment = an_appointment(now)
        services.request_move(appointment, by=By.client(), now=now)

        assert appointment.move_requested_at == now
        assert appointment.status == Status.SCHEDULED


def test_every_step_is_possible_only_from_its_statuses(company, now):
    with scope.company(company.pk):
        done = an_appointment(now)
        services.mark_arrived(done, by=WEB, now=now)
        services.mark_completed(done, by=WEB, now=now)

        for verb in (
            services.confirm,
            services.cancel,
            services.mark_arrived,
            services.mark_no_show,
            services.mark_completed,
        ):
            with pytest.raises(services.NotChangeable):
                verb(done, by=WEB, now=now)
        assert kinds(done) == ["scheduled", "arrived", "completed"]


def test_a_client_is_found_under_any_spelling_of_the_phone(company, rival):
    with scope.company(rival.pk):
        a_client("Camila da barbearia", "+5531988771247")
    with scope.company(company.pk):
        first, created = services.find_or_create_client(
            name="Camila", phone_number="(31) 98877-1247"
        )
        again, created_again = services.find_or_create_client(
            name="Camila P.", phone_number="31 8877 1247"
        )

        assert (created, created_again) == (True, False)
        assert first == again
        assert [client.name for client in Client.objects.all()] == ["Camila"]
        with pytest.raises(InvalidPhone):
            services.find_or_create_client(name="X", phone_number="123")


def test_a_client_of_another_company_cannot_be_booked(company, rival, now):
    with scope.company(rival.pk):
        foreign = a_client()
    with scope.company(company.pk), pytest.raises(Exception, match="appointments_client_fk"):
        with transaction.atomic():
            an_appointment(now, client=foreign)
            connection.check_constraints()


def test_opting_out_and_in(company, now):
    with scope.company(company.pk):
        client = a_client()
        services.opt_out(client, now=now)
        services.opt_out(client, now=now + timedelta(days=1))
        assert client.opted_out_at == now

        services.opt_in(client)
        assert client.opted_out_at is None


def test_who_opted_out_where_is_kept_until_the_client_is_back(company, now):
    with scope.company(company.pk):
        client = a_client()
        services.opt_out(client, now=now, by=By.client())
        services.opt_out(client, now=now, by=WEB)
        assert client.opted_out_from == Origin.WEBHOOK

        services.opt_in(client)
        assert client.opted_out_from == ""


def test_consent_says_when_it_was_given_and_how(company, now):
    with scope.company(company.pk):
        client, member = a_client(), a_member()
        services.note_consent(client, by=By(Origin.WEB, member.user), now=now)
        assert client.notices_consent_from == ConsentSource.PERSON
        assert client.notices_consent_by == member.user

        later = now + timedelta(days=1)
        services.note_consent(client, by=By.client(), now=later)
        assert client.notices_consent_from == ConsentSource.WHATSAPP
        assert (client.notices_consent_at, client.notices_consent_by) == (later, None)

        services.forget_consent(client)
        assert (client.notices_consent_at, client.notices_consent_from) == (None, "")


def test_a_booking_is_on_the_professionals_own_terms(company, now):
    with scope.company(company.pk):
        professional, service = a_professional(), a_service()
        service.buffer_before_minutes, service.buffer_after_minutes = 5, 10
        service.save()
        ProfessionalService.objects.create(
            professional=professional, service=service, duration_minutes=70, price=120
        )
        booked = services.book(
            client=a_client(),
            professional=professional,
            service=service,
            starts_at=now + timedelta(days=1),
            by=WEB,
            now=now,
        )

        assert booked.ends_at - booked.starts_at == timedelta(minutes=70)
        assert (booked.price, booked.buffer_before_minutes, booked.buffer_after_minutes) == (
            120,
            5,
            10,
        )


def test_who_does_not_do_a_service_is_not_booked_for_it_nor_moved_to(company, now):
    with scope.company(company.pk):
        appointment, other = an_appointment(now), a_professional()
        ProfessionalService.objects.create(
            professional=other, service=appointment.service, is_offered=False
        )
        starts_at = appointment.starts_at + timedelta(hours=5)

        with pytest.raises(services.NotOffered):
            services.book(
                client=a_client(),
                professional=other,
                service=appointment.service,
                starts_at=starts_at,
                by=WEB,
                now=now,
            )
        with pytest.raises(services.NotOffered):
            services.move(appointment, starts_at=starts_at, professional=other, by=WEB, now=now)

        assert kinds(appointment) == ["scheduled"]
        assert Appointment.objects.count() == 1
