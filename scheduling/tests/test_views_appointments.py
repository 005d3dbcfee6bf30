import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from scheduling import services
from scheduling.events import By
from scheduling.models import Appointment, AppointmentEvent, Client, Service, Status
from scheduling.views import appointments
from tenants import scope
from tenants.models import Role

LIST, PAPER = "/agendamentos/", "/agendamentos/papel/"


def text(response) -> str:
    return response.content.decode()


def detail(appointment) -> str:
    return f"/agendamentos/{appointment.pk}/"


def names(response) -> list[str]:
    return [appointment.client.name for appointment in response.context["page"]]


def another_client(shop, name, phone):
    with scope.company(shop.company.pk, switch=True):
        return Client.objects.create(name=name, phone=phone)


@pytest.mark.parametrize("role", [Role.OWNER, Role.MANAGER, Role.RECEPTIONIST, Role.PROFESSIONAL])
def test_every_member_sees_the_day_and_the_appointment(salon, role):
    appointment = salon.book()
    browser = salon.browser(role)

    assert names(browser.get(LIST)) == ["Camila Prates"]
    assert browser.get(detail(appointment)).status_code == 200
    assert browser.get(f"{detail(appointment)}parte/").status_code == 200


def test_paper_takes_the_whole_list_that_was_asked_for(salon, barber, monkeypatch):
    for shop in (salon, barber):
        shop.book()
        shop.book(hours=5, professional=shop.denise)
    monkeypatch.setattr(appointments, "PAGE_SIZE", 1)
    browser = salon.browser()

    assert len(names(browser.get(LIST))) == 1
    assert len(names(browser.get(PAPER))) == 2
    assert len(names(browser.get(PAPER, {"profissional": salon.denise.pk}))) == 1
    assert len(names(salon.browser(Role.PROFESSIONAL).get(PAPER))) == 1
    monkeypatch.setattr(appointments, "MOST_ON_PAPER", 1)
    assert "os primeiros 1 de 2 horários" in text(browser.get(PAPER))


def test_a_stranger_goes_to_the_login_page(salon, client):
    appointment = salon.book()

    for path in (LIST, detail(appointment), "/agendamentos/novo/"):
        answer = client.get(path)
        assert (answer.status_code, answer.url) == (302, f"/entrar/?next={path}")


def test_a_professional_sees_only_his_own_appointments(salon):
    mine, other = salon.book(), salon.book(professional=salon.denise)
    browser = salon.browser(Role.PROFESSIONAL)

    listed = browser.get(LIST, {"profissional": salon.denise.pk})
    assert [each.pk for each in browser.get(LIST).context["page"]] == [mine.pk]
    assert names(listed) == []
    assert browser.get(detail(other)).status_code == 404
    assert browser.get(f"{detail(other)}parte/").status_code == 404


def test_a_professional_changes_nothing(salon):
    appointment = salon.book()
    browser = salon.browser(Role.PROFESSIONAL)
    posts = ("confirmar", "chegou", "atendido", "faltou", "cancelar", "remarcar")

    for last in posts:
        assert browser.post(f"{detail(appointment)}{last}/").status_code == 403
    assert browser.get("/agendamentos/novo/").status_code == 403
    assert "formaction" not in text(browser.get(detail(appointment)))
    assert salon.fresh(appointment).status == Status.SCHEDULED


def test_a_login_without_a_professional_is_told_what_is_missing(salon):
    with scope.company(salon.company.pk):
        salon.bia.membership = None
        salon.bia.save()
    salon.book()

    answer = salon.browser(Role.PROFESSIONAL).get(LIST)

    assert names(answer) == []
    assert "ainda não está ligado a um profissional" in text(answer)


@pytest.mark.parametrize("last", ["", "parte/", "cancelar/", "remarcar/"])
def test_the_rivals_appointment_answers_byte_for_byte_like_an_unknown_id(salon, barber, last):
    theirs = barber.book()
    browser = salon.browser()

    known, unknown = (browser.get(f"/agendamentos/{pk}/{last}") for pk in (theirs.pk, 987654321))

    assert known.status_code == unknown.status_code == 404
    assert masked(known) == masked(unknown)
    assert "Camila" not in text(known)


