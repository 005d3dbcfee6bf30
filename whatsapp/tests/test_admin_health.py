"""How companies are doing, for the staff: in the list, and on top of a company's page."""

import re
from datetime import timedelta
from html import unescape

import pytest

from conftest import make_company
from scheduling.models import Status
from tenants import scope
from tenants.tests.test_admin import staff
from whatsapp.health import health_of
from whatsapp.models import Direction, Instance, InstanceStatus, Message, MessageStatus, Problem
from whatsapp.tests.factories import an_instance, stored

LIST = "/admin/tenants/company/"
HOUR = timedelta(hours=1)


@pytest.fixture
def ill(salon, barber):
    """The salon's WhatsApp is down, and things pile up; the barber's is well."""
    with scope.company(salon.company.pk):
        an_instance(
            InstanceStatus.DISCONNECTED,
            problem=Problem.UNPAIRED,
            connected_at=salon.now - 50 * HOUR,
            disconnected_at=salon.now - 5 * HOUR,
        )
        for hours in (2, 4, -3):
            tell(salon, MessageStatus.WAITING, due_at=salon.now - hours * HOUR)
        tell(salon, MessageStatus.FAILED, due_at=salon.now - 6 * HOUR)
        tell(salon, MessageStatus.FAILED, due_at=salon.now - 60 * HOUR)
        tell(salon, MessageStatus.SENT, happened_at=salon.now - 7 * HOUR)
        tell(salon, MessageStatus.RECEIVED, happened_at=salon.now - 8 * HOUR)
        stored({"event": "connection.update", "instance": "x", "data": {}})
    with scope.company(barber.company.pk):
        an_instance(connected_at=barber.now - HOUR)
    salon.book(hours=10)
    salon.book(hours=24 * 10)
    gone = salon.book(hours=12)
    with scope.company(salon.company.pk):
        type(gone).objects.filter(pk=gone.pk).update(status=Status.CANCELLED)
    return salon


def tell(shop, status, **fields):
    way = Direction.IN if status == MessageStatus.RECEIVED else Direction.OUT
    return Message.objects.create(direction=way, status=status, client=shop.camila, **fields)


def row_of(page, name):
    return next(row for row in page.split("<tr") if name in row)


def test_a_company_is_told_in_numbers(ill, barber):
    with scope.every_company("test"):
        found = health_of([ill.company.pk, barber.company.pk], ill.now)

    health = found[ill.company.pk]
    assert (health.queued, health.failed, health.this_week, health.members) == (3, 1, 1, 4)
    assert health.oldest_due == ill.now - 4 * HOUR
    assert health.late
    assert health.since == ill.now - 5 * HOUR
    assert health.last_out == ill.now - 7 * HOUR
    assert health.last_in == ill.now - 8 * HOUR
    assert health.last_event == ill.now
    well = found[barber.company.pk]
    assert (well.queued, well.failed, well.last_in, well.late) == (0, 0, None, False)
    assert well.since == barber.now - HOUR


def test_the_list_shows_it_for_each_company(ill, barber):
    page = staff().get(LIST).content.decode()

    mine, others = row_of(page, "Flor de Ipê"), row_of(page, "Prosa &amp; Navalha")
    for told in ("Desconectado há 5 h", "3, a primeira há 4 h", "há 8 h · há 7 h"):
        assert told in mine
        assert told not in others
    assert "Conectado" in others


def test_the_page_of_a_company_begins_with_it(ill):
    page = staff().get(f"{LIST}{ill.company.pk}/change/").content.decode()

    assert page.index("Como está agora") < page.index('name="name"')
    assert "Desconectado pelo celular" in page


def test_the_links_of_the_page_lead_to_the_rows_of_the_company(ill, barber):
    boss = staff()
    with scope.company(barber.company.pk):
        tell(barber, MessageStatus.FAILED, due_at=barber.now)
    page = boss.get(f"{LIST}{ill.company.pk}/change/").content.decode()
    links = re.findall(r'href="(/admin/whatsapp/[a-z]+/\?[^"]*)">([^<]*)<', page)

    counts = [boss.get(unescape(link)).context["cl"].result_count for link, _shown in links]

    assert [shown for _link, shown in links][:2] == ["3", "1"]
    assert counts == [3, 1, 1]


def test_a_company_that_never_connected_has_a_page_too(salon):
    page = staff().get(f"{LIST}{salon.company.pk}/change/").content.decode()

    assert "Nunca conectado" in page


def test_the_list_asks_as_many_queries_for_five_companies_as_for_two(
    ill, barber, django_assert_max_num_queries, django_assert_num_queries
):
    boss = staff()
    with django_assert_max_num_queries(14) as before:
        boss.get(LIST)
    for number in range(3):
        company = make_company(f"Empresa {number}", f"empresa-{number}")
        with scope.company(company.pk):
            an_instance()
            Message.objects.create(direction="in", status="received")

    with django_assert_num_queries(len(before)):
        boss.get(LIST)


def test_staff_without_the_right_to_see_companies_sees_none(ill):
    assert staff(superuser=False).get(LIST).status_code == 403


def test_the_codes_of_an_instance_are_not_even_read(ill):
    with scope.company(ill.company.pk):
        Instance.objects.update(qr_code="2@codigo")
    with scope.every_company("test"):
        health = health_of([ill.company.pk], ill.now)[ill.company.pk]

    assert {"qr_code", "qr_image"} <= health.instance.get_deferred_fields()
