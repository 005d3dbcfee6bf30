"""Equipe: who may change whose access, and that one owner always stays."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test import Client as Browser
from django.utils import timezone

from tenants import invitations, letters, permissions, scope, team
from tenants.middleware import SESSION_KEY
from tenants.models import ApiToken, Invitation, Letter, Membership, Role, SecurityEvent, User
from tenants.permissions import RIGHTS, Right
from tenants.team_rules import Refused, may_touch, roles_given_by
from tenants.tests.conftest import make_member

TEAM = "/equipe/"
PASSWORD = "uma senha longa"


def browser_of(membership) -> Browser:
    browser = Browser()
    browser.force_login(membership.user)
    session = browser.session
    session[SESSION_KEY] = membership.company_id
    session.save()
    return browser


def text(response) -> str:
    return response.content.decode()


def sentences(company) -> list[str]:
    with scope.company(company.pk):
        return [event.sentence for event in SecurityEvent.objects.order_by("id")]


def roles(company) -> dict[str, str]:
    with scope.company(company.pk):
        return dict(Membership.objects.values_list("user__email", "role"))


@pytest.fixture
def people(member, company, rival_member):
    """One member of each role besides the owner, and the rival's owner."""
    made = {Role.OWNER: member}
    for role in (Role.MANAGER, Role.RECEPTIONIST, Role.PROFESSIONAL):
        made[role] = make_member(company, f"{role}@flor.example", role=role)
    return made


# The table -------------------------------------------------------------------------------------


def test_every_right_says_what_it_is_and_every_role_what_it_does():
    assert set(permissions.LABELS) == set(Right)
    assert set(permissions.SUMMARIES) == set(RIGHTS) == set(Role.values)
    assert all([*permissions.LABELS.values(), *permissions.SUMMARIES.values()])


@pytest.mark.parametrize(
    ("actor", "given"),
    [
        (Role.OWNER, list(Role.values)),
        (Role.MANAGER, [Role.MANAGER, Role.RECEPTIONIST, Role.PROFESSIONAL]),
        (Role.RECEPTIONIST, []),
        (Role.PROFESSIONAL, []),
    ],
)
def test_who_gives_which_role(actor, given):
    assert roles_given_by(Membership(role=actor)) == given


def test_nobody_touches_himself_and_only_an_owner_an_owner():
    owner, other = Membership(role=Role.OWNER, user_id=1), Membership(role=Role.OWNER, user_id=2)
    manager = Membership(role=Role.MANAGER, user_id=3)

    assert may_touch(owner, other) and may_touch(owner, manager)
    assert not may_touch(owner, owner) and not may_touch(manager, manager)
    assert not may_touch(manager, owner)


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.OWNER, 200), (Role.MANAGER, 200), (Role.RECEPTIONIST, 403), (Role.PROFESSIONAL, 403)],
)
def test_who_opens_the_pages(people, role, status):
    browser = browser_of(people[role])

    for path in (TEAM, f"{TEAM}convidar/", f"{TEAM}{people[Role.OWNER].pk}/", "/configuracoes/"):
        assert browser.get(path).status_code == status, path


def test_the_page_shows_the_team_and_the_table_of_rights(people, rival_member):
    page = text(browser_of(people[Role.OWNER]).get(TEAM))

    assert all(f"{role}@flor.example" in page for role in (Role.MANAGER, Role.PROFESSIONAL))
    assert rival_member.user.email not in page
    assert all(str(label) in page for label in permissions.LABELS.values())
    allowed = sum(len(rights) for rights in RIGHTS.values())
    assert page.count('aria-label="Sim"') == allowed


# Roles -----------------------------------------------------------------------------------------


def test_a_changed_role_counts_at_once_and_stands_in_the_log(people, company):
    reception = browser_of(people[Role.RECEPTIONIST])
    assert reception.get("/seguranca/").status_code == 403

    path = f"{TEAM}{people[Role.RECEPTIONIST].pk}/"
    answer = browser_of(people[Role.OWNER]).post(path, {"role": Role.MANAGER})

    assert answer.url == TEAM
    assert reception.get("/seguranca/").status_code == 200
    assert sentences(company) == [
        "ana@flor.example mudou o papel de receptionist@flor.example de Recepção para Gerente."
    ]


