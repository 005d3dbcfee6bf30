import io
import random
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from scheduling import tables
from scheduling.tables import UnreadableFile, read
from tenants.spreadsheet import csv_lines


def workbook(*rows, **sheets) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    for name, others in sheets.items():
        sheet = book.create_sheet(name)
        for row in others:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def with_part(data: bytes, name: str, text: str) -> bytes:
    """The workbook with one of its parts replaced."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for info in old.infolist():
            new.writestr(info.filename, text if info.filename == name else old.read(info))
    return file.getvalue()


def cells(data: bytes) -> list[list[str]]:
    return [line.cells for line in read(data)]


def refusal(data: bytes) -> str:
    with pytest.raises(UnreadableFile) as refused:
        read(data)
    return refused.value.code


PEOPLE = [["Nome", "Celular"], ["José Ávila", "(31) 93333-4455"], ["Zoë, a mãe", "31 98888-7777"]]


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_a_csv_is_read_however_a_program_wrote_it(delimiter, encoding, end):
    text = end.join(delimiter.join(f'"{cell}"' for cell in row) for row in PEOPLE)

    assert cells(text.encode(encoding)) == PEOPLE


def test_a_quoted_cell_may_hold_lines_delimiters_and_quotes():
    text = 'nome;notas\r\nAna;"uma\nlinha; e ""outra"""\r\nBia;\r\n'

    assert cells(text.encode()) == [
        ["nome", "notas"],
        ["Ana", 'uma\nlinha; e "outra"'],
        ["Bia", ""],
    ]


def test_a_row_has_the_number_that_a_spreadsheet_shows():
    text = "nome;celular\n\n;;\nAna;1\n\nBia;2\n"

    assert [line.number for line in read(text.encode())] == [1, 4, 6]


def test_excels_own_line_about_the_delimiter_is_obeyed_and_no_row():
    lines = read(b"sep=,\r\nnome,celular\r\nAna;B,1\r\n")

    assert [line.cells for line in lines] == [["nome", "celular"], ["Ana;B", "1"]]
    assert lines[0].number == 2


def test_commas_in_the_text_do_not_hide_the_semicolons():
    text = "nome;notas\nAna;loiro, médio, seco\nBia;curto, escuro\nCarla;\n"

    assert cells(text.encode())[1] == ["Ana", "loiro, médio, seco"]


def test_one_column_is_a_table_too():
    assert cells(b"Ana\nBia Souza\n") == [["Ana"], ["Bia Souza"]]


def test_a_workbook_is_read_as_people_see_it():
    data = workbook(
        ["Nome", "Celular", "Desde", "VIP"],
        ["Ana", 31987651247, __import__("datetime").datetime(2024, 3, 9), True],
        [None, None, None, None],
        ["Bia", 31987651248.0, None, False],
        outra=[["segredo"]],
    )

    lines = read(data)

    assert [line.number for line in lines] == [1, 2, 4]
    assert [line.cells for line in lines[1:]] == [
        ["Ana", "31987651247", "09/03/2024", "Sim"],
        ["Bia", "31987651248", "", "Não"],
    ]


def test_a_formula_is_never_worked_out():
    assert cells(workbook(["Nome", "Conta"], ["Ana", "=1+1"])) == [["Nome", "Conta"], ["Ana", ""]]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b";;;\r\n ; ;\r\n", "empty"),
        (b"x" * (tables.MAX_BYTES + 1), "too_large"),
        (b"a;b\n" * (tables.MAX_ROWS + 2), "too_many_rows"),
        (b"a;" * (tables.MAX_COLUMNS + 1) + b"b", "too_many_columns"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 512, "old_excel"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "not_a_table"),
        (b"PK\x03\x04 and then nothing", "damaged"),
        (b'"' + b"a" * 200_000, "damaged"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_table_is_refused_with_its_reason(data, code):
    assert refusal(data) == code


def test_as_many_rows_as_the_limit_and_a_header_are_read():
    assert len(read(b"a;b\n" * (tables.MAX_ROWS + 1))) == tables.MAX_ROWS + 1


def test_another_zip_is_no_workbook():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as other:
        other.writestr("content.xml", "<office/>")

    assert refusal(file.getvalue()) == "not_a_table"


def test_a_zip_bomb_is_refused_before_it_is_unpacked():
    bomb = with_part(
        workbook(["Nome"]), "xl/worksheets/sheet1.xml", " " * (tables.MAX_UNPACKED + 1)
    )

    assert len(bomb) < 200_000
    assert refusal(bomb) == "too_large"


@pytest.mark.parametrize("name", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml"])
def test_an_entity_bomb_is_refused(name):
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 9))
    part = f'<!DOCTYPE s [<!ENTITY a0 "lol">{entities}]><s><t>&a8;</t></s>'

    assert refusal(with_part(workbook(["Nome"]), name, part)) == "damaged"


