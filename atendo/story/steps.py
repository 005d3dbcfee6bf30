"""The main job, told step by step: each function is one line of `make story`.

A step says what it saw, or raises.  Appointments lie far enough ahead that no automatic message
of theirs is due, so the story ends the same on any day and at any hour.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from atendo.demo_data import BOTH, COMPANIES, DemoCompany
from atendo.stack import Stack
from atendo.story.actors import Member, Phones, eventually, stays
from atendo.story.probes import Webhook

Step = Callable[["World"], str]

NEVER_USED = 999_999_999


@dataclass
class World:
    """What the steps share: the addresses, and what earlier steps made."""

    stack: Stack
    phones: Phones
    ours: DemoCompany = COMPANIES[0]
    theirs: DemoCompany = COMPANIES[1]
    owners: dict[str, Member] = field(default_factory=dict)
    booked: dict[str, int] = field(default_factory=dict)
    hours: Iterator[datetime] = field(default_factory=lambda: free_hours(datetime.now(UTC)))

    @property
    def site(self) -> str:
        return self.stack.site

    @property
    def owner(self) -> Member:
        return self.owners[self.ours.slug]

    @property
    def rival(self) -> Member:
        return self.owners[self.theirs.slug]

    def book(self, company: DemoCompany, client: str) -> int:
        """Book for a client by the REST API, at an hour that nothing else has."""
        member = self.owners[company.slug]
        answer = member.post("appointments/", self.wish(company, client, next(self.hours)))
        assert answer.status_code == 201, f"{answer.status_code} {answer.text}"
        return int(answer.json()["id"])

    def wish(self, company: DemoCompany, client: str, at: datetime) -> dict[str, Any]:
        member = self.owners[company.slug]
        return {
            "client": member.first("clients/", client),
            "professional": member.first("professionals/", company.professionals[0]),
            "service": member.first("services/", company.services[0][0]),
            "starts_at": at.isoformat(),
        }

    def ask(self, member: Member, appointment: int) -> int:
        answer = member.post(f"whatsapp/send-confirmation/{appointment}", {})
        assert answer.status_code == 202, f"{answer.status_code} {answer.text}"
        assert answer.json()["status"] == "queued"
        return int(answer.json()["message_id"])

    def talk(self, company: DemoCompany, phone: str) -> int:
        """How many messages reached this phone from this company, receipts aside: those leave
        by themselves, at the company's pace."""
        texts = self.phones.received(phone, company.phone)
        return sum("está marcado" not in text for text in texts)

    def questions(self, company: DemoCompany, phone: str) -> int:
        """How many questions with numbered answers reached this phone from this company."""
        texts = self.phones.received(phone, company.phone)
        return sum("1 Confirmo" in text for text in texts)

    def refusals(self) -> str:
        return self.owner.page("/seguranca/")


def free_hours(now: datetime) -> Iterator[datetime]:
    start = (now + timedelta(days=20)).replace(hour=12, minute=0, second=0, microsecond=0)
    return (start + timedelta(hours=number) for number in range(24 * 60))


def phone_of(company: DemoCompany, client: str) -> str:
    return next(phone for name, phone in company.clients if name == client)


def a_both_connect(world: World) -> str:
    """(a) Both companies connect, each with its own instance and code."""
    codes = {}
    for company in (world.ours, world.theirs):
        member = world.owners[company.slug]
        assert member.status() == "not_configured"
        codes[company.slug] = _scan(world, company, member)
    assert len(set(codes.values())) == 2, "the two codes are the same"
    names = {
        m.get("company/whatsapp-status").json()["instance_name"] for m in world.owners.values()
    }
    assert len(names) == 2
    return f"not_configured … connected, {' and '.join(sorted(names))}, two different codes"


def _scan(world: World, company: DemoCompany, member: Member) -> str:
    body = {"accept_risk": True}
    asked = lambda: member.post("whatsapp/connect", body).json()["qrcode"]  # noqa: E731
    code = str(eventually(asked, bool))
    world.phones.call(f"phones/{company.phone.lstrip('+')}/scan", {"code": code})
    eventually(member.status, lambda status: status == "connected")
    return code


def b_confirm_by_button(world: World) -> str:
    """(b) Company 1 asks from its own number, the client presses the button."""
    client, phone = world.ours.clients[0]
    appointment = world.booked["ours"] = world.book(world.ours, client)
    world.booked["theirs"] = world.book(world.theirs, world.theirs.clients[0][0])
    world.ask(world.owner, appointment)
    eventually(lambda: world.questions(world.ours, phone), lambda count: count == 1)
    assert world.phones.received(phone, world.theirs.phone) == []
    world.phones.press(phone, world.ours.phone, f"confirm_{appointment}")
    _until(world.owner, appointment, "confirmed")
    return "the question left from number 1 alone; the button confirmed it"


