"""One copy of a job, as an agent runs it: its steps one after another, then its release steps.

Source: the agent's ``JobExtension.cs`` (post-job steps in reverse order, their condition is always
true, also for a step that was skipped), ``StepsRunner.cs`` (conditions, the job's result).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from modelyard.local import process_family
from modelyard.local.runner.engine import faults
from modelyard.local.runner.engine.cancellation import (
    ABANDONED,
    JobCancellation,
    StepCancellation,
)
from modelyard.local.runner.engine.conditions import step_holds, why_step_skipped
from modelyard.local.runner.engine.connections import system_connection
from modelyard.local.runner.engine.copies import Copy
from modelyard.local.runner.engine.events import Ended, Line, Notice, RunPath, Started
from modelyard.local.runner.engine.outcomes import JobOutcome, Output
from modelyard.local.runner.engine.run_state import RunState
from modelyard.local.runner.engine.step_run import StepEnd, StepRun
from modelyard.local.runner.engine.step_settings import number, title
from modelyard.local.runner.engine.value_expansion import ValueExpansion, set_fact
from modelyard.local.runner.expressions import ExpressionError
from modelyard.local.runner.job import Job, Result, start_job
from modelyard.local.runner.own_folder import own_folder
from modelyard.local.runner.pipeline.plan import CHECKOUT, Step
from modelyard.local.runner.predefined_variables import Folders
from modelyard.local.runner.step_report import Issue
from modelyard.local.runner.variables import Variable, Variables

_CLEANS = "process.clean"
"""Variable that can be false: then what steps leave running outlives the job, as on an agent."""


@dataclass(frozen=True)
class _Release:
    """A post-job handler that is to run."""

    number: int
    step: Step
    run: StepRun
    title: str
    task_variables: Variables


@dataclass
class AgentJob:
    """One copy of a job."""

    run: RunState
    stage: str
    copy: Copy
    path: RunPath
    cancellation: JobCancellation
    job: Job
    values: ValueExpansion = field(default_factory=ValueExpansion)
    outputs: dict[str, Output] = field(default_factory=dict)
    releases: list[_Release] = field(default_factory=list)

    def perform(self) -> JobOutcome:
        """Run all of it."""
        steps = named_steps(one for one in self.copy.steps if one.enabled is not False)
        try:
            for count, step in enumerate(steps, 1):
                self._step(count, step)
        finally:
            # Always: also when the runner itself fails, what steps hold must not stay.
            self._release_all(len(steps))
        if self.cancellation.is_set():
            self.job.result = Result.CANCELED
        return JobOutcome(self.job.result, self._named_outputs())

    def _step(self, count: int, step: Step) -> None:
        path = (*self.path, str(count))
        warnings = list(self.values.update(self.job.variables, self.job.masker))
        named = self.job.masker.mask(title(step, self.job.variables))
        task = None if step.task == CHECKOUT else self.run.tasks.find(step.task, step.version)
        runner = StepRun(
            self.run, self.job, step, task, path, title=named, siblings=self.copy.steps
        )
        if task is not None and task.definition.post_job is not None:
            self.releases.append(_Release(count, step, runner, named, Variables()))
        self.run.emit(Started(path, named, self.run.clock.time()))
        for warning in warnings:
            runner.log(f"##[warning]{warning}")
        if self.cancellation.is_set():
            self._set_result(Result.CANCELED)
        try:
            if why := why_step_skipped(step, self.job.result, self.job.variables):
                self._end(path, StepEnd(Result.SKIPPED, why), named)
                return
            end = self._ran(runner, step)
        except Exception as error:  # noqa: BLE001 - the step has an end, whatever happens
            text = self.job.masker.mask(faults.told(error))
            runner.log(f"##[error]{text}")
            end = StepEnd(Result.FAILED, text, (Issue("error", text),))
        if self.releases and self.releases[-1].number == count:
            self.releases[-1] = replace(self.releases[-1], task_variables=end.task_variables)
        self.outputs |= end.outputs
        if end.result in (Result.SUCCEEDED_WITH_ISSUES, Result.FAILED):
            self._set_result(end.result)
        self._end(path, end, named)

    def _ran(self, runner: StepRun, step: Step) -> StepEnd:
        cancelled = StepCancellation(
            self.cancellation,
            self.run.clock,
            timeout=60.0 * number(step.timeout_minutes, self.job.variables),
            goes_on=lambda: self._goes_on(step),
        )
        runner.log(f"##[section]Starting: {self.job.masker.mask(runner.title)}")
        if step.target is not None and step.target.container not in ("", "host"):
            runner.log(
                f"##[warning]the container {step.target.container} isn't used: "
                "the step runs on this machine"
            )
        end = runner.run(cancelled)
        runner.log(f"##[section]Finishing: {self.job.masker.mask(runner.title)}")
        return end

    def _goes_on(self, step: Step) -> bool:
        """Whether a step's condition holds still when its job is cancelled."""
        self._set_result(Result.CANCELED)
        try:
            return step_holds(step, self.job.result, self.job.variables)
        except ExpressionError:
            return False  # as the agent does

    def _release_all(self, count: int) -> None:
        for release in reversed(self.releases):
            count += 1
            path = (*self.path, str(count))
            named = f"Post-job: {release.title}"
            runner = release.run.at(path)
            self.run.emit(Started(path, named, self.run.clock.time()))
            self.values.update(self.job.variables, self.job.masker)
            cancelled = StepCancellation(
                self.cancellation, self.run.clock, goes_on=lambda: True, asked=ABANDONED
            )
            end = runner.release(release.task_variables, cancelled)
            if end.result in (Result.SUCCEEDED_WITH_ISSUES, Result.FAILED):
                self._set_result(end.result)
            self._end(path, end, named)

    def _end(self, path: RunPath, end: StepEnd, named: str) -> None:
        if end.result is Result.SKIPPED and end.note:
            self.run.emit(Line(path, f"The step is skipped: {end.note}."))
        named = self.job.masker.mask(named)
        self.run.emit(Ended(path, end.result, self.run.clock.time(), end.note, end.issues, named))

    def _set_result(self, result: Result) -> None:
        if result is Result.CANCELED:
            self.job.result = Result.SUCCEEDED  # so that nothing worse is kept: cancelled it is
        self.job.set_result(result)

    def _named_outputs(self) -> dict[str, Output]:
        return {
            f"{prefix}{name}": output
            for prefix in self.copy.prefixes
            for name, output in self.outputs.items()
        }


