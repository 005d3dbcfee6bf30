import re
from datetime import timedelta

import pytest
from django.utils.html import strip_tags

from scheduling.models import Client, ConsentSource
from tenants import scope
from tenants.models import Role, SecurityEvent

LIST, NEW = "/clientes/", "/clientes/novo/"


def text(response) -> str:
    return response.content.decode()


def card(client) -> str:
    return f"/clientes/{client.pk}/"


def typed(**changes):
    return {"name": "José Ávila", "phone": "(31) 93333-4455", "notes": ""} | changes


def names(answer) -> list[str]:
    return [client.name for client in answer.context["rows"]]


def shown(answer) -> str:
    """What a person reads, in one line."""
    return re.sub(r"\s+", " ", strip_tags(text(answer)))


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("", ["Camila Prates", "José Ávila"]),
        ("avila", ["José Ávila"]),
        ("ÁVILA", ["José Ávila"]),
        ("4455", ["José Ávila"]),
        ("93333-4455", ["José Ávila"]),
        ("ávila jose", ["José Ávila"]),
        ("jo  av", ["José Ávila"]),
        ("jose prates", []),
        ("avila 455", ["José Ávila"]),
        ("55", []),
        ("455", ["José Ávila"]),
        ("(31) 3333-4455", ["José Ávila"]),
        ("4455a", []),
        ("zzz", []),
        ("   ", ["Camila Prates", "José Ávila"]),
        ("\x00", ["Camila Prates", "José Ávila"]),
        ("%", []),
    ],
)
def test_the_list_finds_names_without_accents_and_ends_of_phones(salon, barber, q, found):
    browser = salon.browser()
    browser.post(NEW, typed())

    answer = browser.get(LIST, {"q": q})

    assert names(answer) == found
    if not found:
        assert "Ninguém encontrado" in text(answer)


def test_an_empty_list_says_what_to_do(salon):
    with scope.company(salon.company.pk):
        salon.camila.delete()

    assert "Nenhum cliente ainda." in text(salon.browser().get(LIST))


@pytest.mark.parametrize("rows", [1, 60])
def test_the_list_asks_the_same_few_queries(salon, rows, django_assert_max_num_queries):
    with scope.company(salon.company.pk):
        for number in range(rows):
            Client.objects.create(name=f"Nome {number}", phone=f"+55319888{number:05d}")
    browser = salon.browser()

    with django_assert_max_num_queries(6):
        browser.get(LIST)


def test_a_thousand_clients_have_pages(salon):
    with scope.company(salon.company.pk):
        Client.objects.bulk_create(
            Client(name=f"N {n}", phone=f"+5531988{n:06d}", phone_key=str(n)) for n in range(999)
        )

    answer = salon.browser().get(LIST, {"page": 20})

    assert "951 a 1000 de 1000" in text(answer)


def test_a_new_client_is_stored_in_one_spelling(salon):
    answer = salon.browser(Role.RECEPTIONIST).post(NEW, typed(notes="Prefere de manhã"))

    with scope.company(salon.company.pk):
        jose = Client.objects.get(name="José Ávila")
    assert (jose.phone, jose.notes) == ("+5531933334455", "Prefere de manhã")
    assert answer.url == card(jose)


@pytest.mark.parametrize("phone", ["(31) 98765-1247", "31 8765-1247", "+55 31 98765 1247"])
def test_a_phone_that_is_taken_is_a_form_error(salon, phone):
    answer = salon.browser().post(NEW, typed(phone=phone))

    assert "Este celular já é de Camila Prates." in text(answer)
    assert 'value="José Ávila"' in text(answer)
    assert salon.count(Client) == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"phone": "99999-1234"}, "Falta o DDD. Se for daqui, escreva (31)\xa099999-1234."),
        ({"phone": "2999-123"}, "Falta"),
        ({"phone": ""}, "Este campo é obrigatório."),
        ({"name": ""}, "Este campo é obrigatório."),
        ({"name": "a" * 256}, "255"),
        ({"name": "a\x00b"}, "nulo"),
    ],
)
def test_wrong_input_gets_a_sentence(salon, changes, sentence):
    answer = salon.browser().post(NEW, typed(**changes))

    assert answer.status_code == 200
    assert sentence in text(answer)
    assert salon.count(Client) == 1


