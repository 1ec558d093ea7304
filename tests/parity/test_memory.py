"""Output without end: neither our console nor the runner of tasks grows with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from parity.checkout import ROOT
from task_folders import write_task

MEGABYTE = 1 << 20
MOST = 40 * MEGABYTE
"""How much more than before a process may use at its worst."""
LONG_LINE = (
    "const s = 'x'.repeat(1 << 20); for (let i = 0; i < 100; i++) require('fs').writeSync(1, s)"
)
MANY_LINES = (
    "const s = 'a line of the log\\n'.repeat(1000);"
    "for (let i = 0; i < 1000; i++) require('fs').writeSync(1, s)"
)
MEASURE = """
import resource


def worst():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
"""
RUNNER = """
import json, sys
from pathlib import Path
from modelyard.local.runner.job import start_job
from modelyard.local.runner.predefined_variables import Build, Folders
from modelyard.local.runner.task_definition import read
from modelyard.local.runner.task_environment import TaskStep
from parity.task_run import run_task

folder = Path(sys.argv[1])
job = start_job(Folders(folder / "work", folder / "tools"), Build())
for n in range(50):
    job.masker.add(f"secret number {n}")
run_task(read(folder / "small"), TaskStep("one"), job, lambda line: None)
before, lines = worst(), 0


def log(line):
    global lines
    lines += 1


done = run_task(read(folder / "large"), TaskStep("one"), job, log)
print(json.dumps({"result": done.result.text, "lines": lines, "grown": worst() - before}))
"""
CONSOLE = """
import json, sys
from modelyard.ci.azure_pipelines import AzurePipelines
from modelyard.ci.github_actions import GitHubActions

ci = {"azure": AzurePipelines, "github": GitHubActions}[sys.argv[1]]({})
ci.mask("some secret of ours")
ci.write("x" * 1000)
before = worst()
for _ in range(int(sys.argv[2])):
    ci.write("a line of the log")
print(json.dumps({"grown": worst() - before}), file=sys.stderr)
"""


def measured(script: str, *arguments: str, stderr: bool = False) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE + script, *arguments],
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'shared'}{os.pathsep}{ROOT / 'tests'}"},
        stdout=subprocess.DEVNULL if stderr else subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads((done.stderr if stderr else done.stdout).splitlines()[-1])
    return found


@pytest.mark.parametrize(("script", "lines"), [(LONG_LINE, 2), (MANY_LINES, 1_000_000)])
def test_the_runner_of_tasks(tmp_path: Path, script: str, lines: int) -> None:
    write_task(tmp_path / "small", "console.log('hello')")
    write_task(tmp_path / "large", script)
    found = measured(RUNNER, str(tmp_path))
    assert found["result"] == "Succeeded"
    assert found["lines"] == lines
    assert isinstance(found["grown"], int)
    assert found["grown"] < MOST


@pytest.mark.parametrize("system", ["azure", "github"])
def test_the_console(system: str) -> None:
    found = measured(CONSOLE, system, "1000000", stderr=True)
    assert isinstance(found["grown"], int)
    assert found["grown"] < MOST // 10
