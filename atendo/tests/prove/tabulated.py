"""What docs/isolation.md says leaks without which locks: the table there is the expectation."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

DOCUMENT = Path(settings.BASE_DIR) / "docs" / "isolation.md"
HEADER = "| taken away |"
LEAKS, HOLDS = "leaks", "·"


def tabulated() -> dict[str, dict[str, bool]]:
    """By what is asked and the letters of the locks taken away: whether it leaks."""
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(HEADER))
    columns = [_letters(cell) for cell in _cells(lines[start])[1:]]
    found = {}
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        what, *cells = _cells(line)
        assert set(cells) <= {LEAKS, HOLDS} and len(cells) == len(columns), line
        found[what] = {
            letters: cell == LEAKS for letters, cell in zip(columns, cells, strict=True)
        }
    return found


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _letters(cell: str) -> str:
    """ "nothing" is "", "M R" is "MR"."""
    return "" if cell == "nothing" else cell.replace(" ", "")
