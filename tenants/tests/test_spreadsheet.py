from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.spreadsheet import BOM, FORMULA_STARTS, csv_lines, harmless


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        '=HYPERLINK("https://evil.example")',
        "+5531988771247",
        "-2+3",
        "@SUM(A1)",
        "\t=1+1",
        "\r=1+1",
        "\n=1+1",
        " =1+1",
        "＝1+1",
    ],
)
def test_what_could_be_a_formula_becomes_text(cell):
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize(
    "cell", ["", "Camila", "R$ 85", "a=b", "1-2", "ana@flor.example", "(31) 98877"]
)
def test_everything_else_stays_as_it_is(cell):
    assert harmless(cell) == cell


def test_excel_in_brazil_opens_it():
    made = "".join(csv_lines(["Quem", "Nota"], [["José", "10;20"], ["Ana", 'diz "oi"\nsempre']]))

    assert made == '\ufeffQuem;Nota\r\nJosé;"10;20"\r\nAna;"diz ""oi""\nsempre"\r\n'


@given(
    st.lists(st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8")), min_size=2))
)
def test_whatever_is_written_is_read_again_and_no_cell_begins_a_formula(rows):
    text = "".join(csv_lines(["a", "b"], rows)).removeprefix(BOM)

    read = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))

    assert [cell for row in read for cell in row if cell.startswith(FORMULA_STARTS)] == []
    assert read == [["a", "b"], *([harmless(cell) for cell in row] for row in rows)]


def test_a_line_is_made_when_it_is_asked_for():
    asked = []

    def rows():
        for number in range(3):
            asked.append(number)
            yield [str(number)]

    lines = csv_lines(["n"], rows())
    next(lines), next(lines)

    assert asked == [0]
