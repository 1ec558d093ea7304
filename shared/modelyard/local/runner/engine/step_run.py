"""Running one step to its result: attempts, timeouts, ``continueOnError``.

Source: the agent's ``StepsRunner.cs`` and ``RetryHelper.cs`` (a failed task is tried again after 1,
4, 9 ... seconds); learn.microsoft.com, ``yaml-schema/steps-task``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from modelyard.local.runner.builtin.artifacts import ArtifactError
from modelyard.local.runner.engine.cancellation import StepCancellation
from modelyard.local.runner.engine.cancellation import pause as pause_for
from modelyard.local.runner.engine.checkout import check_out
from modelyard.local.runner.engine.connections import NoConnection, connected
from modelyard.local.runner.engine.events import Line, Reason, RunPath
from modelyard.local.runner.engine.execution import Execution
from modelyard.local.runner.engine.outcomes import Output, forgiven
from modelyard.local.runner.engine.run_state import RunState
from modelyard.local.runner.engine.step_settings import number, restricted, truth
from modelyard.local.runner.engine.surrounding import WORKING, StepSurrounding, run_builtin
from modelyard.local.runner.engine.tasks import Task
from modelyard.local.runner.engine.uploads import keep
from modelyard.local.runner.engine.working_copy import CheckoutFailed
from modelyard.local.runner.job import Job, Result
from modelyard.local.runner.pipeline.plan import CHECKOUT, Step
from modelyard.local.runner.pipeline.steps import RETRIES
from modelyard.local.runner.step_commands import StepCommands
from modelyard.local.runner.step_report import Issue
from modelyard.local.runner.task_definition import Handler, Restrictions, TaskDefinition
from modelyard.local.runner.task_environment import TaskStep, resolve_inputs
from modelyard.local.runner.variables import Variables
from modelyard.runner_errors import TaskError


@dataclass
class StepEnd:
    """What came of a step."""

    result: Result
    note: str = ""
    issues: tuple[Issue, ...] = ()
    outputs: dict[str, Output] = field(default_factory=dict)
    """By ``step.variable``."""
    task_variables: Variables = field(default_factory=Variables)


class StepRun:
    """One step of a job that is running."""

    def __init__(
        self,
        run: RunState,
        job: Job,
        step: Step,
        task: Task | None,
        path: RunPath,
        *,
        title: str,
        siblings: tuple[Step, ...],
    ) -> None:
        """
        :param task: None for a checkout.
        :param siblings: all steps of the job.
        """
        self._run, self._job, self._step, self._task = run, job, step, task
        self._path, self.title, self._siblings = path, title, siblings
        self._id = run.build.id_of("step", *path)
        self._definition = restricted(task.definition if task else _CHECKOUT, step.target)

    def at(self, path: RunPath) -> StepRun:
        """The same step, with a log of its own: that of its release."""
        return StepRun(
            self._run,
            self._job,
            self._step,
            self._task,
            path,
            title=self.title,
            siblings=self._siblings,
        )

    def log(self, line: str) -> None:
        """Write to the step's log, which is masked already; an issue may have several lines."""
        for count, one in enumerate(line.splitlines() or [""]):
            self._run.emit(Line(self._path, one, continues=count > 0))

    def run(self, cancelled: StepCancellation) -> StepEnd:
        """Run it, as often as it says. Errors of its own are in its log.

        :raises TaskError: when what it says of itself can't be understood.
        """
        retries = min(number(self._step.retry_count, self._job.variables), RETRIES)
        forgives = truth(self._step.continue_on_error, self._job.variables)
        attempt = 0
        while True:
            end = self._attempt(Variables(), cancelled)
            if end.result is not Result.FAILED or attempt >= retries or cancelled.is_set():
                break
            attempt += 1
            seconds = attempt**2
            self.log(
                f"##[warning]the task failed; attempt {attempt} of {retries} to do it again "
                f"follows in {seconds} s"
            )
            pause_for(self._run.clock, seconds, cancelled.is_set)
        end = self._judged(end, cancelled)
        end.result = forgiven(end.result, forgives)
        return end

    def release(self, variables: Variables, cancelled: StepCancellation) -> StepEnd:
        """Run the task's post-job handler."""
        end = self._attempt(variables, cancelled, post_job=True)
        return self._judged(end, cancelled)

    def _judged(self, end: StepEnd, cancelled: StepCancellation) -> StepEnd:
        if not cancelled.is_set():
            return end
        reason = cancelled.reason or Reason.CANCELED
        self.log(reason.line)
        end.issues = (*end.issues, Issue("error", f"cancelled: {reason.value}"))
        end.note = reason.value
        end.result = Result.FAILED if reason is Reason.TIMED_OUT else Result.CANCELED
        return end

    def _attempt(
        self, task_variables: Variables, cancelled: StepCancellation, *, post_job: bool = False
    ) -> StepEnd:
        commands = StepCommands(
            self._definition,
            self._step.name,
            self._job,
            task_variables,
            self.log,
            StepSurrounding(self._run, self._path, lambda: execution),
        )
        step = self._task_step()
        inputs = resolve_inputs(
            self._definition,
            self._step.inputs if self._task else {},
            self._job.variables.with_more(step.variables()),
            self._job.inherited,
            root=WORKING,
        )
        execution = Execution(
            self._definition,
            step,
            self._job,
            inputs,
            commands,
            cancelled,
            self._job.endpoints,
            self._run.settings.patience,
        )
        try:
            result = self._perform(execution, inputs, post_job)
        except (NoConnection, CheckoutFailed, TaskError) as error:
            result = execution.failed(str(error))
        report = commands.report
        for upload in report.uploads:
            try:
                keep(self._run, self._path, upload)
            except ArtifactError as error:
                result = execution.failed(str(error))
        outputs = {name: self._output(name) for name in commands.variables.outputs}
        with self._run.collected.lock:
            if plain := {name: one.value for name, one in outputs.items() if not one.secret}:
                self._run.collected.outputs[self._path] = plain
            self._run.collected.tags += [
                one for one in report.tags if one not in self._run.collected.tags
            ]
        return StepEnd(
            result,
            commands.note,
            tuple(report.issues),
            {f"{self._step.name}.{name}": one for name, one in outputs.items()},
            commands.variables.task_variables,
        )

    def _perform(self, execution: Execution, inputs: dict[str, str], post_job: bool) -> Result:
        if self._task is None:
            check_out(
                self._step,
                self._siblings,
                self._run.plan,
                self._job,
                execution.commands.report.show,
                in_place=self._run.settings.in_place,
            )
            return Result.SUCCEEDED
        self._connect(inputs)
        execution = replace(execution, endpoints=self._job.endpoints)
        if self._task.builtin is not None:
            return run_builtin(self._run, self._path, execution, self._task.builtin)
        definition = self._definition
        handler = definition.post_job if post_job else definition.execution
        code = execution.run_handler(handler or definition.execution, self._run.settings.node)
        return execution.outcome(code)

    def _connect(self, inputs: dict[str, str]) -> None:
        project = self._run.build.project
        for one in connected(self._definition, inputs, self._run.services, project):
            if one.id not in [known.id for known in self._job.endpoints]:
                self._job.endpoints = (*self._job.endpoints, one)
                for secret in one.secrets:
                    self._job.masker.add(secret)

    def _output(self, name: str) -> Output:
        one = self._job.variables.find(f"{self._step.name}.{name}")
        return Output(one.value if one else "", secret=bool(one and one.secret))

    def _task_step(self) -> TaskStep:
        return TaskStep(
            name=self._step.name,
            inputs=self._step.inputs,
            environment=self._step.env,
            display_name=self.title,
            id=self._id,
        )


_CHECKOUT = TaskDefinition(
    folder=Path(__file__).parent,
    id="6d15af64-176c-496d-b583-fd2ae21d4df4",
    name=CHECKOUT,
    version="1.0.0",
    inputs=(),
    execution=Handler("AgentPlugin", Path(__file__)),
    restrictions=Restrictions(),
)
"""The agent's own; it has no folder, and nothing to start."""
