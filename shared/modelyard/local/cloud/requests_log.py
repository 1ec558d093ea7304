"""Every request that the cloud got: in ``requests.jsonl`` for people, in memory for tests.

Neither headers, nor bodies, nor query strings are kept: they may hold secrets. A cloud that was
given a key keeps digests of what bodies and query strings say: see ``digests``.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

MEMORY = 10_000
"""How many requests ``GET /modelyard/requests`` can look back."""
ROTATE_BYTES = 20_000_000
"""At start, a larger file becomes ``requests.jsonl.1``."""


@dataclass(frozen=True)
class Entry:
    """One request. ``time`` is seconds since the epoch, ``ms`` how long the answer took.

    ``status`` is 0 where the connection was broken instead of an answer; ``fault`` is the id of
    the rule that changed the answer; ``fields`` are digests by their names, where there is a key.
    """

    time: float
    method: str
    host: str
    path: str
    status: int
    ms: float
    fault: str | None = None
    fields: Mapping[str, str] | None = None


class RequestsLog:
    """Appends to ``path``; safe for several threads."""

    def __init__(self, path: Path) -> None:
        if path.exists() and path.stat().st_size > ROTATE_BYTES:
            path.replace(path.with_name(f"{path.name}.1"))
        self._file = path.open("a", encoding="utf-8")
        self._entries: deque[Entry] = deque(maxlen=MEMORY)
        self._total = 0
        self._lock = threading.Lock()

    def add(self, entry: Entry) -> None:
        line = json.dumps(asdict(entry))
        with self._lock:
            self._entries.append(entry)
            self._total += 1
            if not self._file.closed:  # a request may end after the cloud has been stopped
                self._file.write(f"{line}\n")
                self._file.flush()

    @property
    def total(self) -> int:
        """Requests since the start or the last reset."""
        return self._total

    def entries(self, **fields: Any) -> list[Entry]:
        """Those whose fields are as given (``method="GET"``), oldest first."""
        with self._lock:
            entries = list(self._entries)
        return [e for e in entries if all(getattr(e, name) == v for name, v in fields.items())]

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
            self._total = 0
            self._file.truncate(0)

    def close(self) -> None:
        with self._lock:
            self._file.close()


def format_entry(line: str) -> str:
    """A line of the file as ``modelyard local logs`` shows it; a damaged line as it is.

    Clients choose paths: what a terminal would take for a command is shown as ``?``.
    """
    try:
        entry = Entry(**json.loads(line))
    except (ValueError, TypeError):
        return _printable(line.rstrip("\n"))
    status = "broken" if entry.status == 0 else str(entry.status)
    note = f"  (fault {entry.fault})" if entry.fault else ""
    where = _printable(entry.host + entry.path)
    return f"{_printable(entry.method):<7} {status:<6} {entry.ms:>7.0f} ms  {where}{note}"


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)
