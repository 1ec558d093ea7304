"""What a run prints: decoded, redacted, bounded, and divided among its cells.

stdout and stderr of a run, and of everything it starts, are one pipe, so their order is true.
Between cells the run writes a marker into the pipe itself, for the same reason; no marker is ever
shown.
"""

from __future__ import annotations

import codecs
import re
import threading
from collections import deque
from collections.abc import Callable

from modelyard.local.notebook.redaction import Redactor

LOG_LIMIT = 1_000_000
"""Characters kept of a run's output."""
CELL_LIMIT = 200_000
"""Characters kept of one cell's output."""

_SIGN = "\x1e"


def marker(nonce: str, cell: int) -> str:
    """What a run writes before cell ``cell`` (1 for the first; 0: no cell)."""
    return f"{_SIGN}{nonce}:{cell}{_SIGN}"


class BoundedText:
    """A text of at most ``limit`` characters: the beginning and the end of what was added."""

    def __init__(self, limit: int) -> None:
        self._head_room = limit // 4
        self._tail_room = limit - limit // 4
        self._head: list[str] = []
        self._tail: deque[str] = deque()
        self._tail_size = 0
        self._left_out = 0

    def add(self, text: str) -> None:
        """Append ``text``."""
        head, text = text[: self._head_room], text[self._head_room :]
        self._head_room -= len(head)
        if head:
            self._head.append(head)
        if text:
            self._tail.append(text)
            self._tail_size += len(text)
        while self._tail_size > self._tail_room:
            excess = self._tail_size - self._tail_room
            first = self._tail.popleft()
            if len(first) > excess:
                self._tail.appendleft(first[excess:])
            dropped = min(len(first), excess)
            self._tail_size -= dropped
            self._left_out += dropped

    def __str__(self) -> str:
        gap = f"\n[... {self._left_out} characters left out ...]\n" if self._left_out else ""
        return "".join(self._head) + gap + "".join(self._tail)


class RunOutput:
    """Takes the bytes of a run's pipe; gives its log and the text of each cell."""

    def __init__(
        self, nonce: str, redactor: Redactor, forward: Callable[[str], None] | None = None
    ) -> None:
        self.log = BoundedText(LOG_LIMIT)
        self.cells: dict[int, BoundedText] = {}
        self.cell = 0
        """The cell that prints now."""
        self._redactor = redactor
        self._forward = forward
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._pattern = re.compile(f"{_SIGN}{re.escape(nonce)}:(\\d+){_SIGN}")
        self._marker_length = len(marker(nonce, 10**9))
        self._pending = ""
        self._lock = threading.Lock()

    def feed(self, block: bytes, *, final: bool = False) -> None:
        """Take what was read; ``final`` with the end of the pipe."""
        with self._lock:
            self._pending += self._decoder.decode(block, final=final)
            parts = self._pattern.split(self._pending)
            for text, cell in zip(parts[::2], parts[1::2], strict=False):
                self._keep(self._redactor.text(text))
                self.cell = int(cell)
            rest = self._redactor.text(parts[-1])
            # A secret or marker may have arrived in part: such a part is at the end, and shorter.
            hold = 0 if final else max(self._redactor.longest, self._marker_length) - 1
            cut = max(len(rest) - hold, 0)
            self._keep(rest[:cut])
            self._pending = rest[cut:]

    def _keep(self, text: str) -> None:
        if not text:
            return
        self.log.add(text)
        if self.cell:
            self.cells.setdefault(self.cell, BoundedText(CELL_LIMIT)).add(text)
        if self._forward is not None:
            self._forward(text)

    def text_of(self, cell: int) -> str:
        """What ``cell`` printed."""
        with self._lock:
            return str(self.cells.get(cell, ""))
