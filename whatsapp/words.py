"""A text with variables, `Oi, {primeiro_nome}!`: its parts, and what it says once filled in.

A person's text is data: a variable is one of a fixed list, and nothing else is understood.  A
line with a variable that may be empty and is so is left out, whole: "📍 {endereco_curto}" is
there only where there is an address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from whatsapp.messages import MAY_BE_EMPTY, WITH_TEXT

VARIABLE: Final = re.compile(r"\{([a-z_]+)\}")
BLANK_LINES: Final = re.compile(r"\n{3,}")

_FOLDER: Final = Path(__file__).resolve().parents[1] / "templates" / "whatsapp" / "messages"
# What a company sends that has written nothing of its own.
DEFAULTS: Final[Mapping[str, str]] = {
    name: (_FOLDER / f"{name}.txt").read_text(encoding="utf-8").strip() for name in WITH_TEXT
}


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return the text with its variables replaced, once: what a value holds is not read again.

    A variable that `values` does not know stays as it was written, and so does any other brace.
    """
    lines = [_filled(line, values) for line in text.splitlines() if not _misses(line, values)]
    return BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def names_in(text: str) -> Iterator[str]:
    """Yield the name of each variable, in the order of the text."""
    return (found[1] for found in VARIABLE.finditer(text))


def plain(text: str) -> str:
    """Return the text as it is kept: one kind of line end, no white space around it."""
    return "\n".join(line.rstrip() for line in text.splitlines()).strip()


def _misses(line: str, values: Mapping[str, str]) -> bool:
    return any(name in MAY_BE_EMPTY and values.get(name) == "" for name in names_in(line))


def _filled(line: str, values: Mapping[str, str]) -> str:
    return VARIABLE.sub(lambda found: values.get(found[1], found[0]), line)
