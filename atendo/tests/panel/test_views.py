"""The page as each role sees it.  Every figure is the number of rows of the list behind it."""

import re
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest

from scheduling.models import Professional, Service, Status, WorkingHours
from tenants import scope
from tenants.models import Role
from whatsapp.models import Direction, Message, MessageStatus, Reason
from whatsapp.tests.factories import an_instance

HOUR = timedelta(hours=1)
FREE = "/hoje/primeira-vaga/"
HTMX = {"HX-Request": "true"}


def text(response) -> str:
    return unescape(response.content.decode())


def link(page: str, element_id: str) -> tuple[str, str]:
    """Return where the link with this id leads, and its words."""
    found = re.search(rf'<a [^>]*id="{element_id}"[^>]*>.*?</a>', page, re.DOTALL)
    assert found, element_id
    href = re.search(r'href="([^"]*)"', found[0])[1]
    return href, " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


def rows_behind(browser, href: str) -> int:
    answer = browser.get(href)
    assert answer.status_code == 200, href
    return answer.context["page"].paginator.count


@pytest.fixture
def full(salon, barber, add):
    """Today, tomorrow and the past in every situation; the rival has as much."""
    asked = salon.now - 20 * HOUR
    for shop in (salon, barber):
        add(shop, hours=-3, status=Status.COMPLETED)
        add(shop, hours=-2, status=Status.NO_SHOW)
        add(shop, hours=-1, status=Status.CANCELLED)
        add(shop, hours=-0.25, status=Status.ARRIVED)
        add(shop, hours=1, asked_at=asked)
        add(shop, hours=2, asked_at=asked, move_requested_at=asked)
        add(shop, hours=2.5, status=Status.CONFIRMED)
        for number, fields in enumerate(
            (
                {"status": Status.CONFIRMED},
                {"status": Status.CONFIRMED},
                {"asked_at": asked},
                {"asked_at": asked, "move_requested_at": asked},
                {},
                {"status": Status.CANCELLED},
            )
        ):
            add(shop, hours=20 + number, **fields)
        mute = add(shop, hours=26)
        with scope.company(shop.company.pk, switch=True):
            Message.objects.create(
                direction=Direction.OUT,
                client=shop.camila,
                appointment=mute,
                status=MessageStatus.FAILED,
                reason=Reason.NO_WHATSAPP,
                phone=shop.camila.phone,
                revision=mute.revision,
            )
        for week in range(1, 10):
            add(shop, hours=-24 * 7 * week, status=Status.COMPLETED)
            add(shop, hours=-24 * 7 * week + 1, status=Status.NO_SHOW)
    return salon


def test_every_figure_is_the_number_of_rows_of_its_list(full):
    browser = full.browser()
    page = text(browser.get("/"))
    expected = {
        "numero-horarios": 6,
        "numero-atendidos": 1,
        "numero-aguardando": 1,
        "numero-faltou": 4,
        "ver-amanha": 6,
        "amanha-confirmados": 2,
        "amanha-aguardando": 1,
        "amanha-remarcar": 1,
        "amanha-sem-pergunta": 1,
        "amanha-sem-whatsapp": 1,
    }

    for element_id, number in expected.items():
        href, words = link(page, element_id)
        assert int(re.search(r"\d+", words)[0]) == number, element_id
        assert rows_behind(browser, href) == number, element_id


def test_the_table_of_the_weeks_leads_to_its_rows(full):
    browser = full.browser()
    page = text(browser.get("/"))
    table = re.search(r"<table.*?</table>", page, re.DOTALL)[0]

    links = re.findall(r'href="([^"]*)">(\d+)</a>', table)

    assert len(links) == 16
    for href, number in links:
        assert rows_behind(browser, href) == int(number), href


def test_the_money_of_today_leads_to_the_rows_that_it_sums(full):
    browser = full.browser()
    page = text(browser.get("/"))

    for element_id, count in (("ver-realizado", 1), ("ver-previsto", 6)):
        href, words = link(page, element_id)
        assert words.replace("\xa0", " ") == f"R$ {85 * count}"
        assert rows_behind(browser, href) == count


