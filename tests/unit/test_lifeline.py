from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from modelyard import lifeline

PROGRAM = """
import os, signal
from modelyard import lifeline
lifeline.hold(os.environ)
print("set" if lifeline.VARIABLE in os.environ else "taken", flush=True)
signal.pause()
"""


def test_a_cut_line_is_a_request_to_end() -> None:
    ours, line = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, lifeline.VARIABLE: str(ours)},
        pass_fds=[ours],
        stdout=subprocess.PIPE,
        text=True,
    )
    os.close(ours)
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "taken\n"
        os.close(line)
        assert process.wait(30) == -signal.SIGTERM


@pytest.mark.parametrize("text", ["", "x", "-1", "987654"])
def test_a_line_that_is_not_there_is_no_line(text: str) -> None:
    environment = {lifeline.VARIABLE: text, "PATH": "/bin"}
    lifeline.hold(environment)

    assert environment == {"PATH": "/bin"}
