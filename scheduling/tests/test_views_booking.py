from datetime import timedelta

import pytest

from scheduling import services
from scheduling.events import By
from scheduling.models import (
    Absence,
    Appointment,
    Client,
    Professional,
    ProfessionalService,
    Service,
    WorkingHours,
)
from tenants import scope
from tenants.models import Role

NEW = "/agendamentos/novo/"


def text(response) -> str:
    return response.content.decode()


def typed(shop, **changes):
    """What a receptionist sends to book Camila with Bia tomorrow, Wednesday, at 16:30."""
    form = {
        "q": "",
        "client": shop.camila.pk,
        "new_name": "",
        "new_phone": "",
        "service": shop.cut.pk,
        "professional": shop.bia.pk,
        "day": "2026-11-25",
        "time": "16:30",
        "notes": "",
    }
    return form | changes


def new_client(shop, name="José Ávila", phone="(31) 93333-4455", **changes):
    return typed(shop, client="", new_name=name, new_phone=phone, **changes)


def works(shop, professional, *hours):
    """Give somebody hours on Wednesdays."""
    with scope.company(shop.company.pk):
        for span in hours:
            starts, ends = span.split("-")
            WorkingHours.objects.create(
                professional=professional, weekday=2, starts=starts, ends=ends
            )


def only_appointment(shop) -> Appointment:
    with scope.company(shop.company.pk):
        return Appointment.objects.with_people().get()


@pytest.mark.parametrize("role", [Role.OWNER, Role.MANAGER, Role.RECEPTIONIST])
def test_a_known_client_is_booked_in_the_company_zone(salon, role):
    answer = salon.browser(role).post(NEW, typed(salon, notes="Traz a filha"), follow=True)

    booked = only_appointment(salon)
    assert answer.redirect_chain == [(f"/agendamentos/{booked.pk}/", 302)]
    assert (booked.client, booked.professional, booked.service) == (
        salon.camila,
        salon.bia,
        salon.cut,
    )
    assert f"{booked.starts_at:%d %H:%M}" == "25 19:30"
    assert f"{booked.ends_at:%H:%M}" == "20:10"
    assert booked.notes == "Traz a filha"
    assert "Horário de Camila marcado: amanhã, 16:30." in text(answer)


@pytest.mark.parametrize(
    "phone", ["31 93333 4455", "+55 31 93333-4455", "0 31 9 3333-4455", "031933334455"]
)
def test_a_new_client_is_made_with_the_appointment(salon, phone):
    salon.browser().post(NEW, new_client(salon, phone=phone))

    booked = only_appointment(salon)
    assert (booked.client.name, booked.client.phone) == ("José Ávila", "+5531933334455")


@pytest.mark.parametrize("phone", ["(31) 98765-1247", "31 8765-1247", "+5531987651247"])
def test_a_phone_that_is_known_finds_its_client_and_says_so(salon, phone):
    answer = salon.browser().post(NEW, new_client(salon, "Camila P.", phone), follow=True)

    assert only_appointment(salon).client == salon.camila
    assert salon.count(Client) == 1
    assert "Este celular já era de Camila Prates" in text(answer)


def test_the_same_phone_at_the_rival_is_another_client(salon, barber):
    salon.browser().post(NEW, new_client(salon, "Camila", "(31) 98765-1247"))

    assert only_appointment(salon).client == salon.camila
    assert barber.count(Appointment) == 0


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"client": ""}, "Busque e escolha um cliente, ou cadastre um novo."),
        ({"client": "987654321"}, "Escolha um cliente da lista."),
        ({"client": "abc"}, "Escolha um cliente da lista."),
        ({"client": "1\x00"}, "nulos"),
        ({"new_name": "Ana"}, "Você escolheu Camila Prates e também preencheu um cliente novo."),
        ({"client": "", "new_name": "Ana"}, "Escreva o celular do cliente, com DDD."),
        ({"client": "", "new_phone": "31933334455"}, "Escreva o nome do cliente."),
        ({"client": "", "new_name": "Ana", "new_phone": "9333-4455"}, "Falta o DDD."),
        (
            {"client": "", "new_name": "Ana", "new_phone": "(20) 93333-4455"},
            "Este DDD não existe.",
        ),
        ({"client": "", "new_name": "Ana", "new_phone": "celular"}, "Escreva só os números"),
        ({"service": ""}, "Escolha o serviço."),
        ({"service": "987654321"}, "Escolha um serviço da lista."),
        ({"professional": ""}, "Escolha quem atende."),
        ({"professional": "987654321"}, "Escolha um profissional da lista."),
        ({"day": "25/13/2026"}, "Escreva o dia como 24/11/2026."),
        ({"day": "9999-12-31"}, "Escolha um dia nos próximos dois anos."),
        ({"time": "tarde"}, "Escreva a hora como 16:30."),
        ({"day": "2026-11-24", "time": "08:00"}, "Este horário já passou."),
        ({"notes": "a" * 2001}, "2000"),
    ],
)
def test_wrong_input_gets_a_sentence_and_keeps_what_was_typed(salon, changes, sentence):
    form = typed(salon, **changes)

    answer = salon.browser().post(NEW, form)

    assert answer.status_code == 200
    assert sentence in text(answer)
    assert salon.count(Appointment) == 0
    assert salon.count(Client) == 1
    for name in ("new_name", "day", "time", "notes"):
        assert form[name] in text(answer)


