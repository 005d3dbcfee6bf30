"""Profissionais and Serviços."""

from decimal import Decimal

import pytest

from scheduling.forms.fields import PHONE_PROBLEMS, plain_number
from scheduling.models import Professional, Service, WorkingHours
from scheduling.phone import Problem
from tenants import scope
from tenants.models import Role

PAGES = ["/profissionais/", "/profissionais/novo/", "/servicos/", "/servicos/novo/"]


def text(response) -> str:
    return response.content.decode()


def service(**changes):
    form = {"name": "Escova", "duration_minutes": "50", "price": "85,00", "is_active": "on"}
    return form | changes


def professional(**changes):
    return {"name": "Téo", "membership": "", "is_active": "on"} | changes


def hours_of(shop, who) -> list[str]:
    with scope.company(shop.company.pk):
        return [str(hours) for hours in WorkingHours.objects.filter(professional=who)]


def test_every_problem_of_a_phone_has_a_sentence():
    assert set(PHONE_PROBLEMS) == set(Problem.__args__)


@pytest.mark.parametrize("path", PAGES)
def test_who_may_manage(salon, client, path):
    assert client.get(path).url == f"/entrar/?next={path}"
    assert [salon.browser(role).get(path).status_code for role in Role.values] == [
        200 if role in {Role.OWNER, Role.MANAGER} else 403 for role in Role.values
    ]


@pytest.mark.parametrize("noun", ["profissionais", "servicos"])
def test_the_rivals_rows_answer_like_unknown_ids(salon, barber, noun):
    theirs = {"profissionais": barber.bia, "servicos": barber.cut}[noun]
    browser = salon.browser()

    for method in (browser.get, browser.post):
        known, unknown = (method(f"/{noun}/{pk}/") for pk in (theirs.pk, 987654321))
        assert known.status_code == unknown.status_code == 404
        assert known.content == unknown.content


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


def test_a_service_changes_and_goes_out_of_use(salon):
    browser = salon.browser()
    path = f"/servicos/{salon.cut.pk}/"

    page = text(browser.get(path))
    browser.post(path, service(name="Corte curto", is_active=""))

    cut = salon.fresh(salon.cut)
    assert 'value="85,00"' in page
    assert (cut.name, cut.duration_minutes, cut.is_active) == ("Corte curto", 50, False)
    assert "Fora de uso" in text(browser.get("/servicos/"))


def test_a_week_is_kept_replaced_and_shown(salon):
    browser = salon.browser()
    path = f"/profissionais/{salon.bia.pk}/"
    week = {
        "day0_0_starts": "09:00",
        "day0_0_ends": "12:00",
        "day0_1_starts": "13:00",
        "day0_1_ends": "18:00",
        "day5_0_starts": "08:00",
        "day5_0_ends": "14:30",
    }

    browser.post(path, professional(name="Bia", **week))
    first = hours_of(salon, salon.bia)
    page = text(browser.get(path))
    browser.post(path, professional(name="Bia", day1_0_starts="10:00", day1_0_ends="11:00"))

    assert first == ["Segunda 09:00–12:00", "Segunda 13:00–18:00", "Sábado 08:00–14:30"]
    assert 'value="14:30"' in page
    assert hours_of(salon, salon.bia) == ["Terça 10:00–11:00"]
    assert ">ter<" in text(browser.get("/profissionais/"))


def test_a_third_interval_made_elsewhere_is_not_lost(salon):
    with scope.company(salon.company.pk):
        for hour in (8, 10, 14):
            WorkingHours.objects.create(
                professional=salon.bia, weekday=0, starts=f"{hour:02}:00", ends=f"{hour + 1}:00"
            )
    browser = salon.browser()
    form = browser.get(f"/profissionais/{salon.bia.pk}/").context["hours"]
    sent = {name: form[name].value() or "" for name in form.fields}

    browser.post(f"/profissionais/{salon.bia.pk}/", professional(name="Bia", **sent))

    assert len(hours_of(salon, salon.bia)) == 3


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"day0_0_starts": "09:00"}, "Preencha o começo e o fim."),
        ({"day0_0_starts": "18:00", "day0_0_ends": "09:00"}, "O fim vem depois do começo."),
        ({"day0_0_starts": "09:00", "day0_0_ends": "09:00"}, "O fim vem depois do começo."),
        (
            {
                "day0_0_starts": "09:00",
                "day0_0_ends": "12:00",
                "day0_1_starts": "11:00",
                "day0_1_ends": "18:00",
            },
            "Os dois períodos se sobrepõem.",
        ),
        ({"day0_0_starts": "nove", "day0_0_ends": "12:00"}, "Escreva a hora como 09:00."),
        ({"name": "Denise"}, "Já existe um profissional com este nome."),
        ({"name": ""}, "obrigatório"),
    ],
)
def test_a_wrong_professional_gets_a_sentence_and_nothing_is_lost(salon, changes, sentence):
    path = f"/profissionais/{salon.bia.pk}/"
    browser = salon.browser()
    browser.post(path, professional(name="Bia", day3_0_starts="09:00", day3_0_ends="12:00"))

    answer = browser.post(path, professional(name="Bia Nova") | changes)

    assert answer.status_code == 200
    assert sentence in text(answer)
    assert salon.fresh(salon.bia).name == "Bia"
    assert hours_of(salon, salon.bia) == ["Quinta 09:00–12:00"]
    for value in changes.values():
        assert value in text(answer)


def test_a_membership_belongs_to_one_professional_of_this_company(salon, barber):
    browser = salon.browser()
    mine, theirs = salon.members[Role.PROFESSIONAL].pk, barber.members[Role.OWNER].pk

    taken = browser.post("/profissionais/novo/", professional(membership=mine))
    foreign = browser.post("/profissionais/novo/", professional(membership=theirs))

    assert "Este acesso já é de outro profissional." in text(taken)
    assert "Escolha um acesso da lista." in text(foreign)
    assert f'<option value="{theirs}"' not in text(foreign)
    assert salon.count(Professional) == 2


@pytest.mark.parametrize("rows", [1, 60])
@pytest.mark.parametrize("noun", ["profissionais", "servicos"])
def test_the_lists_ask_the_same_few_queries(salon, rows, noun, django_assert_max_num_queries):
    with scope.company(salon.company.pk):
        for number in range(rows):
            Service.objects.create(name=f"Serviço {number}")
            who = Professional.objects.create(name=f"Pessoa {number}")
            WorkingHours.objects.create(professional=who, weekday=1, starts="09:00", ends="10:00")
    browser = salon.browser()

    with django_assert_max_num_queries(6):
        answer = browser.get(f"/{noun}/")

    assert len(answer.context["page"]) == min(rows + len(answer.context["page"]) - rows, 50)


@pytest.mark.parametrize("noun", ["profissionais", "servicos"])
def test_empty_lists_say_what_to_do(salon, noun):
    with scope.company(salon.company.pk):
        Professional.objects.all().delete()
        Service.objects.all().delete()

    assert "ainda." in text(salon.browser().get(f"/{noun}/"))
