"""What lets somebody into a company takes the permission to enter one, whichever page gives it."""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission

from tenants.models import ApiToken, Membership
from tenants.tests.test_admin import TENANTS, everything, log_of, staff


def almost_everybody():
    browser = staff(superuser=False)
    browser.user.user_permissions.set(Permission.objects.exclude(codename="enter_company"))
    return browser


NEW_PASSWORD = {
    "usable_password": "true",
    "password1": "outra senha boa",
    "password2": "outra senha boa",
    "set-password": "1",
}


def test_without_the_permission_to_enter_nobody_is_let_in_another_way(company, rival, member):
    browser = almost_everybody()
    token = {"company": company.pk, "membership": member.pk, "name": "x"}
    access = {"company": company.pk, "user": browser.user.pk, "role": "owner"}

    answers = [
        browser.post(f"{TENANTS}membership/add/", access),
        browser.post(f"{TENANTS}membership/{member.pk}/change/", {"role": "manager"}),
        browser.post(f"{TENANTS}apitoken/add/", token),
        browser.post(f"{TENANTS}user/{member.user_id}/password/", NEW_PASSWORD),
        browser.post(f"{TENANTS}company/{company.pk}/enter/", {"access": "look"}),
    ]
    person = {"name": "Ana", "email": "equipe2@atendo.example", "is_active": "on"}
    browser.post(f"{TENANTS}user/{member.user_id}/change/", person)

    assert [answer.status_code for answer in answers] == [403] * 5
    assert everything(ApiToken) == []
    assert [row.user_id for row in everything(Membership)] == [member.user_id]
    member.user.refresh_from_db()
    assert member.user.email == "ana@flor.example"
    assert member.user.check_password("uma senha longa")


def test_the_memberships_on_a_companys_page_take_the_permission_too(company, rival, member):
    browser = almost_everybody()
    page = browser.get(f"{TENANTS}company/{company.pk}/change/").content.decode()
    assert "memberships-0-role" not in page
    assert (
        "memberships-0-role"
        in staff("chefe@so.example").get(f"{TENANTS}company/{company.pk}/change/").content.decode()
    )


def test_nobody_but_a_superuser_changes_what_a_group_may_do(db):
    group = Group.objects.create(name="Atendimento")
    enter = Permission.objects.get(codename="enter_company")
    browser = almost_everybody()
    browser.user.groups.add(group)
    form = {"name": "Atendimento", "permissions": [enter.pk]}

    assert browser.post(f"/admin/auth/group/{group.pk}/change/", form).status_code == 403
    assert browser.post("/admin/auth/group/add/", form | {"name": "B"}).status_code == 403
    assert browser.post(f"/admin/auth/group/{group.pk}/delete/", {}).status_code == 403
    assert list(group.permissions.all()) == []
    boss = staff("chefe@so.example")
    assert boss.post(f"/admin/auth/group/{group.pk}/change/", form).status_code == 302
    assert list(group.permissions.all()) == [enter]


def test_a_password_that_staff_sets_stands_in_the_log_of_each_company(company, rival, member):
    boss = staff("chefe@so.example")

    answer = boss.post(f"{TENANTS}user/{member.user_id}/password/", NEW_PASSWORD)

    assert answer.status_code == 302
    sentence = "Equipe, da equipe do Atendo, trocou a senha de ana@flor.example."
    assert log_of(company) == [("password_set", "admin", sentence)]
    assert log_of(rival) == []