@pytest.mark.parametrize("last", ["confirmar", "chegou", "atendido", "faltou", "cancelar"])
def test_nothing_happens_to_the_rivals_appointment(salon, barber, last):
    theirs = barber.book()

    assert salon.browser().post(f"{detail(theirs)}{last}/").status_code == 404
    assert barber.fresh(theirs).status == Status.SCHEDULED


def masked(response) -> str:
    return re.sub(r'(csrfmiddlewaretoken" value=|nonce=)"[^"]*"', "", text(response))


def test_the_list_is_of_one_day_in_the_company_zone(salon):
    salon.book(hours=14.75)  # 23:45 in São Paulo, the next day in UTC
    salon.book(hours=-9.5)  # 23:30 of yesterday
    browser = salon.browser()

    today, tomorrow = browser.get(LIST), browser.get(LIST, {"dia": "2026-11-25"})

    assert [f"{each.starts_at:%d %H:%M}" for each in today.context["page"]] == ["25 02:45"]
    assert "23:45" in text(today)
    assert names(tomorrow) == []
    assert "Marcar o primeiro" in text(tomorrow)


@pytest.mark.parametrize(
    "dia", ["ontem", "2026-13-40", "0001-01-01", "9999-12-31", "\x00", "2026-11-24T00:00"]
)
def test_a_day_that_is_none_shows_today(salon, dia):
    salon.book()

    assert names(salon.browser().get(LIST, {"dia": dia})) == ["Camila Prates"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "camila"}, ["Camila Prates"]),
        ({"q": "JOSE"}, ["José Ávila"]),
        ({"q": "4455"}, ["José Ávila"]),
        ({"q": "ninguém"}, []),
        ({"q": "\x00"}, ["Camila Prates", "José Ávila"]),
        ({"q": "x" * 500}, ["Camila Prates", "José Ávila"]),
        ({"situacao": "confirmados"}, ["José Ávila"]),
        ({"situacao": "agendados"}, ["Camila Prates"]),
        ({"situacao": "cancelados"}, []),
        ({"situacao": "inventada"}, ["Camila Prates", "José Ávila"]),
        ({"profissional": "999999999999999999999"}, ["Camila Prates", "José Ávila"]),
        ({"page": "setenta"}, ["Camila Prates", "José Ávila"]),
    ],
)
def test_search_and_filters(salon, now, query, found):
    jose = another_client(salon, "José Ávila", "+5531933334455")
    salon.book()
    confirmed = salon.book(hours=5, client=jose)
    with scope.company(salon.company.pk):
        services.confirm(confirmed, by=By.client(), now=now)

    assert names(salon.browser().get(LIST, query)) == found


def test_the_professional_filter_and_the_counts(salon, now):
    salon.book()
    salon.book(professional=salon.denise)
    asked = salon.book(hours=5)
    with scope.company(salon.company.pk):
        services.mark_asked(asked, now=now)

    answer = salon.browser().get(LIST, {"profissional": salon.bia.pk})

    assert answer.context["total"] == 2
    assert [(chip.slug, count) for chip, count in answer.context["chips"]] == [
        ("agendados", 1),
        ("aguardando", 1),
    ]


def test_the_rivals_professional_does_not_narrow_the_list(salon, barber):
    salon.book()
    barber.book()

    answer = salon.browser().get(LIST, {"profissional": barber.bia.pk})

    assert names(answer) == ["Camila Prates"]


def test_rows_come_by_part_of_the_day(salon):
    for hours in (1, 5, 10):
        salon.book(hours=hours)

    page = text(salon.browser().get(LIST))

    assert [part for part in ("Manhã", "Tarde", "Noite") if part in page] == [
        "Manhã",
        "Tarde",
        "Noite",
    ]


@pytest.mark.parametrize("rows", [1, 60])
def test_the_list_asks_the_same_few_queries_for_one_row_and_for_sixty(
    salon, rows, django_assert_max_num_queries
):
    with scope.company(salon.company.pk):
        quick = Service.objects.create(name="Barba", duration_minutes=5)
    for number in range(rows):
        client = another_client(salon, f"Nome {number}", f"+55319888{number:05d}")
        salon.book(hours=number / 6, client=client, service=quick)
    browser = salon.browser()

    with django_assert_max_num_queries(9):
        answer = browser.get(LIST)

    assert len(answer.context["page"]) == min(rows, 50)


