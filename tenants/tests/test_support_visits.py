"""The platform's staff in one company: by permission, with a reason, for a time, in both logs."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError, connection, transaction
from django.test import Client as Browser
from django.utils import timezone

from scheduling.models import Client
from scheduling.tests.factories import a_client
from tenants import scope, visits
from tenants.middleware import SESSION_KEY
from tenants.models import Membership, Role, SecurityEvent, SupportVisit, User
from tenants.tests.conftest import make_member
from tenants.tests.test_admin import errors, staff

WHY = "Chamado 418: a agenda não abre"
PAGE = "/clientes/"
MAY = ["enter_company", "view_company"]
LEAVE = "/admin/tenants/company/leave/"


@pytest.fixture
def helper(db):
    """Staff with the permission and no more than it takes."""
    return staff(superuser=False, may=MAY)


@pytest.fixture
def shops(company, rival):
    """A client in each of the two companies."""
    for shop, name in ((company, "Camila Prates"), (rival, "Bruno Quetzal")):
        with scope.company(shop.pk):
            a_client(name)
    return company, rival


def enter(browser, company, **changes):
    form = {"access": "look", "reason": WHY, "minutes": "15", **changes}
    return browser.post(f"/admin/tenants/company/{company.pk}/enter/", form)


def text(answer):
    return answer.content.decode()


def without_tokens(answer):
    return re.sub(r"\b[A-Za-z0-9]{64}\b", "CSRF", text(answer))


def sentences(company):
    with scope.company(company.pk):
        return [event.sentence for event in SecurityEvent.objects.order_by("id")]


def kinds(company):
    with scope.company(company.pk):
        return list(SecurityEvent.objects.order_by("id").values_list("kind", flat=True))


def visits_to(company):
    with scope.company(company.pk):
        return list(SupportVisit.objects.order_by("id"))


def clients_of(company):
    with scope.company(company.pk):
        return list(Client.objects.order_by("id").values_list("name", flat=True))


def staff_log():
    with scope.every_company("test"):
        rows = LogEntry.objects.order_by("pk").select_related("user")
        return [(row.object_repr, row.get_change_message(), row.user.name) for row in rows]


def later(monkeypatch, **how_much):
    moved = timezone.now() + timedelta(**how_much)
    monkeypatch.setattr("django.utils.timezone.now", lambda: moved)


# Entering --------------------------------------------------------------------------------------


def test_staff_enters_that_company_and_no_other(helper, shops):
    company, rival = shops

    answer = enter(helper, company)
    page = helper.get(PAGE)

    assert (answer.status_code, answer.url) == (302, "/")
    assert "Camila Prates" in text(page)
    assert "Bruno Quetzal" not in text(page)
    with scope.company(rival.pk):
        theirs = Client.objects.get()
    foreign, unknown = (helper.get(f"{PAGE}{pk}/") for pk in (theirs.pk, 987654))
    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert without_tokens(foreign) == without_tokens(unknown)


def test_the_api_knows_the_visit_by_the_session(helper, shops):
    enter(helper, shops[0])

    answer = helper.get("/api/v1/clients/")

    assert [row["name"] for row in answer.json()["results"]] == ["Camila Prates"]


def test_the_banner_says_who_one_is_where_until_when_and_why(helper, shops):
    company, _rival = shops
    company.timezone = "Asia/Tokyo"
    with scope.company(company.pk):
        company.save()
    enter(helper, company, reason="<b>Chamado</b> 418")
    until = timezone.localtime(visits_to(company)[0].expires_at, company.zone)

    for path in (PAGE, "/nada/", "/conta/senha/"):
        page = " ".join(text(helper.get(path)).split())
        assert (
            "Você está em <b>Salão Flor de Ipê</b> como equipe do Atendo,"
            f" <b>só para ver</b>, até {until:%H:%M}." in page
        ), path
        assert "Motivo: &lt;b&gt;Chamado&lt;/b&gt; 418" in page
        assert f'action="{LEAVE}"' in page
    assert "Equipe do Atendo" in text(helper.get(PAGE))


def test_a_member_sees_no_banner_while_staff_is_there(helper, shops, member):
    enter(helper, shops[0])
    browser = Browser()
    browser.force_login(member.user)
    session = browser.session
    session[SESSION_KEY] = shops[0].pk
    session.save()

    assert "equipe do Atendo" not in text(browser.get(PAGE))


def test_entering_stands_in_both_logs(helper, shops):
    company, rival = shops

    enter(helper, company, access="change", minutes="60")

    (visit,) = visits_to(company)
    until = f"{timezone.localtime(visit.expires_at, company.zone):%d/%m/%Y às %H:%M}"
    assert visit.expires_at - visit.started_at == timedelta(minutes=60)
    assert sentences(company) == [
        "Equipe, da equipe do Atendo, entrou na empresa para alterar a pedido da empresa,"
        f" até {until}. Motivo: {WHY}"
    ]
    assert staff_log() == [
        (
            company.name,
            f"Entrou como empresa para alterar a pedido da empresa, até {until}. Motivo: {WHY}",
            "Equipe",
        )
    ]
    assert (sentences(rival), visits_to(rival)) == ([], [])


def test_each_page_of_a_visit_is_a_line_in_the_log_of_the_server(helper, shops, caplog):
    enter(helper, shops[0])
    caplog.clear()
    caplog.set_level("INFO", logger="atendo.request")

    helper.get(PAGE)

    (line,) = [record for record in caplog.records if record.name == "atendo.request"]
    assert line.getMessage().endswith(f"of the staff: GET {PAGE}")
    assert line.user_id == helper.user.pk


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"reason": ""}, "Escreva o motivo."),
        ({"reason": " \n "}, "Escreva o motivo."),
        ({"reason": "ajuda"}, "Explique melhor o motivo."),
        ({"reason": "x" * 301}, "Encurte o motivo para até 300 letras."),
        ({"reason": "Chamado\x00 418"}, "nulos"),
        ({"minutes": "600"}, "Escolha 15, 30 ou 60 minutos."),
        ({"minutes": ""}, "Escolha 15, 30 ou 60 minutos."),
        ({"access": "all"}, "Escolha entre só olhar e alterar"),
    ],
)
def test_what_cannot_be_is_told_and_what_was_typed_stays(helper, shops, changes, sentence):
    company, _rival = shops

    answer = enter(helper, company, **{"reason": WHY, "minutes": "30", **changes})

    (said,) = errors(answer)
    assert sentence in said
    if "reason" not in changes:
        assert WHY in text(answer)
    if "minutes" not in changes:
        assert re.search(r'value="30"[^>]* checked', text(answer))
    assert helper.session.get(visits.VISIT_KEY) is None
    assert (sentences(company), visits_to(company), staff_log()) == ([], [], [])


def test_a_get_only_shows_the_form(helper, shops):
    answer = helper.get(f"/admin/tenants/company/{shops[0].pk}/enter/", {"reason": WHY})

    assert "Entrar como empresa: Salão Flor de Ipê" in text(answer)
    assert visits_to(shops[0]) == []


def test_the_button_is_for_those_who_may(helper, shops):
    address = f"/admin/tenants/company/{shops[0].pk}/"
    other = staff("outra@atendo.example", superuser=False, may=["view_company"])

    assert f'href="{address}enter/"' in text(helper.get(f"{address}change/"))
    assert "enter/" not in text(other.get(f"{address}change/"))


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize("may", [[], ["view_company", "change_company"]])
def test_without_the_permission_nobody_learns_which_companies_exist(shops, may, method):
    company, _rival = shops
    browser = staff(superuser=False, may=may)
    form = {"access": "look", "reason": WHY, "minutes": "15"}

    answers = [
        browser.generic(method, f"/admin/tenants/company/{pk}/enter/", json.dumps(form))
        for pk in (company.pk, 987654321, "abc")
    ]

    assert {answer.status_code for answer in answers} == (
        {405} if method in {"PUT", "DELETE"} else {403}
    )
    assert len({answer.content for answer in answers}) == 1
    assert (kinds(company), visits_to(company), staff_log()) == ([], [], [])


@pytest.mark.parametrize("pk", ["987654321", "9" * 40, "abc", "%00"])
def test_a_company_that_is_not_there_cannot_be_entered(helper, shops, pk):
    address = f"/admin/tenants/company/{pk}/enter/"

    answer = helper.post(address, {"access": "look", "reason": WHY, "minutes": "15"})

    assert (answer.status_code, answer.url) == (302, "/admin/")
    assert visits.VISIT_KEY not in helper.session


def test_an_owner_cannot_enter_as_staff(member, company, rival):
    browser = Browser()
    browser.force_login(member.user)

    answer = enter(browser, rival)

    assert answer.url.startswith("/admin/login/")
    assert visits_to(rival) == []


# Only to look ----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("address", ["/clientes/novo/", "/whatsapp/aceitar/", "/conta/senha/"])
def test_a_page_changes_nothing_when_one_only_looks(helper, shops, method, address):
    enter(helper, shops[0])
    form = "name=Ana&phone=31987651247&accepted=on"

    answer = helper.generic(method, address, form, "application/x-www-form-urlencoded")

    assert answer.status_code == 403
    assert "Esta visita é só para ver" in text(answer)
    assert "Sair da empresa" in text(answer)
    assert clients_of(shops[0]) == ["Camila Prates"]
    assert kinds(shops[0]) == ["staff_entered", "staff_refused_to_change"]
    assert sentences(shops[0])[1] == (
        f"Equipe, da equipe do Atendo, tentou alterar algo em {address}"
        " durante uma visita só para ver. Nada mudou."
    )


def test_an_invitation_that_is_not_accepted_in_a_visit_stays_a_secret(helper, shops):
    """The log belongs to the company that is visited, the link to another one."""
    secret = f"{shops[1].pk}.c2VncmVkby1kby1jb252aXRl"
    enter(helper, shops[0])

    assert helper.post(f"/convite/{secret}/").status_code == 403
    assert sentences(shops[0])[1] == (
        "Equipe, da equipe do Atendo, tentou alterar algo em /convite/***"
        " durante uma visita só para ver. Nada mudou."
    )


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_the_api_changes_nothing_when_one_only_looks(helper, shops, method):
    enter(helper, shops[0])
    with scope.company(shops[0].pk):
        pk = Client.objects.get().pk
    address = "/api/v1/clients/" if method == "POST" else f"/api/v1/clients/{pk}/"

    answer = helper.generic(method, address, json.dumps({"name": "Ana"}), "application/json")

    assert answer.status_code == 403
    assert answer.json()["detail"].startswith("Esta visita é só para ver. Nada foi alterado.")
    assert clients_of(shops[0]) == ["Camila Prates"]
    assert kinds(shops[0]) == ["staff_entered", "staff_refused_to_change"]
    with scope.company(shops[0].pk):
        assert SecurityEvent.objects.last().origin == "api"


def test_the_database_refuses_what_a_page_writes_on_get(helper, shops, monkeypatch):
    """Were a page to change something on GET, the transaction of the request is read-only."""

    def naive(request):
        Client.objects.update(name="Outra")

    enter(helper, shops[0])
    monkeypatch.setattr("scheduling.views.clients.SearchForm", naive)

    answer = helper.get(PAGE)

    assert answer.status_code == 403
    assert "Esta visita é só para ver" in text(answer)
    assert clients_of(shops[0]) == ["Camila Prates"]
    assert kinds(shops[0]) == ["staff_entered", "staff_refused_to_change"]


def test_the_database_refuses_it_outside_of_every_other_transaction(transactional_db, monkeypatch):
    from conftest import make_company

    shop = make_company("Salão Flor de Ipê", "flor-de-ipe")
    make_company("Barbearia Prosa & Navalha", "prosa-e-navalha")
    with scope.company(shop.pk):
        a_client("Camila Prates")
    browser = staff(superuser=True)
    enter(browser, shop)
    with monkeypatch.context() as patch:
        patch.setattr(
            "scheduling.views.clients.SearchForm",
            lambda _given: Client.objects.update(name="Outra"),
        )
        refused = browser.get(PAGE)
    seen = browser.get(PAGE)

    assert (refused.status_code, seen.status_code) == (403, 200)
    assert clients_of(shop) == ["Camila Prates"]
    assert kinds(shop) == ["staff_entered", "staff_refused_to_change"]


def test_read_only_ends_with_its_block(company):
    with scope.company(company.pk):
        with pytest.raises(Exception, match="read-only"), connection.read_only():
            a_client("Camila Prates")
        a_client("Ana Souza")

    assert clients_of(company) == ["Ana Souza"]


# To change something ---------------------------------------------------------------------------


def test_who_came_to_change_something_does_it_under_his_own_name(helper, shops):
    company, rival = shops
    enter(helper, company, access="change")

    answer = helper.post("/clientes/novo/", {"name": "Ana Souza", "phone": "(31) 98811-2233"})
    helper.post("/whatsapp/aceitar/", {"accepted": "on"})
    helper.post("/whatsapp/conectar/", {})

    assert answer.status_code == 302
    assert clients_of(company) == ["Camila Prates", "Ana Souza"]
    assert clients_of(rival) == ["Bruno Quetzal"]
    assert "para alterar a pedido da empresa" in text(helper.get(PAGE))
    with scope.company(company.pk):
        events = list(SecurityEvent.objects.order_by("id").select_related("actor"))
    assert "risk_accepted" in [event.kind for event in events]
    assert {event.actor.pk for event in events} == {helper.user.pk}


def test_who_came_to_change_something_cares_for_the_team_and_has_nothing_of_his_own(helper, shops):
    company, _rival = shops
    owner = make_member(company, "dona@flor.example")
    lia = make_member(company, "lia@flor.example", role=Role.RECEPTIONIST)
    enter(helper, company, access="change")

    helper.post(f"/equipe/{lia.pk}/", {"role": Role.MANAGER})
    helper.post("/equipe/convidar/", {"email": "x@flor.example", "role": Role.OWNER})
    last = helper.post(f"/equipe/{owner.pk}/remover/")
    own = [helper.post("/conta/tokens/", {"name": "X"}), helper.post("/conta/sair-da-empresa/")]

    assert kinds(company)[-2:] == ["role_changed", "invitation_made"]
    assert "A empresa precisa de pelo menos um dono." in text(last)
    assert [answer.status_code for answer in own] == [403, 403]
    assert "Tokens da API" not in text(helper.get("/conta/"))


def test_no_membership_is_left_behind(helper, shops):
    enter(helper, shops[0], access="change")
    helper.post("/clientes/novo/", {"name": "Ana Souza", "phone": "(31) 98811-2233"})
    helper.get("/agendamentos/")

    with scope.company(shops[0].pk):
        assert not Membership.objects.exists()


# The end ---------------------------------------------------------------------------------------


def outside(browser):
    """Whether the company's pages are closed and the session claims nothing any more."""
    answer = browser.get(PAGE)
    return answer.status_code == 302 and visits.VISIT_KEY not in browser.session


