"""What waits for a person: which rows, in which order, with which button for whom."""

from datetime import timedelta

import pytest

from scheduling.models import Client, Status
from tenants import scope
from tenants.models import Role
from whatsapp.models import Direction, InstanceStatus, Message, MessageStatus, Problem, Reason
from whatsapp.tests.factories import an_instance

HOUR = timedelta(hours=1)


@pytest.fixture
def tell():
    """Call it with a shop: a message in the company."""

    def tell(shop, row=None, **fields):
        values = {"client": shop.camila, "appointment": row, "phone": shop.camila.phone}
        if row is not None:
            values["revision"] = row.revision
        came = fields.get("direction") == Direction.IN
        values["status"] = MessageStatus.RECEIVED if came else MessageStatus.FAILED
        values["needs_attention"] = came
        values["happened_at"] = shop.now
        values["direction"] = Direction.OUT
        with scope.company(shop.company.pk, switch=True):
            return Message.objects.create(**{**values, **fields})

    return tell


def tasks(shop, role=Role.OWNER):
    return shop.browser(role).get("/").context["tasks"]


def titles(shop, role=Role.OWNER):
    return [task.title for task in tasks(shop, role).rows]


def keys(shop, role=Role.OWNER):
    return [task.key.partition("-")[0] for task in tasks(shop, role).rows]


def test_who_wants_another_time_is_given_one(salon, barber, add):
    row = add(salon, hours=30, asked_at=salon.now, move_requested_at=salon.now - HOUR)
    add(barber, hours=30, asked_at=salon.now, move_requested_at=salon.now)

    (task,) = tasks(salon).rows

    assert task.title == "Camila Prates pediu para remarcar"
    assert task.detail == "Amanhã, 15:00 · Corte com Bia. Pediu hoje, 08:00."
    assert (task.button, task.url) == ("Escolher horário", f"/agendamentos/{row.pk}/remarcar/")


def test_who_is_silent_is_called_only_when_time_is_short(salon, add):
    close = add(salon, hours=2 + 2 / 3, asked_at=salon.now, minutes=20)
    add(salon, hours=3, asked_at=salon.now)
    add(salon, hours=0.5)  # was never asked
    add(salon, hours=-1, asked_at=salon.now)  # too late to call
    add(salon, hours=1.5, status=Status.CONFIRMED, asked_at=salon.now)

    (task,) = tasks(salon).rows

    assert task.key == f"ligar-{close.pk}"
    assert task.detail == "Hoje, 11:40 · Corte com Bia. Faltam 2\xa0h\xa040."
    assert task.url == f"tel:{salon.camila.phone}"
    assert task.number == salon.camila.phone_display


def test_an_answer_that_was_not_understood_is_one_task(salon, add, tell):
    row = add(salon, hours=2, asked_at=salon.now)
    tell(salon, row, direction=Direction.IN, text="acho que atraso\nuns 15 min")

    (task,) = tasks(salon).rows

    assert task.title == "Camila Prates: “acho que atraso uns 15 min”"
    assert "Não entendemos a resposta." in task.detail
    assert task.button == "Responder"
    assert task.url == f"/conversas/{salon.camila.pk}/"


def test_a_number_that_is_no_clients_is_answered_in_its_own_conversation(salon, barber, tell):
    stranger = {"direction": Direction.IN, "text": "oi", "phone": "+5531988009988"}
    row = tell(salon, client=None, **stranger)
    tell(barber, client=None, **stranger)

    (task,) = tasks(salon).rows

    assert (task.button, task.url) == ("Responder", f"/conversas/numero/{row.pk}/")


def test_a_message_that_failed_is_mended_by_its_number(salon, add, tell):
    row = add(salon, hours=30)
    tell(salon, row, reason=Reason.NO_WHATSAPP)

    (task,) = tasks(salon).rows

    assert task.title == "A mensagem para Camila Prates não saiu"
    assert task.detail.endswith(f"O número {salon.camila.phone_display} não tem WhatsApp.")
    assert (task.button, task.url) == ("Corrigir número", f"/clientes/{salon.camila.pk}/")
    with scope.company(salon.company.pk):
        salon.camila.phone = "+5531987650000"
        salon.camila.save()
    assert tasks(salon).total == 0


def test_any_other_failure_says_why(salon, add, tell):
    row = add(salon, hours=30)
    tell(salon, row, reason=Reason.REFUSED)

    (task,) = tasks(salon).rows

    assert "O servidor do WhatsApp recusou a mensagem." in task.detail
    assert (task.button, task.url) == ("Ver", f"/agendamentos/{row.pk}/")


@pytest.mark.parametrize(
    "changes",
    [
        {"hours": -30},
        {"hours": 30, "status": Status.CANCELLED},
        {"hours": 30, "revision": 2},
    ],
    ids=["past", "cancelled", "moved since"],
)
def test_a_failure_that_no_longer_matters_is_no_task(salon, add, tell, changes):
    tell(salon, add(salon, **changes), reason=Reason.NO_WHATSAPP, revision=1)

    assert tasks(salon).total == 0


def test_of_several_failures_about_one_appointment_the_last_counts(salon, add, tell):
    row = add(salon, hours=30)
    tell(salon, row, reason=Reason.NO_WHATSAPP)
    tell(salon, row, reason=Reason.NO_WHATSAPP)
    assert tasks(salon).total == 1

    tell(salon, row, status=MessageStatus.SENT)
    assert tasks(salon).total == 0