def b_confirm_by_word(world: World) -> str:
    """(b) Another client answers "sim"."""
    client, phone = world.ours.clients[1]
    appointment = world.book(world.ours, client)
    world.ask(world.owner, appointment)
    eventually(lambda: world.questions(world.ours, phone), lambda count: count == 1)
    world.phones.say(phone, world.ours.phone, "sim")
    _until(world.owner, appointment, "confirmed")
    assert world.rival.appointment(world.booked["theirs"])["status"] == "scheduled"
    return "“sim” confirmed it; company 2's appointment stayed as it was"


def b_metrics(world: World) -> str:
    """(b) The metrics endpoint counts company 1's own."""
    ours = world.owner.get("dashboard/whatsapp-metrics").json()
    theirs = world.rival.get("dashboard/whatsapp-metrics").json()
    assert ours["total_confirmations"] == 2, ours
    assert ours["total_sent"] >= 2, ours
    assert theirs["total_confirmations"] == 0, theirs
    return f"company 1: {ours['total_confirmations']} confirmed, company 2: 0"


def _until(member: Member, appointment: int, status: str) -> None:
    eventually(lambda: member.appointment(appointment)["status"], lambda seen: seen == status)


def c_foreign_button_to_our_number(world: World) -> str:
    """(c) A client of company 1 sends company 2's button to number 1."""
    return _foreign_button(world, world.ours, world.owner, "unauthorized")


def c_foreign_button_to_their_number(world: World) -> str:
    """(c) ... and to number 2, where he is no client."""
    return _foreign_button(world, world.theirs, world.rival, "client_not_found")


def _foreign_button(world: World, to: DemoCompany, member: Member, outcome: str) -> str:
    phone, foreign = world.ours.clients[0][1], world.booked["theirs"]
    answers = world.talk(to, phone)
    rows = member.page("/seguranca/").count(f"confirm_{foreign}")
    world.phones.press(phone, to.phone, f"confirm_{foreign}")
    eventually(
        lambda: member.page("/seguranca/").count(f"confirm_{foreign}"),
        lambda count: count == rows + 1,
    )
    assert world.rival.appointment(foreign)["status"] == "scheduled"
    stays(lambda: world.talk(to, phone), answers)
    return f"{outcome}: one line in the security log, no answer, nothing changed"


def d_client_of_both(world: World) -> str:
    """(d) A client of both companies confirms with one."""
    name, phone = BOTH
    ours, theirs = world.book(world.ours, name), world.book(world.theirs, name)
    world.ask(world.owner, ours)
    world.ask(world.rival, theirs)
    for company in (world.ours, world.theirs):
        eventually(lambda c=company: world.questions(c, phone), lambda count: count == 1)  # type: ignore[misc]
    world.phones.say(phone, world.ours.phone, "1")
    _until(world.owner, ours, "confirmed")
    assert world.rival.appointment(theirs)["status"] == "scheduled"
    return "confirmed with company 1, still scheduled with company 2"


def e_foreign_ids(world: World) -> str:
    """(e) Company 1's admin asks for company 2's rows: as for an id never used."""
    client = world.rival.first("clients/", world.theirs.clients[0][0])
    paths = {"appointments": world.booked["theirs"], "clients": client}
    for path, foreign in paths.items():
        seen = world.owner.get(f"{path}/{foreign}/")
        unused = world.owner.get(f"{path}/{NEVER_USED}/")
        assert (seen.status_code, seen.content) == (404, unused.content), f"{path}: {seen.text}"
    sent = world.owner.post(f"whatsapp/send-confirmation/{world.booked['theirs']}", {})
    unused = world.owner.post(f"whatsapp/send-confirmation/{NEVER_USED}", {})
    assert (sent.status_code, sent.content) == (404, unused.content), sent.text
    status = world.owner.get("company/whatsapp-status").json()
    assert (
        status["instance_name"]
        != world.rival.get("company/whatsapp-status").json()["instance_name"]
    )
    return "404, the same bytes; the status is the caller's own"


def f_webhook_secrets(world: World) -> str:
    """(f) No secret, another instance's secret, an unknown instance: 401, nothing stored."""
    ours, theirs = Webhook.of(world, world.ours), Webhook.of(world, world.theirs)
    attempts = {
        "no secret": theirs.post(secret=None),
        "company 1's secret": theirs.post(secret=ours.secret),
        "unknown instance": theirs.post(instance="company_424242_whatsapp"),
    }
    seen = {what: answer.status_code for what, answer in attempts.items()}
    assert set(seen.values()) == {401}, seen
    assert len({answer.content for answer in attempts.values()}) == 1, "the answers differ"
    assert theirs.post().json() == {"stored": True}, "one of them had stored the event"
    return "401 three times with the same bytes; the event was new when it came with its secret"