@pytest.mark.parametrize("access", ["look", "change"])
def test_leaving_leads_back_and_stands_in_both_logs(helper, shops, access):
    company, _rival = shops
    enter(helper, company, access=access)

    answer = helper.post(LEAVE)

    assert answer.url == f"/admin/tenants/company/{company.pk}/change/"
    assert "Você saiu de Salão Flor de Ipê." in text(helper.get(answer.url))
    assert outside(helper)
    assert visits_to(company)[0].ended_at is not None
    assert sentences(company)[-1] == "Equipe, da equipe do Atendo, saiu da empresa."
    assert staff_log()[-1] == (company.name, "Saiu da empresa.", "Equipe")
    assert helper.get(LEAVE).status_code == 405
    assert helper.post(LEAVE).url == "/admin/"
    assert kinds(company) == ["staff_entered", "staff_left"]


def test_who_may_not_see_companies_in_the_admin_leaves_to_its_start(shops):
    browser = staff(superuser=False, may=["enter_company"])
    enter(browser, shops[0])

    assert browser.post(LEAVE).url == "/admin/"


def test_the_time_runs_out(helper, shops, monkeypatch):
    enter(helper, shops[0], minutes="30")
    later(monkeypatch, minutes=29, seconds=50)
    assert helper.get(PAGE).status_code == 200

    later(monkeypatch, seconds=20)

    assert outside(helper)
    assert helper.post(LEAVE).url == "/admin/"
    assert kinds(shops[0]) == ["staff_entered"]


