"""One copy of a job, from its wait for a place to its end.

Source: learn.microsoft.com, ``process/phases`` and ``process/runs`` ("Prepare to run a job").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from modelyard.local.runner.engine.agent_job import agent_job
from modelyard.local.runner.engine.cancellation import JobCancellation
from modelyard.local.runner.engine.copies import Copy
from modelyard.local.runner.engine.events import Ended, RunPath, Started
from modelyard.local.runner.engine.job_variables import VariableScopes
from modelyard.local.runner.engine.late_settings import LateSettings
from modelyard.local.runner.engine.outcomes import JobOutcome, forgiven
from modelyard.local.runner.engine.run_state import RunState
from modelyard.local.runner.engine.server_job import server_job
from modelyard.local.runner.engine.slots import Slots
from modelyard.local.runner.engine.value_expansion import filled
from modelyard.local.runner.job import Result
from modelyard.local.runner.pipeline.plan import Job, Stage
from modelyard.local.runner.variables import Variable


@dataclass(frozen=True)
class CopyRun:
    """A copy of a job whose condition holds."""

    run: RunState
    stage: Stage
    job: Job
    copy: Copy
    scopes: VariableScopes
    """The job's; its own variables come on top."""

    @property
    def path(self) -> RunPath:
        """Its last part: ``test``, ``test py310``, ``deploy-prod canary``."""
        name = self.job.name
        return (self.stage.name, name if self.copy.name == name else f"{name} {self.copy.name}")

    def perform(self, most: Slots, is_cancelled: Callable[[], bool]) -> JobOutcome:
        """Wait for its turn, and run it.

        :param most: places for the copies of this job.
        :param is_cancelled: whether it needn't wait any longer.
        """
        with most.one(is_cancelled) as mine:
            if not mine:
                return self._canceled()
            if self.copy.server:
                return self._started()
            with self.run.slots.one(is_cancelled) as place:
                return self._started() if place else self._canceled()

    def _canceled(self) -> JobOutcome:
        note = "the run was cancelled before it began"
        self.run.emit(Ended(self.path, Result.CANCELED, self.run.clock.time(), note))
        return JobOutcome(Result.CANCELED)

    def _started(self) -> JobOutcome:
        run, copy, path = self.run, self.copy, self.path
        leg = self.scopes.copy()
        leg.add_given(copy.variables)
        late = LateSettings(run, leg)
        cancellation = JobCancellation(
            run.cancellation,
            run.clock,
            timeout=60.0 * late.number(self.job.timeout_minutes),
            cancel_timeout=60.0 * late.number(self.job.cancel_timeout_minutes),
        )
        forgives = late.truth(self.job.continue_on_error)
        facts = [*run.facts, *self._facts()]
        filled_in = filled([*leg.variables(), *facts], run.masker)  # the agent's own win
        title = run.masker.mask(filled_in.expand(copy.title))
        run.emit(Started(path, title, run.clock.time()))
        if copy.server:
            outcome = server_job(run, copy, path, leg.variables(), facts, cancellation)
        else:
            outcome = agent_job(
                run, self.stage.name, copy, path, leg.variables(), facts, cancellation
            )
        note = "it took longer than its timeoutInMinutes" if cancellation.timed_out else ""
        shown = forgiven(outcome.result, forgives)
        run.emit(Ended(path, shown, run.clock.time(), note))
        return outcome  # as it was: what is rolled out goes by that

    def _facts(self) -> list[Variable]:
        facts = {
            "System.PhaseName": self.job.name,
            "System.PhaseDisplayName": self.job.title,
            "System.JobDisplayName": self.copy.title,
            "System.StageDisplayName": self.stage.title,
            "Agent.JobName": self.copy.title,
            **self.copy.facts,
        }
        return [Variable(name, value, read_only=True) for name, value in facts.items()]