def agent_job(
    run: RunState,
    stage: str,
    copy: Copy,
    path: RunPath,
    variables: Sequence[Variable],
    facts: Sequence[Variable],
    cancellation: JobCancellation,
) -> JobOutcome:
    """Run a copy of a job in folders of its own, which are gone afterwards."""
    work = own_folder(run.work, "-".join(path))
    build = replace(run.build, stage=stage, job=copy.name)
    access = run.services.start_job(
        build, build.id_of("plan"), build.id_of("job", stage, copy.name)
    )
    run.masker.add(access.token)
    family = process_family.new_name(run.settings.inherited, "job")
    agents = [
        *facts,
        *(Variable(name, value, read_only=True) for name, value in access.facts.items()),
        Variable("System.AccessToken", access.token, secret=True, read_only=True),
    ]
    job = start_job(
        Folders(work, run.settings.tool_folder),
        build,
        agents=agents,
        variables=variables,
        endpoints=[system_connection(build, access.token)],
        inherited={**run.settings.inherited, process_family.VARIABLE: family},
        masker=run.masker,
    )
    set_fact(job.variables, "Build.BuildNumber", run.number)
    try:
        return AgentJob(run, stage, copy, path, cancellation, job).perform()
    finally:
        if job.variables.value(_CLEANS, "true").strip().lower() != "false":
            _end_left_behind(run, path, family)
        shutil.rmtree(work, ignore_errors=True)


def _end_left_behind(run: RunState, path: RunPath, family: str) -> None:
    """What steps have started and left running, in sessions of its own too."""
    if left := process_family.living(family):
        run.emit(Notice(f"the job's steps left {len(left)} processes running: ended", path=path))
        process_family.kill(family, left)


def named_steps(steps: Iterable[Step]) -> list[Step]:
    """Steps that all have names: the service names those that have none by their task."""
    found: list[Step] = []
    used = set()
    for step in steps:
        name, count = step.name or step.task, 0
        while not step.name and name.lower() in used:
            count += 1
            name = f"{step.task}{count}"
        used.add(name.lower())
        found.append(replace(step, name=name, display_name=step.title))
    return found
