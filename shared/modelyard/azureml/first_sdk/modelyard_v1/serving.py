"""Reading what is asked, and answering it. Runs where SDK v1 is, on Python 3.10 or 3.11."""

from __future__ import annotations

import json
import os
import sys
from typing import Any, TextIO

from .failing import Failure, failure_of


class Pipes:
    """The two pipes. What anybody prints goes to standard error, and never between the answers."""

    def __init__(self) -> None:
        self._in: TextIO = os.fdopen(os.dup(0), "r", encoding="utf-8")
        self._out: TextIO = os.fdopen(os.dup(1), "w", encoding="utf-8")
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)

    def receive(self) -> dict[str, Any] | None:
        """What is asked; None when nobody asks any more."""
        line = self._in.readline()
        found: dict[str, Any] | None = json.loads(line) if line else None
        return found

    def send(self, answer: dict[str, Any]) -> None:
        self._out.write(json.dumps(answer) + "\n")
        self._out.flush()

    def token(self, _audience: object = None) -> str:
        """A token of Resource Manager. The interfaces of Azure ML take it as well."""
        self.send({"token": None})
        answer = self.receive()
        if answer is None:
            raise SystemExit("nobody answers")
        return str(answer["token"])


def main() -> None:
    pipes = Pipes()
    work = None
    while (asked := pipes.receive()) is not None:
        try:
            if work is None:
                work = _work(pipes)
            answer = getattr(work, asked.pop("do"))(**asked)
        except Exception as error:  # noqa: BLE001 - the answer tells it
            pipes.send({"error": failure_of(error)})
        else:
            pipes.send(answer)


def _work(pipes: Pipes) -> Any:
    try:
        from .work import Work
    except ImportError as error:
        raise Failure("missing", f"{sys.executable} has no SDK v1: {error}") from error
    return Work(pipes.token)
