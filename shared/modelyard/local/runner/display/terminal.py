"""Asking somebody at the terminal."""

from __future__ import annotations

import os
import select
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from modelyard.databricks.remote_text import clean
from modelyard.local.runner.engine.questions import Question

_LOOK = 0.2
_YES = frozenset({"y", "yes"})
_NO = frozenset({"", "n", "no"})


class TerminalPerson:
    """Whoever sits there. An answer is one line; only y and yes are a yes."""

    def __init__(self, paused: Callable[[], AbstractContextManager[None]] = nullcontext) -> None:
        """
        :param paused: keeps the display quiet while a question stands.
        """
        self._paused = paused

    def ask(self, question: Question, is_over: Callable[[], bool]) -> bool | None:
        """See :class:`modelyard.local.runner.engine.questions.Person`."""
        with self._paused():
            termios.tcflush(sys.stdin, termios.TCIFLUSH)  # typed before the question stood there
            for line in clean(question.instructions).splitlines():
                sys.stdout.write(f"  {line}\n")
            while True:
                sys.stdout.write(f"? {clean(question.text)} [y/N] ")
                sys.stdout.flush()
                answer = _line(is_over)
                if answer is None:
                    sys.stdout.write("\n")
                    return None
                word = answer.strip().lower()
                if word in _YES:
                    return True
                if word in _NO:
                    return False


@contextmanager
def quiet() -> Iterator[None]:
    """For as long as lines are drawn again and again: the terminal doesn't write ``^C`` into them,
    which would leave one behind."""
    try:
        file = sys.stdin.fileno()
        mine = os.isatty(file) and os.tcgetpgrp(file) == os.getpgrp()
    except (OSError, ValueError):  # closed, or no file at all
        mine = False
    if not mine:
        yield
        return
    before = termios.tcgetattr(file)
    changed = termios.tcgetattr(file)
    changed[3] &= ~termios.ECHOCTL
    termios.tcsetattr(file, termios.TCSANOW, changed)
    try:
        yield
    finally:
        termios.tcsetattr(file, termios.TCSANOW, before)


def is_there() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def _line(is_over: Callable[[], bool]) -> str | None:
    """The next line; None where nobody waits for it any longer, or the terminal is gone."""
    file = sys.stdin.fileno()
    while not is_over():
        readable, _, _ = select.select([file], [], [], _LOOK)
        if readable:
            typed = os.read(file, 4096)
            return os.fsdecode(typed) if typed else None
    return None
