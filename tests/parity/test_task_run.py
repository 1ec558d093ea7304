from __future__ import annotations

import os
import signal
import threading
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from modelyard.local.runner.job import Job, Result
from modelyard.local.runner.task_definition import TaskDefinition
from modelyard.local.runner.task_environment import TaskStep
from modelyard.local.runner.task_process import Patience
from modelyard.local.runner.variables import Variable
from modelyard.runner_errors import TaskError
from parity.task_run import StepResult, run_post_job, run_task
from task_folders import NewTask

QUICK = Patience(interrupt=0.3, terminate=0.3, streams=0.5)


@dataclass
class Log:
    """The lines; sets an event at one of them."""

    until: str = ""
    reached: threading.Event = field(default_factory=threading.Event)
    lines: list[str] = field(default_factory=list)

    def __call__(self, line: str) -> None:
        self.lines.append(line)
        if self.until and self.until in line:
            self.reached.set()


def run(task: TaskDefinition, job: Job, log: Log | None = None, **inputs: str) -> StepResult:
    return run_task(task, TaskStep("one", inputs), job, log or Log(), patience=QUICK)


def test_a_task_that_tells_and_sets(new_task: NewTask, job: Job) -> None:
    log = Log()
    task = new_task(
        "console.log('hello ' + process.env.INPUT_WHO); console.error('to stderr');"
        "console.log('##vso[task.setvariable variable=x;isOutput=true]1%0A2');"
        "console.log('##vso[task.setsecret]hush'); console.log('hush');"
        "process.stdout.write('end')",
        inputs=[{"name": "who", "type": "string"}],
    )
    done = run(task, job, log, who="you")
    assert done.result is Result.SUCCEEDED
    assert done.exit_code == 0
    assert done.outputs == {"x": "1\n2"}
    assert sorted(log.lines) == ["***", "end", "hello you", "to stderr"]


@pytest.mark.parametrize(
    ("script", "result", "code"),
    [
        ("process.exit(7)", Result.FAILED, 7),
        ("console.log('##vso[task.complete result=Failed]')", Result.FAILED, 0),
        ("console.log('##vso[task.complete result=Succeeded]'); process.exitCode = 1",
         Result.FAILED, 1),
        ("console.log('##vso[task.nothing]')", Result.FAILED, 0),
        ("console.log('##vso[task.complete result=SucceededWithIssues]')",
         Result.SUCCEEDED_WITH_ISSUES, 0),
    ],
)  # fmt: skip
def test_results(new_task: NewTask, job: Job, script: str, result: Result, code: int) -> None:
    done = run(new_task(script), job)
    assert (done.result, done.exit_code) == (result, code)


def test_the_release_step_has_the_state_and_the_jobs_status(new_task: NewTask, job: Job) -> None:
    task = new_task(
        "console.log('##vso[task.settaskvariable variable=S]kept'); process.exit(1)",
        post="console.log(process.env.VSTS_TASKVARIABLE_S, process.env['agent.jobstatus'])",
    )
    done = run(task, job)
    job.set_result(done.result)
    log = Log()
    after = run_post_job(task, TaskStep("one"), job, log, done.task_variables, patience=QUICK)
    assert after is not None
    assert after.result is Result.SUCCEEDED
    assert log.lines == ["kept Failed"]


def test_no_release_step(new_task: NewTask, job: Job) -> None:
    assert run_post_job(new_task(), TaskStep("one"), job, Log(), ()) is None


@pytest.mark.parametrize(("signals", "code"), [(("SIGINT",), 130), (("SIGTERM",), 143), ((), 137)])
def test_cancelling(new_task: NewTask, job: Job, signals: tuple[str, ...], code: int) -> None:
    ignored = {"SIGINT", "SIGTERM"} - set(signals)
    script = "".join(f"process.on('{one}', () => {{}});" for one in ignored)
    script += "".join(f"process.on('{one}', () => process.exit({code}));" for one in signals)
    task = new_task(f"{script} setInterval(() => {{}}, 1000); console.log('ready')")
    log = Log(until="ready")
    done = run_task(task, TaskStep("one"), job, log, cancelled=log.reached, patience=QUICK)
    assert done.result is Result.CANCELED
    assert done.exit_code == code


def test_who_holds_the_output_after_the_end_is_not_waited_for_long(
    new_task: NewTask, job: Job
) -> None:
    task = new_task(
        "const c = require('child_process').spawn('sleep', ['600'], {stdio: 'inherit'});"
        "console.log(c.pid); c.unref(); process.exit(0)"
    )
    log = Log()
    assert run(task, job, log).result is Result.SUCCEEDED
    [pid] = log.lines
    assert psutil.pid_exists(int(pid))  # it lives until the job ends
    os.kill(int(pid), signal.SIGKILL)


def test_a_task_that_says_it_is_done_is_not_waited_for(new_task: NewTask, job: Job) -> None:
    task = new_task(
        "console.log('##vso[task.complete result=Succeeded;done=true]');"
        "setInterval(() => console.log('more'), 50)"
    )
    assert run(task, job).result is Result.SUCCEEDED


def test_a_line_without_end_is_shown_in_part_and_obeyed_in_no_part(
    new_task: NewTask, job: Job
) -> None:
    log = Log()
    task = new_task(
        "process.stdout.write('##vso[task.setvariable variable=x]' + 'y'.repeat(3e6) + '\\n');"
        "console.log('next')"
    )
    assert run(task, job, log).result is Result.SUCCEEDED
    assert job.variables.find("x") is None
    assert len(log.lines[0]) == 65536
    assert "3000034 bytes" in log.lines[1]
    assert log.lines[2] == "next"


def test_secret_variables_come_as_inputs_only(new_task: NewTask, job: Job) -> None:
    job.variables.set(Variable("token", "s3cret", secret=True))
    job.masker.add_job_secret("s3cret")
    log = Log()
    task = new_task(
        "console.log(process.env.TOKEN, process.env.INPUT_T === process.env.SECRET_TOKEN,"
        "process.env.INPUT_T)",
        inputs=[{"name": "t", "type": "string"}],
    )
    run(task, job, log, t="$(token)")
    assert log.lines == ["undefined true ***"]


def test_no_node(new_task: NewTask, job: Job, tmp_path: Path) -> None:
    job.inherited = {"PATH": str(tmp_path)}
    with pytest.raises(TaskError, match="Node isn't on PATH"):
        run(new_task(), job)
