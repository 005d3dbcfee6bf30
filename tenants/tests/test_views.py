import re
from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone

from tenants import scope, security
from tenants.middleware import SESSION_KEY
from tenants.models import Membership, Role, SecurityEvent, User
from tenants.security import Origin
from tenants.tests.conftest import make_member

PASSWORD = "uma senha longa"
LOG = "/seguranca/"


def text(response) -> str:
    return response.content.decode()


def log_in(email, *, password=PASSWORD, **data):
    browser = Browser()
    answer = browser.post("/entrar/", {"username": email, "password": password, **data})
    return browser, answer


def sentences(company) -> list[str]:
    with scope.company(company.pk):
        return [event.sentence for event in SecurityEvent.objects.order_by("id")]


@pytest.fixture
def both(member, rival):
    """The member of `company` is a receptionist of `rival` too."""
    with scope.company(rival.pk):
        Membership.objects.create(user=member.user, role=Role.RECEPTIONIST)
    return member


def test_who_has_one_company_is_in_it_at_once(member, company, rival_member, rival):
    browser, answer = log_in("ANA@flor.example ", next="/agendamentos/?dia=2026-11-25")

    assert (answer.status_code, answer.url) == (302, "/agendamentos/?dia=2026-11-25")
    assert browser.session[SESSION_KEY] == company.pk
    assert sentences(company) == ["ana@flor.example entrou."]
    assert sentences(rival) == []


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"]
)
def test_the_login_leads_nowhere_else(member, target):
    assert log_in("ana@flor.example", next=target)[1].url == "/"


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ana@flor.example", "errada"),
        ("ninguem@flor.example", PASSWORD),
        ("apagada@flor.example", PASSWORD),
        ("isto não é um e-mail", PASSWORD),
        ("' or 1=1 --", "' or 1=1 --"),
    ],
)
def test_every_failed_login_says_the_same(member, company, email, password):
    make_member(company, "apagada@flor.example", is_active=False)

    browser, answer = log_in(email, password=password)

    assert answer.status_code == 200
    assert "Não conseguimos entrar com estes dados." in text(answer)
    assert without_typed(text(answer), email) == without_typed(text(log_in("x@y.z")[1]), "x@y.z")
    assert SESSION_KEY not in browser.session
    assert sentences(company) == []


def without_typed(page, email) -> str:
    from django.utils.html import escape

    return re.sub(r'csrfmiddlewaretoken" value="\w+"', "", page).replace(str(escape(email)), "")


def test_what_was_typed_stays_but_the_password_does_not(db):
    answer = log_in("ana@flor.example", password="segredo-digitado")[1]

    assert 'value="ana@flor.example"' in text(answer)
    assert "segredo-digitado" not in text(answer)


def test_who_has_several_companies_chooses(both, company, rival):
    browser, answer = log_in("ana@flor.example", next="/clientes/")

    assert (
        answer.url == "/empresas/?next=%2Fclientes%2F"
        or answer.url == "/empresas/?next=/clientes/"
    )
    assert SESSION_KEY not in browser.session
    page = browser.get(answer.url)
    assert [each.name for each in page.context["companies"]] == [rival.name, company.name]
    chosen = browser.post("/empresas/", {"company": rival.pk, "next": "/clientes/"})

    assert chosen.url == "/clientes/"
    assert browser.session[SESSION_KEY] == rival.pk
    assert (sentences(company), sentences(rival)) == ([], ["ana@flor.example entrou."])


def test_changing_company_changes_everything_seen_and_only_by_post(both, company, rival):
    browser, _answer = log_in("ana@flor.example")
    browser.post("/empresas/", {"company": company.pk})
    with scope.company(company.pk):
        security.record("risk_accepted", origin=Origin.WEB, actor=both.user)

    browser.get("/empresas/", {"company": rival.pk})
    assert browser.session[SESSION_KEY] == company.pk
    assert "aceitou o risco" in text(browser.get(LOG))
    browser.post("/empresas/", {"company": rival.pk})

    assert browser.session[SESSION_KEY] == rival.pk
    assert browser.get(LOG).status_code == 403  # a receptionist there


@pytest.mark.parametrize("asked", ["", "abc", "9" * 40, "-1", "987654321", "\x00", "1.0"])
def test_a_company_that_is_not_mine_is_unknown(member, rival, asked):
    browser, _answer = log_in("ana@flor.example")
    before = browser.session[SESSION_KEY]

    answer = browser.post("/empresas/", {"company": asked})
    theirs = browser.post("/empresas/", {"company": rival.pk})

    assert answer.status_code == theirs.status_code == 404
    assert answer.content == theirs.content
    assert browser.session[SESSION_KEY] == before
    assert sentences(rival) == []


def test_who_has_no_company_is_told_so(db):
    User.objects.create_user("so@flor.example", PASSWORD, name="Só")
    browser, answer = log_in("so@flor.example")

    page = browser.get(answer.url)

    assert answer.url == "/empresas/"
    assert "ainda não faz parte de nenhuma empresa" in text(page)
    assert browser.get(LOG).url == "/empresas/"


def test_staff_without_a_company_go_to_the_administration(db):
    User.objects.create_superuser("equipe@atendo.example", PASSWORD, name="Equipe")
    browser, answer = log_in("equipe@atendo.example")

    assert answer.url == "/admin/"
    assert browser.get("/empresas/").url == "/admin/"


