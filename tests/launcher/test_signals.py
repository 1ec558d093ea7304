"""A job that is cancelled: while the operation runs, and while the environment is being made."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator

import psutil
import pytest

from launcher.index import TIME_OUT, Index
from launcher.workplace import BASE, LAUNCHER, Workplace, node, runs

SIGNALS = [signal.SIGINT, signal.SIGTERM]
PAIR = ("tiny", "other")


def _lines(process: subprocess.Popen[str]) -> Iterator[str]:
    assert process.stdout is not None
    for line in process.stdout:
        yield line.rstrip("\n")


def _until_ready(lines: Iterator[str]) -> None:
    wanted = {"ready", "grandchild is ready"}
    while wanted:
        wanted.discard(next(lines))


@pytest.mark.parametrize("number", SIGNALS)
def test_the_whole_group_gets_the_signal_and_is_waited_for(warm: Workplace, number: int) -> None:
    with warm.start(INPUT_MODE="wait") as process:
        lines = _lines(process)
        _until_ready(lines)
        process.send_signal(number)
        assert set(lines) == {f"got {int(number)}", f"grandchild got {int(number)}", "ended"}
    assert process.returncode == 128 + number


def test_a_killed_launcher_is_noticed(warm: Workplace) -> None:
    with warm.start(INPUT_MODE="line") as process:
        lines = _lines(process)
        assert next(lines) == "ready"
        process.kill()
        assert list(lines) == ["the line was cut"]


def test_two_signals_as_an_agent_sends_them(warm: Workplace) -> None:
    with warm.start(INPUT_MODE="wait", INPUT_SIGNALS="2", TF_BUILD="True") as process:
        lines = _lines(process)
        _until_ready(lines)
        process.send_signal(signal.SIGINT)
        while next(lines) != "got 2":
            pass
        process.send_signal(signal.SIGTERM)
        rest = list(lines)
    assert "got 15" in rest
    assert rest[-1] == "##vso[task.complete result=Canceled;]tiny-run: exit code 130"
    assert process.returncode == 130


def test_what_ended_well_in_spite_of_a_signal_succeeded(warm: Workplace) -> None:
    with warm.start(INPUT_MODE="wait", INPUT_CODE="0") as process:
        lines = _lines(process)
        _until_ready(lines)
        process.send_signal(signal.SIGINT)
        list(lines)
    assert process.returncode == 0


@pytest.mark.parametrize("number", SIGNALS)
def test_cancelled_while_the_environment_is_made(
    workplace: Workplace, index: Index, number: int
) -> None:
    workplace.lock(*(workplace.add_package(name, "1.0", "VERSION = '1.0'\n") for name in PAIR))
    index.gate.clear()
    with workplace.start(TF_BUILD="True") as process:
        for _ in PAIR:  # two pips, side by side
            assert index.arrived.acquire(timeout=TIME_OUT)
        started = psutil.Process(process.pid).children(recursive=True)
        assert len(started) >= len(PAIR)
        process.send_signal(number)
        process.send_signal(number)
        out, _ = process.communicate(timeout=TIME_OUT)
    assert process.returncode == 128 + number
    assert out.splitlines()[-1].startswith("##vso[task.complete result=Canceled;]cancelled by SIG")
    assert not workplace.environments
    _, alive = psutil.wait_procs([one for one in started if runs(one)], timeout=TIME_OUT)
    assert not [one for one in alive if runs(one)]


def test_cancelled_while_another_job_makes_it(workplace: Workplace, index: Index) -> None:
    index.gate.clear()
    with workplace.start() as maker:
        assert index.asked.wait(TIME_OUT)
        with workplace.start() as waiter:
            assert next(_lines(waiter)).startswith("modelyard: waiting for another job")
            waiter.send_signal(signal.SIGTERM)
            assert waiter.wait(TIME_OUT) == 143
        index.gate.set()
        maker.communicate(timeout=TIME_OUT)
    assert maker.returncode == 0


@pytest.mark.parametrize("number", SIGNALS)
def test_cancelled_while_a_python_hangs(workplace: Workplace, index: Index, number: int) -> None:
    python = workplace.root / "bin" / "python3"
    python.unlink()
    hang = f"import urllib.request; urllib.request.urlopen('{index.url}')"
    python.write_text(f'#!/bin/sh\ntrap "" INT TERM\n"{BASE}" -I -c "{hang}"\n')
    python.chmod(0o755)
    index.gate.clear()
    with workplace.start() as process:
        assert index.asked.wait(TIME_OUT)
        started = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(number)
        assert process.wait(5) == 128 + number  # it would have had 7 s
    psutil.wait_procs([one for one in started if runs(one)], timeout=TIME_OUT)
    assert not [one for one in started if runs(one)]


STUBBORN = """
import signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", file=sys.stderr, flush=True)
while True:
    signal.pause()
"""
COLLECTED = """
const { collected } = require(process.argv[1] + "/child.js");
const signals = require(process.argv[1] + "/signals.js").listen();
const options = { env: process.env, signals, stdio: ["ignore", "pipe", "inherit"] };
collected(process.argv[2], ["-c", process.argv[3]], options)
  .catch((error) => console.log(error.message))
  .finally(() => signals.stop());
"""


def test_an_installer_that_does_not_listen_is_killed() -> None:
    command = [node(), "-e", COLLECTED, str(LAUNCHER), str(BASE), STUBBORN]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "ready\n"
        (stubborn,) = psutil.Process(process.pid).children()
        process.send_signal(signal.SIGTERM)
        try:
            out, _ = process.communicate(timeout=TIME_OUT / 2)
        finally:
            if alive := runs(stubborn):
                stubborn.kill()
    assert out == "cancelled by SIGTERM\n"
    assert not alive