@pytest.mark.parametrize("role", [Role.RECEPTIONIST, Role.PROFESSIONAL])
def test_only_who_manages_sees_the_money(full, role):
    assert "Dinheiro de hoje" not in text(full.browser(role).get("/"))


def test_a_professional_sees_the_own_day_alone(full, add):
    add(full, hours=1.5, professional=full.denise)
    add(full, hours=2.7, professional=full.denise, asked_at=full.now, minutes=10)

    mine = full.browser(Role.PROFESSIONAL).get("/")
    whole = full.browser().get("/")

    assert link(text(mine), "numero-horarios")[1].startswith("6 ")
    assert link(text(whole), "numero-horarios")[1].startswith("8 ")
    assert {each.professional for each in mine.context["soon"].next} == {full.bia}
    assert mine.context["tasks"].total == whole.context["tasks"].total - 1
    assert "formaction" not in text(mine)
    assert "Próximas 3 horas" in text(mine)


def test_nothing_of_the_rival_is_on_the_page(full, barber):
    with scope.company(barber.company.pk):
        barber.camila.name = "Quem Não É Daqui"
        barber.camila.save()

    assert "Quem Não É Daqui" not in text(full.browser().get("/"))


def test_an_arrival_is_marked_with_one_button_and_leads_back(salon, add):
    row = add(salon, hours=0.5)
    browser = salon.browser(Role.RECEPTIONIST)
    page = text(browser.get("/"))
    action = f"/agendamentos/{row.pk}/chegou/"
    assert f'formaction="{action}"' in page

    answer = browser.post(action, {"next": "/"})

    assert (answer.status_code, answer.url) == (302, "/")
    page = text(browser.get("/"))
    assert "Chegada de Camila marcada." in page
    assert f'formaction="/agendamentos/{row.pk}/atendido/"' in page


def test_what_is_over_and_unmarked_stands_first(salon, add):
    add(salon, hours=-2)
    add(salon, hours=1, status=Status.CONFIRMED)

    answer = salon.browser().get("/")

    assert len(answer.context["soon"].late) == len(answer.context["soon"].next) == 1
    page = text(answer)
    assert page.index("Já passaram") < page.index("Agora e a seguir")


def test_the_first_free_time_is_said_with_whom_and_leads_to_booking(salon, add):
    with scope.company(salon.company.pk):
        for professional, starts in ((salon.bia, "08:00"), (salon.denise, "09:30")):
            WorkingHours.objects.create(
                professional=professional, weekday=1, starts=starts, ends="18:00"
            )
    add(salon, hours=-0.5, minutes=100, status=Status.ARRIVED)  # Bia until 10:10

    part = text(salon.browser().get(FREE, headers=HTMX))

    href, words = link(part, "primeira-vaga")
    assert words == "primeira vaga às 09:30, com Denise"
    wanted = {"dia": "2026-11-24", "hora": "09:30", "profissional": str(salon.denise.pk)}
    assert wanted.items() <= dict(parse_qsl(urlsplit(href).query)).items()
    assert salon.browser().get(href).status_code == 200


def test_without_a_script_the_free_times_are_where_one_books(salon):
    browser = salon.browser()

    href, words = link(text(browser.get("/")), "primeira-vaga")
    alone = browser.get(FREE)

    assert (href, words) == ("/agendamentos/novo/", "ver as vagas")
    assert (alone.status_code, alone.url) == (302, "/agendamentos/novo/")
    assert "sem vagas hoje" in text(browser.get(FREE, headers=HTMX))


def test_a_professional_is_not_told_when_others_are_free(salon):
    browser = salon.browser(Role.PROFESSIONAL)

    assert "primeira-vaga" not in text(browser.get("/"))
    assert browser.get(FREE, headers=HTMX).status_code == 403


