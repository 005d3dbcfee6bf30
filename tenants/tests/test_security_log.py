"""The page of the security log: what narrows it, and the file that can be taken away."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from django.test import Client as Browser
from django.utils import timezone

from tenants import scope, security
from tenants.middleware import SESSION_KEY
from tenants.models import Role, SecurityEvent
from tenants.security import KINDS, Origin
from tenants.security_log import LogFilter
from tenants.tests.conftest import make_member

LOG, FILE = "/seguranca/", "/seguranca/baixar/"
TOKYO = ZoneInfo("Asia/Tokyo")


def browser_of(membership):
    """A browser in which the member works, without the line that logging in leaves."""
    browser = Browser()
    browser.force_login(membership.user)
    session = browser.session
    session[SESSION_KEY] = membership.company_id
    session.save()
    return browser


def happened(company, kind="logged_in", *, actor=None, origin=Origin.WEB, at=None, **data):
    with pytest.MonkeyPatch.context() as patch, scope.company(company.pk):
        if at is not None:
            patch.setattr("django.utils.timezone.now", lambda: at)
        return security.record(kind, origin=origin, actor=actor, **data)


def refused(company, **more):
    return happened(
        company,
        "button_refused",
        origin=Origin.WEBHOOK,
        phone="•••• 3381",
        button="confirm_7",
        **more,
    )


@pytest.fixture
def browser(member):
    return browser_of(member)


@pytest.fixture
def colleague(company):
    return make_member(company, "lia@flor.example", role=Role.MANAGER)


@pytest.fixture
def log(company, rival, member, rival_member, colleague):
    """Four lines of each company: an entry and a token, a colleague's entry, a refusal."""
    for shop, who in ((company, member), (rival, rival_member)):
        happened(shop, actor=who.user)
        happened(shop, "token_made", origin=Origin.ADMIN, actor=who.user, name=f"de {who.user}")
        refused(shop)
    happened(company, actor=colleague.user)


def shown(answer):
    assert answer.status_code == 200
    return [event.kind for event in answer.context["page"]]


def text(answer):
    return answer.content.decode()


# What narrows it -------------------------------------------------------------------------------


def test_without_filters_everything_of_the_company_is_shown(browser, log):
    answer = browser.get(LOG)

    assert shown(answer) == ["logged_in", "button_refused", "token_made", "logged_in"]
    assert "bruno@navalha" not in text(answer)


@pytest.mark.parametrize(
    ("asked", "kinds"),
    [
        ({"tipo": "token_made"}, ["token_made"]),
        ({"origem": "webhook"}, ["button_refused"]),
        ({"origem": "admin", "tipo": "logged_in"}, []),
        ({"so": "recusas"}, ["button_refused"]),
        ({"so": "recusas", "origem": "web"}, []),
        ({"so": "nada"}, ["logged_in", "button_refused", "token_made", "logged_in"]),
    ],
)
def test_kind_and_origin_narrow_it(browser, log, asked, kinds):
    assert shown(browser.get(LOG, asked)) == kinds


def test_a_person_narrows_it(browser, log, member, colleague, rival_member):
    mine, hers = (browser.get(LOG, {"pessoa": each.user.pk}) for each in (member, colleague))

    assert (shown(mine), shown(hers)) == (["token_made", "logged_in"], ["logged_in"])
    offered = [label for _pk, label in mine.context["form"].fields["pessoa"].choices[1:]]
    assert offered == [
        "ana@flor.example · ana@flor.example",
        "lia@flor.example · lia@flor.example",
    ]


def test_a_person_of_another_company_is_as_one_who_never_was(browser, log, rival_member):
    theirs, nobodys = (browser.get(LOG, {"pessoa": pk}) for pk in (rival_member.user.pk, 987654))

    assert shown(theirs) == shown(nobodys) == []
    for answer in (theirs, nobodys):
        assert answer.context["form"].errors == {"pessoa": ["Escolha uma pessoa da lista."]}


