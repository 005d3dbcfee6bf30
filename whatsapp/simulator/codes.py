"""Ids, QR codes and pairing codes in the shapes of the real server."""

from __future__ import annotations

import base64
import secrets
import struct
import uuid
import zlib
from functools import lru_cache

import qrcode

PAIRING_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTVWXYZ"
_PIXELS_PER_MODULE = 4


def hexadecimal(length: int) -> str:
    return secrets.token_hex(length // 2).upper()


def api_message_id() -> str:
    """22 characters, what Evolution gives to a message of its own."""
    return f"3EB0{hexadecimal(18)}"


def phone_message_id() -> str:
    """20 characters, what an iPhone gives to a message."""
    return f"3A{hexadecimal(18)}"


def token() -> str:
    return str(uuid.uuid4()).upper()


def row_id() -> str:
    """A cuid: 25 lower-case characters that start with c."""
    return "c" + base64.b32encode(secrets.token_bytes(15)).decode().lower()


def pairing_code() -> str:
    return "".join(secrets.choice(PAIRING_ALPHABET) for _ in range(8))


def qr_text() -> str:
    parts = [base64.b64encode(secrets.token_bytes(12)).decode() for _ in range(4)]
    return "2@" + ",".join(parts)


@lru_cache(maxsize=64)
def qr_image(text: str) -> str:
    """Return the QR code of a text as a PNG data URI. Some 20 ms."""
    code = qrcode.QRCode(border=4)
    code.add_data(text)
    return "data:image/png;base64," + base64.b64encode(_png(code.get_matrix())).decode()


def _png(modules: list[list[bool]]) -> bytes:
    """Encode rows of dark modules as a one-bit greyscale PNG."""
    side = len(modules) * _PIXELS_PER_MODULE
    rows = b"".join((b"\0" + _pixels(row)) * _PIXELS_PER_MODULE for row in modules)
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _pixels(row: list[bool]) -> bytes:
    bits = "".join(("0" if dark else "1") * _PIXELS_PER_MODULE for dark in row)
    bits = bits.ljust(-(-len(bits) // 8) * 8, "0")
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def _chunk(name: bytes, data: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(name + data))
    return struct.pack(">I", len(data)) + name + data + checksum
