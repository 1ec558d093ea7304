"""Running one task outside of a pipeline, as the agent runs a step.

Source: the agent's ``TaskRunner.cs``, ``NodeHandler.cs`` and ``StepsRunner.cs``.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from modelyard.local.runner.engine.execution import Execution
from modelyard.local.runner.job import Job, Log, Result
from modelyard.local.runner.step_commands import StepCommands
from modelyard.local.runner.step_report import Issue, Upload
from modelyard.local.runner.task_definition import Handler, TaskDefinition
from modelyard.local.runner.task_environment import TaskStep, resolve_inputs
from modelyard.local.runner.task_process import Patience
from modelyard.local.runner.variables import Variable, Variables


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
    step: TaskStep,
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
    return _run(definition, definition.execution, step, job, log, (), cancelled, patience, node)


def run_post_job(
    definition: TaskDefinition,
    step: TaskStep,
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
    return _run(definition, definition.post_job, step, job, log, kept, cancelled, patience, node)


def _run(
    definition: TaskDefinition,
    handler: Handler,
    step: TaskStep,
    job: Job,
    log: Log,
    task_variables: Iterable[Variable],
    cancelled: threading.Event | None,
    patience: Patience | None,
    node: str,
) -> StepResult:
    commands = StepCommands(definition, step.name, job, Variables(task_variables), log)
    variables = job.variables.with_more(step.variables())
    execution = Execution(
        definition,
        step,
        job,
        resolve_inputs(definition, step.inputs, variables, job.inherited),
        commands,
        cancelled or threading.Event(),
        job.endpoints,
        patience,
    )
    code = execution.run_handler(handler, node)
    result = execution.outcome(code)
    return StepResult(
        result=Result.CANCELED if execution.cancelled.is_set() else result,
        exit_code=code,
        outputs=commands.variables.outputs,
        task_variables=commands.variables.task_variables,
        uploads=tuple(commands.report.uploads),
        issues=tuple(commands.report.issues),
        tags=tuple(commands.report.tags),
    )
