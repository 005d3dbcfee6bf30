"""The page behind an invitation's link: who comes in by it, and what it says to everybody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client as Browser
from django.utils import timezone

from tenants import invitations, letters, links, scope
from tenants.middleware import SESSION_KEY
from tenants.models import Invitation, Membership, Role, User
from tenants.team_rules import Refused
from tenants.tests.conftest import make_member
from tenants.tests.test_team import browser_of, invite, roles, sentences, text

EMAIL = "bia@nova.example"
FORM = {"name": "Bia Moura", "new_password1": "senha comprida", "new_password2": "senha comprida"}


@pytest.fixture
def invitation(member, company, rival_member) -> Invitation:
    with scope.company(company.pk):
        return invite(member, EMAIL, Role.PROFESSIONAL)


def open_again(invitation) -> Invitation:
    with scope.company(invitation.company_id):
        return Invitation.objects.get(pk=invitation.pk)


def test_a_new_person_opens_an_account_and_is_in(invitation, company):
    browser, path = Browser(), f"/convite/{invitation.mailed_token}/"

    page = browser.get(path)
    assert page.status_code == 200
    assert "ana@flor.example convidou você para a equipe, com o papel <b>Profissional</b>" in text(
        page
    )
    assert open_again(invitation).accepted_at is None  # a GET changes nothing
    answer = browser.post(path, FORM)

    assert answer.url == "/"
    assert browser.session[SESSION_KEY] == company.pk
    assert roles(company)[EMAIL] == Role.PROFESSIONAL
    person = User.objects.get(email=EMAIL)
    assert person.name == "Bia Moura" and person.check_password("senha comprida")
    assert not person.is_staff
    assert sentences(company)[-2:] == [
        "Bia Moura aceitou o convite de ana@flor.example e entrou na equipe (Profissional).",
        "Bia Moura entrou.",
    ]
    assert Browser().get(path).status_code == 404  # used


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "Escreva o seu nome."),
        ({"new_password2": "outra coisa longa"}, "As duas senhas são diferentes."),
        ({"new_password1": "curta", "new_password2": "curta"}, "10 caracteres"),
        ({"new_password1": ""}, "Escreva uma senha."),
    ],
)
def test_what_a_new_person_typed_wrong(invitation, company, changes, sentence):
    answer = Browser().post(f"/convite/{invitation.mailed_token}/", FORM | changes)

    assert answer.status_code == 200
    assert sentence in text(answer)
    assert "senha comprida" not in text(answer)
    assert not User.objects.filter(email=EMAIL).exists()
    assert open_again(invitation).accepted_at is None


def test_a_copied_link_opens_no_account_and_says_not_whether_there_is_one(invitation, company):
    browser, path = Browser(), f"/convite/{invitation.token}/"

    assert "receber o link por e-mail" in text(browser.get(path))
    answer = browser.post(path, FORM)
    letters.send_letters(company.pk)

    assert answer.url == f"{path}?enviado=1"
    assert "O link está a caminho de bia@nova.example." in text(browser.get(answer.url))
    assert not User.objects.filter(email=EMAIL).exists()
    assert invitation.mailed_token in mail.outbox[-1].body


def test_a_link_fills_no_mailbox(invitation, company):
    for _time in range(9):
        Browser().post(f"/convite/{invitation.token}/")
        letters.send_letters(company.pk)

    assert len(mail.outbox) == invitations.MOST_LETTERS


@pytest.mark.parametrize("proof", ["0" * 32, "f" * 32])
def test_a_guessed_proof_is_none(invitation, proof):
    answer = Browser().post(f"/convite/{invitation.token}.{proof}/", FORM)

    assert not User.objects.filter(email=EMAIL).exists()
    assert answer.url.endswith("?enviado=1")


def test_who_has_an_account_logs_in_is_led_back_and_accepts(
    invitation, company, rival, rival_member
):
    person = User.objects.create_user(EMAIL, "uma senha longa", name="Bia")
    browser, path = Browser(), f"/convite/{invitation.mailed_token}/"
    assert f'href="/entrar/?next={path}"' in text(browser.get(path))

    typed = {"username": EMAIL, "password": "uma senha longa", "next": path}
    back = browser.post("/entrar/", typed)
    assert back.url == path
    assert "Aceitar o convite" in text(browser.get(path))
    assert EMAIL not in roles(company)
    answer = browser.post(path)

    assert answer.url == "/"
    assert roles(company)[EMAIL] == Role.PROFESSIONAL
    assert browser.get("/agendamentos/").status_code == 200
    assert User.objects.get(email=EMAIL).pk == person.pk


def test_a_member_of_another_company_accepts_from_there(invitation, company, rival):
    """The session works in the rival's scope while the invitation is read in ours."""
    there = make_member(rival, EMAIL, role=Role.RECEPTIONIST)
    browser = browser_of(there)

    assert "Aceitar o convite" in text(browser.get(f"/convite/{invitation.token}/"))
    browser.post(f"/convite/{invitation.token}/")

    assert browser.session[SESSION_KEY] == company.pk
    assert roles(company)[EMAIL] == Role.PROFESSIONAL
    assert roles(rival)[EMAIL] == Role.RECEPTIONIST
    assert sentences(rival) == []


