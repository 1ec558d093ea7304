"""Reading what is asked, and answering it. Runs where SDK v1 is, on Python 3.10 or 3.11."""

from __future__ import annotations

import json
import os
import sys
import threading
from queue import SimpleQueue
from typing import Any, TextIO

from .failing import Failure, failure_of


class Pipes:
    """The two pipes. What anybody prints goes to standard error, and never between the answers.

    The SDK takes tokens on threads of its own, several at a time and when nothing is asked, too:
    one thread alone reads, and gives each line to whom it is for.
    """

    def __init__(self) -> None:
        self._in: TextIO = os.fdopen(os.dup(0), "r", encoding="utf-8")
        self._out: TextIO = os.fdopen(os.dup(1), "w", encoding="utf-8")
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        self._asked: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        self._tokens: SimpleQueue[str | None] = SimpleQueue()
        self._sending, self._waiting = threading.Lock(), threading.Lock()
        threading.Thread(target=self._read, daemon=True).start()

    def receive(self) -> dict[str, Any] | None:
        """What is asked; None when nobody asks any more."""
        return self._asked.get()

    def send(self, answer: dict[str, Any]) -> None:
        with self._sending:
            self._out.write(json.dumps(answer) + "\n")
            self._out.flush()

    def token(self, _audience: object = None) -> str:
        """A token of Resource Manager. The interfaces of Azure ML take it as well."""
        with self._waiting:
            self.send({"token": None})
            token = self._tokens.get()
        if token is None:
            raise SystemExit("nobody answers")
        return token

    def _read(self) -> None:
        for line in self._in:
            told = json.loads(line)
            if "token" in told:
                self._tokens.put(str(told["token"]))
            else:
                self._asked.put(told)
        self._tokens.put(None)
        self._asked.put(None)


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