def test_the_days_are_those_of_the_company_zone_and_both_count(browser, company, rival):
    company.timezone = TOKYO.key
    with scope.company(company.pk):
        company.save()
    for shop in (company, rival):
        for hour in ("24 00:00", "24 23:59", "25 00:00", "25 23:59", "26 00:00"):
            at = datetime.strptime(f"2026-11-{hour}", "%Y-%m-%d %H:%M").replace(tzinfo=TOKYO)
            happened(shop, at=at)

    def times(**asked):
        events = browser.get(LOG, asked).context["page"]
        return [f"{timezone.localtime(event.created_at, TOKYO):%d %H:%M}" for event in events]

    assert times(de="2026-11-25", ate="2026-11-25") == ["25 23:59", "25 00:00"]
    assert times(de="2026-11-26") == ["26 00:00"]
    assert times(ate="24/11/2026") == ["24 23:59", "24 00:00"]
    assert len(times()) == 5


@pytest.mark.parametrize(
    ("asked", "field", "sentence"),
    [
        ({"tipo": "nada"}, "tipo", "Escolha um acontecimento da lista."),
        ({"origem": "\x00"}, "origem", "Escolha uma origem da lista."),
        ({"pessoa": "ana"}, "pessoa", "Escolha uma pessoa da lista."),
        ({"pessoa": "9" * 40}, "pessoa", "Escolha uma pessoa da lista."),
        ({"de": "31/02/2026"}, "de", "Escreva o dia como 24/11/2026."),
        ({"de": "0001-01-01"}, "de", "Escolha um dia entre 2000 e 2100."),
        ({"ate": "9999-12-31"}, "ate", "Escolha um dia entre 2000 e 2100."),
        (
            {"de": "2026-11-25", "ate": "2026-11-24"},
            "ate",
            "O período termina antes de começar. Confira os dois dias.",
        ),
    ],
)
def test_a_wrong_filter_is_told_and_what_was_typed_stays(browser, log, asked, field, sentence):
    answer = browser.get(LOG, {**asked, "so": "recusas"})
    taken = browser.post(FILE, {**asked, "so": "recusas"})

    assert answer.context["form"].errors == {field: [sentence]}
    assert sentence in text(answer)
    assert "Corrija os filtros para ver o registro." in text(answer)
    assert shown(answer) == []
    for name, value in asked.items():
        if name in {"de", "ate"}:
            assert f'name="{name}" value="{value}"' in text(answer)
    assert QueryDict(urlsplit(taken.url).query).dict() == {**asked, "so": "recusas"}


def test_what_was_chosen_stays_chosen(browser, log, member):
    page = text(
        browser.get(LOG, {"tipo": "token_made", "origem": "admin", "pessoa": member.user.pk})
    )

    assert page.count(" selected") == 3
    assert '<span class="at-count">3<' in page
    assert 'href="?"' in page  # Limpar os filtros


def test_the_filters_are_folded_away_unless_one_is_wrong(browser, log):
    assert "<details>" in text(browser.get(LOG, {"tipo": "token_made"}))
    assert "<details open>" in text(browser.get(LOG, {"tipo": "nada"}))


def test_no_match_says_what_to_do(browser, log):
    page = text(browser.get(LOG, {"origem": "job"}))

    assert "Nada aconteceu com estes filtros." in page
    assert "Ver o registro inteiro" in page
    assert FILE not in page


def test_paging_and_the_refusals_keep_the_filters(browser, company, rival, member):
    for shop in (company, rival):
        for _number in range(51):
            refused(shop)
        happened(shop, actor=member.user if shop == company else None)

    page = text(browser.get(LOG, {"origem": "webhook", "so": "recusas"}))

    assert "50 de 51" in page
    assert "?origem=webhook&amp;so=recusas&amp;page=2" in page
    assert 'href="?origem=webhook"' in page  # Tudo
    assert shown(browser.get(LOG, {"origem": "webhook", "page": 2})) == ["button_refused"]


@pytest.mark.parametrize("rows", [1, 60])
def test_the_page_asks_the_same_few_queries(
    browser, company, colleague, rows, django_assert_num_queries
):
    for number in range(rows):
        happened(company, actor=make_member(company, f"p{number}@flor.example").user)
    filters = {"tipo": "logged_in", "de": "2000-01-01"}

    with django_assert_num_queries(7):
        # session, user, membership, people, count, rows, refusals
        answer = browser.get(LOG, filters)

    assert len(answer.context["page"]) == min(rows, 50)


def test_every_kind_has_a_name_of_its_own():
    labels = [str(kind.label) for kind in KINDS.values()]

    assert len(set(labels)) == len(labels)
    assert all(labels)