def test_a_visit_that_was_ended_elsewhere_is_over(helper, shops):
    enter(helper, shops[0])
    with scope.company(shops[0].pk):
        SupportVisit.objects.update(ended_at=timezone.now())

    assert outside(helper)


@pytest.mark.parametrize(
    "change", [{"is_staff": False}, {"is_active": False}, {"is_superuser": False}]
)
def test_who_is_no_longer_staff_is_out_at_once(shops, change):
    browser = staff()
    enter(browser, shops[0])
    assert browser.get(PAGE).status_code == 200
    User.objects.filter(pk=browser.user.pk).update(**change)

    assert outside(browser)


def test_a_lost_permission_ends_it_at_once(helper, shops):
    enter(helper, shops[0])
    helper.user.user_permissions.clear()

    assert outside(helper)


def test_the_permission_of_a_group_is_enough(helper, shops):
    from django.contrib.auth.models import Group, Permission

    group = Group.objects.create(name="Suporte")
    group.permissions.set(Permission.objects.filter(codename="enter_company"))
    helper.user.user_permissions.clear()
    helper.user.groups.add(group)
    enter(helper, shops[0])

    assert helper.get(PAGE).status_code == 200


def claim(browser, *ids):
    session = browser.session
    session[visits.VISIT_KEY] = list(ids)
    session.save()


