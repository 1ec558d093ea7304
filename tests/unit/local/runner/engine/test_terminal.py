"""What a run does to the terminal that it is shown on."""

from __future__ import annotations

import os
import pty
import sys
import termios
from collections.abc import Iterator

import pytest

from modelyard.local.runner.display import terminal


@pytest.fixture
def keyboard() -> Iterator[int]:
    """A terminal that is no process group's own."""
    ours, theirs = pty.openpty()
    yield theirs
    os.close(ours)
    os.close(theirs)


def test_control_keys_are_not_echoed_into_what_is_drawn(
    keyboard: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with os.fdopen(os.dup(keyboard)) as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        monkeypatch.setattr(os, "tcgetpgrp", lambda _: os.getpgrp())
        before = termios.tcgetattr(keyboard)[3]
        with terminal.quiet():
            during = termios.tcgetattr(keyboard)[3]
        after = termios.tcgetattr(keyboard)[3]

    assert before & termios.ECHOCTL
    assert not during & termios.ECHOCTL
    assert after == before


def test_a_terminal_of_somebody_else_is_left_alone(
    keyboard: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with os.fdopen(os.dup(keyboard)) as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        with terminal.quiet():
            assert termios.tcgetattr(keyboard)[3] & termios.ECHOCTL