def test_a_new_company_is_led_from_step_to_step(salon):
    with scope.company(salon.company.pk):
        salon.bia.delete()
        salon.denise.delete()
        salon.cut.delete()
        salon.camila.delete()
    browser = salon.browser()

    def steps():
        answer = browser.get("/")
        lines = answer.context["setup"].lines
        return [line.step.name for line in lines if not line.done], text(answer)

    left, page = steps()
    assert left == ["service", "professional", "client", "whatsapp", "appointment", "sent"]
    assert "Primeiros passos" in page
    assert 'href="/servicos/novo/"' in page
    with scope.company(salon.company.pk):
        Service.objects.create(name="Corte", duration_minutes=30)
        bia = Professional.objects.create(name="Bia")
        WorkingHours.objects.create(professional=bia, weekday=0, starts="09:00", ends="18:00")
    assert steps()[0] == ["client", "whatsapp", "appointment", "sent"]


def test_the_checklist_goes_when_all_is_done(salon, add):
    row = add(salon)
    with scope.company(salon.company.pk):
        WorkingHours.objects.create(
            professional=salon.bia, weekday=0, starts="09:00", ends="18:00"
        )
        instance = an_instance()
        instance.connected_at = salon.now
        instance.save()
    assert "Para aproveitar tudo" in text(salon.browser().get("/"))

    with scope.company(salon.company.pk):
        Message.objects.create(
            direction=Direction.OUT,
            appointment=row,
            status=MessageStatus.SENT,
            client=salon.camila,
        )

    answer = salon.browser().get("/")
    assert answer.context["setup"] is None
    assert "primeiros-passos" not in text(answer)


def test_the_reception_is_told_who_does_what_it_may_not(salon):
    page = text(salon.browser(Role.RECEPTIONIST).get("/"))

    assert "A gerência conecta o WhatsApp da empresa." in page
    assert 'href="/agendamentos/novo/"' in page
    assert 'href="/profissionais/novo/"' not in page
    assert "Primeiros passos" not in text(salon.browser(Role.PROFESSIONAL).get("/"))


def test_a_company_without_a_past_is_told_how_to_get_a_figure(salon):
    page = text(salon.browser().get("/"))

    assert "Ainda não há semanas para comparar." in page
    assert "<table" not in page
    assert "Nada espera por você agora." in page
    assert "Ninguém marcado para as próximas 3 horas." in page
    assert "Nenhum horário marcado para amanhã." in page


def test_the_part_renews_what_changes_and_alone_leads_to_the_page(full):
    browser = full.browser()

    part = text(browser.get("/hoje/parte/", headers=HTMX))
    alone = browser.get("/hoje/parte/")

    for element_id in ("resumo", "trabalho", "amanha", "dinheiro"):
        assert f'id="{element_id}"' in part
    assert "<h1" not in part
    assert (alone.status_code, alone.url) == (302, "/")


@pytest.mark.parametrize("path", ["/", "/hoje/precisa-de-voce/", "/hoje/sem-pergunta/"])
def test_a_stranger_logs_in_first(client, db, path):
    assert urlsplit(client.get(path).url).path == "/entrar/"


def test_the_lists_of_who_was_not_asked_take_any_address(full):
    browser = full.browser()
    for query in ("", "?situacao=nada&dia=ontem", "?dia=0001-01-01", "?situacao=sem-whatsapp"):
        assert browser.get(f"/hoje/sem-pergunta/{query}").status_code == 200


def test_who_has_no_whatsapp_can_be_called(full):
    page = text(full.browser().get("/hoje/sem-pergunta/?situacao=sem-whatsapp&dia=2026-11-25"))

    assert f'href="tel:{full.camila.phone}"' in page


@pytest.mark.parametrize("path", ["/", "/hoje/parte/", FREE])
@pytest.mark.parametrize("role", [Role.OWNER, Role.PROFESSIONAL])
def test_a_page_and_its_parts_ask_twelve_queries_at_most(
    full, path, role, django_assert_max_num_queries
):
    browser = full.browser(role)

    with django_assert_max_num_queries(12):
        answer = browser.get(path, headers=HTMX)

    assert answer.status_code == (403 if (path, role) == (FREE, Role.PROFESSIONAL) else 200)