def test_a_new_client_that_was_typed_stays_typed_when_the_time_is_taken(salon):
    salon.book(hours=31.5)  # tomorrow, 16:30

    answer = salon.browser().post(NEW, new_client(salon))

    page = text(answer)
    assert "Este horário já está ocupado. Perto dele: 15:40, 15:50, 17:10." in page
    assert "José Ávila" in page and "(31) 93333-4455" in page
    assert salon.count(Appointment) == 1
    assert salon.count(Client) == 1


@pytest.mark.parametrize(
    ("hours", "free"),
    [
        (["16:30-17:10"], "Este horário já está ocupado."),
        (["16:30-18:00"], "Este horário já está ocupado. Perto dele: 17:10, 17:20."),
    ],
)
def test_what_is_free_nearby_respects_the_hours(salon, hours, free):
    works(salon, salon.bia, *hours)
    salon.book(hours=31.5)

    answer = salon.browser().post(NEW, typed(salon))

    assert f"<strong>{free}</strong>" in text(answer) or f">{free}<" in text(answer)


def test_a_cancelled_appointment_frees_the_time(salon):
    booked = salon.book(hours=31.5)
    browser = salon.browser()
    browser.post(f"/agendamentos/{booked.pk}/cancelar/", {"reason": ""})

    browser.post(NEW, typed(salon))

    assert salon.count(Appointment) == 2


def test_two_professionals_work_at_the_same_time(salon):
    salon.book(hours=31.5)

    salon.browser().post(NEW, typed(salon, professional=salon.denise.pk))

    assert salon.count(Appointment) == 2


@pytest.mark.parametrize(
    ("hours", "sentence"),
    [
        (
            ["09:00-12:00", "13:00-16:00"],
            "Fora do horário de Bia (quarta, das 09:00 às 12:00 e das 13:00 às 16:00).",
        ),
        (["09:00-16:59"], "Fora do horário de Bia (quarta, das 09:00 às 16:59)."),
    ],
)
def test_outside_the_hours_needs_a_second_yes(salon, hours, sentence):
    works(salon, salon.bia, *hours)
    browser = salon.browser()

    first = browser.post(NEW, typed(salon))
    assert salon.count(Appointment) == 0
    second = browser.post(NEW, typed(salon, anyway="on"))

    assert sentence in text(first) and "Marcar mesmo assim" in text(first)
    assert second.status_code == 302
    assert salon.count(Appointment) == 1


def test_a_day_off_is_said(salon):
    works(salon, salon.bia, "09:00-18:00")

    answer = salon.browser().post(NEW, typed(salon, day="2026-11-26"))

    assert "Bia não atende neste dia da semana (quinta)." in text(answer)


def test_hours_that_touch_count_as_one(salon):
    works(salon, salon.bia, "09:00-16:45", "16:45-18:00")

    assert salon.browser().post(NEW, typed(salon)).status_code == 302


def test_without_any_hours_every_time_can_be_booked(salon):
    assert "Marcar mesmo assim" not in text(salon.browser().get(NEW))
    assert salon.browser().post(NEW, typed(salon)).status_code == 302


@pytest.mark.parametrize("name", ["client", "service", "professional"])
def test_the_rivals_rows_are_no_choice_and_answer_like_unknown_ids(salon, barber, name):
    theirs = {"client": barber.camila, "service": barber.cut, "professional": barber.bia}[name].pk
    browser = salon.browser()

    known, unknown = (
        text(browser.post(NEW, typed(salon, **{name: pk}))) for pk in (theirs, 987654321)
    )

    assert "da lista." in known
    assert masked(known) == masked(unknown)
    assert salon.count(Appointment) == barber.count(Appointment) == 0


