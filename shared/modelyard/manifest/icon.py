"""``icon.png`` of a task: an M of three posts on the colour of its group, 32 by 32 pixels.

Drawn here, so that the colour of a group is said once. The pixels are stored, not compressed: two
versions of zlib compress to different bytes.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from functools import cache

from modelyard.manifest.groups import GROUPS
from modelyard.manifest.written import MARK

SIZE = 32
FINE = 4
"""Points per pixel and direction that are looked at, for smooth edges."""
CORNER = 6.0
STROKES = (((8.0, 24.0), (8.0, 9.0)), ((8.0, 9.0), (16.0, 19.0)), ((16.0, 19.0), (24.0, 9.0)),
           ((24.0, 9.0), (24.0, 24.0)))  # fmt: skip
"""The M: from, to, in pixels."""
THICK = 1.9
"""Half of a stroke's width, in pixels."""


@cache
def png(group: str) -> bytes:
    """The picture for a group, with the mark of generated files in a text chunk."""
    rows = b"".join(b"\0" + bytes(_row(y, GROUPS[group].rgb)) for y in range(SIZE))
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", SIZE, SIZE, 8, 6, 0, 0, 0)),
            _chunk(b"tEXt", b"Comment\0" + MARK.encode("latin-1")),
            _chunk(b"IDAT", _stored(rows)),
            _chunk(b"IEND", b""),
        ]
    )


def _row(y: int, colour: int) -> Iterator[int]:
    rgb = colour.to_bytes(3, "big")
    for x in range(SIZE):
        points = [
            (x + (i + 0.5) / FINE, y + (j + 0.5) / FINE) for i in range(FINE) for j in range(FINE)
        ]
        ground = sum(_on_ground(*point) for point in points) / FINE**2
        mark = sum(_on_mark(*point) for point in points) / FINE**2
        yield from (round(part + (255 - part) * mark) for part in rgb)
        yield round(255 * ground)


def _on_ground(x: float, y: float) -> bool:
    """A square with round corners."""
    dx = max(CORNER - x, x - (SIZE - CORNER), 0)
    dy = max(CORNER - y, y - (SIZE - CORNER), 0)
    return dx**2 + dy**2 <= CORNER**2


def _on_mark(x: float, y: float) -> bool:
    return any(_distance2(x, y, *start, *end) <= THICK**2 for start, end in STROKES)


def _distance2(x: float, y: float, ax: float, ay: float, bx: float, by: float) -> float:
    """Square of the distance to a stroke."""
    along = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2)
    t = min(max(along, 0.0), 1.0)
    return (x - ax - t * (bx - ax)) ** 2 + (y - ay - t * (by - ay)) ** 2


def _stored(data: bytes) -> bytes:
    """A zlib stream of one block that isn't compressed (RFC 1950, RFC 1951 3.2.4)."""
    length = struct.pack("<HH", len(data), len(data) ^ 0xFFFF)
    return b"\x78\x01\x01" + length + data + struct.pack(">I", zlib.adler32(data))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
