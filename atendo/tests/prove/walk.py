"""The questions that the walk asks at every address, and what is wrong with an answer.

Each question about the rival is asked twice: with what is the rival's, and with what never was.
Both answers must be the same to the byte, and cost the same number of statements.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import product, zip_longest
from typing import Any

from atendo.tests.prove.addresses import addresses, answered_early
from atendo.tests.prove.reading import MARKER, names_read
from atendo.tests.prove.two_companies import (
    CANARY,
    FIRST_NEW_ID,
    KINDS_OF_MARK,
    NEW_IDS,
    NOBODYS,
    OURS,
    RIVALS,
    Marks,
)
from atendo.tests.prove.walker import METHODS, WITHOUT_BODY, Actor, Answer, Walker
from whatsapp.evolution.envelope import instance_name_of
from whatsapp.timing import SWITCHES

# What is not walked, and why.  The report prints it.
NOT_WALKED = {
    "/api/schema/": "the document of the API: no company's, made anew each time, the same for all",
}
EVERYWHERE = [address for address in addresses() if address not in NOT_WALKED]
EARLY = answered_early()
STAFF_PAGES = [address for address in EVERYWHERE if address.startswith("/admin/")]
API = [a for a in EVERYWHERE if a.startswith("/api/") and a not in EARLY]
PAGES = [address for address in EVERYWHERE if address not in {*EARLY, *STAFF_PAGES, *API}]

# What makes a request of ours a good one, by the name of its field.
VALUES: dict[str, Any] = {
    **dict.fromkeys(("client", "professional", "service", "membership", "company"), OURS.id),
    **dict.fromkeys(("cliente", "profissional", "memberships-0-id"), OURS.id),
    **dict.fromkeys(("user", "memberships-1-user"), FIRST_NEW_ID),
    **dict.fromkeys(("day", "dia", "date"), "2026-12-01"),
    **dict.fromkeys(("time", "hora"), "15:00"),
    "starts_at": "2026-12-01T15:00:00-03:00",
    **dict.fromkeys(("name", "notes", "reason"), "Jacarandá"),
    **dict.fromkeys(("phone", "number"), "(31) 98123-4567"),
    "col_name": "0",
    "col_phone": "1",
    "known": "ignore",
    "area": "31",
    "duration_minutes": 30,
    "color": "teal",
    "category": "Jacarandá",
    **dict.fromkeys(("buffer_before_minutes", "buffer_after_minutes"), 10),
    **dict.fromkeys(("first_day", "last_day"), "2027-03-01"),
    **dict.fromkeys((f"does_{OURS.id}", "anyway"), "yes"),
    f"minutes_{OURS.id}": 45,
    "price": 10,
    **dict.fromkeys(("is_active", "accepted", "accept_risk"), True),
    **dict.fromkeys(("wanted", "given"), "yes"),
    **dict.fromkeys(("username", "password", "old_password"), OURS.name),
    **dict.fromkeys(("new_password1", "new_password2"), "outra-senha-9"),
    "slug": "jacaranda",
    "segment": "salon",
    "timezone": "America/Sao_Paulo",
    "message_hours_start": "08:00",
    "message_hours_end": "20:00",
    "pace_seconds": 8,
    **dict.fromkeys(("role", "memberships-0-role", "memberships-1-role"), "manager"),
    "access": "look",
    "theme": "dark",
    "slot_minutes": 15,
    "email": "nova@so.example",
    "in_agenda": OURS.id + 1,  # who has no login
    "minutes": 15,
    "memberships-INITIAL_FORMS": 1,
    "memberships-TOTAL_FORMS": 2,
    "app_label": "tenants",
    "model_name": "membership",
    "field_name": "company",
    "modelo": "receipt",
    "quando": "passadas",
    "text": f"Oi, {{primeiro_nome}}! {OURS.name}",  # as two_companies keeps it
    **dict.fromkeys(SWITCHES, True),
    "confirmation_request_hours": 24,
    "second_request_hours": 4,
    "reminder_hours": 6,
    "event": "messages.upsert",
    "instance": instance_name_of(OURS.id),
}
TEXTS = {
    "category",
    "name",
    "notes",
    "reason",
    "text",
    "phone",
    "number",
    "username",
    "password",
    "old_password",
}
# With these a chosen client would be one too many.
NEW_CLIENT = {"new_name": "Jacarandá", "new_phone": "(31) 98123-4567", "client": ""}

HOLDS_THE_NAME = {"name", "slug", "token", "file"}

Fields = dict[str, Any]
LEARNT: dict[tuple[str, str, str], tuple[Fields, set[str]]] = {}


class Walk:
    def __init__(self, everybody: dict[str, Actor]) -> None:
        self.everybody = everybody
        self.routes: set[str] = set()
        self._walker = Walker(ours=OURS.id, rival=RIVALS.id, new_ids=NEW_IDS, name=RIVALS.slug)

    @property
    def requests(self) -> int:
        return self._walker.requests

    def start(self) -> None:
        """Keep the rows as they are now: what changes from here on is a fault."""
        self._at_first = self._walker.rows()

    def undone(self, action: Callable[[], Any], marks: Marks) -> Answer:
        """What an action returns and does, as if the marks had not been in it.  An action that
        names the rival may leave that name in our own rows."""
        found = self._walker.undone(action)
        if marks is RIVALS:
            found = replace(found, copied=[])
        return found.without(*(text for kind in KINDS_OF_MARK for text in marks.spellings(kind)))

    def rows(self) -> dict[str, tuple[int, str]]:
        return self._walker.rows()

    def check_csrf(self) -> None:
        """From here on a request needs the token of its page, which the walk does not send."""
        for method, address in everything(PAGES + API):
            self.learnt(method, address)
        self._walker.check_csrf()

    # What an address reads

    def learnt(self, method: str, address: str, by: str = "owner") -> tuple[Fields, set[str]]:
        """Return the fields that make a request of ours a good one, and every name that it reads.

        Found by asking, once for all tests.
        """
        key = (method, address, by)
        if key not in LEARNT:
            with names_read() as names:
                values = self._tried(self.everybody[by], method, address, names)
            LEARNT[key] = values, names
        return LEARNT[key]

    def _tried(self, actor: Actor, method: str, address: str, names: set[str]) -> Fields:
        """Ask with good values until no further name is read."""
        values: Fields = {}
        while True:
            self.answer(actor, method, address, OURS, {**values, MARKER: 1})
            known = {name: VALUES[name] for name in names if name in VALUES}
            if known == values:
                return values
            values = known

    def probes(self, learnt: tuple[Fields, set[str]]) -> Iterator[tuple[Fields, list[str], str]]:
        """Yield names with a kind of mark that may go into them, and the fields around them.

        One name at a time where a good value next to it decides how far the request comes; what
        no field expects (a slug, a token, a file name) goes into all texts at once.
        """
        values, names = learnt
        alike = {re.sub(r"^day\d_\d", "", name): name for name in sorted(names)}  # weekly hours
        texts = [name for name in alike.values() if name not in VALUES or name in TEXTS]
        for name in alike.values():
            around = values | NEW_CLIENT if name in NEW_CLIENT and name != "client" else values
            for kind in ("id", "name", "phone") if name in texts else ("id",):
                yield around, [name], kind
        for kind in ("slug", "token", "file") if texts else ():
            yield values, texts, kind

    # Questions

    def answer(
        self,
        actor: Actor,
        method: str,
        address: str,
        marks: Marks,
        fields: Fields,
        kind: str = "",
    ) -> Answer:
        """The answer about the company of the marks, as if it had not been asked for any.

        `kind` is the mark that a field has; those in the address are known.
        """
        self.routes.add(address)
        path = address.format(**marks.places)
        found = self._walker.call(actor, method, path, query=fields, fields=fields)
        if kind in HOLDS_THE_NAME:  # then it is there because it was typed
            found = replace(found, copied=[])
        asked = {kind, *(place for place in marks.places if f"{{{place}}}" in address)} - {""}
        return found.without(*(text for one in asked for text in marks.spellings(one)))

    def at(self, actor: Actor, method: str, address: str) -> Iterator[str]:
        """Say what is wrong at an address, asked for the rival's row if it has a placeholder,
        with the fields that are good for ours."""
        fields = self.learnt(method, address)[0]
        if "{" in address:
            answers = [self.answer(actor, method, address, m, fields) for m in (RIVALS, NOBODYS)]
            problems = [*self.faults(answers[0]), *difference(*answers)]
        else:
            problems = [*self.faults(self.answer(actor, method, address, OURS, fields))]
        for problem in problems:
            yield f"{actor.name}: {method} {address} {problem}"

    def fields_at(
        self, actor: Actor, method: str, address: str, *, by: str, ids_only: bool = False
    ) -> Iterator[str]:
        """Say what is wrong with an address of ours when its fields name the rival's."""
        ours = address.format(**OURS.places)
        for around, names, kind in self.probes(self.learnt(method, address, by)):
            if ids_only and VALUES.get(names[0]) != OURS.id:
                continue
            answers = [
                self.answer(actor, method, ours, marks, around | marks.in_each(names, kind), kind)
                for marks in (RIVALS, NOBODYS)
            ]
            for problem in [*self.faults(answers[0]), *difference(*answers)]:
                yield f"{actor.name}: {method} {address} {','.join(names)}={kind} {problem}"

    # What is wrong

    def faults(self, answer: Answer) -> Iterator[str]:
        yield from broken(answer)
        yield from self.leaks(answer)

    def leaks(self, answer: Answer) -> Iterator[str]:
        """Say what of the rival the answer shows, says elsewhere, or changes."""
        for verb, text in (("shows", answer.shown), ("says", answer.said)):
            if found := CANARY.search(text):
                yield f"{verb} {text[max(0, found.start() - 60) : found.end() + 20]!r}"
        for table, (_ours, rivals) in answer.rows.items():
            if rivals != self._at_first[table][1]:
                yield f"changes the rival's {table}"
        if answer.copied:
            yield f"copies the rival's name into our {answer.copied}"
        if answer.mixed:
            yield f"leaves references across companies: {answer.mixed}"


