from dataclasses import astuple
from datetime import timedelta

import pytest
from django.db import IntegrityError

from scheduling import client_imports, jobs, services
from scheduling.client_imports import Choices, InUse, NotNow
from scheduling.events import By
from scheduling.models import (
    Client,
    ClientImport,
    ClientImportRow,
    ConsentSource,
    ImportStatus,
    Outcome,
)
from scheduling.tables import read
from scheduling.tests.factories import a_client, a_member, an_appointment
from tenants import scope
from tenants.models import SecurityEvent

pytestmark = pytest.mark.django_db

COLUMNS = {"name": 0, "phone": 1, "notes": 2}
FILE = """Nome;Celular;Notas
Ana Souza;31 98877-0001;Gosta de café
Bia Lima;98877-0002;
;31 98877-0003;
Ana de novo;(31) 8877-0001;
Caio;31 98877-0004;
"""


@pytest.fixture
def ours(company, rival):
    """Our company's scope; the rival knows the same people."""
    with scope.company(rival.pk):
        a_client("Ana da rival", "+5531988770001")
    with scope.company(company.pk):
        yield company


def received(text=FILE, *, now):
    lines, user = read(text.encode()), a_member().user
    return client_imports.receive(lines, file_name="clientes.csv", by=user, now=now)


def checked(text=FILE, *, now, **choices):
    made = received(text, now=now)
    client_imports.check(made, Choices(columns=COLUMNS, area="31", **choices))
    return made


def finished(text=FILE, *, now, **choices):
    made = checked(text, now=now, **choices)
    client_imports.begin(made, by=made.created_by)
    go_on(now)
    made.refresh_from_db()
    return made


def go_on(now, *, chunks=99):
    """Import as if the worker was asked to stop after so many chunks."""
    left = iter(range(chunks))
    client_imports.go_on(lambda: next(left, None) is None, now=lambda: now)


def outcomes(made):
    return [(row.number, row.outcome, row.problem) for row in made.rows.all()]


def register():
    return list(Client.objects.values_list("name", "phone", "notes"))


def test_a_file_is_stored_with_a_first_guess(ours, now):
    made = received(now=now)

    assert (made.columns, made.has_header, made.area) == (COLUMNS, True, "31")
    assert made.status == ImportStatus.COLUMNS
    assert made.table[1] == [2, ["Ana Souza", "31 98877-0001", "Gosta de café"]]


def test_the_area_of_a_file_without_any_is_that_of_most_clients(ours, now):
    for phone in ("+5521988770001", "+5521988770002", "+5531988770009", "+351912345678"):
        a_client(phone=phone)

    assert received("Ana;98877-0001\nBia;98877-0002\n", now=now).area == "21"


def test_checking_says_how_each_row_is_understood_and_makes_nobody(ours, now):
    a_client("Caio", "+5531988770004")

    made = checked(now=now)

    assert outcomes(made) == [
        (2, "", ""),
        (3, "", ""),
        (4, Outcome.REFUSED, "no_name"),
        (5, Outcome.REFUSED, "repeated"),
        (6, "", ""),
    ]
    counts = client_imports.counts_of(made)
    assert (counts.total, counts.new, counts.waiting_known, counts.refused) == (5, 2, 1, 2)
    assert Client.objects.count() == 1


def test_checking_again_starts_from_the_file(ours, now):
    made = checked(now=now)

    client_imports.check(made, Choices(columns={"name": 0, "phone": 2}, has_header=False))

    assert outcomes(made)[:2] == [
        (1, Outcome.REFUSED, "characters"),
        (2, Outcome.REFUSED, "characters"),
    ]
    assert made.rows.count() == 6


def test_an_import_makes_who_is_new_and_leaves_who_is_there(ours, now):
    caio = a_client("Caio Antigo", "+553188770004")

    made = finished(now=now)

    assert register() == [
        ("Ana Souza", "+5531988770001", "Gosta de café"),
        ("Bia Lima", "+5531988770002", ""),
        ("Caio Antigo", "+553188770004", ""),
    ]
    assert (made.status, made.finished_at) == (ImportStatus.DONE, now)
    assert astuple(client_imports.counts_of(made)) == (5, 0, 0, 2, 0, 1, 2)
    assert made.rows.get(number=6).client == caio
    assert Client.objects.with_phone("+5531988770001").get().notices_consent_at is None


