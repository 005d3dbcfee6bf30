"""Serviços, and what its pages share with Profissionais."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scheduling import doers
from scheduling.forms.fields import PHONE_PROBLEMS, plain_number
from scheduling.models import Absence, Professional, ProfessionalService, Service, WorkingHours
from scheduling.phone import Problem
from tenants import scope
from tenants.models import Role

PAGES = [
    "/profissionais/",
    "/profissionais/novo/",
    "/profissionais/ausencias/",
    "/profissionais/ausencias/nova/",
    "/servicos/",
    "/servicos/novo/",
]


def text(response) -> str:
    return response.content.decode()


def service(**changes):
    form = {"name": "Escova", "duration_minutes": "50", "price": "85,00"}
    return form | changes


def test_every_problem_of_a_phone_has_a_sentence():
    assert set(PHONE_PROBLEMS) == set(Problem.__args__)


@pytest.mark.parametrize("path", PAGES)
def test_who_may_manage(salon, client, path):
    assert client.get(path).url == f"/entrar/?next={path}"
    assert [salon.browser(role).get(path).status_code for role in Role.values] == [
        200 if role in {Role.OWNER, Role.MANAGER} else 403 for role in Role.values
    ]


@pytest.mark.parametrize(
    "path",
    [
        "/profissionais/{bia}/",
        "/profissionais/{bia}/horarios/",
        "/profissionais/{bia}/servicos/",
        "/profissionais/{bia}/arquivar/",
        "/servicos/{cut}/",
        "/servicos/{cut}/quem-faz/",
        "/servicos/{cut}/arquivar/",
    ],
)
def test_the_rivals_rows_answer_like_unknown_ids(salon, barber, path):
    browser = salon.browser()
    theirs = path.format(bia=barber.bia.pk, cut=barber.cut.pk)
    unknown = path.format(bia=987654321, cut=987654321)

    for method in (browser.get, browser.post):
        known, nobody = method(theirs), method(unknown)
        assert known.status_code == nobody.status_code in {404, 405}
        assert known.content == nobody.content
    assert known.status_code == 404


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("85,00", Decimal(85)),
        ("85", Decimal(85)),
        ("85.50", Decimal("85.50")),
        ("R$ 1.200,50", Decimal("1200.50")),
        ("1.200", Decimal(1200)),
        (" R$85 ", Decimal(85)),
        ("0", Decimal(0)),
        ("", None),
    ],
)
def test_prices_as_people_type_them(salon, typed, stored):
    answer = salon.browser().post("/servicos/novo/", service(price=typed))

    assert answer.status_code == 302
    with scope.company(salon.company.pk):
        assert Service.objects.get(name="Escova").price == stored


@pytest.mark.parametrize(
    ("typed", "plain"), [("1.234.567,8", "1234567.8"), ("12.5", "12.5"), ("abc", "abc")]
)
def test_amounts_are_read_without_guessing(typed, plain):
    assert plain_number(typed) == plain


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"price": "caro"}, "Escreva o preço como 85,00."),
        ({"price": "NaN"}, "Escreva o preço como 85,00."),
        ({"price": "-1"}, "O preço não pode ser negativo."),
        ({"price": "85,005"}, "duas casas"),
        ({"price": "9999999999"}, "números demais"),
        ({"duration_minutes": "4"}, "Pelo menos 5 minutos."),
        ({"duration_minutes": "721"}, "No máximo 12 horas (720 minutos)."),
        ({"duration_minutes": "meia hora"}, "número inteiro"),
        ({"duration_minutes": ""}, "obrigatório"),
        ({"buffer_after_minutes": "-5"}, "Não pode ser negativo."),
        ({"buffer_after_minutes": "241"}, "No máximo 4 horas (240 minutos)."),
        ({"buffer_before_minutes": "dez"}, "Escreva os minutos, como 10."),
        ({"name": "Corte"}, "Já existe um serviço com este nome."),
        ({"name": " "}, "obrigatório"),
    ],
)
def test_a_wrong_service_gets_a_sentence_and_keeps_what_was_typed(salon, changes, sentence):
    answer = salon.browser().post("/servicos/novo/", service(**changes))

    assert answer.status_code == 200
    assert sentence in text(answer)
    assert salon.count(Service) == 1
    for value in (service() | changes).values():
        assert value.strip() in text(answer)


def test_a_name_of_the_rival_is_free_here(salon, barber):
    with scope.company(barber.company.pk):
        Service.objects.create(name="Escova")

    assert salon.browser().post("/servicos/novo/", service()).status_code == 302


def test_two_who_save_the_same_name_at_once_get_a_form_error(salon, monkeypatch):
    monkeypatch.setattr(
        "scheduling.forms.services.ServiceForm._get_validation_exclusions",
        lambda form: {"company"},
    )

    answer = salon.browser().post("/servicos/novo/", service(name="Corte"))

    assert "Já existe um serviço com este nome." in text(answer)
    assert salon.count(Service) == 1


def test_a_service_changes_and_says_what_stays(salon):
    browser = salon.browser()
    path = f"/servicos/{salon.cut.pk}/"
    change = service(name="Corte curto", category="Cabelo", buffer_after_minutes="10")

    page = text(browser.get(path))
    listed = text(browser.post(path, change, follow=True))

    assert 'value="40"' in page and 'value="85,00"' in page
    cut = salon.fresh(salon.cut)
    assert (cut.name, cut.category, cut.duration_minutes) == ("Corte curto", "Cabelo", 50)
    assert (cut.buffer_before_minutes, cut.buffer_after_minutes) == (0, 10)
    assert "Reserva mais 10 min depois" in listed
    assert "Os horários já marcados continuam com a duração que tinham." in listed


def test_booked_appointments_keep_their_length(salon):
    appointment = salon.book()
    before = appointment.ends_at

    salon.browser().post(f"/servicos/{salon.cut.pk}/", service(duration_minutes="90"))

    assert salon.fresh(salon.cut).duration_minutes == 90
    assert salon.fresh(appointment).ends_at == before


def test_a_service_is_archived_and_restored(salon):
    browser = salon.browser()
    path = f"/servicos/{salon.cut.pk}/arquivar/"

    said = text(browser.post(path, {"wanted": "no"}, follow=True))
    archived = text(browser.get("/servicos/"))
    new = text(browser.get("/agendamentos/novo/"))
    browser.post(path, {"wanted": "yes"})

    assert "Corte foi arquivado." in said and "Voltar a oferecer" in said
    assert "Arquivados" in archived
    assert "Ainda não há um serviço em uso." in new
    assert salon.fresh(salon.cut).is_active
    assert browser.get(path).status_code == 405


def test_a_category_joins_the_spelling_in_use(salon):
    browser = salon.browser()
    for name, category in (("Pé", "Manicure e pé"), ("Mão", " manicure  E PE "), ("Pelo", "")):
        browser.post("/servicos/novo/", service(name=name, category=category))

    with scope.company(salon.company.pk):
        found = dict(Service.objects.values_list("name", "category"))
    page = text(browser.get("/servicos/"))

    assert found["Mão"] == "Manicure e pé" and found["Pelo"] == ""
    assert page.index("Manicure e pé") < page.index(">Mão<") < page.index(">Pé<")
    assert page.index(">Pé<") < page.index("Sem categoria") < page.index(">Corte<")
    assert '<option value="Manicure e pé">' in text(browser.get("/servicos/novo/"))


def who(shop, **changes):
    """What the page sends about Bia and Denise, who do it as the service says."""
    both = {}
    for name in ("bia", "denise"):
        pk = getattr(shop, name).pk
        both |= {f"does_{pk}": "yes", f"minutes_{pk}": "", f"price_{pk}": ""}
    for name, value in changes.items():
        word, person = name.split("_")
        both[f"{word}_{getattr(shop, person).pk}"] = value
    return {name: value for name, value in both.items() if value is not None}


def own_terms(shop):
    with scope.company(shop.company.pk):
        return {
            row.professional.name: (row.is_offered, row.duration_minutes, row.price)
            for row in ProfessionalService.objects.select_related("professional")
        }


def test_who_does_it_keeps_only_what_differs(salon):
    browser = salon.browser()
    path = f"/servicos/{salon.cut.pk}/quem-faz/"

    browser.post(path, who(salon, price_bia="95,50", does_denise=None))
    first, page = own_terms(salon), text(browser.get("/servicos/"))
    browser.post(path, who(salon, minutes_bia="40", price_bia="85", minutes_denise="60"))
    second = own_terms(salon)
    browser.post(path, who(salon))

    assert first == {"Bia": (True, None, Decimal("95.50")), "Denise": (False, None, None)}
    assert "Quem faz: Bia" in page
    assert second == {"Denise": (True, 60, None)}
    assert own_terms(salon) == {}
    assert "Quem faz: todos" in text(browser.get("/servicos/"))


def test_who_came_since_the_page_was_shown_stays_as_he_is(salon):
    sent = who(salon)
    with scope.company(salon.company.pk):
        late = Professional.objects.create(name="Elisa")
        ProfessionalService.objects.create(professional=late, service=salon.cut, price=200)

    salon.browser().post(f"/servicos/{salon.cut.pk}/quem-faz/", sent)

    assert own_terms(salon) == {"Elisa": (True, None, Decimal(200))}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"minutes_bia": "4"}, "Pelo menos 5 minutos."),
        ({"minutes_bia": "721"}, "No máximo 12 horas (720 minutos)."),
        ({"minutes_bia": "meia hora"}, "Escreva os minutos, como 45."),
        ({"price_bia": "caro"}, "Escreva o preço como 85,00."),
        ({"price_bia": "-1"}, "O preço não pode ser negativo."),
    ],
)
def test_wrong_terms_get_a_sentence_and_nothing_is_lost(salon, changes, sentence):
    answer = salon.browser().post(
        f"/servicos/{salon.cut.pk}/quem-faz/", who(salon, price_denise="77,70", **changes)
    )

    assert answer.status_code == 200
    assert sentence in text(answer)
    for value in ("77,70", *changes.values()):
        assert f'value="{value}"' in text(answer)
    assert own_terms(salon) == {}


@pytest.mark.parametrize(
    ("names", "of", "words"),
    [
        ([], 0, ""),
        ([], 2, "ninguém"),
        (["Bia"], 1, "Bia"),
        (["Bia", "Téo"], 2, "todos"),
        (["Bia", "Téo"], 3, "Bia e Téo"),
        (["Bia", "Ivo", "Téo"], 4, "Bia, Ivo e Téo"),
        (["Bia", "Ivo", "Lia", "Téo"], 9, "Bia, Ivo e mais 2"),
    ],
)
def test_who_does_it_in_words(names, of, words):
    assert doers.in_words(names, of=of) == words


@pytest.mark.parametrize("rows", [1, 60])
@pytest.mark.parametrize("noun", ["profissionais", "servicos", "profissionais/ausencias"])
def test_the_lists_ask_the_same_few_queries(salon, rows, noun, django_assert_max_num_queries):
    many(salon, rows)
    browser = salon.browser()

    with django_assert_max_num_queries(7):
        answer = browser.get(f"/{noun}/")

    assert len(answer.context["page"]) >= min(rows, 50)


def many(shop, rows):
    """So many of everything, each with hours, an absence and terms of its own."""
    with scope.company(shop.company.pk):
        for number in range(rows):
            offered = Service.objects.create(name=f"Serviço {number}", category=f"C{number % 5}")
            who = Professional.objects.create(name=f"Pessoa {number}")
            WorkingHours.objects.create(professional=who, weekday=1, starts="09:00", ends="10:00")
            ProfessionalService.objects.create(professional=who, service=offered, price=7)
            ProfessionalService.objects.create(
                professional=who, service=shop.cut, is_offered=number % 2
            )
            Absence.objects.create(
                professional=who,
                starts_at=shop.now + timedelta(days=number + 1),
                ends_at=shop.now + timedelta(days=number + 2),
            )


def queries_of(browser, path):
    with CaptureQueriesContext(connection) as asked:
        assert browser.get(path).status_code == 200
    return len(asked)


def test_the_cards_ask_the_same_few_queries(salon):
    browser = salon.browser()
    paths = [f"/profissionais/{salon.bia.pk}/", f"/servicos/{salon.cut.pk}/"]
    many(salon, 1)
    few = [queries_of(browser, path) for path in paths]

    many_more = 100
    with scope.company(salon.company.pk):
        Service.objects.bulk_create(Service(name=f"S {number}") for number in range(many_more))
        Professional.objects.bulk_create(Professional(name=f"P {number}") for number in range(60))
    for number in range(3):
        salon.book(hours=24 * (number + 1))

    assert [queries_of(browser, path) for path in paths] == few
    assert max(few) <= 12


@pytest.mark.parametrize("noun", ["profissionais", "servicos", "profissionais/ausencias"])
def test_empty_lists_say_what_to_do(salon, noun):
    with scope.company(salon.company.pk):
        Professional.objects.all().delete()
        Service.objects.all().delete()

    page = text(salon.browser().get(f"/{noun}/"))

    assert "ainda." in page or "Nada à frente." in page
    assert "primeir" in page