def test_a_message_that_perhaps_left_is_looked_at(salon, add, tell):
    row = add(salon, hours=30)
    tell(salon, row, reason=Reason.UNDECIDED, needs_attention=True)

    assert titles(salon) == ["Não sabemos se a mensagem para Camila Prates saiu"]


@pytest.mark.parametrize(
    ("role", "button"),
    [(Role.OWNER, "Conectar"), (Role.MANAGER, "Conectar"), (Role.RECEPTIONIST, "Ver o que houve")],
)
def test_a_whatsapp_that_is_down_comes_first(salon, add, role, button):
    add(salon, hours=0.2, asked_at=salon.now)
    with scope.company(salon.company.pk):
        an_instance(InstanceStatus.DISCONNECTED, problem=Problem.UNPAIRED)

    first, _second = tasks(salon, role).rows

    assert first.title == "WhatsApp: desconectado pelo celular"
    assert (first.button, first.url) == (button, "/whatsapp/")


def test_a_server_that_is_away_is_a_task_too(salon):
    with scope.company(salon.company.pk):
        an_instance(problem=Problem.SERVER_AWAY)

    (task,) = tasks(salon).rows
    assert task.title == "O servidor do WhatsApp não responde"


def test_a_whatsapp_that_works_is_none(salon):
    with scope.company(salon.company.pk):
        an_instance()

    assert tasks(salon).total == 0


def test_the_most_urgent_comes_first(salon, add, tell):
    tell(salon, direction=Direction.IN, text="oi")
    add(salon, hours=40, asked_at=salon.now, move_requested_at=salon.now)
    add(salon, hours=1, asked_at=salon.now)
    tell(salon, add(salon, hours=20), reason=Reason.REFUSED)
    add(salon, hours=2, asked_at=salon.now, move_requested_at=salon.now)

    assert keys(salon) == ["ligar", "remarcar", "mensagem", "mensagem", "remarcar"]


def test_a_professional_sees_what_concerns_the_own_agenda(salon, add, tell):
    mine = add(salon, hours=2, asked_at=salon.now, move_requested_at=salon.now)
    add(salon, hours=2, professional=salon.denise, asked_at=salon.now)
    tell(salon, add(salon, hours=30), direction=Direction.IN, text="levo minha filha")
    tell(salon, direction=Direction.IN, text="sobre nenhum horário")
    with scope.company(salon.company.pk):
        an_instance(InstanceStatus.DISCONNECTED)

    found = tasks(salon, Role.PROFESSIONAL)

    assert [task.key.partition("-")[0] for task in found.rows] == ["remarcar", "mensagem"]
    assert found.total == 2
    assert {task.button for task in found.rows} == {"Ver"}
    assert found.rows[0].url == f"/agendamentos/{mine.pk}/"
    assert len(keys(salon)) == 5


def test_every_button_leads_to_a_page_that_the_role_may_open(salon, add, tell):
    add(salon, hours=2, asked_at=salon.now, move_requested_at=salon.now)
    add(salon, hours=1, asked_at=salon.now)
    tell(salon, add(salon, hours=30), direction=Direction.IN, text="?")
    tell(salon, add(salon, hours=31), reason=Reason.NO_WHATSAPP)
    tell(salon, add(salon, hours=32), reason=Reason.REFUSED)
    for role in Role.values:
        browser = salon.browser(role)
        rows = browser.get("/").context["tasks"].rows
        assert len(rows) == 5
        for url in {url for task in rows for url in (task.url, task.about)}:
            if not url.startswith("tel:"):
                assert browser.get(url).status_code == 200, (role, url)


def test_the_panel_shows_eight_and_the_list_all(salon, add):
    for number in range(60):
        moved = {"asked_at": salon.now, "move_requested_at": salon.now}
        add(salon, hours=24 + number, **moved)
    browser = salon.browser()

    page = browser.get("/")
    whole = browser.get("/hoje/precisa-de-voce/")

    assert (len(page.context["tasks"].rows), page.context["tasks"].total) == (8, 60)
    assert 'href="/hoje/precisa-de-voce/"' in page.content.decode()
    assert whole.context["page"].paginator.count == 60
    assert len(whole.context["page"].object_list) == 50
    assert len(browser.get("/hoje/precisa-de-voce/?page=2").context["page"].object_list) == 10


def test_of_thousands_the_list_shows_the_most_urgent_and_says_so(salon, add):
    with scope.company(salon.company.pk):
        someone = Client.objects.create(name="Zuleica", phone="+5531988000000")
        Message.objects.bulk_create(
            Message(
                direction=Direction.IN,
                client=someone,
                status=MessageStatus.RECEIVED,
                needs_attention=True,
                happened_at=salon.now,
                text="?",
            )
            for _number in range(300)
        )

    answer = salon.browser().get("/hoje/precisa-de-voce/")

    assert "As 200 mais urgentes de 300." in answer.content.decode()


def test_a_long_text_is_shortened_and_a_voice_message_named(salon, add, tell):
    tell(salon, direction=Direction.IN, text="a" * 300)
    tell(salon, direction=Direction.IN, data={"media": "audio"})

    assert titles(salon) == [f"Camila Prates: “{'a' * 79}…”", "Camila Prates: “Mandou um áudio.”"]
