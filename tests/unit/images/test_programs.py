"""Programs that are run to their end."""

from __future__ import annotations

import os
import resource
import sys
import time
from pathlib import Path

import pytest

from modelyard.errors import ImageFailed, MissingTool
from modelyard.images import programs


def python(code: str) -> list[str]:
    return [sys.executable, "-S", "-c", code]


def test_the_output_and_the_exit_code_come_back() -> None:
    code = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
    finished = programs.run(python(code), timeout=30)
    assert (finished.code, finished.stdout) == (3, "out\n")
    assert "out" in finished.tail
    assert "err" in finished.tail


def test_a_line_without_end_is_cut_and_says_so() -> None:
    code = f"print('x' * ({programs.LONGEST_LINE} + 10)); print('end')"
    finished = programs.run(python(code), timeout=30)

    assert finished.stdout == "x" * programs.LONGEST_LINE + " [10 more characters]\nend\n"


@pytest.mark.parametrize("width", [0, -1, 1], ids=["exact", "one less", "one more"])
def test_a_line_of_the_longest_length_is_whole(width: int) -> None:
    text = "x" * (programs.LONGEST_LINE + width)
    finished = programs.run(python(f"print({text!r}, end='')"), timeout=30)

    cut = text[: programs.LONGEST_LINE] + (" [1 more characters]" if width > 0 else "")
    assert finished.stdout.rstrip("\n") == cut


def test_a_flood_of_output_does_not_fill_the_memory() -> None:
    code = (
        "import sys; [sys.stdout.write('x' * 1000000) for _ in range(30)]; print()\n"
        "for number in range(100000): print('line', number)\nprint('end')"
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    finished = programs.run(python(code), timeout=120)

    assert finished.stdout.endswith("line 99999\nend\n")
    assert len(finished.stdout) <= programs.LONGEST_ANSWER
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 25_000  # KiB


def test_a_failure_shows_the_end_of_the_output() -> None:
    code = "import sys; [print('line', i) for i in range(100)]; sys.exit(1)"
    with pytest.raises(ImageFailed) as failed:
        programs.check(python(code), "do it", timeout=30, fix="try harder")
    assert "could not do it (exit code 1)" in failed.value.what
    assert "line 99" in failed.value.what
    assert "line 50" not in failed.value.what
    assert failed.value.fix == "try harder"


def test_a_program_that_takes_too_long_is_killed_with_its_children(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    code = (
        "import subprocess, sys, threading;"
        "child = subprocess.Popen([sys.executable, '-c', 'import threading; "
        "threading.Event().wait()']);"
        f"open({str(pid)!r}, 'w').write(str(child.pid)); print('begun', flush=True);"
        "threading.Event().wait()"
    )
    with pytest.raises(ImageFailed, match="took longer than 2 s") as failed:
        programs.run(python(code), timeout=2)
    assert "begun" in failed.value.what
    deadline = time.monotonic() + 10
    while _lives(int(pid.read_text())) and time.monotonic() < deadline:
        os.sched_yield()
    assert not _lives(int(pid.read_text()))


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_bytes_that_are_no_text_do_no_harm() -> None:
    finished = programs.run(python("import os; os.write(1, b'\\xff\\xfe ok')"), timeout=30)
    assert finished.stdout.endswith(" ok")


def test_a_missing_program_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingTool, match="docker") as missing:
        programs.find("docker", "build images")
    assert "build images" in missing.value.cause
