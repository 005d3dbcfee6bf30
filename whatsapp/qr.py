"""The code to scan: drawn from its text, or checked when the server sent an image.  Pure."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Final

import qrcode
from qrcode.constants import ERROR_CORRECT_L
from qrcode.exceptions import DataOverflowError

QUIET_ZONE: Final = 4  # modules of white around the code: the standard's least
LARGEST_IMAGE: Final = 200_000  # characters of a data address; a real one has about 15,000
PNG_ADDRESS: Final = re.compile(r"data:image/png;base64,([A-Za-z0-9+/]+={0,2})", re.ASCII)
PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Drawing:
    """For an SVG of `size` by `size` modules: the dark ones as one path, quiet zone left white."""

    size: int
    path: str


@lru_cache(maxsize=64)
def draw(text: str) -> Drawing | None:
    """Return the drawing of a code, or None for no text and for more than a code can hold.

    Takes about 50 ms, and the page asks every two seconds while a code lasts 45: so it is kept.
    """
    if not text:
        return None
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_L, border=QUIET_ZONE)
    code.add_data(text)
    try:
        code.make(fit=True)
    except (DataOverflowError, ValueError):
        return None
    rows: Sequence[Sequence[bool]] = code.get_matrix()
    return Drawing(size=len(rows), path="".join(_runs(rows)))


def _runs(rows: Sequence[Sequence[bool]]) -> Iterator[str]:
    """Each run of dark modules of a row as one rectangle."""
    for y, row in enumerate(rows):
        x = 0
        for dark, modules in groupby(row):
            length = len(list(modules))
            if dark:
                yield f"M{x} {y}h{length}v1h-{length}z"
            x += length


def png_address(image: str) -> str:
    """Return the image if it is the data address of a PNG, else "".

    It came from another program and goes into the page.
    """
    found = PNG_ADDRESS.fullmatch(image) if len(image) <= LARGEST_IMAGE else None
    if found is None:
        return ""
    try:
        start = base64.b64decode(found[1], validate=True)[: len(PNG_SIGNATURE)]
    except binascii.Error:
        return ""
    return image if start == PNG_SIGNATURE else ""