def test_the_visit_of_somebody_else_is_none(helper, shops):
    other = staff("outra@atendo.example", superuser=False, may=MAY)
    enter(other, shops[0])
    claim(helper, *other.session[visits.VISIT_KEY])

    assert outside(helper)
    assert other.get(PAGE).status_code == 200


def test_a_visit_to_another_company_is_none_here(helper, shops):
    company, rival = shops
    enter(helper, company)
    claim(helper, rival.pk, visits_to(company)[0].pk)

    assert outside(helper)
    assert visits_to(rival) == []


@pytest.mark.parametrize("ids", [[], [1], ["1", "2"], [0, 1], [1, 2, 3], [True, 1], [2**70, 1]])
def test_a_claim_that_is_none_is_dropped(helper, shops, ids):
    claim(helper, *ids)

    assert outside(helper)


def test_logging_out_ends_it(helper, shops):
    company, _rival = shops
    enter(helper, company)

    helper.post("/sair/")

    assert kinds(company) == ["staff_entered", "staff_left"]
    assert visits_to(company)[0].ended_at is not None
    assert staff_log()[-1][1] == "Saiu da empresa."


def test_logging_out_of_the_admin_ends_it(helper, shops):
    enter(helper, shops[0])

    helper.post("/admin/logout/")

    assert kinds(shops[0]) == ["staff_entered", "staff_left"]


