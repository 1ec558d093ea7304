"""A run as JSON, one object a line: for programs.

``{"event": "line", "path": ["train", "Job", "2"], "text": "..."}``; the keys are those of
:mod:`modelyard.local.runner.engine.events`.
"""

from __future__ import annotations

import dataclasses
import json
import threading
from typing import Any, TextIO

from modelyard.local.runner.engine.events import Event
from modelyard.local.runner.job import Result


class JsonDisplay:
    """Writes each event."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        fields = {one.name: _plain(getattr(event, one.name)) for one in dataclasses.fields(event)}
        self.write({"event": type(event).__name__.lower(), **fields})

    def write(self, document: dict[str, Any]) -> None:
        with self._lock:
            self._out.write(json.dumps(document, ensure_ascii=False) + "\n")
            self._out.flush()

    def close(self) -> None:
        """Nothing follows the last event."""


def _plain(value: Any) -> Any:
    if isinstance(value, Result):
        return value.text
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: _plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
    return dict(value) if hasattr(value, "items") else value