def test_a_lost_membership_ends_the_visit_to_the_company(member, company):
    browser, _answer = log_in("ana@flor.example")
    with scope.company(company.pk):
        member.delete()

    assert browser.get(LOG).url == "/empresas/"
    assert SESSION_KEY not in browser.session


def test_another_person_on_the_same_browser_does_not_inherit_the_company(
    member, rival_member, rival
):
    browser, _answer = log_in("ana@flor.example")

    browser.post("/sair/")
    browser.post("/entrar/", {"username": "bruno@navalha.example", "password": PASSWORD})

    assert browser.session[SESSION_KEY] == rival.pk


def test_leaving_is_a_post(member):
    browser, _answer = log_in("ana@flor.example")

    assert browser.get("/sair/").status_code == 405
    assert browser.post("/sair/").url == "/entrar/"
    assert browser.get(LOG).url == f"/entrar/?next={LOG}"


def test_the_choice_of_company_is_the_only_look_across_and_it_is_logged(both, caplog):
    caplog.set_level("INFO", logger="atendo.scope")

    log_in("ana@flor.example")

    seen = [
        (each.getMessage(), each.user_id) for each in caplog.records if each.name == "atendo.scope"
    ]
    assert seen == [("every company: choice of company", both.user.pk)]


def change(browser, old=PASSWORD, new="outra senha comprida", again=None):
    form = {"old_password": old, "new_password1": new, "new_password2": again or new}
    return browser.post("/conta/senha/", form)


def test_a_changed_password_stands_in_the_log_and_keeps_the_session(member, company):
    browser, _answer = log_in("ana@flor.example")

    answer = change(browser)

    assert answer.url == "/"
    assert browser.get(LOG).status_code == 200
    assert sentences(company)[-1] == "ana@flor.example trocou a senha."
    assert log_in("ana@flor.example", password="outra senha comprida")[1].status_code == 302


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"old": "errada"}, "A senha atual não é esta."),
        ({"again": "diferente disto"}, "As duas senhas novas são diferentes."),
        ({"new": "curta"}, "10 caracteres"),
        ({"new": "12345678901234"}, "numérica"),
    ],
)
def test_a_password_that_is_refused_changes_nothing(member, company, changes, sentence):
    browser, _answer = log_in("ana@flor.example")

    answer = change(browser, **changes)

    assert sentence in text(answer)
    member.user.refresh_from_db()
    assert member.user.check_password(PASSWORD)
    assert sentences(company) == ["ana@flor.example entrou."]


def test_a_stranger_changes_no_password(client, db):
    assert client.get("/conta/senha/").url == "/entrar/?next=/conta/senha/"


def refuse(company, number=1):
    with scope.company(company.pk):
        for _number in range(number):
            security.record(
                "button_refused", origin=Origin.WEBHOOK, phone="•••• 3381", button="confirm_7"
            )


def test_the_log_is_newest_first_and_can_leave_the_refusals(member, company, rival_member, rival):
    refuse(company)
    refuse(rival, 5)
    browser, _answer = log_in("ana@flor.example")

    everything, refusals = browser.get(LOG), browser.get(LOG, {"so": "recusas"})

    assert [event.kind for event in everything.context["page"]] == ["logged_in", "button_refused"]
    assert [event.kind for event in refusals.context["page"]] == ["button_refused"]
    assert "Uma resposta do celular •••• 3381 foi recusada" in text(everything)
    assert "Recusado" in text(refusals) and "Feito" not in text(refusals)


def test_a_log_without_refusals_says_so(member):
    browser, _answer = log_in("ana@flor.example")

    assert "Nenhuma recusa." in text(browser.get(LOG, {"so": "recusas"}))


def test_what_a_stranger_wrote_into_the_log_is_text(member, company):
    with scope.company(company.pk):
        security.record(
            "button_from_stranger", origin=Origin.WEBHOOK, phone="1", button="<script>x</script>"
        )
    browser, _answer = log_in("ana@flor.example")

    assert "<script>x" not in text(browser.get(LOG))
    assert "&lt;script&gt;x" in text(browser.get(LOG))


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.OWNER, 200),
        (Role.MANAGER, 200),
        (Role.RECEPTIONIST, 403),
        (Role.PROFESSIONAL, 403),
    ],
)
def test_who_may_read_the_log(company, role, status):
    make_member(company, "pessoa@flor.example", role=role)

    assert log_in("pessoa@flor.example")[0].get(LOG).status_code == status


@pytest.mark.parametrize("rows", [1, 60])
def test_the_log_asks_the_same_few_queries(member, company, rows, django_assert_max_num_queries):
    refuse(company, rows)
    browser, _answer = log_in("ana@flor.example")

    with django_assert_max_num_queries(7):
        answer = browser.get(LOG)

    assert len(answer.context["page"]) == min(rows + 1, 50)


def test_times_are_those_of_the_company_zone(member, company, monkeypatch):
    company.timezone = "Asia/Tokyo"
    with scope.company(company.pk):
        company.save()
    moment = timezone.now().replace(hour=20, minute=5)
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)
    browser, _answer = log_in("ana@flor.example")

    page = text(browser.get(LOG))

    assert "05:05" in page
    tomorrow = (moment + timedelta(hours=9)).date()
    assert f"{tomorrow.day} de" in page
    assert timezone.get_current_timezone_name() == "America/Sao_Paulo"
