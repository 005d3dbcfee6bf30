"""Rows of a file as clients: which column holds what, and what is wrong with a row."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from scheduling import phone
from scheduling.tables import Line
from tenants.spreadsheet import typed

Field = Literal["name", "surname", "area", "phone", "notes"]
Columns = dict[Field, int]
"""The column of each field that the file has."""

Problem = (
    phone.Problem
    | Literal[
        "no_name",
        "long_name",
        "long_notes",
        "scientific",  # a spreadsheet showed 3,2E+10, and that is all that is left of the number
        "repeated",  # the phone of an earlier row
    ]
)

NAME_LENGTH: Final = 255
NOTES_LENGTH: Final = 4000

# How files call the columns, accents, case and punctuation aside; the surer name first.
HEADERS: Final[dict[Field, tuple[str, ...]]] = {
    "name": (
        *("nome completo", "nome do cliente", "nome", "cliente", "paciente", "tutor", "name"),
        *("full name", "first name", "given name", "primeiro nome", "contato", "razao social"),
    ),
    "surname": ("sobrenome", "ultimo nome", "last name", "family name", "surname"),
    "area": ("ddd", "codigo de area", "area code"),
    "phone": (
        *("whatsapp", "celular", "telefone celular", "tel celular", "celular 1", "mobile"),
        *("telefone", "telefone 1", "fone", "tel", "numero", "phone 1 value", "phone", "cel"),
    ),
    "notes": (
        *("observacoes", "observacao", "obs", "notas", "anotacoes", "anotacao", "comentarios"),
        *("notes", "nota"),
    ),
}
SAMPLE: Final = 200  # rows by which columns are guessed
SCIENTIFIC: Final = re.compile(r"[0-9]+(?:[.,][0-9]+)?E\+?[0-9]+", re.IGNORECASE)
SEVERAL: Final = re.compile(r"[/;,|\n]|\s(?:ou|e)\s")
AREA: Final = re.compile(r"[^0-9]")


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it is understood.  With a `problem` nobody is made of it."""

    number: int
    name: str = ""
    phone: str = ""
    notes: str = ""
    problem: Problem | Literal[""] = ""
    same_as: int | None = None
    """The number of the earlier row with this phone."""

    @property
    def key(self) -> str:
        """By which two spellings of a phone are the same person's; "" without a phone."""
        return phone.same_person_key(self.phone) if self.phone else ""


# Which column is what --------------------------------------------------------------------------


def guess(lines: list[Line]) -> tuple[Columns, bool]:
    """Return the column of each field, and whether the first row is a header."""
    named = _by_header(lines[0].cells)
    has_header = bool(named) or not any(map(_is_phone, lines[0].cells))
    sample = [line.cells for line in (lines[1:] if has_header else lines)[:SAMPLE]]
    return _by_content(named, sample), has_header and (bool(named) or len(lines) > 1)


def _by_header(cells: list[str]) -> Columns:
    titles = [_plain(cell) for cell in cells]
    found: Columns = {}
    for field, names in HEADERS.items():
        column = next((titles.index(name) for name in names if name in titles), None)
        if column is not None and column not in found.values():
            found[field] = column
    return found


def _by_content(named: Columns, sample: list[list[str]]) -> Columns:
    """Add phone and name where no title names them: the column that looks most like it."""
    found = dict(named)
    for field, looks_like in (("phone", _is_phone), ("name", _is_name)):
        if field in found or not sample:
            continue
        scores = {
            column: sum(looks_like(cells[column]) for cells in sample)
            for column in range(len(sample[0]))
            if column not in found.values()
        }
        best = max(scores, key=lambda column: (scores[column], -column), default=None)
        if best is not None and scores[best]:
            found[field] = best  # type: ignore[index]  # the two literals above
    return found


def _plain(title: str) -> str:
    """Return a title without accents, case and punctuation."""
    bare = unicodedata.normalize("NFKD", title.casefold())
    letters = "".join(char for char in bare if not unicodedata.combining(char))
    return " ".join(re.findall(r"[a-z0-9]+", letters))


def _is_phone(cell: str) -> bool:
    try:
        phone.normalize(cell)
    except phone.InvalidPhone as problem:
        return problem.code == "no_area_code"
    return True


def _is_name(cell: str) -> bool:
    return any(char.isalpha() for char in cell) and "@" not in cell


def usual_area(phones: Iterable[str]) -> str:
    """Return the DDD that most of the phones have; "" where none has one."""
    areas = Counter(area for each in phones if (area := _area_of(each)))
    return min(areas, key=lambda area: (-areas[area], area), default="")


def _area_of(text: str) -> str:
    try:
        e164 = phone.normalize(text)
    except phone.InvalidPhone:
        return ""
    return e164[3:5] if e164.startswith("+55") else ""


# What a row says -------------------------------------------------------------------------------


def understand(lines: Iterable[Line], columns: Columns, *, area: str = "") -> Iterator[Row]:
    """Yield what each row says.  `area` is the DDD of the phones that are written without one."""
    seen: dict[str, int] = {}
    for line in lines:
        row = _row(line, columns, area)
        if row.problem:
            yield row
        elif (earlier := seen.setdefault(row.key, row.number)) != row.number:
            yield Row(row.number, row.name, row.phone, row.notes, "repeated", earlier)
        else:
            yield row


def _row(line: Line, columns: Columns, area: str) -> Row:
    said = {
        field: typed(line.cells[column]).strip() if column < len(line.cells) else ""
        for field, column in columns.items()
    }
    name = " ".join(f"{said.get('name', '')} {said.get('surname', '')}".split())
    notes = said.get("notes", "")
    ddd = AREA.sub("", said.get("area", "")).lstrip("0") or area
    try:
        e164, problem = _phone(said.get("phone", ""), ddd), _problem(name, notes)
    except phone.InvalidPhone as refused:
        e164, problem = "", _problem(name, notes) or _worded(refused.code, said.get("phone", ""))
    return Row(line.number, name[:NAME_LENGTH], e164, notes[:NOTES_LENGTH], problem)


def _problem(name: str, notes: str) -> Problem | Literal[""]:
    if not name:
        return "no_name"
    if len(name) > NAME_LENGTH:
        return "long_name"
    return "long_notes" if len(notes) > NOTES_LENGTH else ""


def _worded(code: phone.Problem, cell: str) -> Problem:
    return "scientific" if SCIENTIFIC.fullmatch(cell.strip()) else code


def _phone(cell: str, area: str) -> str:
    """Return the phone of a cell in E.164; of several the first that can be kept.

    Raises InvalidPhone with what is wrong with the whole cell.
    """
    try:
        return _with_area(cell, area)
    except phone.InvalidPhone as problem:
        first = problem
    for part in SEVERAL.split(cell) if SEVERAL.search(cell) else ():
        try:
            return _with_area(part, area)
        except phone.InvalidPhone:
            continue
    raise first


def _with_area(text: str, area: str) -> str:
    try:
        return phone.normalize(text)
    except phone.InvalidPhone as problem:
        if problem.code != "no_area_code" or not area:
            raise
    return phone.normalize(f"({area}) {text}")