def masked(page) -> str:
    return "\n".join(line for line in page.splitlines() if "csrf" not in line.lower())


def test_what_is_not_in_use_is_not_offered(salon):
    with scope.company(salon.company.pk):
        salon.denise.is_active = False
        salon.denise.save()
        Service.objects.create(name="Luzes", is_active=False)
    page = text(salon.browser().get(NEW))

    assert "Bia" in page and "Denise" not in page
    assert "40 min · R$\N{NO-BREAK SPACE}85" in page and "Luzes" not in page


def test_many_services_and_professionals_are_chosen_from_lists(salon):
    with scope.company(salon.company.pk):
        for number in range(8):
            Service.objects.create(name=f"Serviço {number}")
            Professional.objects.create(name=f"Pessoa {number}")
    page = text(salon.browser().get(NEW, {"profissional": salon.denise.pk}))

    assert "Corte · 40 min · R$\N{NO-BREAK SPACE}85</option>" in page
    assert f'<option value="{salon.denise.pk}" selected>Denise</option>' in page


def test_a_new_company_is_told_what_to_make_first(salon):
    with scope.company(salon.company.pk):
        Professional.objects.all().delete()
        Service.objects.all().delete()

    owner, reception = (salon.browser(role).get(NEW) for role in (Role.OWNER, Role.RECEPTIONIST))

    assert "Cadastrar o primeiro serviço" in text(owner)
    assert "Cadastrar o primeiro profissional" in text(owner)
    assert "Ainda não há um serviço em uso." in text(reception)
    assert "/servicos/novo/" not in text(reception)


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("1247", ["Camila Prates"]),
        ("camila", ["Camila Prates"]),
        ("AVILA", ["José Ávila"]),
        ("a", ["Camila Prates", "José Ávila"]),
        ("zzz", []),
        ("", []),
        ("\x00", []),
    ],
)
def test_the_search_for_clients_works_with_and_without_a_script(salon, barber, q, found):
    with scope.company(salon.company.pk):
        Client.objects.create(name="José Ávila", phone="+5531933334455")
    browser = salon.browser()

    part = browser.get(f"{NEW}clientes/", {"q": q})
    page = browser.post(NEW, new_client(salon, "Meia", "31", q=q, search="1", time="25:00"))

    for answer in (part, page):
        assert [client.name for client in answer.context["options"].rows] == found
    assert "<html" not in text(part)
    assert page.status_code == 200
    assert 'value="Meia"' in text(page) and 'value="25:00"' in text(page)
    assert "is-invalid" not in text(page)
    assert salon.count(Appointment) == 0


def test_the_chosen_client_stays_in_the_list_of_another_search(salon):
    with scope.company(salon.company.pk):
        Client.objects.create(name="José Ávila", phone="+5531933334455")

    part = salon.browser().get(f"{NEW}clientes/", {"q": "jose", "client": salon.camila.pk})

    assert [client.name for client in part.context["options"].rows] == [
        "Camila Prates",
        "José Ávila",
    ]
    assert part.context["options"].chosen == salon.camila.pk


@pytest.mark.parametrize("client", ["x", "9" * 30, "\x00", "-1", "²"])
def test_a_chosen_client_that_is_none_is_left_out(salon, client):
    part = salon.browser().get(f"{NEW}clientes/", {"q": "", "client": client})

    assert (part.status_code, part.context["options"].rows) == (200, [])


def test_the_rivals_client_cannot_be_looked_up(salon, barber):
    with scope.company(barber.company.pk):
        theirs = Client.objects.create(name="Segredo", phone="+5531933334455")
    browser = salon.browser()

    part = browser.get(f"{NEW}clientes/", {"q": "segredo", "client": theirs.pk})
    page = browser.get(NEW, {"cliente": theirs.pk})

    assert part.context["options"].rows == []
    assert "Segredo" not in text(page)


def test_many_clients_show_the_first_and_say_how_many(salon):
    with scope.company(salon.company.pk):
        for number in range(30):
            Client.objects.create(name=f"Maria {number:02d}", phone=f"+55319444{number:05d}")

    part = salon.browser().get(f"{NEW}clientes/", {"q": "maria"})

    assert len(part.context["options"].rows) == 8
    assert "30 pessoas encontradas" in text(part)