@pytest.mark.parametrize(
    ("actor", "target", "role", "sentence"),
    [
        (Role.MANAGER, Role.RECEPTIONIST, Role.OWNER, "Escolha um papel da lista."),
        (Role.MANAGER, Role.OWNER, Role.RECEPTIONIST, "Só um dono muda o acesso de outro dono."),
        (Role.MANAGER, Role.MANAGER, Role.PROFESSIONAL, "quem muda é outra pessoa da gerência"),
        (Role.OWNER, Role.OWNER, Role.MANAGER, "quem muda é outra pessoa da gerência"),
        (Role.OWNER, Role.MANAGER, "king", "Escolha um papel da lista."),
    ],
)
def test_a_role_that_may_not_be_given(people, company, actor, target, role, sentence):
    before = roles(company)

    answer = browser_of(people[actor]).post(f"{TEAM}{people[target].pk}/", {"role": role})

    assert answer.status_code == 200
    assert sentence in text(answer)
    assert roles(company) == before
    assert sentences(company) == []


def test_a_member_of_another_company_is_unknown(people, rival_member, rival):
    browser = browser_of(people[Role.OWNER])

    for path in (f"{TEAM}{rival_member.pk}/", f"{TEAM}{rival_member.pk}/remover/"):
        unknown = path.replace(str(rival_member.pk), "987654321")
        for method in (browser.get, browser.post):
            theirs, nobodys = method(path, {"role": "manager"}), method(unknown)
            assert theirs.status_code == nobodys.status_code == 404
            assert theirs.content == nobodys.content
    assert roles(rival) == {"bruno@navalha.example": Role.OWNER}


# Going -----------------------------------------------------------------------------------------


def test_who_is_removed_is_out_at_once_with_his_tokens_and_what_he_did_stays(people, company):
    gone = people[Role.RECEPTIONIST]
    with scope.company(company.pk):
        token = ApiToken(membership=gone, name="Planilha", company_id=company.pk)
        secret = token.issue()
        token.save()
        invitation = invite(people[Role.MANAGER], "x@flor.example", Role.RECEPTIONIST)
        Invitation.objects.update(invited_by=gone.user)
    there, owner = browser_of(gone), browser_of(people[Role.OWNER])
    asks = {"Authorization": f"Bearer {secret}"}
    assert Browser().get("/api/v1/clients/", headers=asks).status_code == 200

    question = owner.get(f"{TEAM}{gone.pk}/remover/")
    assert "Tirar receptionist@flor.example da equipe?" in text(question)
    assert gone.user.email in roles(company)
    answer = owner.post(f"{TEAM}{gone.pk}/remover/")

    assert answer.url == TEAM
    assert gone.user.email not in roles(company)
    assert there.get("/agendamentos/").url == "/empresas/"
    assert Browser().get("/api/v1/clients/", headers=asks).status_code == 401
    assert User.objects.filter(pk=gone.user_id, is_active=True).exists()
    assert sentences(company)[-1] == (
        "ana@flor.example tirou receptionist@flor.example da equipe (Recepção)."
    )
    with scope.company(company.pk):
        invitation.refresh_from_db()
        assert invitation.revoked_at is not None


def test_a_manager_does_not_remove_an_owner(people, company):
    answer = browser_of(people[Role.MANAGER]).post(f"{TEAM}{people[Role.OWNER].pk}/remover/")

    assert "Só um dono muda o acesso de outro dono." in text(answer)
    assert roles(company)["ana@flor.example"] == Role.OWNER


def test_a_member_leaves_and_the_last_owner_does_not(people, company):
    left = browser_of(people[Role.RECEPTIONIST]).post("/conta/sair-da-empresa/")
    stays = browser_of(people[Role.OWNER]).post("/conta/sair-da-empresa/")

    assert left.url == "/empresas/"
    assert "A empresa precisa de pelo menos um dono." in text(stays)
    assert set(roles(company).values()) == {Role.OWNER, Role.MANAGER, Role.PROFESSIONAL}
    assert sentences(company) == ["receptionist@flor.example saiu da equipe (Recepção)."]


