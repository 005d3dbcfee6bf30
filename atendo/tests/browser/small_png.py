"""A screenshot with a palette: a third of the size, and no other eye than a computer's sees it.

The browser that took it counts its colours; no library of images is needed.
"""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

from playwright.sync_api import Page

# The 256 most frequent colours, and for each pixel the number of the nearest one.
PALETTE = """async source => {
  const image = new Image();
  image.src = "data:image/png;base64," + source;
  await image.decode();
  const {width, height} = image;
  const canvas = new OffscreenCanvas(width, height).getContext("2d");
  canvas.drawImage(image, 0, 0);
  const pixels = new Uint32Array(canvas.getImageData(0, 0, width, height).data.buffer);
  const counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  const often = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([pixel]) => pixel);
  const rgb = pixel => [pixel & 255, pixel >> 8 & 255, pixel >> 16 & 255];
  const palette = often.slice(0, 256).map(rgb);
  const nearest = new Map(often.map(pixel => {
    const [r, g, b] = rgb(pixel);
    const far = palette.map(([x, y, z]) => (r - x) ** 2 + (g - y) ** 2 + (b - z) ** 2);
    return [pixel, far.indexOf(Math.min(...far))];
  }));
  let text = "";
  for (const pixel of pixels) text += String.fromCharCode(nearest.get(pixel));
  return {width, height, palette: palette.flat(), pixels: btoa(text)};
}"""

# How many pixels of two pictures differ by what an eye can see; all, if one is larger.
DIFFERENT = """async ([one, other]) => {
  const [a, b] = await Promise.all([one, other].map(async source => {
    const image = new Image();
    image.src = "data:image/png;base64," + source;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
    canvas.drawImage(image, 0, 0);
    return canvas.getImageData(0, 0, image.width, image.height);
  }));
  if (a.width !== b.width || a.height !== b.height) return a.width * a.height;
  const different = new Set();
  a.data.forEach((value, at) => Math.abs(value - b.data[at]) > 48 && different.add(at >> 2));
  return different.size;
}"""
UNSEEN = 40  # pixels


def small_png(page: Page, png: bytes) -> bytes:
    """Return the picture with 256 colours.  `page` is any page without a policy of content."""
    found: dict[str, Any] = page.evaluate(PALETTE, base64.b64encode(png).decode())
    width, height = found["width"], found["height"]
    pixels = base64.b64decode(found["pixels"])
    rows = b"".join(
        b"\0" + pixels[start : start + width] for start in range(0, width * height, width)
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(kind, data)
        for kind, data in (
            (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            (b"PLTE", bytes(found["palette"])),
            (b"IDAT", zlib.compress(rows, 9)),
            (b"IEND", b""),
        )
    )


def look_the_same(page: Page, one: bytes, other: bytes) -> bool:
    """Whether nobody would see a difference: the smoothing of an edge is none."""
    both = [base64.b64encode(png).decode() for png in (one, other)]
    return bool(page.evaluate(DIFFERENT, both) < UNSEEN)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
