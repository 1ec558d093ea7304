from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest

from modelyard.ci.console import Console

WRITER = """
import sys
from modelyard.ci.console import Console
from modelyard.errors import OutputClosed
console = Console()
sys.stdin.readline()  # until the reader has gone
try:
    console.write("first")
except OutputClosed as error:
    console.write("lost")
    sys.stderr.write("closed")
    sys.exit(error.exit_code)
"""


def test_what_a_code_page_lacks_is_written_as_an_escape(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="cp1252", newline="\n"))
    Console().write("état ├ 模")

    assert raw.getvalue() == "état \\u251c \\u6a21\n".encode("cp1252")


def test_a_lone_surrogate_is_no_reason_to_fail(capsys: pytest.CaptureFixture[str]) -> None:
    Console().write("\ud800")

    assert capsys.readouterr().out == "\\ud800\n"


def test_a_secret_is_taken_out_before_commands_are_broken(
    capsys: pytest.CaptureFixture[str],
) -> None:
    console = Console()
    console.mask("::pass##[word")
    console.write("::pass##[word")

    assert capsys.readouterr().out == "***\n"


def test_a_reader_who_has_gone_is_noticed_once_and_the_end_is_quiet() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, error = process.communicate(b"go\n", timeout=30)

    assert process.returncode == 141
    assert error == b"closed"
