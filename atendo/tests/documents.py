"""What the documents show: every picture that they name, and every picture there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

DOCS = settings.BASE_DIR / "docs"
PICTURES = DOCS / "screenshots"
LARGEST = 120_000  # bytes
IMAGE = re.compile(r'!\[(?P<words>[^\]]*)\]\((?P<path>[^)\s]+)\)|<img\b[^>]*?src="(?P<src>[^"]+)"')


def documents() -> list[Path]:
    return [settings.BASE_DIR / "README.md", *sorted(DOCS.glob("*.md"))]


def named_by(document: Path) -> Iterator[tuple[Path, str]]:
    """Yield each picture that the document shows, and the words for who does not see it."""
    for match in IMAGE.finditer(document.read_text()):
        path = match["path"] or match["src"]
        words = match["words"] or _alt(match[0])
        yield (document.parent / path).resolve(), words


def _alt(tag: str) -> str:
    found = re.search(r'alt="([^"]*)"', tag)
    return found[1] if found else ""