def test_the_log_says_who_imported_how_many(ours, now):
    made = finished(now=now)

    event = SecurityEvent.objects.get(kind="clients_imported")
    assert (event.actor, event.data) == (made.created_by, {"rows": 3})


def test_blank_notes_of_who_is_there_are_completed_if_wanted(ours, now):
    blank = a_client("Ana", "+5531988770001")
    text = FILE.replace("0002;", "0002;Da planilha")
    full = a_client("Bia", "+5531988770002")
    Client.objects.filter(pk=full.pk).update(notes="Nossas")

    made = finished(text, now=now, completes_notes=True)

    for client, notes in ((blank, "Gosta de café"), (full, "Nossas")):
        client.refresh_from_db()
        assert client.notes == notes
    assert [row.outcome for row in made.rows.exclude(outcome=Outcome.REFUSED)] == [
        Outcome.COMPLETED,
        Outcome.KNOWN,
        Outcome.CREATED,
    ]


def test_consent_that_the_file_stands_for_is_noted_with_who_said_so(ours, now):
    known = a_client("Caio", "+5531988770004")

    made = finished(now=now, with_consent=True)

    ana = Client.objects.with_phone("+5531988770001").get()
    assert (ana.notices_consent_at, ana.notices_consent_from) == (now, ConsentSource.SPREADSHEET)
    assert ana.notices_consent_by == made.created_by
    known.refresh_from_db()
    assert known.notices_consent_at is None


def test_the_work_is_taken_up_where_it_was_left(ours, now, monkeypatch):
    monkeypatch.setattr(client_imports, "CHUNK", 1)
    made = checked(now=now)
    client_imports.begin(made, by=made.created_by)

    go_on(now, chunks=1)
    assert [name for name, *_rest in register()] == ["Ana Souza"]
    made.refresh_from_db()
    assert made.status == ImportStatus.RUNNING
    assert client_imports.counts_of(made).done == 3
    go_on(now)

    assert [name for name, *_rest in register()] == ["Ana Souza", "Bia Lima", "Caio"]
    go_on(now)
    assert Client.objects.count() == 3


def test_a_chunk_that_fails_leaves_nothing_half_done(ours, now, monkeypatch):
    made = checked(now=now)
    client_imports.begin(made, by=made.created_by)
    monkeypatch.setattr(ClientImportRow.objects, "bulk_update", _broken)

    with pytest.raises(RuntimeError):
        go_on(now)

    assert not Client.objects.exists()
    assert client_imports.counts_of(made).waiting == 3


def _broken(*_args, **_kwargs):
    raise RuntimeError("the machine went away")


def test_who_is_entered_at_the_same_moment_counts_as_known(ours, now, monkeypatch):
    """Between the look and the writing somebody types Ana in: the constraint says so."""
    made = checked(now=now)
    client_imports.begin(made, by=made.created_by)
    original, tries = client_imports._import, []

    def late(*args):
        tries.append(args)
        if len(tries) == 1:
            raise IntegrityError("clients_one_per_phone")
        a_client("Ana do balcão", "+5531988770001")
        return original(*args)

    monkeypatch.setattr(client_imports, "_import", late)
    go_on(now)

    assert Client.objects.with_phone("+5531988770001").get().name == "Ana do balcão"
    assert made.rows.get(number=2).outcome == Outcome.KNOWN
    assert Client.objects.count() == 3


def test_an_error_that_stays_ends_the_job_and_leaves_the_rows(ours, now, monkeypatch):
    made = checked(now=now)
    client_imports.begin(made, by=made.created_by)

    def refused(*_args):
        raise IntegrityError("something else")

    monkeypatch.setattr(client_imports, "_import", refused)
    with pytest.raises(IntegrityError):
        go_on(now)

    assert client_imports.counts_of(made).waiting == 3


def test_two_companies_import_at_once_and_apart(ours, rival, now):
    made = checked(now=now)
    client_imports.begin(made, by=made.created_by)
    with scope.company(rival.pk, switch=True):
        theirs = checked(FILE.replace("Bia Lima", "Bia da rival"), now=now)
        client_imports.begin(theirs, by=theirs.created_by)

    go_on(now)

    assert [name for name, *_rest in register()] == ["Ana Souza", "Bia Lima", "Caio"]
    with scope.company(rival.pk, switch=True):
        assert client_imports.counts_of(theirs).waiting == 3
        go_on(now)
        assert [name for name, *_rest in register()] == ["Ana da rival", "Bia da rival", "Caio"]


