"""From request to scope, through the whole stack of middleware, to views that report it."""

from __future__ import annotations

import logging
from contextlib import suppress

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import IntegrityError, connection, transaction
from django.http import HttpRequest, JsonResponse
from django.test import Client as Browser
from django.urls import path
from rest_framework.response import Response
from rest_framework.views import APIView

from tenants import scope
from tenants.middleware import SESSION_KEY, ScopeMiddleware, is_stopped_write
from tenants.models import ApiToken, Membership, Role, SecurityEvent, User
from tenants.tests.conftest import make_member

pytestmark = pytest.mark.urls("tenants.tests.test_middleware")


# Views, naive on purpose: raw SQL without a WHERE, ids from the address with no form -----------


def companies_seen():
    with connection.cursor() as cursor:
        cursor.execute("SELECT company_id FROM memberships ORDER BY 1")
        return sorted({company_id for (company_id,) in cursor.fetchall()})


def report(request):
    return JsonResponse(
        {
            "scope": repr(scope.current()),
            "company": request.company and request.company.pk,
            "role": request.membership and request.membership.role,
            "user": request.user.is_authenticated and request.user.email,
            "seen": companies_seen(),
        }
    )


class Program(APIView):
    def get(self, request):
        return Response(
            {
                "scope": repr(scope.current()),
                "company": request._request.company.pk,
                "user": request.user.email,
                "token": request.auth.name if request.auth else None,
                "seen": companies_seen(),
            }
        )

    def post(self, request):
        write_token(request._request.membership.company_id, 987654321)
        return Response({})


def write_token(company_id, membership_id):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO api_tokens (company_id, membership_id, name, digest, created_at)"
            " VALUES (%s, %s, 'x', 'x', now())",
            [company_id, membership_id],
        )


def refer_to(request, pk):
    write_token(request.company.pk, pk)
    return JsonResponse({})


def write_for(request, pk):
    write_token(pk, 1)
    return JsonResponse({})


def save_for(request, pk):
    with transaction.atomic():
        Membership(company_id=pk, user=request.user, role=Role.OWNER).save()
    return JsonResponse({})


def double(request):
    with transaction.atomic():
        Membership(user=request.user, role=Role.OWNER).save()
    return JsonResponse({})


def broken(request):
    raise KeyError("unrelated")


urlpatterns = [
    path("report/", report),
    path("admin/report/", report),
    path("api/report/", Program.as_view()),
    path("refer-to/<int:pk>/", refer_to),
    path("write-for/<int:pk>/", write_for),
    path("save-for/<int:pk>/", save_for),
    path("double/", double),
    path("broken/", broken),
]


def browser_of(user, company_id=None):
    browser = Browser(raise_request_exception=False)
    browser.force_login(user)
    if company_id is not None:
        session = browser.session
        session[SESSION_KEY] = company_id
        session.save()
    return browser


def seen_by(browser, address="/report/", **headers):
    answer = browser.get(address, headers=headers)
    assert answer.status_code == 200
    return answer.json()


NOBODY = {"scope": "None", "company": None, "role": None, "user": False, "seen": []}


# Session --------------------------------------------------------------------------------------


def test_a_member_works_in_the_company_of_the_session(company, member, rival_member):
    assert seen_by(browser_of(member.user, company.pk)) == {
        "scope": str(company.pk),
        "company": company.pk,
        "role": "owner",
        "user": "ana@flor.example",
        "seen": [company.pk],
    }


def test_a_stranger_and_a_person_without_a_choice_have_no_company(member, rival_member):
    assert seen_by(Browser()) == NOBODY
    assert seen_by(browser_of(member.user)) == {**NOBODY, "user": "ana@flor.example"}


def test_a_session_of_nobody_cannot_claim_a_company(company, member):
    browser = Browser()
    session = SessionStore()
    session[SESSION_KEY] = company.pk
    session.save()
    browser.cookies["sessionid"] = session.session_key
    assert seen_by(browser) == NOBODY


def test_a_session_that_claims_another_company_gets_none_and_forgets_it(
    rival, member, rival_member
):
    browser = browser_of(member.user, rival.pk)
    assert seen_by(browser) == {**NOBODY, "user": "ana@flor.example"}
    assert SESSION_KEY not in browser.session


@pytest.mark.parametrize(
    "claim", [0, -1, True, 987654321, 10**18 - 1, 2**63 - 1, 2**63, "1", "x", 1.0, None, [1], {}]
)
def test_a_session_with_a_nonsensical_claim_has_no_company(claim, member, rival_member):
    assert seen_by(browser_of(member.user, claim)) == {**NOBODY, "user": "ana@flor.example"}


def test_a_membership_removed_in_mid_session_ends_at_the_next_request(
    company, member, rival_member
):
    browser = browser_of(member.user, company.pk)
    assert seen_by(browser)["company"] == company.pk
    with scope.company(company.pk):
        member.delete()
    assert seen_by(browser) == {**NOBODY, "user": "ana@flor.example"}


