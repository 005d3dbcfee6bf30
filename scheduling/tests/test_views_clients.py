import pytest

from scheduling.models import Client
from tenants import scope
from tenants.models import Role

LIST, NEW = "/clientes/", "/clientes/novo/"


def text(response) -> str:
    return response.content.decode()


def card(client) -> str:
    return f"/clientes/{client.pk}/"


def typed(**changes):
    return {"name": "José Ávila", "phone": "(31) 93333-4455", "notes": ""} | changes


def names(answer) -> list[str]:
    return [client.name for client in answer.context["page"]]


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("", ["Camila Prates", "José Ávila"]),
        ("avila", ["José Ávila"]),
        ("ÁVILA", ["José Ávila"]),
        ("4455", ["José Ávila"]),
        ("93333-4455", ["José Ávila"]),
        ("zzz", []),
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

    with django_assert_max_num_queries(5):
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
        ({"phone": "99999-1234"}, "Falta o DDD."),
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
    form = typed(name="Camila Prates Lima", phone="31 98765-1247", notes="Secador morno")

    answer = salon.browser().post(card(salon.camila), form, follow=True)

    camila = salon.fresh(salon.camila)
    assert (camila.name, camila.notes) == ("Camila Prates Lima", "Secador morno")
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

    page = text(browser.get(card(salon.camila)))

    assert page.index("Hoje, 12:00") < page.index("Dom, 22 nov, 09:00")
    assert "1 visita" in page


@pytest.mark.parametrize("visits", [1, 60])
def test_the_card_asks_the_same_few_queries(salon, visits, django_assert_max_num_queries):
    for number in range(visits):
        salon.book(hours=number + 1)
        salon.book(hours=-number - 2)
    browser = salon.browser()

    with django_assert_max_num_queries(10):
        answer = browser.get(card(salon.camila))

    assert len(answer.context["page"]) == min(visits, 20)


def test_notices_are_switched_off_and_on(salon, now):
    browser = salon.browser(Role.RECEPTIONIST)

    off = browser.post(f"{card(salon.camila)}avisos/", {"wanted": "no"}, follow=True)
    assert salon.fresh(salon.camila).opted_out_at == now
    on = browser.post(f"{card(salon.camila)}avisos/", {"wanted": "yes"}, follow=True)

    assert "Camila não quer avisos automáticos. Desde hoje, 09:00." in text(off)
    assert "Não enviar mais avisos" in text(on)
    assert salon.fresh(salon.camila).opted_out_at is None
    assert browser.get(f"{card(salon.camila)}avisos/").status_code == 405


@pytest.mark.parametrize("last", ["", "avisos/"])
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
