"""The side channels: what tells of another company without showing a row of it.

Counts, pages of a list and the order of rows are the walk's, which compares every answer with the
one before there was a rival; so are the log lines and the mail of every request.
"""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.db import connection
from django.db.models import UniqueConstraint
from django.utils import timezone

from atendo.tests.prove.locks import take_away
from atendo.tests.prove.naive import CACHING, FAILING
from atendo.tests.prove.two_companies import CANARY, NOBODYS, OURS, RIVALS
from atendo.tests.prove.walk import API, PAGES, everything
from scheduling.models import Appointment, Client
from tenants import scope
from tenants.checks import company_models
from tenants.constraints import TenantForeignKeyConstraint
from tenants.models import Company
from whatsapp import sender
from whatsapp.messages import KINDS
from whatsapp.models import Message, MessageStatus


@pytest.fixture
def walk(walk, rival):
    return walk


@pytest.fixture
def careless(settings):
    settings.ROOT_URLCONF = "atendo.tests.prove.naive"


# Uniqueness ------------------------------------------------------------------------------------

UNIQUE = """SELECT c.relname, i.relname, a.attname FROM pg_index x
    JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.indkey[0]
    WHERE x.indisunique AND NOT x.indisprimary AND c.relname = ANY(%s)"""
# Unique across companies, and why.  The report prints it.
PUBLIC_NAMES = {
    "companies.slug": "a public address, given by the platform's staff alone",
}


def test_no_unique_value_of_a_company_is_unique_across_companies(db, record_property):
    """A refusal "already taken" would tell that somebody else has it."""
    tables = [model._meta.db_table for model in company_models()]

    with connection.cursor() as cursor:
        cursor.execute(UNIQUE, [tables])
        found = cursor.fetchall()

    assert len(found) > len(tables) / 2
    across = {f"{table}.{column}" for table, _index, column in found if column != "company_id"}
    assert across == set(PUBLIC_NAMES)
    record_property("left_out", {f"unique: {name}": why for name, why in PUBLIC_NAMES.items()})


def with_unique_values():
    """The company tables on which a value, and not the company alone, is unique."""
    for model in company_models():
        sets = [c.fields for c in model._meta.constraints if type(c) is UniqueConstraint]
        if any(len(fields) > 1 for fields in sets):
            yield model


def in_the_way(model, values):
    for constraint in model._meta.constraints:
        if type(constraint) is UniqueConstraint:
            names = [model._meta.get_field(name).attname for name in constraint.fields]
            yield model.objects.filter(**{name: values[name] for name in names})


@pytest.mark.parametrize("model", [*with_unique_values()], ids=lambda model: model.__name__)
def test_what_is_unique_for_the_rival_is_free_for_us(model, walk):
    """The rival's last row once more as ours: the same values, references to our own rows.  Where
    one of ours has just these values already, it makes room."""
    with scope.company(RIVALS.id):
        values = model.objects.order_by("-pk").values().first()
    references = [c for c in model._meta.constraints if isinstance(c, TenantForeignKeyConstraint)]
    changed = {f"{constraint.field}_id": OURS.id for constraint in references}
    fields = {field.attname for field in model._meta.concrete_fields if not field.generated}
    ours = {name: value for name, value in values.items() if name in fields}
    ours |= {"id": None, "company_id": OURS.id, **changed}

    def twin():
        with scope.company(OURS.id):
            for same in in_the_way(model, ours):
                same.delete()
            model(**ours).save(force_insert=True)
        return "kept"

    assert walk.undone(twin, NOBODYS).shown == "kept"


# Search ----------------------------------------------------------------------------------------


PARTS = [
    RIVALS.slug[:4],
    RIVALS.slug[2:],
    RIVALS.slug.upper(),
    *(RIVALS.phone[-n:] for n in (4, 8)),
]


@pytest.mark.parametrize("address", ["/clientes/", "/agendamentos/novo/clientes/"])
@pytest.mark.parametrize("part", PARTS)
def test_no_part_of_the_rivals_name_or_phone_is_found(address, part, walk):
    """The walk asks for whole names; a search answers to less."""
    owner = walk.everybody["owner"]

    found = walk.answer(owner, "GET", address, OURS, {"q": part})
    nothing = walk.answer(owner, "GET", address, OURS, {"q": "x" * len(part)})

    assert found.shown.replace(part, "¤") == nothing.shown.replace("x" * len(part), "¤")


