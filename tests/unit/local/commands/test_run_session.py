"""A run that is ended by signals: what is said, and what its steps start with."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from modelyard.errors import Cancelled
from modelyard.local.commands.run_session import (
    AFTER_PIPELINE,
    AFTER_WORKFLOW,
    cancelled_by_signals,
    go_on,
)

ASK = "import signal; print(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)"


@pytest.fixture
def in_the_background() -> Iterator[None]:
    """As a shell starts a program with ``&``."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("in_the_background")
def test_what_a_run_starts_in_the_background_can_be_interrupted() -> None:
    def ignores() -> str:
        return subprocess.run(
            [sys.executable, "-c", ASK], capture_output=True, text=True, check=True
        ).stdout.strip()

    assert ignores() == "True"
    with cancelled_by_signals(AFTER_PIPELINE):
        assert ignores() == "False"
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


@pytest.mark.parametrize(
    ("after", "asked", "told"),
    [
        (AFTER_PIPELINE, 0, ""),
        (AFTER_PIPELINE, 1, "cancelled: what runs always and release steps were let run"),
        (AFTER_PIPELINE, 2, "what runs always was ended too, release steps were let run"),
        (AFTER_PIPELINE, 3, "ended before it could clean up"),
        (AFTER_PIPELINE, 4, "ended before it could clean up"),
        (AFTER_WORKFLOW, 1, "steps with always() and release parts of actions were let run"),
        (AFTER_WORKFLOW, 2, "ended before it could clean up"),
    ],
)
def test_the_end_says_in_one_line_what_was_let_run(
    after: tuple[str, ...], asked: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with cancelled_by_signals(after) as cancellation:
        for _ in range(asked):
            signal.raise_signal(signal.SIGINT)
    shown = capsys.readouterr().err

    assert cancellation.asked == asked
    assert told in shown
    assert shown.count("\n") == shown.count("error: the run was ") == bool(asked)


def test_a_run_that_never_began_says_only_that(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Cancelled) as caught, cancelled_by_signals(AFTER_PIPELINE) as cancellation:
        go_on(cancellation)
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
        go_on(cancellation)

    assert caught.value.exit_code == 128 + signal.SIGTERM
    assert capsys.readouterr().err == (
        "error: the run was cancelled before it began: nothing was run\n"
    )