def test_two_people_who_save_the_same_phone_at_once_get_a_form_error(salon, monkeypatch):
    monkeypatch.setattr(
        "scheduling.forms.clients.ClientForm.clean_phone", lambda form: form.cleaned_data["phone"]
    )

    answer = salon.browser().post(NEW, typed(phone="(31) 98765-1247"))

    assert "Já existe um cliente com este celular." in text(answer)
    assert salon.count(Client) == 1


def test_the_card_changes_the_client(salon):
    form = typed(name=" Camila  Prates Lima", phone="31 98765-1248")

    answer = salon.browser().post(card(salon.camila), form, follow=True)

    camila = salon.fresh(salon.camila)
    assert (camila.name, camila.phone) == ("Camila Prates Lima", "+5531987651248")
    assert "Dados de Camila Prates Lima salvos." in text(answer)


def test_a_card_that_was_not_saved_keeps_the_stored_name_above_and_the_typed_one_below(salon):
    answer = salon.browser().post(card(salon.camila), typed(phone="12"))

    page = text(answer)
    assert '<h1 id="titulo">Camila Prates</h1>' in page
    assert 'value="José Ávila"' in page and 'value="12"' in page


def test_the_card_shows_what_is_ahead_and_what_has_been(salon):
    salon.book()
    past = salon.book(hours=-48)
    browser = salon.browser()
    browser.post(f"/agendamentos/{past.pk}/atendido/")

    page = shown(browser.get(card(salon.camila)))

    assert page.index("Hoje, 12:00") < page.index("Dom, 22 nov, 09:00")
    assert "1 visita · última: dom, 22 nov · próximo: hoje, 12:00, Corte com Bia" in page


@pytest.mark.parametrize("visits", [1, 60])
def test_the_card_asks_the_same_few_queries(salon, visits, django_assert_max_num_queries):
    for number in range(visits):
        salon.book(hours=number + 1)
        salon.book(hours=-number - 2)
    browser = salon.browser()

    with django_assert_max_num_queries(11):
        answer = browser.get(card(salon.camila))

    assert len(answer.context["page"]) == min(visits, 20)


def test_notices_are_switched_off_and_on(salon, now):
    browser = salon.browser(Role.RECEPTIONIST)

    off = browser.post(f"{card(salon.camila)}avisos/", {"wanted": "no"}, follow=True)
    assert salon.fresh(salon.camila).opted_out_at == now
    on = browser.post(f"{card(salon.camila)}avisos/", {"wanted": "yes"}, follow=True)

    assert "Camila não quer avisos automáticos. Desde hoje, 09:00. Anotado pela" in shown(off)
    assert "Não enviar mais avisos" in text(on)
    assert salon.fresh(salon.camila).opted_out_at is None
    assert browser.get(f"{card(salon.camila)}avisos/").status_code == 405


@pytest.mark.parametrize("last", ["", "avisos/", "notas/", "consentimento/"])
def test_the_rivals_client_answers_like_an_unknown_one(salon, barber, last):
    browser = salon.browser()

    known, unknown = (
        browser.post(f"/clientes/{pk}/{last}", typed()) for pk in (barber.camila.pk, 987654321)
    )

    assert known.status_code == unknown.status_code == 404
    assert known.content == unknown.content
    assert barber.fresh(barber.camila).name == "Camila Prates"
    assert barber.fresh(barber.camila).opted_out_at is None


def test_who_may_see_the_clients(salon, client):
    for path in (LIST, NEW, card(salon.camila)):
        assert salon.browser(Role.PROFESSIONAL).get(path).status_code == 403
        assert client.get(path).url == f"/entrar/?next={path}"
        for role in (Role.OWNER, Role.MANAGER, Role.RECEPTIONIST):
            assert salon.browser(role).get(path).status_code == 200