def test_somebody_else_is_told_so_and_changes_nothing(invitation, company, rival_member):
    browser, path = browser_of(rival_member), f"/convite/{invitation.mailed_token}/"

    for answer in (browser.get(path), browser.post(path, FORM)):
        assert "Este convite é para bia@nova.example" in text(answer)
    assert set(roles(company)) == {"ana@flor.example"}
    assert open_again(invitation).accepted_at is None


def test_a_member_who_accepts_again_keeps_his_role(member, company):
    other = make_member(company, "dona@flor.example")
    with scope.company(company.pk):
        made = invite(other, "ana@flor.example", Role.PROFESSIONAL)

    browser_of(member).post(f"/convite/{made.token}/")

    assert roles(company)["ana@flor.example"] == Role.OWNER


def expired(invitation):
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


def used(invitation):
    Invitation.objects.update(accepted_at=timezone.now())


def revoked(invitation):
    Invitation.objects.update(revoked_at=timezone.now())


def renewed(invitation):
    invitation.renew(now=timezone.now())
    invitation.save()


@pytest.mark.parametrize("end", [expired, used, revoked, renewed])
def test_a_link_that_does_not_count_answers_as_one_that_never_was(
    invitation, company, rival, caplog, end
):
    token, secret = invitation.mailed_token, invitation.secret
    with scope.company(company.pk):
        end(invitation)
    unknown = f"{company.pk}.{'0' * 64}"
    tokens = [token, unknown, f"{rival.pk}.{secret}", f"9{company.pk}.{secret}", "nada", "1.é"]

    for method in ("get", "post"):
        answers = [getattr(Browser(), method)(f"/convite/{each}/", FORM) for each in tokens]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.content for answer in answers}) == 1
        assert "Este convite não vale" in text(answers[0])
    assert set(roles(company)) == {"ana@flor.example"}
    assert not User.objects.filter(email=EMAIL).exists()
    assert secret not in caplog.text


def test_the_address_goes_nowhere(invitation):
    answer = Browser().get(f"/convite/{invitation.mailed_token}/")

    assert answer["Referrer-Policy"] == "strict-origin"
    assert "noindex" in answer["X-Robots-Tag"]
    assert "no-store" in answer["Cache-Control"]


def test_who_was_lowered_or_removed_leaves_no_link_behind(member, company):
    manager = make_member(company, "gerente@flor.example", role=Role.MANAGER)
    with scope.company(company.pk):
        made = invite(manager, EMAIL, Role.MANAGER)
    browser_of(member).post(f"/equipe/{manager.pk}/", {"role": Role.RECEPTIONIST})

    assert Browser().get(f"/convite/{made.mailed_token}/").status_code == 404


def test_the_professional_of_the_agenda_gets_the_login(member, company, rival, rival_member):
    from scheduling.models import Professional

    with scope.company(rival.pk):
        theirs = Professional.objects.create(name="Téo Lima")
    with scope.company(company.pk):
        mine = Professional.objects.create(name="Bia Moura")
    owner = browser_of(member)
    form = {"email": EMAIL, "role": Role.PROFESSIONAL}

    refused = owner.post("/equipe/convidar/", {**form, "in_agenda": theirs.pk})
    assert "Escolha um profissional da lista." in text(refused)
    owner.post("/equipe/convidar/", {**form, "in_agenda": mine.pk})
    assert "agenda de Bia Moura" in text(owner.get("/equipe/"))
    with scope.company(company.pk):
        made = Invitation.objects.get()
        assert links.links().choices(now=timezone.now()) == []  # nobody else is offered the same
    Browser().post(f"/convite/{made.mailed_token}/", FORM)

    with scope.company(company.pk):
        mine.refresh_from_db()
        assert mine.membership == Membership.objects.get(user__email=EMAIL)
        assert mine.invitation_id is None


@pytest.mark.parametrize("end", ["revoked", "expired"])
def test_an_invitation_that_has_ended_keeps_nobody(member, company, rival, end):
    from scheduling.models import Professional

    with scope.company(rival.pk):
        Professional.objects.create(name="Téo Lima")
    with scope.company(company.pk):
        mine = Professional.objects.create(name="Bia Moura")
        made = invite(member, EMAIL, Role.PROFESSIONAL)
        links.links().reserve(mine.pk, made)
        now = timezone.now()
        assert links.links().choices(now=now) == []
        if end == "revoked":
            invitations.revoke(member, made.pk, by=member.user, now=now)
        else:
            now = made.expires_at

        assert links.links().choices(now=now) == [(mine.pk, "Bia Moura")]


@pytest.mark.parametrize("change", ["lowered", "removed"])
def test_who_has_just_lost_the_right_invites_nobody(member, company, rival, change):
    """The request still holds the role that the person had when it began."""
    manager = make_member(company, "gerente@flor.example", role=Role.MANAGER)
    with scope.company(company.pk):
        made = invite(manager, EMAIL, Role.RECEPTIONIST)
        rows = Membership.objects.filter(pk=manager.pk)
        rows.update(role=Role.RECEPTIONIST) if change == "lowered" else rows.delete()

        with pytest.raises(Refused):
            invite(manager, "outra@flor.example", Role.RECEPTIONIST)
        with pytest.raises(Refused):
            invitations.renew(manager, made.pk, by=manager.user, now=timezone.now())

        assert Invitation.objects.count() == 1