def broken(answer: Answer) -> Iterator[str]:
    """Say what nobody may cause, not even the staff."""
    if answer.status >= 500:
        yield f"fails: {answer.status}"
    if answer.stopped:
        yield f"is stopped by the database alone: {answer.stopped}"


def difference(theirs: Answer, nobodys: Answer) -> Iterator[str]:
    """Say by what somebody could tell that a row of the rival exists."""
    if theirs.status != nobodys.status:
        yield f"answers {theirs.status}, not {nobodys.status}"
    elif theirs.shown != nobodys.shown:
        yield "answers {!r}, not {!r}".format(*_first_difference(theirs.shown, nobodys.shown))
    elif theirs.said != nobodys.said:
        yield "says {!r}, not {!r}".format(*_first_difference(theirs.said, nobodys.said))
    elif theirs.statements != nobodys.statements:
        yield f"takes {theirs.statements} statements, not {nobodys.statements}"
    elif our_counts(theirs) != our_counts(nobodys):
        yield f"writes {our_counts(theirs)}, not {our_counts(nobodys)}"


def _first_difference(one: str, other: str) -> tuple[str, str]:
    lines = zip_longest(one.splitlines(), other.splitlines(), fillvalue="")
    return next(pair for pair in lines if pair[0] != pair[1])


def our_counts(answer: Answer) -> dict[str, int]:
    return {table: count for table, (count, _rivals) in answer.rows.items()}


def everything(
    places: Iterable[str], methods: Iterable[str] = METHODS
) -> Iterator[tuple[str, str]]:
    return product(methods, places)


def with_fields(places: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Where a field may be read: HEAD and OPTIONS read what GET does."""
    return everything(places, [m for m in METHODS if m == "GET" or m not in WITHOUT_BODY])