def test_entering_another_company_ends_the_visit_before(helper, shops):
    company, rival = shops
    enter(helper, company)

    enter(helper, rival)

    assert "Bruno Quetzal" in text(helper.get(PAGE))
    assert kinds(company) == ["staff_entered", "staff_left"]
    assert kinds(rival) == ["staff_entered"]


@pytest.fixture
def consultant(helper, shops):
    """Staff who is a receptionist of the rival, and works there now."""
    with scope.company(shops[1].pk):
        Membership.objects.create(user=helper.user, role=Role.RECEPTIONIST)
    helper.post("/empresas/", {"company": shops[1].pk})
    return helper


def test_after_the_visit_the_own_company_is_there_again(consultant, shops):
    company, _rival = shops
    assert "Bruno Quetzal" in text(consultant.get(PAGE))

    enter(consultant, company)
    during = text(consultant.get(PAGE))
    consultant.post(LEAVE)

    assert "Camila Prates" in during
    assert "Bruno Quetzal" not in during
    assert "Bruno Quetzal" in text(consultant.get(PAGE))
    assert consultant.get("/servicos/").status_code == 403  # a receptionist there, as before


@pytest.mark.parametrize("access", ["look", "change"])
def test_the_switch_to_the_own_company_ends_the_visit(consultant, shops, access):
    company, rival = shops
    enter(consultant, company, access=access)

    answer = consultant.post("/empresas/", {"company": rival.pk})

    assert answer.status_code == 302
    assert "Bruno Quetzal" in text(consultant.get(PAGE))
    assert kinds(company) == ["staff_entered", "staff_left"]


