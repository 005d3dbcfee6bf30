"""Profissionais: the list, the card in parts, the weekly hours, the own services."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from scheduling import hues
from scheduling.models import Hue, Professional, ProfessionalService, Service, WorkingHours
from scheduling.week import MIDNIGHT
from tenants import scope
from tenants.models import Role


def text(response) -> str:
    return response.content.decode()


def professional(**changes):
    return {"name": "Téo", "membership": "", "color": "teal"} | changes


def hours_of(shop, who) -> list[str]:
    with scope.company(shop.company.pk):
        return [str(hours) for hours in WorkingHours.objects.filter(professional=who)]


def card(who, part="") -> str:
    return f"/profissionais/{who.pk}/{part}"


WEEK = {
    "day0_0_starts": "09:00",
    "day0_0_ends": "12:00",
    "day0_1_starts": "13:00",
    "day0_1_ends": "18:00",
    "day5_0_starts": "08:00",
    "day5_0_ends": "14:30",
}

# Dados -----------------------------------------------------------------------------------------


def test_a_new_professional_comes_to_the_hours(salon):
    browser = salon.browser()

    page = text(browser.get("/profissionais/novo/"))
    answer = browser.post("/profissionais/novo/", professional())

    with scope.company(salon.company.pk):
        teo = Professional.objects.get(name="Téo")
    assert 'name="color" value="rose" checked' in page
    assert answer.url == f"{card(teo)}#horarios"
    assert (teo.color, teo.is_active) == ("teal", True)


@pytest.mark.parametrize(
    ("taken", "next_one"),
    [
        ([], Hue.PLUM),
        (["plum"], Hue.ROSE),
        (["plum", "plum", "rose"], Hue.CORAL),
        ([*Hue.values, "plum"], Hue.ROSE),
        ([*Hue.values, *Hue.values], Hue.PLUM),
    ],
)
def test_a_new_professional_gets_the_least_used_colour(taken, next_one):
    assert hues.least_used(taken) is next_one


def test_the_page_says_whose_a_colour_is_already(salon, barber):
    with scope.company(salon.company.pk):
        Professional.objects.create(name="Antiga", color="sky", is_active=False)
        salon.denise.color = "teal"
        salon.denise.save()

    page = text(salon.browser().get(card(salon.bia)))

    assert page.count("de Denise</span>") == 1
    assert "de Bia</span>" not in page and "Antiga" not in page


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": "Denise"}, "Já existe um profissional com este nome."),
        ({"name": ""}, "obrigatório"),
        ({"color": "neon"}, "Escolha uma cor da lista."),
        ({"color": ""}, "Escolha uma cor."),
    ],
)
def test_wrong_data_get_a_sentence_and_nothing_is_lost(salon, changes, sentence):
    answer = salon.browser().post(card(salon.bia), professional(name="Bia Nova") | changes)

    assert answer.status_code == 200
    assert sentence in text(answer)
    assert (salon.fresh(salon.bia).name, salon.fresh(salon.bia).color) == ("Bia", "plum")
    assert "<h1" in text(answer) and ">Bia</h1>" in text(answer)
    assert f'value="{changes.get("name", "Bia Nova")}"' in text(answer) or not changes.get("name")


def test_the_other_parts_stay_as_they_are_when_one_is_saved(salon):
    browser = salon.browser()
    browser.post(card(salon.bia, "horarios/"), WEEK)

    browser.post(card(salon.bia), professional(name="Bia Moura", color="sky"))

    assert (salon.fresh(salon.bia).name, salon.fresh(salon.bia).color) == ("Bia Moura", "sky")
    assert len(hours_of(salon, salon.bia)) == 3


def test_a_membership_belongs_to_one_professional_of_this_company(salon, barber):
    browser = salon.browser()
    mine, theirs = salon.members[Role.PROFESSIONAL].pk, barber.members[Role.OWNER].pk

    taken = browser.post("/profissionais/novo/", professional(membership=mine))
    foreign = browser.post("/profissionais/novo/", professional(membership=theirs))

    assert "Este acesso já é de outro profissional." in text(taken)
    assert "Escolha um acesso da lista." in text(foreign)
    assert f'<option value="{theirs}"' not in text(foreign)
    assert salon.count(Professional) == 2


def test_who_is_archived_comes_last_and_can_come_back(salon):
    salon.book()
    browser = salon.browser()

    said = text(browser.post(card(salon.bia, "arquivar/"), {"wanted": "no"}, follow=True))
    listed = text(browser.get("/profissionais/"))
    new = text(browser.get("/agendamentos/novo/"))
    browser.post(card(salon.bia, "arquivar/"), {"wanted": "yes"})

    assert "Bia não atende mais." in said
    assert "1 horário à frente continua marcado." in said
    assert listed.index(">Denise<") < listed.index("Arquivados") < listed.index(">Bia<")
    assert ">Denise<" in new and ">Bia<" not in new
    assert salon.fresh(salon.bia).is_active


# Horários --------------------------------------------------------------------------------------


def test_a_week_is_kept_replaced_and_shown(salon):
    browser = salon.browser()

    answer = browser.post(card(salon.bia, "horarios/"), WEEK)
    first, page = hours_of(salon, salon.bia), text(browser.get(card(salon.bia)))
    browser.post(card(salon.bia, "horarios/"), {"day1_0_starts": "10:00", "day1_0_ends": "11:00"})

    assert answer.url == f"{card(salon.bia)}#horarios"
    assert first == ["Segunda 09:00–12:00", "Segunda 13:00–18:00", "Sábado 08:00–14:30"]
    assert 'value="14:30"' in page
    assert "seg 09:00–12:00 e 13:00–18:00; sáb 08:00–14:30" in page
    assert hours_of(salon, salon.bia) == ["Terça 10:00–11:00"]
    assert "ter 10:00–11:00" in text(browser.get("/profissionais/"))


def test_a_blank_row_is_no_interval(salon):
    blank = {"day2_0_starts": "", "day2_0_ends": ""}
    salon.browser().post(card(salon.bia, "horarios/"), WEEK | blank)
    assert len(hours_of(salon, salon.bia)) == 3


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"day0_0_starts": "09:00", "day0_0_ends": ""}, "Preencha o começo e o fim."),
        ({"day0_0_starts": "18:00", "day0_0_ends": "09:00"}, "O fim vem depois do começo."),
        ({"day0_0_starts": "20:00", "day0_0_ends": "02:00"}, "Para passar da meia-noite"),
        ({"day0_1_starts": "11:00"}, "Este período se sobrepõe ao de 09:00–12:00."),
        ({"day0_0_starts": "nove"}, "Escreva a hora como 09:00."),
    ],
)
def test_wrong_hours_get_a_sentence_and_nothing_is_lost(salon, changes, sentence):
    browser = salon.browser()
    browser.post(card(salon.bia, "horarios/"), {"day3_0_starts": "09:00", "day3_0_ends": "12:00"})

    answer = browser.post(card(salon.bia, "horarios/"), WEEK | changes)

    assert answer.status_code == 200
    assert text(answer).count(sentence) == 1
    assert hours_of(salon, salon.bia) == ["Quinta 09:00–12:00"]
    for value in (WEEK | changes).values():
        assert f'value="{value}"' in text(answer)


@pytest.mark.parametrize("ends", ["00:00", "24:00"])
def test_a_day_may_end_at_midnight(salon, ends):
    browser = salon.browser()

    browser.post(card(salon.bia, "horarios/"), {"day4_0_starts": "20:00", "day4_0_ends": ends})
    page = text(browser.get(card(salon.bia)))

    with scope.company(salon.company.pk):
        assert WorkingHours.objects.get().ends == MIDNIGHT
    assert "sex 20:00–24:00" in page
    assert 'name="day4_0_ends" id="day4_0_ends" value="00:00"' in page


def did(shop, do, **changes):
    """What the editor shows after one of its buttons; nothing is kept."""
    browser = shop.browser()
    answer = browser.post(card(shop.bia, "horarios/"), WEEK | {"do": do} | changes)
    assert answer.status_code == 200
    assert hours_of(shop, shop.bia) == []
    hours = answer.context["hours"]
    return answer, [
        f"{int(row.day)} {row.starts}-{row.ends}" for day in hours.days for row in day.rows
    ]


MONDAY, SATURDAY = ["0 09:00-12:00", "0 13:00-18:00"], ["5 08:00-14:30"]


@pytest.mark.parametrize(
    ("do", "changes", "shown"),
    [
        ("add-1", {}, [*MONDAY, "1 -", *SATURDAY]),
        ("add-0", {}, [*MONDAY, "0 -", *SATURDAY]),
        ("remove-0-0", {}, ["0 13:00-18:00", *SATURDAY]),
        ("remove-5-0", {}, MONDAY),
        ("clear-0", {}, SATURDAY),
        (
            "copy",
            {"copy_from": "0", "copy_to": ["0", "2", "5"]},
            [*MONDAY, "2 09:00-12:00", "2 13:00-18:00", "5 09:00-12:00", "5 13:00-18:00"],
        ),
        ("copy", {"copy_from": "6", "copy_to": ["5"]}, MONDAY),
        *(
            (nonsense, {"copy_from": "x", "copy_to": ["9"], "like": "x"}, [*MONDAY, *SATURDAY])
            for nonsense in ("add-9", "add", "remove-0", "add-²", "copy", "like", "drop", "-")
        ),
    ],
)
def test_the_buttons_of_the_editor_lose_nothing_and_keep_nothing(salon, do, changes, shown):
    answer, rows = did(salon, do, **changes)

    assert rows == shown
    assert ">Bia</h1>" in text(answer)


def test_what_is_typed_wrong_survives_a_button(salon):
    _answer, rows = did(salon, "add-2", day0_0_ends="doze")
    assert rows[0] == "0 09:00-doze"


def test_a_day_has_room_for_six_intervals(salon):
    many = {f"day0_{n}_{end}": "" for n in range(9) for end in ("starts", "ends")}
    _answer, rows = did(salon, "add-0", **many)
    assert len(rows) == 6 + 1


def test_the_week_of_another_professional_can_be_used(salon, barber):
    for shop, starts in ((salon, "07:00"), (barber, "05:00")):
        with scope.company(shop.company.pk):
            WorkingHours.objects.create(
                professional=shop.denise, weekday=2, starts=starts, ends="11:00"
            )

    answer, rows = did(salon, "like", like=salon.denise.pk)
    _foreign, kept = did(salon, "like", like=barber.denise.pk)

    assert rows == ["2 07:00-11:00"]
    assert "Horário de Denise copiado. Falta salvar." in text(answer)
    assert kept == [*MONDAY, *SATURDAY]


def test_htmx_gets_the_form_alone(salon):
    answer = salon.browser().post(
        card(salon.bia, "horarios/"), WEEK | {"do": "add-3"}, headers={"HX-Request": "true"}
    )

    assert text(answer).lstrip().startswith("<form")
    assert 'name="day3_0_starts"' in text(answer) and 'value="14:30"' in text(answer)


def test_appointments_outside_the_week_are_named_and_stay(salon):
    inside, outside = salon.book(hours=25), salon.book(hours=49)  # Wednesday and Thursday, 10:00
    browser = salon.browser()

    browser.post(card(salon.bia, "horarios/"), {"day2_0_starts": "08:00", "day2_0_ends": "18:00"})
    page = text(browser.get(card(salon.bia)))

    assert "Marcados fora deste horário." in page
    assert f"/agendamentos/{outside.pk}/" in page
    assert f"/agendamentos/{inside.pk}/" not in page
    assert salon.fresh(outside).is_open


# Serviços --------------------------------------------------------------------------------------


def test_own_terms_are_kept_shown_and_taken_back(salon):
    with scope.company(salon.company.pk):
        brush = Service.objects.create(name="Escova", category="Cabelo", price=60)
        Service.objects.create(name="Fora de uso", is_active=False)
    browser, path = salon.browser(), card(salon.bia, "servicos/")
    blank = {
        f"{word}_{pk}": "" for word in ("minutes", "price") for pk in (salon.cut.pk, brush.pk)
    }

    browser.post(path, blank | {f"does_{salon.cut.pk}": "yes", f"minutes_{salon.cut.pk}": "55"})
    page = text(browser.get(card(salon.bia)))
    with scope.company(salon.company.pk):
        first = list(
            ProfessionalService.objects.order_by("service__name").values_list(
                "service__name", "is_offered", "duration_minutes", "price"
            )
        )
    both = {f"does_{pk}": "yes" for pk in (salon.cut.pk, brush.pk)}
    browser.post(path, blank | both)

    assert first == [("Corte", True, 55, None), ("Escova", False, None, None)]
    assert 'value="55"' in page and 'placeholder="85,00"' in page
    assert "Fora de uso" not in page
    assert page.index(">Cabelo<") < page.index("Sem categoria")
    assert salon.count(ProfessionalService) == 0


def test_a_foreign_service_in_the_form_changes_nothing(salon, barber):
    pk = barber.cut.pk
    sent = {f"does_{pk}": "yes", f"minutes_{pk}": "10", f"price_{pk}": "1"}

    salon.browser().post(card(salon.bia, "servicos/"), sent)

    assert salon.count(ProfessionalService) == barber.count(ProfessionalService) == 0


def test_a_wrong_price_of_ones_own_is_said_at_the_row(salon):
    sent = {f"does_{salon.cut.pk}": "yes", f"price_{salon.cut.pk}": "caro"}

    answer = salon.browser().post(card(salon.bia, "servicos/"), sent)

    assert "Escreva o preço como 85,00." in text(answer) and 'value="caro"' in text(answer)
    assert salon.count(ProfessionalService) == 0


def test_two_who_save_the_same_pair_at_once_do_not_fail(salon):
    """The one that comes later wins."""
    from scheduling.forms import TermsForm

    with scope.company(salon.company.pk):
        sent = {f"does_{salon.cut.pk}": "yes", f"price_{salon.cut.pk}": "99"}
        form = TermsForm(sent, professional=salon.bia)
        assert form.is_valid()
        ProfessionalService.objects.create(
            professional=salon.bia, service=salon.cut, price=Decimal(70)
        )

        form.save()

        assert ProfessionalService.objects.get().price == Decimal(99)


# The list --------------------------------------------------------------------------------------


def test_the_list_says_who_is_away_and_who_will_be(salon):
    from scheduling.models import Absence

    with scope.company(salon.company.pk):
        for who, hours in ((salon.bia, -1), (salon.denise, 24)):
            starts = salon.now + timedelta(hours=hours)
            Absence.objects.create(
                professional=who, starts_at=starts, ends_at=starts + timedelta(hours=3)
            )

    page = text(salon.browser().get("/profissionais/"))

    assert page.count("Ausente agora") == 1
    assert "Ter, 24 nov, 08:00 às 11:00" in page
    assert "Próxima ausência: qua, 25 nov, 09:00 às 12:00" in page
