from __future__ import annotations

import base64
import re

import pytest
import qrcode
from hypothesis import given, settings
from hypothesis import strategies as st

from whatsapp.qr import QUIET_ZONE, draw, png_address

CODE = "2@" + "Ab1/" * 33 + ",G8fZ0Fz0Q8u1P2m3b4v5c6x7z8l9k0j1h2g3f4d5s6a=," + "x" * 44
PNG = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n and the rest").decode()
RUN = re.compile(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z")


def dark_modules(path):
    """The set of (x, y) that the path fills; fails on anything but rectangles of one row."""
    assert RUN.sub("", path) == ""
    runs = [tuple(map(int, found)) for found in RUN.findall(path)]
    assert all(there == back for _x, _y, there, back in runs)
    return {(x + step, y) for x, y, length, _back in runs for step in range(length)}


def test_the_drawing_is_the_matrix_of_the_library():
    drawing = draw(CODE)
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_L, border=4)
    code.add_data(CODE)
    code.make()
    matrix = code.get_matrix()
    wanted = {(x, y) for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark}
    assert dark_modules(drawing.path) == wanted
    assert drawing.size == len(matrix)


@settings(max_examples=15, deadline=None)
@given(st.text(min_size=1, max_size=300))
def test_the_quiet_zone_stays_white_and_the_three_corners_are_there(text):
    drawing = draw(text)
    dark = dark_modules(drawing.path)
    last = drawing.size - QUIET_ZONE - 1
    assert all(QUIET_ZONE <= x <= last and QUIET_ZONE <= y <= last for x, y in dark)
    assert {(QUIET_ZONE, QUIET_ZONE), (last, QUIET_ZONE), (QUIET_ZONE, last)} <= dark


@pytest.mark.parametrize("text", ["", "x" * 3000])
def test_no_text_and_too_much_text_draw_nothing(text):
    assert draw(text) is None


def test_a_code_is_drawn_once():
    assert draw(CODE) is draw(CODE)


def test_an_image_is_kept_as_it_is():
    assert png_address(PNG) == PNG


@pytest.mark.parametrize(
    "image",
    [
        "",
        "https://evil.example/qr.png",
        "data:image/svg+xml;base64,PHN2Zy8+",
        "data:text/html;base64,PHN2Zy8+",
        "javascript:alert(1)",
        PNG + '" onload="alert(1)',
        PNG + "\n",
        " " + PNG,
        "data:image/png;base64,AAAA",
        "data:image/png;base64,A",
        "data:image/png;base64,",
        "data:image/png;base64," + "A" * 300_000,
    ],
)
def test_what_is_no_png_never_reaches_the_page(image):
    assert png_address(image) == ""
