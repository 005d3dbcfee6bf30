"""A professional with a login of his own, beside a colleague with one: each sees himself alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client as Browser

from scheduling.models import Absence, Client, Professional, ProfessionalService, WorkingHours
from tenants import scope
from tenants.middleware import SESSION_KEY
from tenants.models import ApiToken, Membership, Role, User

ME = "/profissionais/eu/"


def text(response) -> str:
    return response.content.decode()


@pytest.fixture
def denise(salon):
    """Denise gets a login; a client of hers alone, an absence, hours and terms of her own."""
    with scope.company(salon.company.pk):
        user = User.objects.create_user("denise@salao.example", "x" * 12, name="Denise Rocha")
        salon.denise.membership = Membership.objects.create(user=user, role=Role.PROFESSIONAL)
        salon.denise.save()
        theirs = Client.objects.create(name="Zuleide Abrantes", phone="+5531987650001")
        for who, reason, starts in (
            (salon.denise, "Curso da Denise", "07:07"),
            (salon.bia, "Férias da Bia", "08:08"),
        ):
            WorkingHours.objects.create(professional=who, weekday=1, starts=starts, ends="18:00")
            ProfessionalService.objects.create(
                professional=who, service=salon.cut, duration_minutes=int(starts[-2:]) * 7
            )
            Absence.objects.create(
                professional=who,
                starts_at=salon.now + timedelta(days=9),
                ends_at=salon.now + timedelta(days=10),
                reason=reason,
            )
    return salon.book(professional=salon.denise, client=theirs), salon.denise.membership


def browser_of(shop, membership):
    browser = Browser()
    browser.force_login(membership.user)
    session = browser.session
    session[SESSION_KEY] = shop.company.pk
    session.save()
    return browser


def token_of(membership):
    token = ApiToken(membership=membership, name="Celular")
    token.bind_company()
    text = token.issue()
    token.save()
    return f"Bearer {text}"


def test_his_page_says_his_own_hours_absences_and_services(salon, barber, denise):
    _appointment, membership = denise
    mine = text(salon.browser(Role.PROFESSIONAL).get(ME))
    hers = text(browser_of(salon, membership).get(ME))

    assert "08:08–18:00" in mine and "Férias da Bia" in mine and "56 min" in mine
    assert "07:07" not in mine and "Denise" not in mine and "49 min" not in mine
    assert "07:07–18:00" in hers and "Curso da Denise" in hers and "49 min" in hers
    assert "08:08" not in hers and "Férias" not in hers


def test_his_page_shows_when_the_company_is_closed(salon, barber):
    for shop, reason in ((salon, "Reforma"), (barber, "Inventário")):
        with scope.company(shop.company.pk):
            Absence.objects.create(
                starts_at=shop.now, ends_at=shop.now + timedelta(days=1), reason=reason
            )

    page = text(salon.browser(Role.PROFESSIONAL).get(ME))

    assert "Empresa fechada · Reforma" in page and "Inventário" not in page


def test_without_a_professional_the_page_says_what_to_do(salon):
    with scope.company(salon.company.pk):
        Professional.objects.update(membership=None)

    page = text(salon.browser(Role.PROFESSIONAL).get(ME))

    assert "Seu acesso ainda não está ligado a um profissional." in page
    assert "Bia" not in page


def test_his_page_changes_nothing_and_asks_who_he_is(salon, client):
    assert client.get(ME).url == f"/entrar/?next={ME}"
    browser = salon.browser(Role.PROFESSIONAL)
    assert browser.post(ME).status_code == 405
    assert "<form" not in text(browser.get(ME)).partition("<main")[2].partition("</main>")[0]


@pytest.mark.parametrize("who", ["session", "htmx"])
def test_a_colleagues_day_is_not_there_for_him(salon, denise, who):
    appointment, _membership = denise
    mine = salon.book()
    browser = salon.browser(Role.PROFESSIONAL)
    headers = {"HX-Request": "true"} if who == "htmx" else {}
    day = appointment.starts_at.date().isoformat()

    lists = [
        text(browser.get(path, headers=headers))
        for path in (
            "/agendamentos/",
            f"/agendamentos/?dia={day}",
            f"/agendamentos/?dia={day}&profissional={salon.denise.pk}",
            f"/agendamentos/?dia={day}&q=Zuleide",
            ME,
        )
    ]

    for page in lists:
        assert "Abrantes" not in page and "Denise" not in page
        assert f"/agendamentos/{appointment.pk}/" not in page
    assert f"/agendamentos/{mine.pk}/" in lists[0]
    for end in ("", "parte/", "remarcar/", "cancelar/", "confirmar/", "mensagens/"):
        for method in (browser.get, browser.post):
            hers = method(f"/agendamentos/{appointment.pk}/{end}", headers=headers)
            nobodys = method(f"/agendamentos/987654321/{end}", headers=headers)
            assert hers.status_code == nobodys.status_code in {403, 404, 405}, end
            assert hers.content == nobodys.content


@pytest.mark.parametrize(
    "path",
    [
        "/profissionais/",
        "/profissionais/{denise}/",
        "/profissionais/{bia}/",
        "/profissionais/{denise}/horarios/",
        "/profissionais/ausencias/",
        "/servicos/",
        "/clientes/",
        "/agendamentos/novo/",
    ],
)
def test_nothing_of_the_company_is_his_to_manage(salon, denise, path):
    browser = salon.browser(Role.PROFESSIONAL)
    path = path.format(denise=salon.denise.pk, bia=salon.bia.pk)

    for method in (browser.get, browser.post):
        assert method(path).status_code in {403, 405}


def test_the_api_gives_him_his_own_appointments_alone(salon, denise):
    appointment, _membership = denise
    mine = salon.book()
    with scope.company(salon.company.pk):
        headers = {"Authorization": token_of(salon.members[Role.PROFESSIONAL])}
    api = Browser(headers=headers)

    found = api.get("/api/v1/appointments/").json()
    narrowed = api.get(f"/api/v1/appointments/?professional={salon.denise.pk}")
    hers = api.get(f"/api/v1/appointments/{appointment.pk}/")
    nobodys = api.get("/api/v1/appointments/987654321/")

    assert [row["id"] for row in found["results"]] == [mine.pk]
    assert narrowed.status_code in {200, 400}
    assert "Abrantes" not in text(narrowed) and str(appointment.pk) not in text(narrowed)
    assert hers.status_code == nobodys.status_code == 404
    assert hers.content == nobodys.content
    for noun in ("clients", "professionals", "services"):
        assert api.get(f"/api/v1/{noun}/").status_code == 403