def test_one_of_two_owners_may_leave(people, company):
    second = make_member(company, "segunda@flor.example")

    assert browser_of(second).post("/conta/sair-da-empresa/").url == "/empresas/"
    assert roles(company)["ana@flor.example"] == Role.OWNER


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ["remove", "lower", "leave"])
def test_two_owners_at_the_same_moment_leave_one(company, rival, rival_member, act):
    """Each on a connection of his own; both read that there are two before either writes."""
    one, two = make_member(company, "um@flor.example"), make_member(company, "dois@flor.example")
    now, ready, results = timezone.now(), threading.Barrier(2), []

    def run(actor, target):
        try:
            with scope.company(company.pk):
                assert Membership.objects.filter(role=Role.OWNER).count() == 2
                ready.wait(timeout=20)
                if act == "leave":
                    team.leave(actor, by=actor.user, now=now)
                elif act == "remove":
                    team.remove(actor, target.pk, by=actor.user, now=now)
                else:
                    team.change_role(actor, target.pk, Role.MANAGER, by=actor.user, now=now)
            results.append("done")
        except (Refused, Membership.DoesNotExist) as refusal:
            results.append(type(refusal).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in ((one, two), (two, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert sorted(results) == ["Refused", "done"]
    assert list(roles(company).values()).count(Role.OWNER) == 1
    assert roles(rival) == {"bruno@navalha.example": Role.OWNER}


# Inviting --------------------------------------------------------------------------------------


def invite(actor, email, role=Role.RECEPTIONIST, **changes):
    """In the scope of the company."""
    made = Invitation(email=email, role=role)
    return invitations.invite(actor, made, link=None, by=actor.user, now=timezone.now())


def post_invitation(browser, email="bia@nova.example", role=Role.RECEPTIONIST, **more):
    return browser.post(f"{TEAM}convidar/", {"email": email, "role": role, **more})


def only_invitation(company) -> Invitation:
    with scope.company(company.pk):
        return Invitation.objects.select_related("company", "invited_by").get()


def test_an_invitation_is_mailed_by_the_job_and_its_link_shown_once(people, company, rival):
    owner = browser_of(people[Role.OWNER])

    answer = post_invitation(owner, "  Bia@Nova.example ")

    assert answer.url == TEAM
    assert mail.outbox == []  # not in the request
    invitation = only_invitation(company)
    assert invitation.email == "bia@nova.example"
    assert invitation.seed not in invitation.digest
    first, second = text(owner.get(TEAM)), text(owner.get(TEAM))
    assert f"/convite/{invitation.token}/" in first
    assert invitation.secret not in second
    assert invitation.mailed_token not in first
    letters.send_letters(company.pk)

    (letter,) = mail.outbox
    assert letter.to == ["bia@nova.example"]
    assert letter.subject == "ana@flor.example convidou você para Salão Flor de Ipê"
    assert f"/convite/{invitation.mailed_token}/" in letter.body
    assert only_invitation(company).letter == Letter.SENT
    letters.send_letters(company.pk)
    assert len(mail.outbox) == 1
    assert sentences(company) == [
        "ana@flor.example convidou bia@nova.example para a equipe (Recepção)."
    ]


def test_a_letter_that_did_not_leave_says_so_and_goes_again(people, company, monkeypatch, caplog):
    owner = browser_of(people[Role.OWNER])
    post_invitation(owner)
    old = only_invitation(company)

    def refuse(*args, **kwargs):
        raise OSError("bia@nova.example is not known here")

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMessage.send", refuse)
        letters.send_letters(company.pk)
    assert "O e-mail não saiu" in text(owner.get(TEAM))
    assert "bia@nova.example" not in caplog.text
    answer = owner.post(f"{TEAM}convites/{old.pk}/enviar/")
    letters.send_letters(company.pk)

    new = only_invitation(company)
    assert answer.url == TEAM
    assert "E-mail enviado" in text(owner.get(TEAM))
    assert new.secret != old.secret
    assert new.mailed_token in mail.outbox[0].body
    assert Browser().get(f"/convite/{old.mailed_token}/").status_code == 404


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"email": ""}, "Escreva o e-mail da pessoa."),
        ({"email": "bia"}, "Escreva o e-mail inteiro"),
        ({"email": "manager@flor.example"}, "Esta pessoa já faz parte da equipe."),
        ({"role": ""}, "Escolha um papel da lista."),
        ({"role": "king"}, "Escolha um papel da lista."),
    ],
)
def test_an_invitation_that_cannot_be(people, company, fields, sentence):
    answer = post_invitation(browser_of(people[Role.OWNER]), **fields)

    assert answer.status_code == 200
    assert sentence in text(answer)
    with scope.company(company.pk):
        assert not Invitation.objects.exists()