def test_a_role_changed_in_mid_session_counts_at_the_next_request(company, member):
    browser = browser_of(member.user, company.pk)
    with scope.company(company.pk):
        Membership.objects.update(role=Role.PROFESSIONAL)
    assert seen_by(browser)["role"] == "professional"


def test_an_inactive_person_is_nobody(company, member):
    browser = browser_of(member.user, company.pk)
    User.objects.update(is_active=False)
    assert seen_by(browser) == NOBODY


def test_a_person_of_two_companies_is_in_one_at_a_time(company, rival, member, rival_member):
    with scope.company(rival.pk):
        Membership.objects.create(user=member.user, role=Role.RECEPTIONIST)
    first, second = browser_of(member.user, company.pk), browser_of(member.user, rival.pk)
    for _ in range(2):
        assert seen_by(first)["seen"] == [company.pk]
        report = seen_by(second)
        assert (report["seen"], report["role"]) == ([rival.pk], "receptionist")


def test_nothing_of_a_request_is_left_for_the_next(company, member, rival_member):
    browser = browser_of(member.user, company.pk)
    assert seen_by(browser)["seen"] == [company.pk]
    assert scope.current() is None
    assert companies_seen() == []
    assert seen_by(Browser()) == NOBODY
    assert browser.get("/broken/").status_code == 500
    assert scope.current() is None


def test_a_scope_that_was_left_over_is_refused(company, member):
    with scope.company(company.pk), pytest.raises(scope.CrossCompanyAccess, match="left over"):
        ScopeMiddleware(report)(HttpRequest())
    with scope.every_company("a test"), pytest.raises(scope.CrossCompanyAccess, match="left over"):
        ScopeMiddleware(report)(HttpRequest())


# Staff ----------------------------------------------------------------------------------------


@pytest.fixture
def staff(company):
    return make_member(company, "suporte@atendo.example", is_staff=True).user


def test_active_staff_sees_every_company_in_the_admin_and_is_logged(
    company, rival, staff, rival_member, caplog
):
    caplog.set_level(logging.INFO, logger="atendo.scope")
    browser = browser_of(staff, company.pk)
    for _ in range(2):
        seen = seen_by(browser, "/admin/report/")
        assert (seen["scope"], seen["seen"]) == ("EVERY_COMPANY", [company.pk, rival.pk])
        assert seen["company"] is None
    lines = [(record.getMessage(), record.user_id) for record in caplog.records]
    assert lines == [("every company: admin GET /admin/report/", staff.pk)] * 2


def test_staff_outside_the_admin_is_a_member_like_any_other(company, staff, rival_member):
    assert seen_by(browser_of(staff, company.pk))["seen"] == [company.pk]
    assert seen_by(browser_of(staff))["seen"] == []


@pytest.mark.parametrize(
    "fields",
    [{"is_staff": False}, {"is_staff": False, "is_superuser": True}, {"is_active": False}],
)
def test_nobody_else_sees_anything_in_the_admin(fields, company, staff, rival_member):
    browser = browser_of(staff, company.pk)
    User.objects.filter(pk=staff.pk).update(**fields)
    seen = seen_by(browser, "/admin/report/")
    assert (seen["scope"], seen["company"], seen["seen"]) == ("None", None, [])


# Tokens ---------------------------------------------------------------------------------------


def issue(membership, name="robô"):
    with scope.company(membership.company_id, switch=True):
        token = ApiToken(membership=membership, name=name, company_id=membership.company_id)
        text = token.issue()
        token.save()
        return text


def test_a_token_acts_as_its_membership(company, member, rival_member):
    text = issue(member)
    assert text.startswith(f"atd_{company.pk}_")
    assert seen_by(Browser(), "/api/report/", authorization=f"Bearer {text}") == {
        "scope": str(company.pk),
        "company": company.pk,
        "user": "ana@flor.example",
        "token": "robô",
        "seen": [company.pk],
    }


def test_a_token_comes_before_the_session(company, rival, member, rival_member):
    browser = browser_of(rival_member.user, rival.pk)
    seen = seen_by(browser, "/api/report/", authorization=f"Bearer {issue(member)}")
    assert (seen["company"], seen["user"]) == (company.pk, "ana@flor.example")


def test_a_token_opens_the_api_alone(member):
    authorization = f"Bearer {issue(member)}"
    assert seen_by(Browser(), "/report/", authorization=authorization) == NOBODY
    assert seen_by(Browser(), "/admin/report/", authorization=authorization) == NOBODY


def test_the_use_of_a_token_is_noted(company, member):
    seen_by(Browser(), "/api/report/", authorization=f"Bearer {issue(member)}")
    with scope.company(company.pk):
        assert ApiToken.objects.get().last_used_at is not None


NINES = "9" * 18


