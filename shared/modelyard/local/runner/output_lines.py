"""The lines of a program's output, in bounded memory.

The agent keeps a line whole however long it is, and so grows with it. Here a line ends after
``LONGEST`` bytes; what follows until its real end is left out and counted. No logging command of
use is longer: Linux starts no program with a variable of more than 128 KiB (``MAX_ARG_STRLEN``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

LONGEST = 1 << 20
"""Bytes of a line that are kept."""


@dataclass(frozen=True)
class Line:
    """One line without its end."""

    text: str
    left_out: int = 0
    """Bytes that were not kept."""


class Lines:
    """Cuts chunks of bytes into lines; ``\\r``, ``\\n`` and ``\\r\\n`` end one, as in .NET."""

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest = longest
        self._kept = bytearray()
        self._left_out = 0
        self._after_return = False

    def feed(self, chunk: bytes) -> Iterator[Line]:
        """The lines that end in this chunk."""
        if self._after_return and chunk.startswith(b"\n"):
            chunk = chunk[1:]
        self._after_return = False
        start = 0
        while start < len(chunk):
            end = _end(chunk, start)
            if end < 0:
                self._keep(chunk[start:])
                return
            self._keep(chunk[start:end])
            yield self._taken()
            start = end + 1
            if chunk[end] == 0x0D:
                if start == len(chunk):
                    self._after_return = True
                elif chunk[start] == 0x0A:
                    start += 1

    def rest(self) -> Iterator[Line]:
        """What stands behind the last line end, once the output is over."""
        if self._kept or self._left_out:
            yield self._taken()

    def _keep(self, piece: bytes) -> None:
        room = self._longest - len(self._kept)
        self._kept += piece[:room]
        self._left_out += max(0, len(piece) - room)

    def _taken(self) -> Line:
        line = Line(self._kept.decode("utf-8", "replace"), self._left_out)
        self._kept, self._left_out = bytearray(), 0
        return line


def _end(chunk: bytes, start: int) -> int:
    newline = chunk.find(b"\n", start)
    # Only up to there: a chunk without returns must not be searched again for every line.
    found = chunk.find(b"\r", start, newline if newline >= 0 else len(chunk))
    return found if found >= 0 else newline
