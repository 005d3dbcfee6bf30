"""Rows as a CSV file that Excel in Brazil opens as it is: UTF-8 with BOM, `;`, CRLF.

A cell that a spreadsheet would take for a formula is made text: what a stranger wrote must not
run on the computer of who opens the file.  Pure, and lazy: a line is made when it is asked for.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

BOM = "\ufeff"
# OWASP, "CSV injection": what may begin a formula, or be skipped on the way to one.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def harmless(cell: str) -> str:
    """Return the cell with an apostrophe before it if it could be a formula."""
    return f"'{cell}" if cell.lstrip(" ").startswith(FORMULA_STARTS) else cell


def typed(cell: str) -> str:
    """Return what `harmless` was given: a file of ours that comes back says what it said."""
    return cell[1:] if cell[:1] == "'" and harmless(cell[1:]) == cell else cell


def csv_headers(name: str) -> dict[str, str]:
    """Return the headers of an answer that is kept as a file of this name."""
    return {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{name}"',
    }


def csv_lines(header: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Yield the lines of the file, the BOM before the first one."""
    writer = csv.writer(_Echo(), delimiter=";", lineterminator="\r\n")
    yield BOM + writer.writerow(map(harmless, header))
    for row in rows:
        yield writer.writerow(map(harmless, row))


class _Echo:
    """A file that hands back what is written to it, as `writerow` returns what `write` does."""

    def write(self, line: str) -> str:
        return line