@pytest.mark.parametrize(
    "header",
    [
        "Bearer {ours}x",
        "Bearer atd_{our_id}_{their_secret}",
        "Bearer atd_{their_id}_{our_secret}",
        f"Bearer atd_{NINES}_" + "{our_secret}",
        f"Bearer atd_{NINES}9_" + "{our_secret}",
        "Bearer atd_0_{our_secret}",
        "Bearer atd_-1_{our_secret}",
        "Bearer atd_987654321_{our_secret}",
        "Bearer atd_0{our_id}_{our_secret}",
        "Bearer atd_{arabic}_{our_secret}",
        "Bearer atd_{our_id}_",
        "Bearer atd_{our_id}_" + "x" * 5000,
        "Bearer atd__{our_secret}",
        "Bearer {ours}\u00e7",
        "Bearer \u00e7\u00e3o \U0001f642",
        "Bearer {our_digest}",
        "Bearer atd_{our_id}_{our_digest}",
        "Bearer {ours} {ours}",
        "Bearer {ours}\n",
        "{ours}",
        "Basic {ours}",
        "bearer",
        "Bearer",
        "",
        " ",
        "\x00",
    ],
)
def test_every_wrong_token_gets_the_same_401(header, company, rival, member, rival_member):
    ours, theirs = issue(member), issue(rival_member)
    with scope.company(company.pk):
        digest = ApiToken.objects.get().digest
    text = header.format(
        ours=ours,
        our_id=company.pk,
        their_id=rival.pk,
        our_secret=ours.split("_", 2)[2],
        their_secret=theirs.split("_", 2)[2],
        our_digest=digest,
        arabic=str(company.pk).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")),
    )
    answer = Browser().get("/api/report/", headers={"authorization": text})
    assert (answer.status_code, answer.json()) == (401, {"detail": "Token ausente ou inválido."})
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.headers["Content-Type"] == "application/json"


def test_a_token_dies_with_its_membership_and_sleeps_with_its_person(
    company, member, rival_member
):
    authorization = f"Bearer {issue(member)}"
    browser = Browser()
    User.objects.filter(pk=member.user_id).update(is_active=False)
    assert browser.get("/api/report/", headers={"authorization": authorization}).status_code == 401
    User.objects.filter(pk=member.user_id).update(is_active=True)
    assert browser.get("/api/report/", headers={"authorization": authorization}).status_code == 200
    with scope.company(company.pk):
        member.delete()
    assert browser.get("/api/report/", headers={"authorization": authorization}).status_code == 401


def test_the_api_without_a_token_takes_the_session_and_else_refuses(company, member, rival_member):
    assert seen_by(browser_of(member.user, company.pk), "/api/report/")["seen"] == [company.pk]
    answer = Browser().get("/api/report/")
    assert (answer.status_code, answer.json()) == (401, {"detail": "Entre ou envie um token."})
    assert browser_of(member.user).get("/api/report/").status_code == 403


# Writes that a lock stopped ---------------------------------------------------------------------


@pytest.fixture
def committing(transactional_db):
    """The deferred keys answer at COMMIT, which a test in a transaction never sends."""


def stopped_writes(company):
    with scope.company(company.pk):
        return [
            (event.kind, event.origin, event.actor and event.actor.email, event.data)
            for event in SecurityEvent.objects.select_related("actor")
        ]


@pytest.mark.parametrize("view", ["refer-to", "write-for", "save-for"])
def test_a_stopped_write_stands_in_the_log_of_the_company_that_received_it(
    view, committing, company, rival, member, rival_member
):
    address = f"/{view}/{rival_member.pk if view == 'refer-to' else rival.pk}/"
    answer = browser_of(member.user, company.pk).post(address)
    assert answer.status_code == 500
    expected = ("write_stopped", "web", "ana@flor.example", {"path": address})
    assert stopped_writes(company) == [expected]
    assert stopped_writes(rival) == []
    with scope.every_company("a test"):
        assert ApiToken.objects.count() == 0
        assert Membership.objects.count() == 2


def test_a_stopped_write_of_a_program_is_told_apart(
    committing, company, rival, member, rival_member
):
    browser = Browser(raise_request_exception=False)
    answer = browser.post("/api/report/", headers={"authorization": f"Bearer {issue(member)}"})
    assert answer.status_code == 500
    expected = ("write_stopped", "api", "ana@flor.example", {"path": "/api/report/"})
    assert stopped_writes(company) == [expected]


@pytest.mark.parametrize("address", ["/double/", "/broken/"])
def test_any_other_error_is_no_stopped_write(address, committing, company, member):
    assert browser_of(member.user, company.pk).post(address).status_code == 500
    assert stopped_writes(company) == []


def test_a_stopped_write_is_known_by_its_code_whatever_the_language(company, rival, member):
    """A server may speak Portuguese: its sentences are not what we look at."""
    caught = []
    for write in (lambda: write_token(rival.pk, 1), lambda: write_token(company.pk, 1)):
        with scope.company(company.pk), suppress(Exception), transaction.atomic():
            try:
                write()
                connection.check_constraints()
            except Exception as error:
                caught.append((type(error.__cause__).__name__, is_stopped_write(error)))
                raise
    assert caught == [("InsufficientPrivilege", True), ("ForeignKeyViolation", True)]


def test_a_key_of_djangos_is_no_stopped_write(company, member):
    with scope.company(company.pk), pytest.raises(IntegrityError) as caught, transaction.atomic():
        Membership.objects.update(user_id=987654321)
        connection.check_constraints()
    assert not is_stopped_write(caught.value)