def g_same_webhook_twice(world: World) -> str:
    """(g) The same webhook again: one effect."""
    client, phone = world.ours.clients[1]
    appointment = world.book(world.ours, client)
    before = world.talk(world.ours, phone)
    world.ask(world.owner, appointment)
    eventually(lambda: world.talk(world.ours, phone), lambda n: n == before + 1)
    world.phones.press(phone, world.ours.phone, f"confirm_{appointment}")
    _until(world.owner, appointment, "confirmed")
    last = world.phones.call("deliveries?event=messages.upsert")["deliveries"][-1]
    again = world.phones.call("redeliver", {"event_id": last["event_id"]})
    assert again["status"] == 200, again
    answers = eventually(lambda: world.talk(world.ours, phone), lambda n: n >= before + 2)
    history = world.owner.page(f"/agendamentos/{appointment}/")
    assert answers == before + 2
    stays(lambda: world.talk(world.ours, phone), before + 2)
    assert history.count("confirmou pelo WhatsApp") == 1, "the history has it twice"
    return "200 for the repetition, one confirmation, one answer"


def h_server_down(world: World) -> str:
    """(h) Evolution API is away when a confirmation is asked for, then back: it leaves once."""
    client, phone = world.ours.clients[0]
    appointment = world.book(world.ours, client)
    before = world.talk(world.ours, phone)
    world.stack.stop_simulator()
    world.ask(world.owner, appointment)
    eventually(
        lambda: world.owner.page(f"/agendamentos/{appointment}/mensagens/"),
        lambda page: "Pedido de confirmação" in page,
    )
    eventually(
        lambda: world.owner.get("company/whatsapp-status").json().get("error", ""),
        bool,
        seconds=90,
    )
    world.stack.start_simulator()
    eventually(
        lambda: world.talk(world.ours, phone),
        lambda n: n == before + 1,
        seconds=90,
    )
    stays(lambda: world.talk(world.ours, phone), before + 1)
    world.booked["again"] = appointment
    return "the status page said so; the message left once the server was back"


def i_unpaired(world: World) -> str:
    """(i) The phone unpairs: the page says so, nothing leaves, reconnecting works."""
    client, phone = world.ours.clients[0]
    number = world.ours.phone.lstrip("+")
    name = world.owner.get("company/whatsapp-status").json()["instance_name"]
    world.phones.call(f"phones/{number}/unlink", {"instance": name})
    eventually(world.owner.status, lambda status: status == "disconnected")
    assert "Desconectado pelo celular" in world.owner.page("/whatsapp/")
    before = world.talk(world.ours, phone)
    world.ask(world.owner, world.book(world.ours, client))
    stays(lambda: world.talk(world.ours, phone), before)
    _scan(world, world.ours, world.owner)
    eventually(lambda: world.talk(world.ours, phone), lambda n: n == before + 1)
    return "“Desconectado pelo celular”, nothing left; after a new code the message did"


def i_answers_after_reconnecting(world: World) -> str:
    """(i) ... and answers arrive again on the new pairing."""
    phone = world.ours.clients[0][1]
    appointment = world.booked["again"]
    world.phones.press(phone, world.ours.phone, f"confirm_{appointment}")
    _until(world.owner, appointment, "confirmed")
    return "confirmed after the new pairing"


def j_opt_out(world: World) -> str:
    """(j) PARAR: nothing automatic follows."""
    client, phone = world.ours.clients[1]
    world.phones.say(phone, world.ours.phone, "PARAR")
    eventually(
        lambda: world.phones.received(phone, world.ours.phone)[-1],
        lambda text: "não enviaremos mais" in text.lower() or "VOLTAR" in text,
    )
    before = world.talk(world.ours, phone)
    appointment = world.book(world.ours, client)
    page = eventually(
        lambda: world.owner.page(f"/agendamentos/{appointment}/mensagens/"),
        lambda text: "pediu para não receber" in text,
    )
    stays(lambda: world.talk(world.ours, phone), before)
    assert "Na fila" not in page
    return "answered once; the new appointment's messages will not leave, and the page says why"


def k_double_booking(world: World) -> str:
    """(k) A second booking at the same time for the same professional is refused."""
    at = next(world.hours)
    first = world.owner.post("appointments/", world.wish(world.ours, world.ours.clients[0][0], at))
    again = world.owner.post("appointments/", world.wish(world.ours, BOTH[0], at))
    theirs = world.rival.post("appointments/", world.wish(world.theirs, BOTH[0], at))
    assert (first.status_code, again.status_code) == (201, 409), again.text
    assert theirs.status_code == 201, "company 2 has the same hour free"
    return f"409 “{again.json()['detail']}”; company 2 could book that hour"


STEPS: tuple[Step, ...] = (
    a_both_connect,
    b_confirm_by_button,
    b_confirm_by_word,
    b_metrics,
    c_foreign_button_to_our_number,
    c_foreign_button_to_their_number,
    d_client_of_both,
    e_foreign_ids,
    f_webhook_secrets,
    g_same_webhook_twice,
    h_server_down,
    i_unpaired,
    i_answers_after_reconnecting,
    j_opt_out,
    k_double_booking,
)