FORM = {"name": "Ana Souza", "phone": "(31) 98811-2233"}


@pytest.mark.parametrize("address", ["/clientes/novo/", "/api/v1/clients/"])
def test_a_form_of_a_visit_that_is_over_goes_into_no_other_company(
    consultant, shops, monkeypatch, address
):
    enter(consultant, shops[0], access="change")
    later(monkeypatch, minutes=16)

    answer = consultant.post(address, FORM)

    assert answer.status_code == 403
    assert (
        "A visita à empresa terminou" in json.loads(text(answer))["detail"]
        if (address.startswith("/api/"))
        else "A visita à empresa terminou" in text(answer)
    )
    assert clients_of(shops[0]) == ["Camila Prates"]
    assert clients_of(shops[1]) == ["Bruno Quetzal"]
    assert consultant.get(PAGE).status_code == 200


@pytest.mark.parametrize("end", ["leave", "time"])
def test_a_form_that_was_open_before_the_end_is_refused_after_it(
    consultant, shops, monkeypatch, end
):
    consultant.handler.enforce_csrf_checks = False
    enter(consultant, shops[0], access="change")
    before = text(consultant.get("/clientes/novo/"))
    consultant.post(LEAVE) if end == "leave" else later(monkeypatch, minutes=16)
    consultant.get(PAGE)
    consultant.handler.enforce_csrf_checks = True
    token = before.partition('name="csrfmiddlewaretoken" value="')[2][:64]

    answer = consultant.post("/clientes/novo/", {**FORM, "csrfmiddlewaretoken": token})

    assert answer.status_code == 403
    assert clients_of(shops[1]) == ["Bruno Quetzal"]


# What it costs, and what the database holds ----------------------------------------------------


def test_a_visit_costs_one_query_as_a_membership_does(
    helper, shops, member, django_assert_num_queries
):
    enter(helper, shops[0], access="change")
    owner = Browser()
    owner.force_login(member.user)
    owner.post("/empresas/", {"company": shops[0].pk})
    for browser in (helper, owner):
        # session, user, membership or visit, and the list: its number, its chips, its page
        with django_assert_num_queries(6):
            browser.get(PAGE)


def test_the_admin_stays_the_admin_during_a_visit(helper, shops):
    enter(helper, shops[0])

    page = text(helper.get("/admin/tenants/company/"))

    assert "Salão Flor de Ipê" in page
    assert "Barbearia Prosa &amp; Navalha" in page


def test_a_token_is_no_visit(helper, shops, member):
    from tenants.models import ApiToken

    with scope.company(shops[0].pk):
        token = ApiToken(membership=member, name="site")
        token.company_id = shops[0].pk
        value = token.issue()
        token.save()
    enter(helper, shops[1])

    answer = helper.get("/api/v1/clients/", headers={"Authorization": f"Bearer {value}"})

    assert [row["name"] for row in answer.json()["results"]] == ["Camila Prates"]


@pytest.mark.parametrize(("reason", "lasts"), [("", 15), (WHY, 0), (WHY, -5), (WHY, 61)])
def test_no_visit_is_without_a_reason_or_longer_than_an_hour(helper, company, reason, lasts):
    now = timezone.now()
    with scope.company(company.pk), pytest.raises(IntegrityError), transaction.atomic():
        SupportVisit.objects.create(
            user=helper.user,
            reason=reason,
            started_at=now,
            expires_at=now + timedelta(minutes=lasts),
        )


def test_the_staff_reads_the_list_of_visits_and_changes_none(shops):
    browser = staff()
    enter(browser, shops[0])
    pk = visits_to(shops[0])[0].pk

    assert WHY in text(browser.get("/admin/tenants/supportvisit/"))
    assert browser.get(f"/admin/tenants/supportvisit/{pk}/change/").status_code == 200
    assert browser.post(f"/admin/tenants/supportvisit/{pk}/delete/").status_code == 403