def test_a_thousand_rows_have_pages(salon, django_assert_max_num_queries):
    with scope.company(salon.company.pk):
        Appointment.objects.bulk_create(
            Appointment(
                client=salon.camila,
                professional=salon.bia,
                service=salon.cut,
                starts_at=salon.now + timedelta(seconds=30 * number),
                ends_at=salon.now + timedelta(seconds=30 * number + 30),
            )
            for number in range(1000)
        )
    browser = salon.browser()

    with django_assert_max_num_queries(9):
        first = browser.get(LIST)
    last = browser.get(LIST, {"page": 20})

    assert len(first.context["page"]) == len(last.context["page"]) == 50
    assert first.context["page"].paginator.num_pages == 20
    assert "50 de 1000" in text(first)


@pytest.mark.parametrize(
    ("last", "status"),
    [
        ("confirmar", Status.CONFIRMED),
        ("chegou", Status.ARRIVED),
        ("atendido", Status.COMPLETED),
        ("faltou", Status.NO_SHOW),
    ],
)
def test_one_button_changes_the_status_and_says_who_did_it(salon, last, status):
    appointment = salon.book()
    browser = salon.browser(Role.RECEPTIONIST)

    answer = browser.post(f"{detail(appointment)}{last}/", {"next": "/agendamentos/?q=camila"})

    assert (answer.status_code, answer.url) == (302, "/agendamentos/?q=camila")
    assert salon.fresh(appointment).status == status
    with scope.company(salon.company.pk):
        event = AppointmentEvent.objects.get(kind=status)
        assert (event.origin, event.actor) == ("web", salon.members[Role.RECEPTIONIST].user)


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""]
)
def test_a_button_leads_nowhere_else(salon, target):
    appointment = salon.book()

    answer = salon.browser().post(f"{detail(appointment)}chegou/", {"next": target})

    assert answer.url == detail(appointment)


def test_a_get_changes_nothing(salon):
    appointment = salon.book()
    browser = salon.browser()

    assert browser.get(f"{detail(appointment)}confirmar/").status_code == 405
    assert browser.get(f"{detail(appointment)}cancelar/").status_code == 200
    assert salon.fresh(appointment).status == Status.SCHEDULED


@pytest.mark.parametrize("last", ["confirmar", "chegou", "cancelar", "remarcar"])
def test_what_changed_meanwhile_is_said_and_stays(salon, now, last):
    appointment = salon.book()
    browser = salon.browser()
    with scope.company(salon.company.pk):
        services.cancel(appointment, by=By.client(), now=now)

    answer = browser.post(f"{detail(appointment)}{last}/", follow=True)

    assert answer.redirect_chain == [(detail(appointment), 302)]
    assert "Este horário mudou enquanto você olhava" in text(answer)
    assert salon.fresh(appointment).status == Status.CANCELLED


def test_cancelling_asks_first_and_keeps_the_reason(salon):
    appointment = salon.book()
    browser = salon.browser()

    question = browser.get(f"{detail(appointment)}cancelar/")
    answer = browser.post(f"{detail(appointment)}cancelar/", {"reason": "Gripe"}, follow=True)

    assert "Cancelar o horário de Camila?" in text(question)
    assert salon.fresh(appointment).status == Status.CANCELLED
    assert "Motivo: Gripe" in text(answer)
    assert "Renata cancelou pelo balcão." in text(answer)


def test_a_reason_too_long_is_kept_and_nothing_is_cancelled(salon):
    appointment = salon.book()

    answer = salon.browser().post(f"{detail(appointment)}cancelar/", {"reason": "a" * 201})

    assert answer.status_code == 200
    assert "a" * 201 in text(answer)
    assert salon.fresh(appointment).status == Status.SCHEDULED