def test_a_manager_invites_no_owner_and_touches_no_owners_invitation(people, company):
    owner, manager = browser_of(people[Role.OWNER]), browser_of(people[Role.MANAGER])

    assert "Escolha um papel da lista." in text(post_invitation(manager, role=Role.OWNER))
    post_invitation(owner, role=Role.OWNER)
    made = only_invitation(company)
    for act in ("enviar", "cancelar"):
        manager.post(f"{TEAM}convites/{made.pk}/{act}/")

    now = only_invitation(company)
    assert (now.digest, now.revoked_at) == (made.digest, None)


def test_the_inviter_sees_no_difference_for_an_email_that_has_an_account(people, rival_member):
    owner = browser_of(people[Role.OWNER])
    pages = {}
    for email in ("bruno@navalha.example", "ninguem@navalha.example"):
        answer = post_invitation(owner, email)
        with scope.company(people[Role.OWNER].company_id):
            made = Invitation.objects.select_related("company").get(email=email)
        letters.send_letters(made.company_id)
        copied = Browser().get(f"/convite/{made.token}/")
        asked = Browser().post(f"/convite/{made.token}/")
        seen = text(owner.get(TEAM)), text(copied)
        hidden = {email: "E", made.token: "T", f"/{made.pk}/": "/N/", "ninguem": "bruno"}
        pages[email] = (answer.status_code, asked.status_code), [masked(s, hidden) for s in seen]
        owner.post(f"{TEAM}convites/{made.pk}/cancelar/")
        owner.get(TEAM)

    assert pages["bruno@navalha.example"] == pages["ninguem@navalha.example"]


def masked(page, hidden) -> str:
    import re

    page = re.sub(r'(csrfmiddlewaretoken" value=|X-CSRFToken": )"\w+"', "", page)
    for value, sign in hidden.items():
        page = page.replace(value, sign)
    return page


def test_one_open_invitation_per_email_and_an_expired_one_makes_room(people, company):
    owner = browser_of(people[Role.OWNER])
    post_invitation(owner)

    assert "Já há um convite para este e-mail." in text(post_invitation(owner))
    with scope.company(company.pk):
        Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert "Venceu" in text(owner.get(TEAM))
    assert post_invitation(owner).url == TEAM

    with scope.company(company.pk):
        assert [row.revoked_at is None for row in Invitation.objects.order_by("id")] == [
            False,
            True,
        ]


def test_another_companys_invitation_is_unknown(people, rival_member, rival):
    with scope.company(rival.pk):
        theirs = invite(rival_member, "x@navalha.example")
    owner = browser_of(people[Role.OWNER])

    for act in ("enviar", "cancelar"):
        answer = owner.post(f"{TEAM}convites/{theirs.pk}/{act}/")
        unknown = owner.post(f"{TEAM}convites/987654321/{act}/")
        assert answer.status_code == unknown.status_code == 404
        assert answer.content == unknown.content
    assert only_invitation(rival).revoked_at is None
    assert "x@navalha.example" not in text(owner.get(TEAM))
