"""One stage: its condition, the approvals that it needs, then its jobs.

Source: learn.microsoft.com, ``process/stages`` and ``process/approvals`` (the checks of all
environments of a stage come before its first job).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from modelyard.local.runner.engine import contexts
from modelyard.local.runner.engine.conditions import why_skipped
from modelyard.local.runner.engine.events import Ended, Notice, Started, Waiting
from modelyard.local.runner.engine.job_run import JobRun
from modelyard.local.runner.engine.job_variables import UnknownGroup, VariableScopes
from modelyard.local.runner.engine.outcomes import JobOutcome, StageOutcome, together
from modelyard.local.runner.engine.questions import Question, to_approve
from modelyard.local.runner.engine.run_state import RunState
from modelyard.local.runner.engine.value_expansion import filled
from modelyard.local.runner.engine.walking import walk
from modelyard.local.runner.expressions import ExpressionError
from modelyard.local.runner.job import Result
from modelyard.local.runner.pipeline.dependencies import reach
from modelyard.local.runner.pipeline.plan import DEFAULT_STAGE, Stage


@dataclass(frozen=True)
class StageRun:
    """A stage whose turn has come."""

    run: RunState
    stage: Stage
    before: Mapping[str, StageOutcome]
    """The stages that it waits for, directly or not."""

    def perform(self) -> StageOutcome:
        """Run it, or find that it is skipped."""
        run, path = self.run, (self.stage.name,)
        try:
            scopes = self._scopes()
            if why := self._why_skipped(scopes):
                return self._over(Result.SKIPPED, why)
            environments = self._environments(scopes)
            refused = self._refused(environments)
        except (ExpressionError, UnknownGroup) as error:
            return self._over(Result.FAILED, run.masker.mask(str(error)))
        if refused is not None:
            return self._over(*refused)
        run.emit(Started(path, self.stage.title, run.clock.time()))  # waiting is none of its time
        jobs = self._jobs(frozenset(one.lower() for one in environments))
        result = together(one.result for one in jobs.values())
        run.emit(Ended(path, result, run.clock.time()))
        return StageOutcome(result, jobs)

    def _jobs(self, environments: frozenset[str]) -> dict[str, JobOutcome]:
        by_name = {one.name: one for one in self.stage.jobs}
        graph = {one.name: one.depends_on for one in self.stage.jobs}
        reached = reach(graph)
        done: dict[str, JobOutcome] = {}

        def work(name: str) -> JobOutcome:
            before = {other: done[other] for other in graph if other in reached[name]}
            done[name] = JobRun(
                self.run, self.stage, by_name[name], before, self.before, environments
            ).perform()
            return done[name]

        return walk(graph, work)

    def _scopes(self) -> VariableScopes:
        scopes = VariableScopes(
            self.run.facts,
            self.run.settings.groups,
            partial(
                contexts.of_stages,
                stages=self.before,
                started=self.run.started,
                resources=self.run.resources,
            ),
            {"counter": self.run.counters.function(self.run.build.pipeline)},
            contexts.secrets((), self.before.values()),
        )
        scopes.add_given(self.run.plan.queue_variables, secret=self.run.settings.secrets)
        scopes.add(self.run.plan.pipeline.variables)
        return scopes

    def _why_skipped(self, scopes: VariableScopes) -> str:
        """Empty: it runs."""
        return why_skipped(
            self.stage.condition,
            {name: one.result for name, one in self.before.items()},
            scopes,
            canceled=self.run.cancellation.is_set(),
        )

    def _environments(self, scopes: VariableScopes) -> list[str]:
        """Those that it deploys to, each once."""
        names = []
        for job in self.stage.jobs:
            if job.deployment is not None:
                known = scopes.copy()
                known.add_known(self.stage.variables)
                known.add_known(job.variables)
                variables = filled(known.variables(), self.run.masker)
                names.append(variables.expand(job.deployment.environment.name))
        return list(dict.fromkeys(filter(None, names)))

    def _refused(self, environments: list[str]) -> tuple[Result, str] | None:
        """Why it doesn't begin, though its condition holds."""
        run, path = self.run, (self.stage.name,)
        for question in self._questions(environments):
            known = run.approvals.known(question)
            if known is None:
                run.emit(Waiting(path, question.text))
            answer = known or run.approvals.ask(question, run.cancellation.is_set)
            if answer.approved:
                run.emit(Notice(f"{question.names[0]}: {answer.why}", path=path))
                continue
            if run.cancellation.is_set():
                return Result.CANCELED, "the run was cancelled"
            return Result.FAILED, answer.why
        return None

    def _questions(self, environments: list[str]) -> list[Question]:
        path = (self.stage.name,)
        jobs = {job.title: [step.title for step in job.all_steps()] for job in self.stage.jobs}
        what = partial(to_approve, self.stage.title, jobs=jobs)
        found = []
        if self.stage.trigger == "manual":
            text = f"the stage {self.stage.name} waits to be started by hand"
            found.append(Question(path, (self.stage.name,), text, what("")))
        for environment in environments:
            if environment.lower() in self.run.settings.approvals:
                text = f"{environment} waits for your approval"
                found.append(Question(path, (environment,), text, what(environment)))
        return found

    def _told(self, note: str) -> str:
        return note if self.stage.name == DEFAULT_STAGE else f"{self.stage.title}: {note}"

    def _over(self, result: Result, note: str) -> StageOutcome:
        """None of its jobs has run."""
        run = self.run
        for job in self.stage.jobs:
            run.emit(Ended((self.stage.name, job.name), Result.SKIPPED, run.clock.time()))
        run.emit(Ended((self.stage.name,), result, run.clock.time(), note))
        if result is Result.FAILED:  # displays have no row for the stage of a file without stages
            run.emit(Notice(self._told(note), "error", (self.stage.name,)))
        skipped = {one.name: JobOutcome(Result.SKIPPED) for one in self.stage.jobs}
        return StageOutcome(result, skipped)