def test_moving_to_another_day_and_professional(salon):
    appointment = salon.book()
    browser = salon.browser()
    form = {"professional": salon.denise.pk, "day": "2026-11-26", "time": "16:30"}

    answer = browser.post(f"{detail(appointment)}remarcar/", form, follow=True)

    moved = salon.fresh(appointment)
    assert (moved.professional_id, f"{moved.starts_at:%d %H:%M}") == (salon.denise.pk, "26 19:30")
    assert moved.revision == 2
    assert "remarcado para qui, 26 nov, 16:30" in text(answer)
    both = "Era hoje, 12:00 com Bia, ficou qui, 26 nov, 16:30 com Denise."
    assert both in text(answer)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"time": "15:00"}, "Este horário já está ocupado. Perto dele: 14:10, 14:20, 15:40."),
        ({"day": "2026-11-23"}, "Este horário já passou."),
        ({"day": "2036-11-23"}, "nos próximos dois anos"),
        ({"time": "25:00"}, "Escreva a hora como 16:30."),
        ({"time": ""}, "Escolha a hora."),
        ({"professional": "x"}, "Escolha um profissional da lista."),
    ],
)
def test_a_move_that_cannot_be_says_why_and_keeps_what_was_typed(salon, changes, sentence):
    appointment = salon.book()
    salon.book(hours=6)  # 15:00 to 15:40
    form = {"professional": salon.bia.pk, "day": "2026-11-24", "time": "15:00", **changes}

    answer = salon.browser().post(f"{detail(appointment)}remarcar/", form)

    assert answer.status_code == 200
    assert sentence in text(answer)
    if form["day"] and "professional" not in changes:
        assert f'value="{form["day"]}"' in text(answer)
    assert salon.fresh(appointment).starts_at == appointment.starts_at


def test_the_rivals_professional_is_no_choice_when_moving(salon, barber):
    appointment = salon.book()
    form = {"professional": barber.bia.pk, "day": "2026-11-26", "time": "16:30"}

    answer = salon.browser().post(f"{detail(appointment)}remarcar/", form)

    assert "Escolha um profissional da lista." in text(answer)


def test_the_page_tells_the_story_and_polls_until_it_is_over(salon, now):
    appointment = salon.book()
    browser = salon.browser()
    part = reverse("scheduling:appointment-part", args=[appointment.pk])

    page = text(browser.get(detail(appointment)))
    version = re.search(rf'hx-get="{part}\?version=(\d+)" hx-trigger="every 4s"', page)[1]
    quiet = browser.get(part, {"version": version})
    with scope.company(salon.company.pk):
        services.confirm(appointment, by=By.client(), now=now)
    changed = browser.get(part, {"version": version})
    with scope.company(salon.company.pk):
        services.cancel(appointment, by=By.client(), now=now)
    over = browser.get(part, {"version": version})

    assert "Hoje, terça, 12:00 às 12:40" in page
    assert "Renata marcou pelo balcão." in page
    assert (quiet.status_code, quiet.content) == (204, b"")
    assert "Camila confirmou pelo WhatsApp." in text(changed) and "Confirmado" in text(changed)
    assert "<html" not in text(changed) and 'id="historia"' in text(changed)
    assert "Cancelado" in text(over) and "hx-trigger" not in text(over)


def test_a_change_while_the_page_is_made_is_asked_for_again(salon, now, monkeypatch):
    appointment = salon.book()
    browser = salon.browser()
    found = appointments.found

    def found_just_before_a_change(request, pk):
        row = found(request, pk)
        services.confirm(found(request, pk), by=By.client(), now=now)
        return row

    with monkeypatch.context() as patch:
        patch.setattr(appointments, "found", found_just_before_a_change)
        page = browser.get(detail(appointment))
    version = page.context["version"]
    again = browser.get(f"{detail(appointment)}parte/", {"version": version})

    assert page.context["appointment"].status == Status.SCHEDULED
    assert again.status_code == 200 and "Confirmado" in text(again)


def test_the_page_does_not_poll_for_what_has_passed(salon):
    appointment = salon.book(hours=-2)

    assert "appointment-part" not in text(salon.browser().get(detail(appointment)))
    assert "/parte/" not in text(salon.browser().get(detail(appointment)))


