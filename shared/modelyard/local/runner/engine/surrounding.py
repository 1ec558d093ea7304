"""What a step does to its run beside its result: progress, test results, coverage, the number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from modelyard.local.runner.builtin.task import BuiltinTask
from modelyard.local.runner.engine.events import Progress, RunPath
from modelyard.local.runner.engine.execution import Execution
from modelyard.local.runner.engine.run_state import RunState
from modelyard.local.runner.job import Result
from modelyard.local.runner.task_environment import resolve_inputs

WORKING = "System.DefaultWorkingDirectory"
"""Where paths in inputs begin: a job may check several repositories out, and then it is the folder
above them (the agent's ``BuildJobExtension.cs``, ``GetRootedPath``)."""


@dataclass(frozen=True)
class StepSurrounding:
    """See :class:`modelyard.local.runner.step_commands.Surrounding`."""

    run: RunState
    path: RunPath
    execution: Callable[[], Execution]
    """Of the step whose commands these are."""

    def progress(self, percent: int, text: str) -> None:
        self.run.emit(Progress(self.path, percent, text))

    def number(self, number: str) -> None:
        self.run.number = self.run.masker.mask(number)

    def publish(self, reference: str, inputs: Mapping[str, str]) -> None:
        execution = self.execution()
        name, _, version = reference.partition("@")
        task = self.run.tasks.find(name, version)
        if task is None or task.builtin is None:
            execution.failed(f"{reference} isn't there to publish with")
            return
        job = execution.job
        given = resolve_inputs(task.definition, inputs, job.variables, job.inherited, root=WORKING)
        inner = replace(execution, definition=task.definition, inputs=given)
        run_builtin(self.run, self.path, inner, task.builtin)


def run_builtin(run: RunState, path: RunPath, execution: Execution, task: BuiltinTask) -> Result:
    """Run a task that is built in; what it collects is the run's."""
    collected = run.collected
    return execution.run_builtin(
        task,
        run.artifacts,
        lambda tests: collected.tests.append((path, tests)),
        lambda coverage: collected.coverage.append((path, coverage)),
    )