def test_the_address_fills_the_form(salon):
    query = {"dia": "2026-12-01", "hora": "10:00", "cliente": salon.camila.pk}

    page = text(salon.browser().get(NEW, query | {"profissional": salon.denise.pk}))

    assert 'value="2026-12-01"' in page and 'value="10:00"' in page
    assert f'value="{salon.camila.pk}" checked' in page
    assert f'name="professional" value="{salon.denise.pk}" checked' in page


def test_a_professional_and_a_stranger_do_not_book(salon, client):
    assert salon.browser(Role.PROFESSIONAL).get(NEW).status_code == 403
    assert salon.browser(Role.PROFESSIONAL).post(NEW, typed(salon)).status_code == 403
    assert salon.browser(Role.PROFESSIONAL).get(f"{NEW}clientes/").status_code == 403
    assert client.post(NEW, typed(salon)).status_code == 302
    assert salon.count(Appointment) == 0


def test_the_page_asks_few_queries(salon, django_assert_max_num_queries):
    browser = salon.browser()

    with django_assert_max_num_queries(9):
        browser.get(NEW)


@pytest.mark.parametrize("chosen", ["", "x", "0", "9" * 20, "9" * 5000, "\x00"])
def test_a_chosen_client_that_is_none_only_leaves_the_search(salon, chosen):
    answer = salon.browser().get(f"{NEW}clientes/", {"q": "camila", "client": chosen})

    assert answer.status_code == 200
    assert "Camila" in text(answer)


# Free times, own terms, buffers ------------------------------------------------------------------


def own_terms(shop, professional, **terms):
    with scope.company(shop.company.pk):
        ProfessionalService.objects.create(professional=professional, service=shop.cut, **terms)


def shows(shop, **changes):
    return shop.browser().post(NEW, typed(shop, **{"show": "1", **changes})).context["form"]


def offered(form) -> list[str]:
    return [time.clock for part in form.parts for time in [*part.times, *part.more]]


def test_free_times_are_shown_and_nothing_is_booked(salon, barber):
    works(salon, salon.bia, "14:00-16:00")
    barber.book(hours=30)

    form = shows(salon, time="")

    assert sorted(offered(form))[:3] == ["14:00", "14:10", "14:20"]
    assert max(offered(form)) == "15:20"
    assert salon.count(Appointment) == 0


def test_many_times_are_shown_round_ones_first(salon):
    form = shows(salon, time="10:10")
    morning = form.parts[0]

    assert [time.clock for time in morning.times][:4] == ["08:00", "08:30", "09:00", "09:30"]
    assert "10:10" in [time.clock for time in morning.times]
    assert "08:10" in [time.clock for time in morning.more]


def test_a_button_shows_another_day_and_keeps_the_rest(salon):
    form = shows(salon, show="2026-11-27", notes="Traz a filha", time="16:30")

    assert (form.shown_day.isoformat(), form.clock) == ("2026-11-27", None)
    assert form["notes"].value() == "Traz a filha"


def test_the_soonest_time_is_one_touch_away(salon):
    browser = salon.browser()

    page = text(browser.post(NEW, typed(salon, show="1")))
    assert "Mais cedo:" in page and 'value="2026-11-24T09:10"' in page
    form = browser.post(NEW, typed(salon, show="2026-11-24T09:10")).context["form"]

    assert f"{form.start:%d %H:%M}" == "24 09:10"
    assert form.about_time == "Marcar hoje, 09:10"


def test_anybody_is_the_first_who_is_free(salon):
    salon.book(hours=31.5)

    salon.browser().post(NEW, typed(salon, professional="qualquer"))

    with scope.company(salon.company.pk):
        assert Appointment.objects.latest("id").professional == salon.denise


def test_anybody_is_refused_when_nobody_is_free(salon):
    for professional in (salon.bia, salon.denise):
        salon.book(hours=31.5, professional=professional)
    browser = salon.browser()

    refused = browser.post(NEW, typed(salon, professional="qualquer"))
    forced = browser.post(NEW, typed(salon, professional="qualquer", anyway="on"))

    assert "Ninguém está livre nesta hora. Perto dele: 15:40, 15:50, 17:10." in text(refused)
    assert "Escolha quem atende neste horário." in text(forced)
    assert salon.count(Appointment) == 2


def test_a_booking_has_the_professionals_own_length_and_price(salon):
    own_terms(salon, salon.bia, duration_minutes=60, price=120)

    page = text(salon.browser().post(NEW, typed(salon, show="1")))
    salon.browser().post(NEW, typed(salon))

    assert "1 h · R$\xa0120" in page
    booked = only_appointment(salon)
    assert (f"{booked.ends_at:%H:%M}", booked.price) == ("20:30", 120)


