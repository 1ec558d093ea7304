"""One job of a stage: its variables and condition, then its copies, each on an agent.

Source: learn.microsoft.com, ``process/phases``, ``process/deployment-jobs``, ``process/conditions``
and ``process/runs`` ("Prepare to run a job").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from modelyard.local.runner.engine import contexts, faults
from modelyard.local.runner.engine.conditions import why_skipped
from modelyard.local.runner.engine.copies import BadStrategy, Copies, copies
from modelyard.local.runner.engine.copy_run import CopyRun
from modelyard.local.runner.engine.events import Ended, Notice, RunPath
from modelyard.local.runner.engine.hooks import rollout
from modelyard.local.runner.engine.job_variables import UnknownGroup, VariableScopes
from modelyard.local.runner.engine.late_settings import LateSettings
from modelyard.local.runner.engine.outcomes import (
    GOOD,
    JobOutcome,
    Output,
    StageOutcome,
    forgiven,
    together,
)
from modelyard.local.runner.engine.run_state import RunState
from modelyard.local.runner.engine.slots import Slots
from modelyard.local.runner.engine.walking import walk
from modelyard.local.runner.expressions import ExpressionError
from modelyard.local.runner.job import Result
from modelyard.local.runner.pipeline.plan import Deployment, Job, Stage
from modelyard.runner_errors import GroupError, TaskError


@dataclass(frozen=True)
class JobRun:
    """A job whose turn has come."""

    run: RunState
    stage: Stage
    job: Job
    before: Mapping[str, JobOutcome]
    """The jobs that it waits for, directly or not."""
    stages: Mapping[str, StageOutcome]
    """The stages that its stage waits for."""
    approved: frozenset[str] = frozenset()
    """The environments that the stage began with, in lower case."""

    @property
    def path(self) -> RunPath:
        return (self.stage.name, self.job.name)

    def perform(self) -> JobOutcome:
        """Run it, or find that it is skipped."""
        try:
            scopes = self.scopes()
            if why := self._why_skipped(scopes):
                return self._over(Result.SKIPPED, why)
            outcome = self._copies(scopes)
            forgives = LateSettings(self.run, scopes).truth(self.job.continue_on_error)
        except (ExpressionError, UnknownGroup, BadStrategy, TaskError, GroupError) as error:
            return self._over(Result.FAILED, self.run.masker.mask(str(error)))
        except Exception as error:  # noqa: BLE001 - the other jobs have a result to come to
            return self._over(Result.FAILED, self.run.masker.mask(faults.told(error)))
        return replace(outcome, result=forgiven(outcome.result, forgives))

    def scopes(self) -> VariableScopes:
        """The job's variables, before a leg of a matrix adds its own."""
        secrets = contexts.secrets(self.before.values(), self.stages.values())
        scopes = VariableScopes(
            self.run.facts,
            self.run.settings.groups,
            partial(
                contexts.of_jobs,
                jobs=self.before,
                stages=self.stages,
                started=self.run.started,
                resources=self.run.resources,
            ),
            {"counter": self.run.counters.function(self.run.build.pipeline)},
            secrets,
            linked=self._mask,
        )
        scopes.add_given(self.run.plan.queue_variables, secret=self.run.settings.secrets)
        scopes.add(self.run.plan.pipeline.variables)
        scopes.add(self.stage.variables)
        scopes.add(self.job.variables)
        return scopes

    def _mask(self, values: Mapping[str, str]) -> None:
        """Before a value is a variable. An agent masks the whole of it only, and would show the
        lines of a longer one: here they are masked, and it is said."""
        for name, value in values.items():
            self.run.masker.add_job_secret(value)
            lines = [line.strip() for line in value.splitlines() if line.strip()]
            if len(lines) > 1:
                for line in lines:
                    self.run.masker.add(line)
                text = f"{name} has {len(lines)} lines: an agent of Azure Pipelines doesn't mask "
                text += "them one by one"
                self.run.emit(Notice(text, "warning", self.path))

    def _why_skipped(self, scopes: VariableScopes) -> str:
        """Empty: it runs."""
        return why_skipped(
            self.job.condition,
            {name: one.result for name, one in self.before.items()},
            scopes,
            canceled=self.run.cancellation.is_set(),
        )

    def _over(self, result: Result, note: str) -> JobOutcome:
        self.run.emit(Ended(self.path, result, self.run.clock.time(), note))
        if result is Result.FAILED:
            self.run.emit(Notice(f"{self.job.title}: {note}", "error", self.path))
        return JobOutcome(result)

    def _copies(self, scopes: VariableScopes) -> JobOutcome:
        self._note_container()
        if self.job.deployment is not None:
            return self._deploy(self.job.deployment, scopes)
        found = copies(self.job, scopes.evaluate, LateSettings(self.run, scopes).number)
        return _joined(self._side_by_side(found, scopes))

    def _deploy(self, deployment: Deployment, scopes: VariableScopes) -> JobOutcome:
        late = LateSettings(self.run, scopes)
        variables = late.variables()
        environment = variables.expand(deployment.environment.name)
        needs_approval = environment.lower() in self.run.settings.approvals
        if needs_approval and environment.lower() not in self.approved:
            # A stage asks before its first job, and can't for what only a job knows.
            raise TaskError(
                f"{environment} needs an approval, and only the job knows that it deploys there: "
                "name the environment without runtime expressions"
            )
        resource = variables.expand(deployment.environment.resource_name)
        known = self.run.settings.resources.get(environment.lower(), ())
        plan = rollout(
            self.job,
            deployment,
            environment,
            (resource,) if resource else known,
            late.number,
        )
        outcomes: list[JobOutcome] = []
        for one in plan.rounds:
            outcomes += self._side_by_side(Copies(one), scopes)
            if any(done.result not in GOOD for done in outcomes):
                break
        failed = any(done.result is Result.FAILED for done in outcomes)
        endings = plan.failure if failed else plan.success
        if endings and all(done.result in (*GOOD, Result.FAILED) for done in outcomes):
            outcomes += self._side_by_side(Copies(endings), scopes)
        return _joined(outcomes)

    def _side_by_side(self, found: Copies, scopes: VariableScopes) -> list[JobOutcome]:
        most = Slots(found.at_once)

        def is_cancelled() -> bool:
            return self.run.cancellation.is_set() and bool(self._why_skipped(scopes))

        by_name = {f"{number} {copy.name}": copy for number, copy in enumerate(found.all)}

        def work(key: str) -> JobOutcome:
            one = CopyRun(self.run, self.stage, self.job, by_name[key], scopes)
            return one.perform(most, is_cancelled)

        return list(walk(dict.fromkeys(by_name, ()), work).values())

    def _note_container(self) -> None:
        if self.job.container is not None or self.job.services:
            what = self.job.container.image if self.job.container else "its services"
            self.run.emit(
                Notice(
                    f"{self.job.title} would run in a container ({what}); "
                    "here it runs on this machine",
                    "warning",
                    self.path,
                )
            )


def _joined(outcomes: Sequence[JobOutcome]) -> JobOutcome:
    outputs: dict[str, Output] = {}
    for one in outcomes:
        outputs |= one.outputs
    return JobOutcome(together(one.result for one in outcomes), outputs)
