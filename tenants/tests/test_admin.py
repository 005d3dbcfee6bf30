"""The platform's staff at work in Django's admin: every company in one place, none mixed up."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Permission
from django.test import Client as Browser
from django.utils import timezone

from tenants import invitations, scope
from tenants.models import ApiToken, Company, Invitation, Membership, Role, SecurityEvent, User
from tenants.tests.conftest import make_member

TENANTS = "/admin/tenants/"


def staff(email="equipe@atendo.example", *, superuser=True, may=()):
    user = User.objects.create_user(
        email, "uma senha longa", name="Equipe", is_staff=True, is_superuser=superuser
    )
    user.user_permissions.set(Permission.objects.filter(codename__in=may))
    browser = Browser()
    browser.force_login(user)
    browser.user = user
    return browser


@pytest.fixture
def boss(db):
    return staff()


def everything(model):
    with scope.every_company("test"):
        return list(model.objects.order_by("pk"))


def log_of(company):
    with scope.company(company.pk, switch=True):
        rows = SecurityEvent.objects.order_by("id").select_related("actor")
        return [(row.kind, row.origin, row.sentence) for row in rows]


def errors(answer):
    """The sentences at the fields of an admin form that came back."""
    assert answer.status_code == 200, answer.status_code
    return re.findall(r'<ul class="errorlist[^>]*>\s*<li>(.*?)</li>', answer.content.decode())


# Who comes in ----------------------------------------------------------------------------------

PAGES = [
    "",
    "tenants/company/",
    "tenants/user/",
    "tenants/membership/",
    "tenants/apitoken/",
    "scheduling/client/",
    "scheduling/appointment/",
    "whatsapp/instance/",
    "whatsapp/webhookevent/",
    "whatsapp/message/",
]


@pytest.mark.parametrize("page", PAGES)
def test_an_owner_is_not_staff(member, page):
    browser = Browser()
    browser.force_login(member.user)

    answer = browser.get(f"/admin/{page}")

    assert answer.status_code == 302
    assert answer["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("page", PAGES[1:])
def test_staff_without_permission_sees_no_table(db, page):
    assert staff(superuser=False).get(f"/admin/{page}").status_code == 403


@pytest.mark.parametrize("table", ["company", "user", "membership"])
@pytest.mark.parametrize("page", ["change", "delete", "history"])
def test_without_permission_a_row_that_exists_is_as_one_that_never_was(rival_member, table, page):
    browser = staff(superuser=False, may=["view_apitoken"])
    pk = {"company": rival_member.company_id, "user": rival_member.user_id}.get(table)

    theirs, nobodys = (
        browser.get(f"{TENANTS}{table}/{each}/{page}/") for each in (pk or rival_member.pk, 987654)
    )

    assert (theirs.status_code, nobodys.status_code) == (403, 403)
    assert theirs.content == nobodys.content


def test_staff_sees_what_was_permitted(member):
    browser = staff(superuser=False, may=["view_company"])

    page = browser.get(f"{TENANTS}company/").content.decode()

    assert "Salão Flor de Ipê" in page
    assert browser.get(f"{TENANTS}company/add/").status_code == 403
    assert browser.get(f"{TENANTS}membership/").status_code == 403


def test_the_pages_say_where_one_is(boss):
    page = boss.get("/admin/").content.decode()

    assert "Atendo · administração" in page
    assert "Todas as empresas" in page


def test_no_page_has_an_inline_script_or_style(boss, member):
    for path in (*PAGES, "tenants/company/add/", "tenants/user/add/", "tenants/apitoken/add/"):
        page = boss.get(f"/admin/{path}").content.decode()
        assert re.findall(r"<script(?![^>]*(?:\bsrc=|application/json))", page) == [], path
        assert re.findall(r"<style|\sstyle=|\son\w+=", page) == [], path


# Companies -------------------------------------------------------------------------------------


def company_form(*memberships, **changes):
    values = {
        "name": "Studio Nó",
        "slug": "studio-no",
        "segment": "salon",
        "timezone": "America/Sao_Paulo",
        "address": "",
        "message_hours_start": "08:00",
        "message_hours_end": "20:00",
        "pace_seconds": "8",
        "memberships-TOTAL_FORMS": str(len(memberships)),
        "memberships-INITIAL_FORMS": "0",
    }
    for number, (user, role) in enumerate(memberships):
        values[f"memberships-{number}-user"] = str(user.pk)
        values[f"memberships-{number}-role"] = role
    return {**values, **changes}


def test_a_company_and_its_owner_are_made_on_one_page(boss, rival, rival_member):
    person = User.objects.create_user("dona@no.example", "uma senha longa", name="Dona")

    answer = boss.post(f"{TENANTS}company/add/", company_form((person, Role.OWNER)))

    assert answer.status_code == 302
    made = everything(Company)[-1]
    assert made.slug == "studio-no"
    with scope.company(made.pk):
        membership = Membership.objects.get()
    assert (membership.user, membership.role) == (person, Role.OWNER)
    assert log_of(made) == [
        ("membership_changed", "admin", "Equipe mudou o acesso de Dona: Dono.")
    ]
    assert log_of(rival) == []


def test_the_new_owner_can_work_at_once(boss):
    User.objects.create_user("dona@no.example", "uma senha longa", name="Dona")
    person = User.objects.get(email="dona@no.example")
    boss.post(f"{TENANTS}company/add/", company_form((person, Role.OWNER)))
    browser = Browser()

    browser.post("/entrar/", {"username": "dona@no.example", "password": "uma senha longa"})

    assert browser.get("/api/v1/company/whatsapp-status").json()["status"] == "not_configured"


def test_a_person_twice_on_one_page_is_an_error(boss):
    person = User.objects.create_user("dona@no.example", "uma senha longa", name="Dona")
    twice = company_form((person, Role.OWNER), (person, Role.MANAGER))

    answer = boss.post(f"{TENANTS}company/add/", twice)

    assert errors(answer) != []
    assert everything(Company) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("timezone", "Mars/Phobos"),
        ("message_hours_end", "07:00"),
        ("slug", "com espaço"),
        ("name", ""),
    ],
)
def test_what_a_company_cannot_be_is_an_error(boss, field, value):
    answer = boss.post(f"{TENANTS}company/add/", company_form(**{field: value}))

    assert len(errors(answer)) == 1
    assert everything(Company) == []


def test_the_slug_of_another_company_is_an_error(boss, company):
    answer = boss.post(f"{TENANTS}company/add/", company_form(slug=company.slug))

    assert errors(answer) == ["Empresa com este Endereço curto já existe."]


def test_a_role_changed_on_the_companys_page_is_logged(boss, company, member, rival_member):
    form = company_form((member.user, Role.MANAGER), slug=company.slug)
    form |= {"memberships-INITIAL_FORMS": "1", "memberships-0-id": str(member.pk)}
    form |= {"memberships-0-company": str(company.pk)}

    answer = boss.post(f"{TENANTS}company/{company.pk}/change/", form)

    assert answer.status_code == 302
    assert [row.role for row in everything(Membership)] == [Role.MANAGER, Role.OWNER]
    assert [kind for kind, _origin, _sentence in log_of(company)] == ["membership_changed"]


def test_a_page_cannot_reach_another_companys_access(boss, company, rival_member):
    """The id of a membership of the rival, in the form of our company."""
    form = company_form((rival_member.user, Role.MANAGER), slug=company.slug)
    form |= {"memberships-INITIAL_FORMS": "1", "memberships-0-id": str(rival_member.pk)}
    form |= {"memberships-0-company": str(company.pk)}

    boss.post(f"{TENANTS}company/{company.pk}/change/", form)

    (kept,) = everything(Membership)
    assert (kept.role, kept.company_id) == (Role.OWNER, rival_member.company_id)


def test_access_removed_on_the_companys_page_is_logged(boss, company, member):
    form = company_form((member.user, Role.OWNER), slug=company.slug)
    form |= {"memberships-INITIAL_FORMS": "1", "memberships-0-id": str(member.pk)}
    form |= {"memberships-0-company": str(company.pk), "memberships-0-DELETE": "on"}

    boss.post(f"{TENANTS}company/{company.pk}/change/", form)

    assert everything(Membership) == []
    assert log_of(company)[0][2] == "Equipe mudou o acesso de ana@flor.example: sem acesso."


def test_the_person_of_an_access_stays_the_same(boss, company, member):
    stranger = User.objects.create_user("x@y.example", "uma senha longa", name="Estranho")
    form = company_form((stranger, Role.MANAGER), slug=company.slug)
    form |= {"memberships-INITIAL_FORMS": "1", "memberships-0-id": str(member.pk)}
    form |= {"memberships-0-company": str(company.pk)}

    boss.post(f"{TENANTS}company/{company.pk}/change/", form)

    assert [row.user_id for row in everything(Membership)] == [member.user_id]


def test_a_company_is_not_deleted(boss, company):
    answer = boss.post(f"{TENANTS}company/{company.pk}/delete/", {"post": "yes"})

    assert answer.status_code == 403
    assert everything(Company) == [company]


def test_the_list_of_companies_is_searched_and_tells_how_they_do(boss, member, rival_member):
    page = boss.get(f"{TENANTS}company/", {"q": "ipe"}).content.decode()

    assert "Salão Flor de Ipê" in page
    assert "Prosa" not in page
    assert re.search(r'field-people">1<', page)
    assert "Nunca conectado" in page


def test_the_list_of_companies_asks_as_many_queries_for_two_as_for_one(
    boss, member, django_assert_max_num_queries, django_assert_num_queries
):
    with django_assert_max_num_queries(10) as first:
        boss.get(f"{TENANTS}company/")
    make_other_company()

    with django_assert_num_queries(len(first)):
        boss.get(f"{TENANTS}company/")


def make_other_company():
    with scope.every_company("test"):
        other = Company.objects.create(name="Outra", slug="outra")
    make_member(other, "o@outra.example")


# People ----------------------------------------------------------------------------------------

NEW_PERSON = {
    "name": "Dona",
    "email": "Dona@No.example",
    "usable_password": "true",
    "password1": "uma senha longa",
    "password2": "uma senha longa",
}


def test_a_person_is_made_with_a_password(boss):
    answer = boss.post(f"{TENANTS}user/add/", NEW_PERSON)

    assert answer.status_code == 302
    person = User.objects.get(email="dona@no.example")
    assert person.check_password("uma senha longa")
    assert (person.is_staff, person.is_superuser) == (False, False)


def test_a_person_is_made_on_the_spot_in_a_small_window(boss):
    answer = boss.post(f"{TENANTS}user/add/?_popup=1", {**NEW_PERSON, "_popup": "1"})

    assert answer.status_code == 200
    assert "popup_response.js" in answer.content.decode()
    assert User.objects.filter(email="dona@no.example").exists()


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("email", "ANA@flor.example", "Usuário com este E-mail já existe."),
        ("password2", "outra senha longa", "Os dois campos de senha não correspondem."),
        ("email", "nenhum", "Insira um endereço de email válido."),
    ],
)
def test_what_a_person_cannot_be_is_an_error(boss, member, field, value, sentence):
    answer = boss.post(f"{TENANTS}user/add/", {**NEW_PERSON, field: value})

    assert errors(answer) == [sentence]
    assert User.objects.count() == 2


def test_the_page_of_a_person_names_the_companies_and_no_password(boss, member):
    page = boss.get(f"{TENANTS}user/{member.user_id}/change/").content.decode()

    assert "Salão Flor de Ipê (Dono)" in page
    assert User.objects.get(pk=member.user_id).password not in page


def test_staff_changes_a_persons_password(boss, member):
    new = {
        "usable_password": "true",
        "password1": "outra senha boa",
        "password2": "outra senha boa",
    }

    boss.post(f"{TENANTS}user/{member.user_id}/password/", {**new, "set-password": "1"})

    assert User.objects.get(pk=member.user_id).check_password("outra senha boa")


PERSON_RIGHTS = ["view_user", "add_user", "change_user", "delete_user"]


def test_staff_that_is_no_superuser_makes_nobody_staff(db, member):
    browser = staff(superuser=False, may=PERSON_RIGHTS)
    form = {"name": "Ana", "email": "ana@flor.example", "is_active": "on"}
    form |= {"is_staff": "on", "is_superuser": "on"}

    answer = browser.post(f"{TENANTS}user/{member.user_id}/change/", form)

    assert answer.status_code == 302
    person = User.objects.get(pk=member.user_id)
    assert (person.name, person.is_staff, person.is_superuser) == ("Ana", False, False)


def test_staff_that_is_no_superuser_does_not_touch_a_colleague(db):
    colleague = staff("chefe@atendo.example").user
    browser = staff(superuser=False, may=PERSON_RIGHTS)
    path = f"{TENANTS}user/{colleague.pk}/"
    new = {
        "usable_password": "true",
        "password1": "outra senha boa",
        "password2": "outra senha boa",
    }

    refused = browser.post(f"{path}password/", {**new, "set-password": "1"})

    assert refused.status_code == 403
    assert browser.post(f"{path}change/", {"name": "x"}).status_code == 403
    assert User.objects.get(pk=colleague.pk).check_password("uma senha longa")


def test_a_person_is_not_deleted(boss, member):
    assert boss.post(f"{TENANTS}user/{member.user_id}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=member.user_id).exists()


# Access ----------------------------------------------------------------------------------------


def test_access_is_given_in_the_chosen_company(boss, company, rival, member):
    form = {"company": rival.pk, "user": member.user_id, "role": Role.MANAGER}

    answer = boss.post(f"{TENANTS}membership/add/", form)

    assert answer.status_code == 302
    given = everything(Membership)[-1]
    assert (given.company_id, given.user_id) == (rival.pk, member.user_id)
    assert log_of(rival) == [
        ("membership_changed", "admin", "Equipe mudou o acesso de ana@flor.example: Gerente.")
    ]
    assert log_of(company) == []


def test_a_second_access_of_one_person_is_an_error(boss, company, member):
    form = {"company": company.pk, "user": member.user_id, "role": Role.MANAGER}

    answer = boss.post(f"{TENANTS}membership/add/", form)

    assert errors(answer) == ["Esta pessoa já faz parte da empresa."]
    assert everything(Membership) == [member]


def test_without_a_company_access_is_not_given(boss, member):
    answer = boss.post(f"{TENANTS}membership/add/", {"user": member.user_id, "role": Role.MANAGER})

    assert errors(answer) == ["Este campo é obrigatório."]
    assert everything(Membership) == [member]


def test_of_an_access_only_the_role_changes(boss, company, rival, member):
    stranger = User.objects.create_user("x@y.example", "uma senha longa", name="Estranho")
    form = {"company": rival.pk, "user": stranger.pk, "role": Role.RECEPTIONIST}

    answer = boss.post(f"{TENANTS}membership/{member.pk}/change/", form)

    assert answer.status_code == 302
    (kept,) = everything(Membership)
    assert (kept.company_id, kept.user_id) == (company.pk, member.user_id)
    assert kept.role == Role.RECEPTIONIST
    assert len(log_of(company)) == 1


def test_a_form_saved_as_it_was_logs_nothing(boss, company, member):
    boss.post(f"{TENANTS}membership/{member.pk}/change/", {"role": Role.OWNER})

    assert log_of(company) == []


def test_removed_access_is_logged_one_by_one_and_many_at_once(boss, company, rival, member):
    other = make_member(rival, "bruno@navalha.example")

    boss.post(f"{TENANTS}membership/{member.pk}/delete/", {"post": "yes"})
    many = {"action": "delete_selected", "_selected_action": [other.pk], "post": "yes"}
    boss.post(f"{TENANTS}membership/", many)

    assert everything(Membership) == []
    for gone in (company, rival):
        assert log_of(gone)[0][2].endswith(": sem acesso.")


def test_access_is_searched_by_person_and_company(boss, member, rival_member):
    for text, found, hidden in [("ana@", "ana@", "bruno@"), ("prosa", "bruno@", "ana@")]:
        page = boss.get(f"{TENANTS}membership/", {"q": text}).content.decode()
        assert found in page
        assert hidden not in page.replace(f'value="{text}"', "")


def test_the_search_for_a_person_tells_namesakes_apart(boss, member):
    query = {
        "app_label": "tenants",
        "model_name": "membership",
        "field_name": "user",
        "term": "ana",
    }

    answer = boss.get("/admin/autocomplete/", query).json()

    assert [row["text"] for row in answer["results"]] == ["ana@flor.example · ana@flor.example"]


# Tokens ----------------------------------------------------------------------------------------


def test_a_token_is_shown_once_and_works(boss, company, member):
    form = {"company": company.pk, "membership": member.pk, "name": "Site"}

    page = boss.post(f"{TENANTS}apitoken/add/", form, follow=True).content.decode()

    (text,) = re.findall(r"atd_\d+_[A-Za-z0-9_-]{43}", page)
    answer = Browser().get(
        "/api/v1/company/whatsapp-status", headers={"authorization": f"Bearer {text}"}
    )
    (token,) = everything(ApiToken)
    assert answer.json()["company_id"] == company.pk
    assert log_of(company) == [("token_made", "admin", "Equipe criou o token da API “Site”.")]
    for path in ("", f"{token.pk}/change/"):
        again = boss.get(f"{TENANTS}apitoken/{path}").content.decode()
        assert text not in again
        assert token.digest not in again


def test_a_token_for_another_companys_access_is_a_form_error(
    boss, company, rival, member, rival_member
):
    form = {"company": company.pk, "membership": rival_member.pk, "name": "Site"}

    answer = boss.post(f"{TENANTS}apitoken/add/", form)

    assert len(errors(answer)) == 1
    assert everything(ApiToken) == []
    assert log_of(company) == log_of(rival) == []


def test_the_search_for_an_access_names_its_company(boss, member, rival_member):
    query = {"app_label": "tenants", "model_name": "apitoken", "field_name": "membership"}

    answer = boss.get("/admin/autocomplete/", {**query, "term": "ana"}).json()

    assert [row["text"] for row in answer["results"]] == [
        "Salão Flor de Ipê · ana@flor.example (Dono) · ana@flor.example"
    ]


def make_token(company, membership):
    with scope.company(company.pk):
        token = ApiToken(membership=membership, name="Site")
        token.bind_company()
        token.issue()
        token.save()
    return token


def test_of_a_token_only_the_name_changes(boss, company, rival, member, rival_member):
    token = make_token(company, member)
    form = {"company": rival.pk, "membership": rival_member.pk, "name": "Agenda"}

    boss.post(f"{TENANTS}apitoken/{token.pk}/change/", form)

    (kept,) = everything(ApiToken)
    assert (kept.name, kept.company_id, kept.membership_id) == ("Agenda", company.pk, member.pk)
    assert kept.digest == token.digest


def test_a_removed_token_is_logged_and_works_no_more(boss, company, member):
    token = make_token(company, member)

    boss.post(f"{TENANTS}apitoken/{token.pk}/delete/", {"post": "yes"})

    assert everything(ApiToken) == []
    assert [kind for kind, _o, _s in log_of(company)] == ["token_removed"]


@pytest.mark.parametrize("lookup", ["digest", "digest__startswith"])
def test_a_digest_cannot_be_guessed_by_way_of_the_address(boss, company, member, lookup):
    make_token(company, member)

    assert boss.get(f"{TENANTS}apitoken/", {lookup: "a"}).status_code == 400


@pytest.mark.parametrize("act", ["change", "delete", "many"])
def test_who_loses_access_in_the_admin_leaves_no_link_behind(boss, company, rival, member, act):
    """It would lead back in; his invitations to another company of his are left alone."""
    there = Membership(user=member.user, role=Role.OWNER)
    for where, inviter in ((company, member), (rival, there)):
        with scope.company(where.pk, switch=True):
            inviter.save()
            offer = Invitation(email="eu@mesmo.example", role=Role.MANAGER)
            invitations.invite(inviter, offer, link=None, by=member.user, now=timezone.now())

    if act == "change":
        boss.post(f"{TENANTS}membership/{member.pk}/change/", {"role": Role.PROFESSIONAL})
    elif act == "delete":
        boss.post(f"{TENANTS}membership/{member.pk}/delete/", {"post": "yes"})
    else:
        many = {"action": "delete_selected", "_selected_action": [member.pk], "post": "yes"}
        boss.post(f"{TENANTS}membership/", many)

    revoked = {row.company_id: row.revoked_at is not None for row in everything(Invitation)}
    assert revoked == {company.pk: True, rival.pk: False}