def test_who_does_not_do_the_service_is_not_offered_nor_booked(salon):
    own_terms(salon, salon.bia, is_offered=False)
    browser = salon.browser()

    shown_page = browser.post(NEW, typed(salon, show="1"))
    refused = browser.post(NEW, typed(salon))

    assert list(shown_page.context["form"].fields["professional"].rows) == [salon.denise.pk]
    assert "Bia não faz este serviço." in text(shown_page)
    assert "Bia não faz este serviço." in text(refused)
    assert salon.count(Appointment) == 0


def test_anybody_stays_chosen_where_only_one_does_the_service(salon):
    own_terms(salon, salon.bia, is_offered=False)

    salon.browser().post(NEW, typed(salon, professional="qualquer"))

    assert only_appointment(salon).professional == salon.denise


@pytest.mark.parametrize(
    ("absence", "sentence"),
    [
        ({"reason": "Feriado"}, "A empresa está fechada neste horário (Feriado)."),
        ({"own": True, "reason": "Férias"}, "Bia está ausente neste horário (Férias)."),
        ({"own": True}, "Bia está ausente neste horário."),
    ],
)
def test_an_absence_needs_a_second_yes(salon, absence, sentence):
    with scope.company(salon.company.pk):
        Absence.objects.create(
            professional=salon.bia if absence.get("own") else None,
            starts_at=salon.now + timedelta(hours=31),
            ends_at=salon.now + timedelta(hours=33),
            reason=absence.get("reason", ""),
        )
    browser = salon.browser()

    first = browser.post(NEW, typed(salon))
    assert salon.count(Appointment) == 0
    browser.post(NEW, typed(salon, anyway="on"))

    assert sentence in text(first)
    assert salon.count(Appointment) == 1


def test_a_buffer_needs_a_second_yes_and_an_overlap_is_refused_all_the_same(salon):
    booked = salon.book(hours=31.5)
    with scope.company(salon.company.pk):
        Appointment.objects.filter(pk=booked.pk).update(buffer_after_minutes=15)
    browser = salon.browser()

    advised = browser.post(NEW, typed(salon, time="17:10"))
    taken = browser.post(NEW, typed(salon, time="16:50", anyway="on"))
    browser.post(NEW, typed(salon, time="17:10", anyway="on"))

    assert "Fica em cima do tempo de preparação ou de arrumação" in text(advised)
    assert "Este horário já está ocupado." in text(taken)
    assert salon.count(Appointment) == 2


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"time": "outro", "other_time": "16:40"}, ""),
        ({"time": "", "other_time": "16:40"}, ""),
        ({"time": "16:30", "other_time": "16:40"}, "Você escolheu 16:30 e também escreveu 16:40."),
        ({"time": "outro", "other_time": ""}, "Escolha a hora."),
        ({"time": "outro", "other_time": "tarde"}, "Escreva a hora como 16:30."),
    ],
)
def test_an_hour_is_picked_or_typed(salon, given, sentence):
    answer = salon.browser().post(NEW, typed(salon, **given))

    assert (answer.status_code == 302) is (not sentence)
    if sentence:
        assert sentence in text(answer)
    else:
        assert f"{only_appointment(salon).starts_at:%H:%M}" == "19:40"


def test_what_is_known_of_the_client_stands_beside(salon, now):
    missed, been = salon.book(hours=-48), salon.book(hours=-72)
    with scope.company(salon.company.pk):
        services.mark_no_show(missed, by=By.atendo(), now=now)
        services.mark_completed(been, by=By.atendo(), now=now)
        services.opt_out(salon.camila, now=now)

    page = text(salon.browser().get(NEW, {"cliente": salon.camila.pk}))

    assert "<b>1 visita</b>" in page
    assert "1 falta nos últimos 12 meses." in page
    assert "Não quer avisos automáticos." in page


@pytest.mark.parametrize("count", [1, 30])
def test_the_page_with_times_asks_the_same_few_queries(
    salon, count, django_assert_max_num_queries
):
    with scope.company(salon.company.pk):
        Professional.objects.bulk_create(Professional(name=f"Nome {n}") for n in range(count))
    for number in range(count):
        salon.book(hours=24 + number)
    browser = salon.browser()

    with django_assert_max_num_queries(12):
        browser.post(NEW, typed(salon, show="1", q="camila"))
