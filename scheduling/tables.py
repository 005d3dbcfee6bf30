"""Files that people bring, as rows of text: CSV in the spellings of Excel, and XLSX.

What a file is shows in its bytes, whatever its name says.  Reading is bounded: by the size of the
file, by what a zip says it unpacks to, by rows and columns.  Formulas are never worked out.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date, datetime, time
from itertools import islice
from typing import IO, Any, Final, Literal, NamedTuple
from xml.parsers import expat

from openpyxl import load_workbook

Problem = Literal[
    "empty",  # no row at all
    "too_large",
    "too_many_rows",
    "too_many_columns",
    "old_excel",  # .xls, or .xlsx behind a password: both are OLE containers
    "not_a_table",  # a picture, a PDF, a document
    "damaged",
]

MAX_BYTES: Final = 5 * 1024 * 1024
MAX_ROWS: Final = 20_000
MAX_COLUMNS: Final = 60
# What a workbook may unpack to; zipfile reads no more of a part than the part declares.
MAX_UNPACKED: Final = 80 * 1024 * 1024
MAX_PARTS: Final = 1_000
# A few kilobytes unpack to millions of empty elements, each of which costs memory and time.
MAX_ELEMENTS: Final = 3_000_000
MAX_ELEMENTS_OF_A_ROW: Final = 65_536  # Excel has 16,384 columns
# Cells may share one long text, which only a copy of the rows makes large.
MAX_CHARACTERS: Final = 20_000_000
# Excel knows no row beyond it; a file may claim one, and the rows before it would all be made.
LAST_ROW: Final = 1_048_576

ZIP: Final = b"PK\x03\x04"
OLE: Final = b"\xd0\xcf\x11\xe0"
DELIMITERS: Final = ";,\t|"
SNIFFED: Final = 30  # rows by which the delimiter is found
SEPARATOR_LINE: Final = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)
CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class UnreadableFile(ValueError):
    """The file holds no table that we can read.  `code` says why, for the page to word."""

    def __init__(self, code: Problem) -> None:
        super().__init__(code)
        self.code: Problem = code


class Line(NamedTuple):
    """A row with something in it, and its number in the file as a spreadsheet shows it."""

    number: int
    cells: list[str]


def read(data: bytes) -> list[Line]:
    """Return the rows of a file, without the blank ones, all of the same width.

    Raises UnreadableFile, and nothing else for any bytes.
    """
    if len(data) > MAX_BYTES:
        raise UnreadableFile("too_large")
    if data.startswith(OLE):
        raise UnreadableFile("old_excel")
    rows = _workbook_rows(data) if data.startswith(ZIP) else _text_rows(data)
    lines = _lines(rows)
    if not lines:
        raise UnreadableFile("empty")
    width = max(len(line.cells) for line in lines)
    return [Line(number, cells + [""] * (width - len(cells))) for number, cells in lines]


def _lines(rows: Iterable[list[str]]) -> list[Line]:
    """Keep the rows that say something, no wider than what they say."""
    lines: list[Line] = []
    characters = 0
    for number, row in enumerate(rows, start=1):
        if not row:
            continue
        cells = [CONTROLS.sub(" ", cell).strip() for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            continue
        if len(cells) > MAX_COLUMNS:
            raise UnreadableFile("too_many_columns")
        if len(lines) > MAX_ROWS:  # one more than the limit: a header is no row
            raise UnreadableFile("too_many_rows")
        characters += sum(map(len, cells))
        if characters > MAX_CHARACTERS:
            raise UnreadableFile("too_large")
        lines.append(Line(number, cells))
    return lines


# Text ------------------------------------------------------------------------------------------


def _text_rows(data: bytes) -> Iterator[list[str]]:
    text = _decoded(data)
    if "\x00" in text:
        raise UnreadableFile("not_a_table")
    said = SEPARATOR_LINE.match(text)
    delimiter = said[1] if said else _delimiter(text)
    if said:
        yield []  # a line of the file all the same
        text = text[said.end() :]
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except csv.Error:
        raise UnreadableFile("damaged") from None


def _decoded(data: bytes) -> str:
    """Return the text: what a byte order mark says, else UTF-8, else Windows-1252."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _delimiter(text: str) -> str:
    """Return what most rows are divided by in equally many cells; a semicolon where none is."""
    best, best_score = DELIMITERS[0], (0, 0)
    for delimiter in DELIMITERS:
        widths = Counter(_widths(text, delimiter))
        width, rows = max(widths.items(), key=lambda each: (each[0] > 1, each[1], each[0]))
        score = (rows, width) if width > 1 else (0, 0)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _widths(text: str, delimiter: str) -> list[int]:
    """Return how many cells each of the first rows has; one for a text without rows."""
    try:
        rows = list(
            islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), SNIFFED)
        )
    except csv.Error:
        rows = []
    return [len(row) for row in rows if any(map(str.strip, row))] or [1]


# Workbooks -------------------------------------------------------------------------------------


def _workbook_rows(data: bytes) -> Iterator[list[str]]:
    """Yield the rows of the first sheet.  What openpyxl trips over is the file's fault; with
    defusedxml beside it, it refuses entities."""
    try:
        _refuse_bombs(data)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles that we do not read
            book = load_workbook(
                io.BytesIO(data), read_only=True, data_only=True, keep_links=False
            )
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # a file may say less or more of itself than there is
            rows = sheet.iter_rows(max_row=LAST_ROW, max_col=MAX_COLUMNS + 1, values_only=True)
            for row in rows:
                # A row that is left out has a cheap way: a file may claim a million of them.
                yield [] if row.count(None) == len(row) else [_text(value) for value in row]
    except UnreadableFile:
        raise
    except Exception as error:
        raise UnreadableFile("damaged") from error


def _refuse_bombs(data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        infos = parts.infolist()
        names = {info.filename for info in infos}
    if "xl/workbook.xml" not in names:
        raise UnreadableFile("not_a_table")
    if len(infos) > MAX_PARTS or sum(info.file_size for info in infos) > MAX_UNPACKED:
        raise UnreadableFile("too_large")
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        for info in infos:
            with parts.open(info) as part:
                _refuse_crowd(part)


def _refuse_crowd(part: IO[bytes]) -> None:
    """Refuse a part with more elements than a list of clients needs.

    openpyxl makes all cells of a row before it hands out the first.
    """
    elements, in_row, of_row = 0, False, 0

    def starts(name: str, _attributes: Any) -> None:
        nonlocal elements, in_row, of_row
        elements += 1
        of_row += 1
        if _is_row(name):
            if in_row:
                raise UnreadableFile("damaged")
            in_row, of_row = True, 0
        if elements > MAX_ELEMENTS or (in_row and of_row > MAX_ELEMENTS_OF_A_ROW):
            raise UnreadableFile("too_large")

    def ends(name: str) -> None:
        nonlocal in_row
        in_row = in_row and not _is_row(name)

    def declares(*_about: Any) -> None:
        raise UnreadableFile("damaged")  # entities; no workbook has them

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = starts, ends
    parser.EntityDeclHandler = declares
    with suppress(expat.ExpatError):  # a picture, or what openpyxl will trip over as well
        parser.ParseFile(part)


def _is_row(name: str) -> bool:
    return name == "row" or name.endswith(":row")


def _text(value: Any) -> str:
    """Return a cell as a person would type it: no point in whole numbers, days as 24/11/2026."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Sim" if value else "Não"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value)
    if isinstance(value, datetime):
        return f"{value:%d/%m/%Y}" if value.time() == time() else f"{value:%d/%m/%Y %H:%M}"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return str(value)