# Numbers that leave a session ------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_message_to_a_client_holds_a_number_of_ours(kind, walk, now):
    """Ids are counted across companies: in a message they would tell how much all of them do."""

    def handed_over():
        with scope.company(OURS.id):
            Message.objects.filter(status__in=["waiting", "sending"]).delete()
            message = Message.objects.get(pk=OURS.id + len(MessageStatus.values) - 1)
            message.pk, message.kind, message.key_id, message.revision = None, kind, "", 1
            message.status, message.direction, message.automatic = "waiting", "out", False
            fitting = min(KINDS[kind].statuses)
            Appointment.objects.filter(pk=message.appointment_id).update(status=fitting)
            message.save(force_insert=True)
            return sender.claim(Company.objects.get(), now=now).text

    text = walk.undone(handed_over, NOBODYS).shown

    assert len(text) >= len(OURS.name)  # what a person typed is that and no more
    assert not re.search(r"(?<!\d)(51|52)\d{8}(?!\d)|NEW", text)


# Cache, files, what a browser keeps ------------------------------------------------------------


def test_what_a_careless_view_caches_for_the_rival_is_not_found_by_us(walk, careless):
    with scope.company(RIVALS.id):
        cache.set("best-client", RIVALS.name)

    answer = walk.answer(walk.everybody["owner"], "GET", CACHING, OURS, {})

    assert OURS.name in answer.shown
    assert not list(walk.leaks(answer))


def test_the_rivals_file_is_not_there_for_us(walk):
    with scope.company(OURS.id):
        with default_storage.open(OURS.file) as ours:
            assert ours.read() == OURS.name.encode()
        assert not default_storage.exists(RIVALS.file)
        assert default_storage.listdir("")[1] == [OURS.file]
        for name in (f"../company_{RIVALS.id}/{RIVALS.file}", f"/company_{RIVALS.id}/x"):
            with pytest.raises(SuspiciousFileOperation):
                default_storage.exists(name)
    with scope.company(RIVALS.id):
        assert default_storage.exists(RIVALS.file)


@pytest.mark.parametrize(("who", "where"), [("owner", PAGES), ("token of owner", API)])
def test_no_answer_can_be_kept_for_somebody_else(who, where, walk, verdict):
    """No version to compare, and nothing that a cache on the way could mix up."""
    problems = []
    for method, address in everything(where, ("GET",)):
        answer = walk.answer(walk.everybody[who], method, address, OURS, {})
        head = answer.shown.lower()
        if re.search(r"^(etag|last-modified): ", head, re.MULTILINE):
            problems.append(f"{address} says which version it is")
        if not re.search(r"^cache-control: .*private", head, re.MULTILINE):
            problems.append(f"{address} may be kept for somebody else")
    verdict(problems)


# Errors ----------------------------------------------------------------------------------------


def test_an_error_that_names_the_rivals_row_shows_and_logs_none_of_it(walk, careless, monkeypatch):
    """With the locks away the view has the row in its hands, and fails with its name."""
    take_away("MR", monkeypatch)
    page = FAILING.format(id=RIVALS.id)

    answer = walk.answer(walk.everybody["owner"], "GET", page, RIVALS, {}, "id")

    assert answer.status == 500
    assert "ValueError" in answer.said
    assert not CANARY.search(answer.shown + answer.said)


@pytest.mark.parametrize("sort", ["a unique value", "a reference"])
def test_what_the_database_refuses_names_no_value(sort, walk):
    """PostgreSQL's own DETAIL would: `Key (phone)=(...) already exists`."""

    def refused():
        with scope.company(OURS.id):
            try:
                if sort == "a reference":
                    Message.objects.update(client_id=RIVALS.id)
                    connection.check_constraints()
                else:
                    Client.objects.create(name="x", phone=OURS.phone)
            except Exception as error:
                return f"{type(error).__name__} {timezone.now():%Y}"
        return "accepted"

    answer = walk.undone(refused, OURS)

    assert answer.shown == "IntegrityError 2026"
    assert not CANARY.search(answer.said)