def test_a_filter_leaves_who_it_says_and_every_chip_says_how_many(salon, barber, now):
    with scope.company(salon.company.pk):
        bruno = Client.objects.create(name="Bruno", phone="+5531988001122", opted_out_at=now)
        carla = Client.objects.create(name="Carla", phone="+5531988001133")
    for hours in (-24, -48):
        past = salon.book(hours=hours, client=bruno)
        salon.browser().post(f"/agendamentos/{past.pk}/faltou/")
    salon.book(client=carla)
    browser = salon.browser()

    found = {
        slug: names(browser.get(LIST, {"filtro": slug}))
        for slug in ("", "sem-avisos", "com-faltas", "sem-horario", "nenhum")
    }
    page = shown(browser.get(LIST, {"q": "bruno"}))

    everybody = ["Bruno", "Camila Prates", "Carla"]
    assert found == {
        "": everybody,
        "sem-avisos": ["Bruno"],
        "com-faltas": ["Bruno"],
        "sem-horario": ["Bruno", "Camila Prates"],
        "nenhum": everybody,
    }
    assert "Todos 1 Sem avisos 1 Com faltas 1 Sem horário marcado 1" in page


def test_a_row_says_what_is_next_or_what_was_last(salon):
    salon.book(hours=5)
    salon.book(hours=26)
    past = salon.book(hours=-48)
    salon.browser().post(f"/agendamentos/{past.pk}/atendido/")

    first = shown(salon.browser().get(LIST))
    with scope.company(salon.company.pk):
        salon.camila.appointments.filter(starts_at__gt=salon.now).update(status="cancelled")
    second = shown(salon.browser().get(LIST))

    assert "Próximo: hoje, 14:00" in first
    assert "Última visita: dom, 22 nov, 09:00" in second


def test_while_one_types_the_list_alone_comes_back(salon):
    answer = salon.browser().get(LIST, {"q": "cam"}, headers={"HX-Request": "true"})

    assert text(answer).lstrip().startswith('<div class="at-stack" id="lista">')
    assert "1 cliente encontrado." in text(answer)
    assert "HX-Request" in answer["Vary"]


def test_five_thousand_clients_are_found_in_a_moment(salon, django_assert_max_num_queries):
    with scope.company(salon.company.pk):
        Client.objects.bulk_create(
            Client(name=f"Nome {n}", phone=f"+5531988{n:06d}", phone_key=f"553188{n:06d}")
            for n in range(5000)
        )
    browser = salon.browser()

    with django_assert_max_num_queries(6):
        answer = browser.get(LIST, {"q": "nome 04999", "filtro": "sem-horario"})

    assert names(answer) == ["Nome 4999"]


def test_the_file_holds_what_the_filter_leaves_and_stands_in_the_log(salon, barber, now):
    with scope.company(salon.company.pk):
        Client.objects.create(
            name="=cmd|' /C calc'!A0", phone="+351912345678", notes="Linha 1\nLinha 2; e mais"
        )
    browser = salon.browser(Role.MANAGER)

    whole = b"".join(browser.post(f"{LIST}exportar/")).decode()
    narrowed = b"".join(browser.post(f"{LIST}exportar/", {"q": "camila"})).decode()

    assert whole.startswith("\ufeffNome;Celular;Notas;Recebe avisos;")
    assert "\r\n'=cmd|' /C calc'!A0;'+351 912 345 678;\"Linha 1\nLinha 2; e mais\";Sim;" in whole
    assert narrowed.count("\r\n") == 2 and "Camila Prates;(31)\xa098765-1247;;Sim;;;" in narrowed
    with scope.company(salon.company.pk):
        events = SecurityEvent.objects.filter(kind="clients_exported").order_by("pk")
        assert [(event.data, event.actor_id) for event in events] == [
            ({"rows": rows}, salon.members[Role.MANAGER].user_id) for rows in (2, 1)
        ]
    with scope.company(barber.company.pk):
        assert not SecurityEvent.objects.filter(kind="clients_exported").exists()


def test_who_may_take_the_file(salon):
    for role in (Role.RECEPTIONIST, Role.PROFESSIONAL):
        assert salon.browser(role).post(f"{LIST}exportar/").status_code == 403
    assert salon.browser().get(f"{LIST}exportar/").status_code == 405
    assert "em planilha" not in text(salon.browser(Role.RECEPTIONIST).get(LIST))


