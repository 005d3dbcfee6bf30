"""What the platform's staff may look at: all of it to read, no credential, phones in part."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from scheduling.models import Appointment, Client
from scheduling.tests.factories import a_client, a_member, an_appointment
from tenants import scope
from tenants.tests.test_admin import staff
from whatsapp.models import Instance, Message, WebhookEvent
from whatsapp.tests.factories import an_instance

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SECRETS = ("segredo-de-teste", "2@codigo", "PARE-1234", "data:image")
CODE = {"instance": "x", "pairingCode": "PARE-1234", "code": "2@codigo", "base64": "data:image"}

TABLES = [
    "scheduling/client",
    "scheduling/professional",
    "scheduling/service",
    "scheduling/appointment",
    "whatsapp/instance",
    "whatsapp/webhookevent",
    "whatsapp/message",
]


@pytest.fixture
def boss(db):
    return staff()


def fill(company, phone):
    with scope.company(company.pk):
        a_member()
        person = a_client("Camila Prates", phone)
        appointment = an_appointment(NOW, client=person)
        an_instance(qr_code="2@codigo", qr_image="data:image", pairing_code="PARE-1234")
        body = {"event": "qrcode.updated", "data": {"qrcode": CODE, "text": "<script>olá"}}
        WebhookEvent.objects.create(
            event="qrcode.updated", body=json.dumps(body), dedupe_key="k", received_at=NOW
        )
        Message.objects.create(
            client=person, direction="in", status="received", phone=phone, text="até amanhã"
        )
    return appointment


@pytest.fixture
def both(company, rival):
    """Both companies at work; the first one's rows are looked at."""
    appointment = fill(company, "+5531988771247")
    fill(rival, "+5531988772200")
    return appointment


def first(model):
    with scope.every_company("test"):
        return model.objects.order_by("pk").first()


@pytest.mark.parametrize("table", TABLES)
def test_a_list_shows_both_companies_and_is_searched_by_company(boss, both, table):
    page = boss.get(f"/admin/{table}/").content.decode()
    found = boss.get(f"/admin/{table}/", {"q": "ipe"}).content.decode()

    assert "Salão Flor de Ipê" in page
    assert "Prosa &amp; Navalha" in page
    assert "Salão Flor de Ipê" in found
    assert "Prosa &amp; Navalha" not in found


@pytest.mark.parametrize("table", TABLES)
def test_a_list_asks_as_many_queries_for_four_rows_as_for_two(
    boss, both, company, table, django_assert_max_num_queries, django_assert_num_queries
):
    with django_assert_max_num_queries(12) as before:
        boss.get(f"/admin/{table}/")
    with scope.company(company.pk):
        for _ in range(2):
            an_appointment(NOW)
            Message.objects.create(direction="in", status="received")

    with django_assert_num_queries(len(before)):
        boss.get(f"/admin/{table}/")


@pytest.mark.parametrize("table", TABLES)
def test_nothing_is_added_changed_or_deleted(boss, both, table):
    models = {"client": Client, "instance": Instance, "message": Message}
    model = models.get(table.split("/")[1], Appointment)
    pk = first(model).pk if table.split("/")[1] in models else both.pk
    if table == "whatsapp/webhookevent":
        pk = first(WebhookEvent).pk

    assert boss.get(f"/admin/{table}/add/").status_code == 403
    assert boss.post(f"/admin/{table}/{pk}/change/", {"name": "x"}).status_code in {403, 302}
    assert boss.post(f"/admin/{table}/{pk}/delete/", {"post": "yes"}).status_code in {403, 302}
    many = {"action": "delete_selected", "_selected_action": [pk], "post": "yes"}
    boss.post(f"/admin/{table}/", many)
    assert first(model) is not None
    assert first(Client).name == "Camila Prates"


@pytest.mark.parametrize(
    ("table", "model"),
    [
        ("scheduling/client", Client),
        ("scheduling/appointment", Appointment),
        ("whatsapp/instance", Instance),
        ("whatsapp/webhookevent", WebhookEvent),
        ("whatsapp/message", Message),
    ],
)
def test_no_page_shows_a_credential_a_code_or_a_whole_phone(boss, both, table, model):
    row = first(model)
    pages = [
        boss.get(f"/admin/{table}/").content.decode(),
        boss.get(f"/admin/{table}/{row.pk}/change/").content.decode(),
    ]

    for page in pages:
        assert [secret for secret in SECRETS if secret in page] == []
        assert "988771247" not in page
        assert "Salão Flor de Ipê" in page


def test_a_phone_is_shown_by_its_end(boss, both):
    page = boss.get(f"/admin/scheduling/client/{first(Client).pk}/change/").content.decode()

    assert "•••• 1247" in page


@pytest.mark.parametrize(
    "lookup",
    [
        "whatsapp/instance/?webhook_secret__startswith=s",
        "whatsapp/instance/?qr_code__contains=2",
        "whatsapp/message/?text__contains=a",
        "scheduling/client/?phone__startswith=%2B55",
        "scheduling/client/?phone_key__startswith=55",
    ],
)
def test_what_is_not_shown_cannot_be_guessed_by_way_of_the_address(boss, both, lookup):
    assert boss.get(f"/admin/{lookup}").status_code == 400


def test_what_a_client_wrote_is_shown_nowhere(boss, both):
    row = first(Message)

    assert "até amanhã" not in boss.get("/admin/whatsapp/message/").content.decode()
    page = boss.get(f"/admin/whatsapp/message/{row.pk}/change/").content.decode()
    assert "até amanhã" not in page
    assert "••• (10)" in page


def test_a_body_is_shown_indented_and_without_words(boss, both):
    row = first(WebhookEvent)

    page = boss.get(f"/admin/whatsapp/webhookevent/{row.pk}/change/").content.decode()

    assert "&quot;text&quot;: &quot;••• (11)&quot;" in page
    assert "&quot;code&quot;: &quot;•••&quot;" in page
    assert "&quot;event&quot;: &quot;qrcode.updated&quot;" in page


def test_events_are_found_by_name_outcome_and_id(boss, both):
    row = first(WebhookEvent)
    for text in ("qrcode.updated", "waiting", str(row.pk)):
        page = boss.get("/admin/whatsapp/webhookevent/", {"q": text}).content.decode()
        assert f"/admin/whatsapp/webhookevent/{row.pk}/change/" in page


def test_the_list_of_companies_tells_whether_whatsapp_is_connected(boss, both, company):
    with scope.company(company.pk):
        Instance.objects.update(status="restricted")

    page = boss.get("/admin/tenants/company/").content.decode()

    assert "Restrito pelo WhatsApp" in page
    assert "Conectado" in page
