"""Running the program or the code that a step is.

Source: the agent's ``TaskRunner.cs``, ``NodeHandler.cs`` and ``StepsRunner.cs``. Scripts don't see
what the agent tells a task alone: secrets, inputs and connections, as task-lib hides them.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from modelyard.local.runner import task_process
from modelyard.local.runner.builtin.artifacts import ArtifactError, ArtifactStore
from modelyard.local.runner.builtin.coverage import Coverage
from modelyard.local.runner.builtin.step import TASK_ONLY, Command, StepContext, StepFailed
from modelyard.local.runner.builtin.task import BuiltinTask
from modelyard.local.runner.builtin.test_run import TestRun
from modelyard.local.runner.engine.programs import run_program
from modelyard.local.runner.job import Job, Result, merged
from modelyard.local.runner.output_lines import Line
from modelyard.local.runner.service_endpoints import Endpoint
from modelyard.local.runner.step_commands import StepCommands
from modelyard.local.runner.step_report import Issue
from modelyard.local.runner.task_definition import Handler, TaskDefinition
from modelyard.local.runner.task_environment import TaskStep, task_environment
from modelyard.local.runner.task_process import Patience
from modelyard.runner_errors import TaskError

_SHOWN = 1 << 16
"""Characters that are shown of a line that is too long to be kept whole. Fewer than are kept:
a secret that the cut goes through is masked before."""


@dataclass(frozen=True)
class Execution:
    """One attempt at a step."""

    definition: TaskDefinition
    step: TaskStep
    job: Job
    inputs: Mapping[str, str]
    commands: StepCommands
    cancelled: threading.Event
    endpoints: tuple[Endpoint, ...]
    """Of the job, and those that the step names."""
    patience: Patience | None = None

    def environment(self) -> dict[str, str]:
        """What a task's process gets."""
        return task_environment(
            self.definition,
            self.step,
            self.inputs,
            variables=self.job.variables.with_more(self.step.variables()),
            task_variables=self.commands.variables.task_variables,
            endpoints=self.endpoints,
            prepended_path=self.job.prepended_path,
            inherited=self.job.inherited,
        )

    @property
    def folder(self) -> Path:
        return Path(self.job.variables.value("System.DefaultWorkingDirectory"))

    def run_handler(self, handler: Handler, node: str = "") -> int:
        """A task's handler, a program for Node; returns its exit code, see :meth:`outcome`.

        :param node: the program to use; else the one on the agent's PATH.
        :raises TaskError: when there is no Node, or it can't be started.
        """
        found = shutil.which(node or "node", path=self.job.inherited.get("PATH"))
        if found is None:
            raise TaskError("Node isn't on PATH; tasks need version 20 or newer")
        folder = Path(handler.working_directory) if handler.working_directory else self.folder
        try:
            return task_process.run(
                [found, str(handler.target)],
                environment=self.environment(),
                folder=folder,
                take=self._take,
                cancelled=self.cancelled.is_set,
                finished=lambda: self.commands.done,
                patience=self.patience,
            )
        except task_process.NotStarted as error:
            raise TaskError(str(error)) from error

    def outcome(self, code: int) -> Result:
        """How the step ended whose handler ended with this exit code."""
        if code and not self.commands.done and not self.cancelled.is_set():
            return self.failed(f"the task's process ended with exit code {code}")
        return self.result()

    def run_builtin(
        self,
        task: BuiltinTask,
        artifacts: ArtifactStore,
        add_tests: Callable[[TestRun], None],
        add_coverage: Callable[[Coverage], None],
    ) -> Result:
        """A task that is built in."""
        context = StepContext(
            variables=self.job.variables.with_more(self.step.variables()),
            environment=_visible(self.environment()),
            folder=self.folder,
            temporary=self.job.folders.temporary,
            show=self.commands.report.show,
            obey=self.commands.take,
            execute=self._execute,
            artifacts=artifacts,
            add_tests=add_tests,
            add_coverage=add_coverage,
            endpoints=self.endpoints,
            cancelled=self.cancelled,
        )
        try:
            if task.command is not None:
                command = task.command(self.inputs, context)
                context.log(command.title or " ".join(command.arguments))
                code = context.execute(command)
                if code and not self.cancelled.is_set():
                    return self.failed(command.failure.replace("{code}", str(code)))
            elif task.run is not None:
                task.run(self.inputs, context)
            else:
                return self.failed(f"{task.name} runs in a job with pool: server only")
        except (StepFailed, ArtifactError) as error:
            if not self.cancelled.is_set():
                return self.failed(str(error))
        return self.result()

    def failed(self, why: str) -> Result:
        """The step has failed; its log says why."""
        self.commands.report.add_issue(Issue("error", why))
        return merged(self.commands.result, Result.FAILED)

    def result(self) -> Result:
        """What the step said of itself, where its program didn't fail."""
        result = self.commands.result
        if self.commands.command_result is not None:
            result = merged(result, self.commands.command_result)
        return Result.SUCCEEDED if result is None else result

    def _execute(self, command: Command) -> int:
        return run_program(
            command,
            environment=_visible(self.environment()),
            temporary=self.job.folders.temporary,
            take=self._take,
            show=self._show,
            cancelled=self.cancelled,
            patience=self.patience,
        )

    def _take(self, line: Line) -> None:
        if line.left_out:
            self._show(line)
        elif not self.commands.done:
            self.commands.take(line.text)

    def _show(self, line: Line) -> None:
        masked = replace(line, text=self.job.masker.mask(line.text))
        self.commands.report.show(masked.text[:_SHOWN])
        if line.left_out or len(masked.text) > _SHOWN:
            count = len(line.text.encode()) + line.left_out
            self.commands.report.show(
                f"##[warning]the line above goes on: only {_SHOWN} characters of its {count} bytes "
                "are shown, and no command in it is obeyed"
            )


def _visible(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: one for name, one in environment.items() if not name.startswith(TASK_ONLY)}