def test_somebody_of_the_same_name_is_asked_about_once(salon, barber):
    form = typed(name="camila  PRATES")
    browser = salon.browser()

    asked = browser.post(NEW, form)
    assert salon.count(Client) == 1
    browser.post(NEW, {**form, "same_name": "on"})

    page = shown(asked)
    assert "Já existe Camila Prates, (31) 98765-1247. É a mesma pessoa?" in page
    assert "Cadastrar mesmo assim" in page
    assert f'href="{card(salon.camila)}"' in text(asked)
    assert 'value="camila  PRATES"' in text(asked)
    assert salon.count(Client) == 2


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"phone": "31 8765 1247"}, "(31) 98765-1247 já é de Camila Prates."),
        ({"name": "camila prátes"}, "Já existe Camila Prates, (31) 98765-1247."),
        ({"name": "Camila Prates", "phone": "31 8765 1247"}, "já é de Camila Prates."),
        ({"name": "Camila"}, ""),
        ({"name": "\x00", "phone": "98765-1247"}, ""),
        ({}, ""),
    ],
)
def test_while_one_types_the_page_says_who_that_is_already(salon, barber, asked, said):
    answer = salon.browser().get(f"{LIST}parecidos/", asked)

    assert said in shown(answer)
    assert text(answer).count("Abrir o cadastro") == bool(said)


def test_the_card_of_a_taken_phone_leads_to_its_owner(salon):
    with scope.company(salon.company.pk):
        other = Client.objects.create(name="Bruno", phone="+5531988001122")

    answer = salon.browser().post(card(other), typed(phone="31 98765-1247"))

    assert "Abrir o cadastro de Camila Prates" in text(answer)
    assert salon.fresh(other).phone == "+5531988001122"


def test_notes_are_saved_alone_and_kept_when_refused(salon):
    browser = salon.browser(Role.RECEPTIONIST)

    browser.post(f"{card(salon.camila)}notas/", {"notes": "Secador morno"})
    refused = browser.post(f"{card(salon.camila)}notas/", {"notes": "a" * 4001})

    camila = salon.fresh(salon.camila)
    assert (camila.notes, camila.name) == ("Secador morno", "Camila Prates")
    assert "a" * 4001 in text(refused) and "4000" in text(refused)


def test_consent_is_noted_with_the_new_client_or_on_the_card_and_taken_back(salon, now):
    browser = salon.browser(Role.RECEPTIONIST)
    browser.post(NEW, typed(consent="on"))
    browser.post(f"{card(salon.camila)}consentimento/", {"given": "yes"})
    noted = [salon.fresh(salon.camila)]
    with scope.company(salon.company.pk):
        noted.append(Client.objects.get(name="José Ávila"))
    page = shown(browser.get(card(salon.camila)))
    browser.post(f"{card(salon.camila)}consentimento/", {"given": "no"})

    who = salon.members[Role.RECEPTIONIST].user_id
    assert [
        (each.notices_consent_at, each.notices_consent_from, each.notices_consent_by_id)
        for each in noted
    ] == [(now, ConsentSource.PERSON, who)] * 2
    assert "Aceitou receber avisos: hoje, 09:00. Anotado por Renata Aguiar." in page
    assert salon.fresh(salon.camila).notices_consent_at is None


def test_the_card_counts_what_a_client_is_like(salon):
    for days in (-61, -31, -1):
        visit = salon.book(hours=24 * days, now=salon.now - timedelta(days=100))
        salon.browser().post(f"/agendamentos/{visit.pk}/atendido/")
    missed = salon.book(hours=-24 * 40, now=salon.now - timedelta(days=100))
    salon.browser().post(f"/agendamentos/{missed.pk}/faltou/")

    page = shown(salon.browser().get(card(salon.camila)))

    assert "R$ 85 por visita, em média" in page
    assert "30 dias entre visitas, em média" in page
    assert "1 falta em 12 meses" in page
    assert "Bia atendeu 3 de 3 visitas" in page


def test_without_clients_no_area_code_is_guessed(salon, barber):
    with scope.company(salon.company.pk):
        salon.camila.delete()

    page = text(salon.browser().post(NEW, typed(phone="99999-1234")))

    assert "Falta o DDD. Escreva como (11) 98765-4321." in page