def test_the_job_imports_for_its_company_and_the_tick_finds_it(company, rival, now):
    with scope.company(rival.pk):
        checked(now=now)
    with scope.company(company.pk):
        made = checked(now=now)
        jobs.begin_import(made, by=made.created_by)
    with scope.every_company("test"):
        assert jobs.with_running_imports(now) == [company.pk]

    jobs.import_clients(company.pk)

    with scope.company(company.pk):
        assert Client.objects.count() == 3
    with scope.every_company("test"):
        assert jobs.with_running_imports(now) == []


@pytest.mark.parametrize("step", ["check", "begin", "discard"])
def test_what_has_begun_cannot_be_changed(ours, now, step):
    made = finished(now=now)
    steps = {
        "check": lambda: client_imports.check(made, Choices(columns=COLUMNS)),
        "begin": lambda: client_imports.begin(made, by=made.created_by),
        "discard": lambda: client_imports.discard(made),
    }

    with pytest.raises(NotNow):
        steps[step]()

    assert client_imports.counts_of(made).created == 3


def test_a_file_that_was_not_imported_can_be_thrown_away(ours, now):
    made = checked(now=now)

    client_imports.discard(made)

    assert not ClientImport.objects.exists() and not ClientImportRow.objects.exists()


def test_undoing_takes_back_who_was_made_and_what_was_added(ours, now):
    caio = a_client("Caio", "+5531988770004")
    made = finished(FILE.replace("0004;", "0004;Da planilha"), now=now, completes_notes=True)
    caio.refresh_from_db()
    assert caio.notes == "Da planilha"

    client_imports.undo(made)

    assert register() == [("Caio", "+5531988770004", "")]
    made.refresh_from_db()
    assert made.status == ImportStatus.UNDONE
    with pytest.raises(NotNow):
        client_imports.undo(made)


def test_an_import_whose_clients_have_appointments_cannot_be_undone(ours, now):
    made = finished(now=now)
    for phone in ("+5531988770001", "+5531988770002"):
        an_appointment(now, client=Client.objects.with_phone(phone).get())

    with pytest.raises(InUse) as refused:
        client_imports.undo(made)

    assert refused.value.count == 2
    assert Client.objects.count() == 3
    made.refresh_from_db()
    assert made.status == ImportStatus.DONE


def test_what_was_imported_can_be_changed_and_deleted_like_anybody(ours, now):
    made = finished(now=now)
    services.opt_out(Client.objects.with_phone("+5531988770001").get(), now=now, by=By.client())

    Client.objects.with_phone("+5531988770002").get().delete()
    client_imports.undo(made)

    assert register() == []


def test_rows_are_forgotten_after_a_month_and_the_numbers_stay(company, rival, now):
    with scope.company(rival.pk):
        theirs = checked(now=now)
    with scope.company(company.pk):
        done, open_one = finished(now=now), checked(now=now)
        young = checked(now=now + timedelta(days=2))
    with scope.every_company("test"):
        assert jobs.with_outdated_imports(now + timedelta(days=29)) == []
        found = jobs.with_outdated_imports(now + timedelta(days=30))
        assert sorted(found) == sorted([company.pk, company.pk, rival.pk])

    with scope.company(company.pk):
        client_imports.forget_outdated(now=now + timedelta(days=30))

        assert set(ClientImport.objects.values_list("pk", flat=True)) == {done.pk, young.pk}
        assert not ClientImport.objects.filter(pk=open_one.pk).exists()
        done.refresh_from_db()
        assert (done.table, done.rows.count()) == ([], 0)
        assert client_imports.counts_of(done).created == 3
        with pytest.raises(NotNow):
            client_imports.undo(done)
    with scope.company(rival.pk):
        assert theirs.rows.count() == 5


def test_many_rows_are_imported_in_few_statements(ours, now, django_assert_max_num_queries):
    lines = "".join(f"Pessoa {n};31 9{70_000_000 + n}\n" for n in range(1000))
    made = received(f"nome;celular\n{lines}", now=now)
    with django_assert_max_num_queries(8):
        client_imports.check(made, Choices(columns={"name": 0, "phone": 1}))
    client_imports.begin(made, by=made.created_by)

    with django_assert_max_num_queries(7 * 8):
        go_on(now)

    assert Client.objects.count() == 1000