def test_every_filter_is_carried_on(db, company, rival):
    asked = {"tipo": "x", "origem": "y", "pessoa": "1", "de": "z", "ate": "w", "so": "recusas"}
    given = QueryDict(mutable=True)
    given.update({**asked, "page": "3", "csrfmiddlewaretoken": "t"})

    with scope.company(company.pk):
        form = LogFilter(given, zone=TOKYO)

    assert form.asked == asked


# The file --------------------------------------------------------------------------------------


def file_of(answer):
    raw = b"".join(answer.streaming_content).decode()
    assert raw.startswith("\ufeff")
    return list(csv.reader(io.StringIO(raw[1:], newline=""), delimiter=";"))


def test_the_file_holds_what_was_filtered_and_stands_in_the_log(browser, log, company, rival):
    answer = browser.post(FILE, {"origem": "admin"})

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    today = timezone.localdate()
    assert answer["Content-Disposition"] == (
        f'attachment; filename="seguranca-flor-de-ipe-{today:%Y-%m-%d}.csv"'
    )
    head, row = file_of(answer)
    assert head == ["Quando", "O que aconteceu", "Quem", "E-mail", "De onde", "Resultado"]
    assert row[1:] == [
        "ana@flor.example criou o token da API “de ana@flor.example”.",
        "ana@flor.example",
        "ana@flor.example",
        "Administração",
        "Feito",
    ]
    with scope.company(company.pk):
        event = SecurityEvent.objects.order_by("id").last()
        assert event.sentence == "ana@flor.example baixou o log de segurança (linhas: 1)."
        assert event.origin == "web"
    with scope.company(rival.pk):
        assert not SecurityEvent.objects.filter(kind="log_downloaded").exists()


def test_the_whole_file_has_no_line_of_another_company(browser, log):
    rows = file_of(browser.post(FILE))

    assert len(rows) == 1 + 4
    assert "bruno@navalha" not in str(rows)
    assert [row[5] for row in rows[1:]] == ["Feito", "Recusado", "Feito", "Feito"]


def test_the_file_has_the_company_time(browser, company, rival):
    company.timezone = TOKYO.key
    with scope.company(company.pk):
        company.save()
    for shop in (company, rival):
        happened(shop, at=datetime(2026, 11, 24, 20, 5, 9, tzinfo=ZoneInfo("UTC")))

    assert [row[0] for row in file_of(browser.post(FILE))[1:]] == ["25/11/2026 05:05:09"]


def test_what_a_stranger_wrote_is_no_formula_in_the_file(company, rival):
    person = make_member(company, "mau@flor.example")
    type(person.user).objects.filter(pk=person.user.pk).update(name='=HYPERLINK("x")')
    person.user.refresh_from_db()
    for shop in (company, rival):
        happened(shop, actor=person.user)

    (row,) = file_of(browser_of(person).post(FILE))[1:]

    assert row[1:3] == ['\'=HYPERLINK("x") entrou.', '\'=HYPERLINK("x")']


def test_a_get_takes_nothing(browser, log, company):
    assert browser.get(FILE).status_code == 405
    with scope.company(company.pk):
        assert not SecurityEvent.objects.filter(kind="log_downloaded").exists()


@pytest.mark.parametrize("role", [Role.RECEPTIONIST, Role.PROFESSIONAL])
def test_who_may_not_read_the_log_takes_no_file(company, log, role):
    browser = browser_of(make_member(company, "pessoa@flor.example", role=role))

    assert browser.post(FILE).status_code == 403
    with scope.company(company.pk):
        assert not SecurityEvent.objects.filter(kind="log_downloaded").exists()


def test_the_file_is_read_under_the_scope_that_asked_for_it(browser, log, rival):
    answer = browser.post(FILE)

    assert scope.current() is None
    with scope.company(rival.pk):
        rows = file_of(answer)

    assert len(rows) == 1 + 4
    assert "bruno@navalha" not in str(rows)


@pytest.mark.parametrize("rows", [1, 1200])
def test_a_long_file_takes_the_same_queries(
    browser, company, rival, rows, django_assert_num_queries
):
    for shop in (company, rival):
        with scope.company(shop.pk):
            SecurityEvent.objects.bulk_create(
                SecurityEvent(company=shop, kind="logged_in", origin="web") for _n in range(rows)
            )

    with django_assert_num_queries(7):
        # session, user, membership, people, count, the line in the log, rows
        found = file_of(browser.post(FILE))

    assert len(found) == 1 + rows
