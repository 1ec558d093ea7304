"""Running a task's handlers, as the agent runs a step.

Source: the agent's ``TaskRunner.cs``, ``NodeHandler.cs`` and ``StepsRunner.cs``.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from modelyard.local.runner import task_process
from modelyard.local.runner.exceptions import TaskError
from modelyard.local.runner.job import Job, Log, Result, merged
from modelyard.local.runner.output_lines import Line
from modelyard.local.runner.step_commands import StepCommands
from modelyard.local.runner.step_report import Issue, Upload
from modelyard.local.runner.task_definition import Handler, TaskDefinition
from modelyard.local.runner.task_environment import Step, resolve_inputs, task_environment
from modelyard.local.runner.task_process import Patience
from modelyard.local.runner.variables import Variable, Variables

SHOWN = 1 << 16
"""Characters that are shown of a line that is too long to be kept whole. Fewer than are kept:
a secret that the cut goes through is masked before."""


@dataclass(frozen=True)
class StepResult:
    """What came of a step."""

    result: Result
    exit_code: int
    """Of the handler's process; negative where a signal ended it."""
    outputs: dict[str, str]
    """The output variables, by their names as the task wrote them."""
    task_variables: Variables
    """For the post-job handler of the same step."""
    uploads: tuple[Upload, ...]
    issues: tuple[Issue, ...]
    """The first ten of each kind."""
    tags: tuple[str, ...]

    @property
    def summaries(self) -> tuple[Path, ...]:
        """The Markdown files for the run's summary."""
        return tuple(one.path for one in self.uploads if one.kind == "summary")


def run_task(
    definition: TaskDefinition,
    step: Step,
    job: Job,
    log: Log,
    *,
    cancelled: threading.Event | None = None,
    patience: Patience | None = None,
    node: str = "",
) -> StepResult:
    """Run the task and change the job as it says.

    :param log: gets every line, masked, as it comes.
    :param cancelled: set it to cancel the step.
    :param node: the program to use; else the one on the agent's PATH.
    :raises TaskError: when there is no Node.
    """
    return _run(
        definition, definition.execution, step, job, log, (), cancelled, patience, _node(job, node)
    )


def run_post_job(
    definition: TaskDefinition,
    step: Step,
    job: Job,
    log: Log,
    task_variables: Iterable[Variable],
    *,
    cancelled: threading.Event | None = None,
    patience: Patience | None = None,
    node: str = "",
) -> StepResult | None:
    """Run the task's post-job handler; None where it has none.

    :param task_variables: of the same step's :func:`run_task`.
    :raises TaskError: when there is no Node.
    """
    if definition.post_job is None:
        return None
    kept = tuple(task_variables)
    return _run(
        definition, definition.post_job, step, job, log, kept, cancelled, patience, _node(job, node)
    )


def _run(
    definition: TaskDefinition,
    handler: Handler,
    step: Step,
    job: Job,
    log: Log,
    task_variables: Iterable[Variable],
    cancelled: threading.Event | None,
    patience: Patience | None,
    node: str,
) -> StepResult:
    cancelled = cancelled or threading.Event()
    variables = job.variables.with_more(step.variables())
    inputs = resolve_inputs(definition, step.inputs, variables, job.inherited)
    commands = StepCommands(definition, step.name, job, Variables(task_variables), log)

    def take(line: Line) -> None:
        if line.left_out:
            _show_part(line, job, log)
        elif not commands.done:
            commands.take(line.text)

    code = task_process.run(
        [node, str(handler.target)],
        environment=task_environment(
            definition,
            step,
            inputs,
            variables=variables,
            task_variables=commands.task_variables,
            endpoints=job.endpoints,
            prepended_path=job.prepended_path,
            inherited=job.inherited,
        ),
        folder=Path(handler.working_directory or variables.value("System.DefaultWorkingDirectory")),
        take=take,
        cancelled=cancelled,
        finished=lambda: commands.done,
        patience=patience,
    )
    result = _result(commands, code, cancelled=cancelled.is_set())
    return StepResult(
        result=result,
        exit_code=code,
        outputs=commands.outputs,
        task_variables=commands.task_variables,
        uploads=tuple(commands.report.uploads),
        issues=tuple(commands.report.issues),
        tags=tuple(commands.report.tags),
    )


def _result(commands: StepCommands, code: int, *, cancelled: bool) -> Result:
    result = commands.result
    if cancelled:
        result = Result.CANCELED
    elif code and not commands.done:
        commands.report.add_issue(Issue("error", f"the task's process ended with exit code {code}"))
        result = Result.FAILED
    if commands.command_result is not None:
        result = merged(result, commands.command_result)
    return Result.SUCCEEDED if result is None else result


def _show_part(line: Line, job: Job, log: Log) -> None:
    masked = job.masker.mask(line.text)
    kept = len(line.text.encode())
    log(masked[:SHOWN])
    log(
        f"##[warning]the line above goes on: only {SHOWN} characters of its "
        f"{kept + line.left_out} bytes are shown, and no command in it is obeyed"
    )


def _node(job: Job, node: str) -> str:
    found = shutil.which(node or "node", path=job.inherited.get("PATH"))
    if found is None:
        raise TaskError("Node isn't on PATH; tasks need version 20 or newer")
    return found
