"""Numbers that grow from run to run: of runs, of their names, of ``counter()``.

Source: learn.microsoft.com, ``process/expressions`` ("counter") and ``process/run-number``.
"""

from __future__ import annotations

import fcntl
import json
import threading
from pathlib import Path
from typing import Any

from modelyard.local.runner.expressions import Function, to_number, to_text

RUNS = "runs"
"""The one number that all runs share, of pipelines and of workflows: what is made of it in a cloud,
such as the token that makes a start idempotent, mustn't meet what another run has made."""


class Counters:
    """Kept in a file; several runs may use it at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._taken: dict[str, int] = {}

    def next(self, name: str, seed: int = 1) -> int:
        """The next number of this name, from ``seed`` on."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            numbers: dict[str, int] = json.loads(file.read() or "{}")
            numbers[name] = numbers.get(name, seed - 1) + 1
            file.seek(0)
            file.truncate()
            file.write(json.dumps(numbers, indent=1, sort_keys=True))
        return numbers[name]

    def of_run(self, pipeline: str, prefix: str, seed: int) -> int:
        """The same within one run, however often it is asked for. Each pipeline has its own, and
        each prefix; the seed is only where it begins."""
        with self._lock:
            key = f"counter of {pipeline} {prefix}"
            if key not in self._taken:
                self._taken[key] = self.next(key, seed)
            return self._taken[key]

    def function(self, pipeline: str) -> Function:
        """``counter(prefix, seed)`` of a pipeline."""

        def counter(prefix: Any = "", seed: Any = 0) -> float:
            return float(self.of_run(pipeline, to_text(prefix), int(to_number(seed))))

        return Function("counter", 0, 2, counter)
