import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.client_rows import NAME_LENGTH, NOTES_LENGTH, guess, understand, usual_area
from scheduling.tables import Line
from tenants.spreadsheet import harmless, typed


def lines(*rows: list[str]) -> list[Line]:
    return [Line(number, row) for number, row in enumerate(rows, start=1)]


def one(*cells: str, area: str = "", **columns: int):
    """What a single row says, its first columns being name, phone and notes."""
    places = columns or dict(zip(("name", "phone", "notes"), range(len(cells)), strict=False))
    (row,) = understand(lines(list(cells)), places, area=area)
    return row


@pytest.mark.parametrize(
    ("titles", "columns"),
    [
        (["Nome", "Celular"], {"name": 0, "phone": 1}),
        (["CLIENTE", "Fone", "Obs."], {"name": 0, "phone": 1, "notes": 2}),
        (["Código", "Nome do cliente", "E-mail", "WhatsApp"], {"name": 1, "phone": 3}),
        (["telefone", "celular", "nome"], {"name": 2, "phone": 1}),
        (
            ["Nome", "Sobrenome", "DDD", "Telefone"],
            {"name": 0, "surname": 1, "area": 2, "phone": 3},
        ),
        (["First Name", "Last Name", "Phone 1 - Value"], {"name": 0, "surname": 1, "phone": 2}),
        (["Observações", "NOME COMPLETO", "Cél."], {"notes": 0, "name": 1, "phone": 2}),
    ],
)
def test_columns_are_known_by_their_titles(titles, columns):
    found, has_header = guess(lines(titles, [""] * len(titles)))

    assert has_header
    assert found == columns


def test_columns_without_titles_are_known_by_what_they_hold():
    rows = lines(
        ["7", "Ana Souza", "ana@x.example", "31 98765-1247"], ["8", "Bia", "", "98765-1248"]
    )

    assert guess(rows) == ({"phone": 3, "name": 1}, False)


def test_titles_that_nobody_knows_are_a_header_all_the_same():
    columns, has_header = guess(lines(["Quem", "Onde ligar"], ["Ana", "31 98765-1247"]))

    assert has_header and columns == {"phone": 1, "name": 0}


def test_a_single_row_of_people_is_no_header():
    assert guess(lines(["Ana", "31 98765-1247"])) == ({"phone": 1, "name": 0}, False)


@pytest.mark.parametrize(
    ("cell", "area", "e164"),
    [
        ("(31) 98765-1247", "", "+5531987651247"),
        ("31 8765-1247", "", "+5531987651247"),
        ("98765-1247", "31", "+5531987651247"),
        ("8765 1247", "11", "+5511987651247"),
        ("3222-1247", "31", "+553132221247"),
        ("21 98765-1247", "31", "+5521987651247"),
        ("+351 912 345 678", "31", "+351912345678"),
        ("'+351 912 345 678", "", "+351912345678"),
        ("5531987651247", "", "+5531987651247"),
        ("31987651247", "", "+5531987651247"),
        ("31 98765-1247 / 31 3222-1248", "", "+5531987651247"),
        ("não sei ou 31 98765-1247", "", "+5531987651247"),
        ("98765-1247; 98765-1248", "31", "+5531987651247"),
    ],
)
def test_a_phone_is_understood_as_lists_have_it(cell, area, e164):
    row = one("Ana", cell, area=area)

    assert (row.phone, row.problem) == (e164, "")


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        (("", "31 98765-1247"), "no_name"),
        (("   ", ""), "no_name"),
        (("Ana", ""), "empty"),
        (("Ana", "98765-1247"), "no_area_code"),
        (("Ana", "00 98765-1247"), "invalid"),
        (("Ana", "20 98765-1247"), "area_code"),
        (("Ana", "ramal 12"), "characters"),
        (("Ana", "3,19877E+10"), "scientific"),
        (("Ana", "3.19877e+10"), "scientific"),
        (("Ana", "123"), "too_short"),
        (("a" * (NAME_LENGTH + 1), "31 98765-1247"), "long_name"),
        (("Ana", "31 98765-1247", "n" * (NOTES_LENGTH + 1)), "long_notes"),
    ],
)
def test_what_is_wrong_with_a_row(cells, problem):
    assert one(*cells).problem == problem


def test_a_column_of_area_codes_goes_before_the_companys_own():
    row = one("Ana", "Souza", "021", "98765-1247", area="31", name=0, surname=1, phone=3)
    assert (row.name, row.phone) == ("Ana Souza", "+5531987651247")

    places = {"name": 0, "area": 1, "phone": 2}
    (row,) = understand(lines(["Ana", "021", "98765-1247"]), places, area="31")
    assert row.phone == "+5521987651247"


def test_the_second_row_of_a_phone_is_a_repetition_of_the_first():
    rows = lines(
        ["Ana", "31 98765-1247"], ["", "x"], ["Ana S.", "31 8765-1247"], ["Bia", "(31) 98765-1248"]
    )

    found = list(understand(rows, {"name": 0, "phone": 1}))

    assert [(row.problem, row.same_as) for row in found] == [
        ("", None),
        ("no_name", None),
        ("repeated", 1),
        ("", None),
    ]


def test_a_row_that_is_refused_does_not_take_its_phone():
    rows = lines(["", "31 98765-1247"], ["Ana", "31 98765-1247"])

    assert [row.problem for row in understand(rows, {"name": 0, "phone": 1})] == ["no_name", ""]


def test_columns_may_be_missing_or_lie_beyond_the_row():
    assert one("Ana", name=0).problem == "empty"
    assert one("Ana", name=0, phone=9).problem == "empty"


@pytest.mark.parametrize(
    ("phones", "area"),
    [
        (["31 98765-1247", "31 98765-1248", "11 98765-1247", "x"], "31"),
        (["98765-1247", "+351 912 345 678"], ""),
        ([], ""),
    ],
)
def test_the_usual_area_is_that_of_most_phones(phones, area):
    assert usual_area(phones) == area


@given(
    st.lists(st.lists(st.text(max_size=20), min_size=3, max_size=3), min_size=1, max_size=6),
    st.sampled_from(["", "31", "00"]),
)
def test_any_rows_are_understood_once_each(cells, area):
    rows = lines(*cells)
    columns, _header = guess(rows)

    found = list(understand(rows, columns, area=area))

    assert [row.number for row in found] == [line.number for line in rows]
    good = [row for row in found if not row.problem]
    assert len({row.key for row in good}) == len(good)
    assert all(row.name and row.phone for row in good)


@given(st.text(max_size=20))
def test_what_was_made_harmless_is_typed_again(text):
    assert typed(harmless(text)) == text or text.startswith("'")
