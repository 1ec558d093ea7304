"""An operation's secret output, in later steps: whatever form it is printed in, it is masked.

No operation has a secret output yet: a script that runs one of its own plays it, as a task and
as an action.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from pathlib import Path

import pytest

from modelyard.local.runner.job import Job, Result
from modelyard.local.runner.task_environment import TaskStep
from modelyard.local.runner.variables import Variable
from parity.act import Runner
from parity.checkout import ROOT
from parity.task_run import run_task
from task_folders import write_task

SECRET = 'first "line" of it\nsecond line; with ] and %0A\n\tthird\\line'
LINES = [line.strip() for line in SECRET.splitlines()]
PLAIN = "plain %AZP25 %25 %0A %0D ; ] , : = \\ \u2028 end\r\nnext\n"
OPERATION = """
import sys
from dataclasses import dataclass

from modelyard.ci.detection import detect
from modelyard.execution import execute
from modelyard.operation import Operation, given, result


@dataclass(frozen=True)
class Inputs:
    folder: str = given("Folder of the texts.")


@dataclass(frozen=True)
class Outputs:
    password: str | None = result("A secret; always set.", secret=True)
    plain: str | None = result("No secret; always set.")


def run(inputs, context):
    def text(name):
        with open(f"{inputs.folder}/{name}", encoding="utf-8", newline="") as file:
            return file.read()

    context.publish(password=text("secret"))
    context.log.info("the secret is %s", text("secret"))
    return Outputs(password=text("secret"), plain=text("plain"))


operation = Operation("own", "T", "D", "Azure", "", Inputs, Outputs, run)
sys.exit(execute(operation, {"folder": sys.argv[1]}, detect(), from_ci=False))
"""


def texts() -> list[str]:
    """What a careless step may print."""
    return [
        *LINES,
        *(json.dumps(line)[1:-1] for line in LINES),
        *(base64.b64encode(line.encode()).decode() for line in LINES),
        base64.b64encode(SECRET.encode()).decode(),
        *(base64.b64encode(f"user:{line}".encode()).decode() for line in LINES),
    ]


def assert_hidden(shown: str) -> None:
    for line in LINES:
        assert line not in shown
        assert json.dumps(line)[1:-1] not in shown
        assert base64.b64encode(line.encode()).decode().rstrip("=") not in shown
        for user in ("user:", "me:", "u:"):
            whole = base64.b64encode(f"{user}{line}".encode()).decode()
            assert whole not in shown


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "texts"
    made.mkdir()
    for name, text in (("secret", SECRET), ("plain", PLAIN), ("careless", "\n".join(texts()))):
        (made / name).write_bytes(text.encode())
    (made / "operation.py").write_text(OPERATION)
    return made


def starting(folder: Path) -> str:
    """JavaScript that runs the operation."""
    command = json.dumps([str(folder / "operation.py"), str(folder)])
    environment = f"{{...process.env, PYTHONPATH: {json.dumps(str(ROOT / 'shared'))}}}"
    return (
        f"const done = require('child_process').spawnSync({json.dumps(sys.executable)}, {command},"
        f" {{stdio: 'inherit', env: {environment}}}); process.exitCode = done.status;"
    )


def careless(folder: Path) -> str:
    """JavaScript that prints what it should not."""
    path = json.dumps(str(folder / "careless"))
    return f"console.log(require('fs').readFileSync({path}, 'utf8'))"


def test_as_a_task(job: Job, folder: Path, tmp_path: Path) -> None:
    log: list[str] = []
    first = write_task(tmp_path / "first", starting(folder))
    done = run_task(first, TaskStep("own"), job, log.append)
    assert done.result is Result.SUCCEEDED, log
    assert done.outputs == {"password": SECRET, "plain": PLAIN}
    second = write_task(tmp_path / "second", careless(folder))
    assert run_task(second, TaskStep("next"), job, log.append).result is Result.SUCCEEDED
    assert len(log) > len(texts())
    assert_hidden("\n".join(log))
    assert "".join(log).count("***") >= len(texts())
    found = job.variables.find("own.password")
    assert found is not None
    assert found.secret
    # Secrets of several lines are refused again from here on.
    assert not job.variables.is_true("SYSTEM_UNSAFEALLOWMULTILINESECRET")


def test_a_secret_of_several_lines_is_an_input_of_the_next_step(
    job: Job, folder: Path, tmp_path: Path
) -> None:
    run_task(write_task(tmp_path / "first", starting(folder)), TaskStep("own"), job, [].append)
    job.variables.set(Variable("expected", SECRET, secret=True))
    second = write_task(
        tmp_path / "second",
        "process.exitCode = process.env.INPUT_X === process.env.SECRET_EXPECTED ? 0 : 1",
        inputs=[{"name": "x", "type": "string"}],
    )
    step = TaskStep("next", {"x": "$(own.password)"})
    assert run_task(second, step, job, [].append).result is Result.SUCCEEDED


def test_as_an_action(folder: Path, tmp_path: Path, checkout: Path, tools: Path) -> None:
    files = tmp_path / "files"
    for name, script in (("first", starting(folder)), ("second", careless(folder))):
        (files / name).mkdir(parents=True)
        (files / name / "main.js").write_text(script)
        (files / name / "action.yml").write_text(
            "name: x\ndescription: x\nruns: {using: node24, main: main.js}\n"
        )
    # act differs from the runner: it drops the returns of line ends, and undoes the escapes of
    # ::add-mask:: in an order that makes a line end of "%0A" in a secret.
    (folder / "plain").write_bytes(PLAIN.replace("\r", "").encode())
    for name in ("secret", "careless"):
        path = folder / name
        path.write_bytes(path.read_bytes().replace(b" and %0A", b" and %"))
    equal = "process.exitCode = process.env.X === require('fs').readFileSync({}, 'utf8') ? 0 : 1"
    steps = [
        {"uses": "actions/checkout@v4"},
        {"id": "own", "uses": "./first"},
        {"id": "next", "uses": "./second"},
        *(
            {
                "id": f"same-{name}",
                "env": {"X": f"${{{{ steps.own.outputs.{output} }}}}"},
                "run": f'node -e "{equal.format(repr(str(folder / name)))}"',
            }
            for name, output in (("secret", "password"), ("plain", "plain"))
        ),
    ]
    done = Runner(checkout, tools, os.environ).run(steps, files=files)
    assert done.steps["own"].code == 0, done.log
    assert done.code == 0, done.log
    assert len(done.steps["next"].lines) >= len(texts())
    for step in done.steps.values():
        assert_hidden("\n".join(step.lines))
    assert "\n".join(done.steps["next"].lines).count("***") >= len(texts())