def test_an_outer_entity_reads_no_file_of_ours():
    part = """<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]>
        <worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
        <row r="1"><c r="A1" t="inlineStr"><is><t>&x;</t></is></c></row></sheetData></worksheet>"""

    assert refusal(with_part(workbook(["Nome"]), "xl/worksheets/sheet1.xml", part)) == "damaged"


def sheet(*rows: str) -> str:
    body = "".join(rows)
    return (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f'<dimension ref="A1:XFD99"/><sheetData>{body}</sheetData></worksheet>'
    )


def test_a_row_that_claims_to_be_far_below_is_left_where_excel_ends():
    far = '<row r="999999999"><c r="A999999999"><v>2</v></c></row>'
    near = '<row r="1"><c r="A1"><v>1</v></c></row>'

    data = with_part(workbook(["Nome"]), "xl/worksheets/sheet1.xml", sheet(near, far))

    assert cells(data) == [["1"]]


def test_a_cell_far_to_the_right_is_too_wide():
    data = with_part(
        workbook(["Nome"]),
        "xl/worksheets/sheet1.xml",
        sheet('<row r="1"><c r="A1"><v>1</v></c><c r="BI1"><v>2</v></c></row>'),
    )

    assert refusal(data) == "too_many_columns"


def test_our_own_file_comes_back_as_it_was():
    rows = [["José", 'uma\nlinha; "outra"', "(31)\xa098765-1247"]]
    text = "".join(csv_lines(["Nome", "Notas", "Celular"], rows))

    assert cells(text.encode())[1:] == rows


@given(st.binary(max_size=400))
def test_any_bytes_are_rows_or_a_refusal(data):
    try:
        lines = read(data)
    except UnreadableFile:
        return
    assert lines and len({len(line.cells) for line in lines}) == 1


@given(st.integers(0, 2**32))
def test_a_damaged_workbook_is_rows_or_a_refusal(seed):
    chance, data = random.Random(seed), bytearray(BOOK)
    for _time in range(chance.randint(1, 30)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    try:
        lines = read(bytes(data))
    except UnreadableFile:
        return
    assert lines and all(any(line.cells) for line in lines)


BOOK = workbook(*PEOPLE)
assert load_workbook(io.BytesIO(BOOK)).active.max_row == len(PEOPLE)

cell = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12).map(
    str.strip
)


@given(st.lists(st.lists(cell, min_size=2, max_size=5).filter(any), min_size=1, max_size=8))
def test_what_a_csv_writer_wrote_is_read_back(rows):
    text = "".join(csv_lines(["a" * 30, "b"], rows))

    width = max(2, *(max(i + 1 for i, c in enumerate(row) if c) for row in rows))
    padded = [(row + [""] * width)[:width] for row in rows]
    found = cells(text.encode())[1:]
    assert [[c.removeprefix("'") for c in row] for row in found] == [
        [c.removeprefix("'") for c in row] for row in padded
    ]


@pytest.mark.parametrize(
    "rows",
    [
        f"<row>{'<c/>' * 70_000}</row>",
        f"<row>{'<c/>' * 60_000}<c><row/></c>{'<c/>' * 60_000}</row>",
    ],
)
def test_a_row_of_cells_without_end_is_refused_before_they_are_made(rows):
    part = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'

    assert refusal(with_part(workbook(["a"]), "xl/worksheets/sheet1.xml", part)) in {
        "too_large",
        "damaged",
    }


def test_elements_without_end_are_refused(monkeypatch):
    monkeypatch.setattr(tables, "MAX_ELEMENTS", 1000)
    rows = '<row r="1"/>' * 1001
    part = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'

    assert refusal(with_part(workbook(["a"]), "xl/worksheets/sheet1.xml", part)) == "too_large"


def test_a_long_text_that_many_cells_share_is_counted_for_each():
    row = "<row>" + '<c t="s"><v>0</v></c>' * 10 + "</row>"
    rows = f'<worksheet xmlns="{MAIN}"><sheetData>{row * 250}</sheetData></worksheet>'
    text = f'<sst xmlns="{MAIN}"><si><t>{"a" * 10_000}</t></si></sst>'
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    strings = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/>'
    data = with_part(workbook(["a"]), "xl/worksheets/sheet1.xml", rows)
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        kinds = parts.read("[Content_Types].xml").decode()
    kinds = kinds.replace("</Types>", f"{strings}</Types>")
    file = io.BytesIO(with_part(data, "[Content_Types].xml", kinds))
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/sharedStrings.xml", text)

    assert refusal(file.getvalue()) == "too_large"


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