@pytest.mark.parametrize("events", [1, 30])
def test_the_page_asks_the_same_few_queries_for_a_long_story(
    salon, now, events, django_assert_max_num_queries
):
    appointment = salon.book()
    browser = salon.browser()
    with scope.company(salon.company.pk):
        for _number in range(events):
            services.request_move(appointment, by=By.client(), now=now)

    with django_assert_max_num_queries(8):
        assert browser.get(detail(appointment)).status_code == 200


def test_sending_is_offered_to_those_who_may_while_the_appointment_is_open(salon, now):
    appointment = salon.book()
    address = f"/agendamentos/{appointment.pk}/enviar-confirmacao/"

    assert address in text(salon.browser(Role.RECEPTIONIST).get(detail(appointment)))
    assert address not in text(salon.browser(Role.PROFESSIONAL).get(detail(appointment)))
    with scope.company(salon.company.pk):
        services.cancel(appointment, by=By.client(), now=now)
    assert address not in text(salon.browser().get(detail(appointment)))


def test_names_are_text_wherever_they_stand(salon):
    evil = "<script>alert(1)</script>"
    client = another_client(salon, f"{evil} Souza", "+5531911112222")
    with scope.company(salon.company.pk):
        salon.bia.name = salon.cut.name = evil
        salon.bia.save()
        salon.cut.save()
    appointment = salon.book(client=client, notes=evil)
    browser = salon.browser()
    browser.post(f"{detail(appointment)}cancelar/", {"reason": evil})

    for path in (LIST, detail(appointment), f"/clientes/{client.pk}/", "/clientes/", "/servicos/"):
        page = text(browser.get(path))
        assert evil not in page and "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize(
    ("period", "days", "title"),
    [
        ({"de": "2026-11-24", "ate": "2026-11-25"}, [24, 25], "De ter, 24 nov a qua, 25 nov"),
        ({"de": "2026-11-25", "ate": "2026-11-24"}, [24, 25], "De ter, 24 nov a qua, 25 nov"),
        ({"de": "2026-11-25"}, [25, 26], "Desde qua, 25 nov"),
        ({"ate": "2026-11-24"}, [24], "Até ter, 24 nov"),
        ({"de": "amanhã", "ate": "2026-11-25"}, [24, 25], "Até qua, 25 nov"),
        ({"de": "amanhã", "ate": "\x00"}, [24], "Hoje, ter, 24 nov"),
        ({"de": "2026-11-26", "dia": "2026-11-24"}, [26], "Desde qui, 26 nov"),
    ],
)
def test_a_period_is_listed_by_day(salon, period, days, title):
    for hours in (3, 27, 51):
        salon.book(hours=hours)

    answer = salon.browser().get(LIST, period)

    assert [timezone.localdate(each.starts_at).day for each in answer.context["page"]] == days
    assert title in text(answer)
    assert len(answer.context["groups"]) == len(days)


def test_the_absences_of_a_month_are_a_list_of_their_own(salon, now):
    missed, cancelled = salon.book(hours=1), salon.book(hours=-20)
    with scope.company(salon.company.pk):
        services.mark_no_show(missed, by=By.atendo(), now=now)
        services.cancel(cancelled, by=By.atendo(), now=now)
    month = {"de": "2026-11-01", "ate": "2026-11-30"}

    listed = salon.browser().get(LIST, {"situacao": "faltou", **month})

    assert [each.pk for each in listed.context["page"]] == [missed.pk]
    assert [(chip.slug, count) for chip, count in listed.context["chips"]] == [
        ("cancelados", 1),
        ("faltou", 1),
    ]


def test_a_period_with_nothing_says_what_to_do(salon, barber):
    barber.book(hours=27)

    answer = salon.browser().get(LIST, {"de": "2026-11-25", "ate": "2026-11-30"})

    assert "Nenhum horário neste período." in text(answer)


@pytest.mark.parametrize("rows", [1, 60])
def test_a_period_asks_the_same_few_queries(salon, rows, django_assert_max_num_queries):
    for number in range(rows):
        salon.book(hours=number + 1)
    browser = salon.browser()

    with django_assert_max_num_queries(9):
        answer = browser.get(LIST, {"de": "2026-11-24"})

    assert len(answer.context["page"]) == min(rows, 50)
