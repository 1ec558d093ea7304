"""A run as lines: every line of every log, each with its job before it, then one row a step."""

from __future__ import annotations

import threading
from typing import TextIO

from modelyard.local.runner.display.marks import mark, takes_signs, took
from modelyard.local.runner.display.rows import Row, rows
from modelyard.local.runner.engine.events import Ended, Event, Line, Notice, Started, Waiting
from modelyard.local.runner.job import Result
from modelyard.local.runner.pipeline.plan import place_of
from modelyard.local.runner.results.history import History

WIDTH = 78
_TIME = 10


class PlainDisplay:
    """For a file, a pipe or a CI system. A step that failed is named: others' lines may stand
    between its beginning and its end."""

    def __init__(self, history: History, out: TextIO) -> None:
        self._history, self._out = history, out
        self._ascii = not takes_signs(out.encoding)
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        match event:
            case Line(path, text) | Waiting(path, text):
                self.write(f"[{place_of(path)}] {text}")
            case Started(path, title) if len(path) in (1, 2) and place_of(path):
                self.write(f"[{place_of(path)}] begins: {title}")
            case Ended(path, result, _, note) if len(path) in (1, 2) and place_of(path):
                because = f": {note}" if note else ""
                self.write(f"[{place_of(path)}] {result.text}{because}")
            case Ended(path, Result.FAILED) if len(path) == 3:
                node = self._history.node(path)
                self.write(f"[{place_of(path)}] ##[error]{node.title} failed: {Row(0, node).note}")
            case Notice(text, level):
                self.write(text if level == "info" else f"##[{level}]{text}")

    def write(self, line: str) -> None:
        with self._lock:
            self._out.write(f"{line}\n")
            self._out.flush()

    def close(self) -> None:
        """The rows of all that ran."""
        for line in summary(self._history, ascii_only=self._ascii):
            self.write(line)


def summary(history: History, *, ascii_only: bool = False, width: int = WIDTH) -> list[str]:
    """The whole run, one line a step."""
    root = history.root
    result = root.result if root.result is not None else Result.CANCELED
    head = f"{root.title}  {result.text}" if result is not Result.SUCCEEDED else root.title
    lines = ["", _line(head, "", root.seconds(root.ended or 0.0), width)]
    found = list(rows(history))
    column = max((_left(row) for row in found), default=0) + 2
    lines += [text(row, column, ascii_only=ascii_only, width=width) for row in found]
    return lines


def text(row: Row, column: int, *, ascii_only: bool, width: int = WIDTH) -> str:
    """One row.

    :param column: where notes begin.
    """
    node = row.node
    result = node.result if node.result is not None else Result.ABANDONED
    sign = "  " * row.depth + mark(result, ascii_only=ascii_only) + " "
    left = (sign + node.title).ljust(min(column, 48))
    seconds = None if result is Result.SKIPPED else node.seconds(node.ended or 0.0)
    return _line(left, row.note, seconds, width)


def _left(row: Row) -> int:
    return 2 * row.depth + 2 + len(row.node.title)


def _line(left: str, note: str, seconds: float | None, width: int) -> str:
    """The note whole: a file and a pipe have no width."""
    line = f"{left}{'  ' if note else ''}{note}".ljust(width - _TIME)
    return (line + f"{took(seconds):>{_TIME}}").rstrip()
