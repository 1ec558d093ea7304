"""Waiting for a job: its state, its steps', and what they print as they print it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from modelyard.azureml import jobs
from modelyard.azureml.connection import Place
from modelyard.azureml.jobs import History, Job, Run
from modelyard.azureml.jobs_states import Meaning
from modelyard.context import Context
from modelyard.errors import ModelyardError, NotFound, RunCanceled, RunFailed, ServiceError
from modelyard.http import Session
from modelyard.waiting import Observation, Pace, wait

PACE = Pace(first=1.0, factor=1.3, most=10.0)


@dataclass
class _Printed:
    """How far a step's log was shown."""

    position: int = 0
    rest: bytes = b""


@dataclass
class Watch:
    """One job that is waited for."""

    session: Session
    history: History
    place: Place
    name: str
    context: Context
    steps: list[Run] = field(default_factory=list)
    _printed: dict[str, _Printed] = field(default_factory=dict)
    _over: set[str] = field(default_factory=set)
    _warned: bool = False

    def to_the_end(self, timeout: float) -> Job:
        """The job as it ended. ``timeout`` in seconds. Raises WaitTimeout, UnknownState."""
        return wait(
            f"pipeline {self.name}",
            self._look,
            clock=self.context.clock,
            timeout=timeout,
            pace=PACE,
        )

    def find(self) -> Job | None:
        """The job as it is now."""
        return jobs.find(self.session, self.place, self.name)

    def _look(self) -> Observation[Job]:
        job = self.find()
        if job is None:
            raise NotFound(f"the job {self.name} is gone")
        self.steps = self.history.children(self.name)
        for step in self.steps:
            self._show(step)
        return Observation(job.state.name, job.state.ended, job, _progress(self.steps))

    def _show(self, step: Run) -> None:
        """Whole lines that a step has printed since the last time; the rest when it is over."""
        if step.id in self._over:
            return
        printed = self._printed.setdefault(step.id, _Printed())
        try:
            new = self.history.log(step.id, printed.position)
        except ServiceError as error:
            if not self._warned:
                self.context.log.warning("the log of %s can't be read: %s", step.name, error.what)
            self._warned = True
            new = b""
        printed.position += len(new)
        *lines, printed.rest = (printed.rest + new).split(b"\n")
        if step.state.ended:
            lines += [printed.rest] if printed.rest else []
            self._over.add(step.id)
        for line in lines:
            self.context.ci.write(f"{step.name}: {line.decode(errors='replace')}")


def judge(job: Job, steps: Sequence[Run], error: str) -> None:
    """Success is Completed, of the job and of every step.

    :param error: what the service says of the job's own failure.
    :raises RunFailed, RunCanceled:
    """
    failed = [step for step in steps if step.state.meaning is Meaning.FAILED]
    canceled = [step for step in steps if step.state.meaning is Meaning.CANCELED]
    told = [f"{step.name} {step.state.name}{_indented(step.error)}" for step in failed + canceled]
    page = f"see {job.url}" if job.url else ""
    if job.state.meaning is Meaning.CANCELED:
        raise RunCanceled(
            f"the pipeline {job.name} was canceled",
            cause="somebody cancelled it, in the studio or over the API",
            fix=page,
        )
    if job.state.meaning is Meaning.FAILED or failed:
        what = "\n  ".join(told) or error or "Azure gives no cause"
        raise failure(job, what, page)
    if canceled:
        raise RunCanceled(f"the pipeline {job.name}: {', '.join(told)}", fix=page)


def failure(job: Job, what: str, page: str) -> ModelyardError:
    """The error of a pipeline that failed."""
    return RunFailed(
        f"the pipeline {job.name} ended {job.state.name}:\n  {what}",
        cause="a step failed; what it printed is in the log above",
        fix=page,
    )


def _indented(error: str) -> str:
    lines = [line for line in error.splitlines() if line.strip()]
    return "".join(f"\n    {line}" for line in lines)


def _progress(steps: Sequence[Run]) -> str:
    return ", ".join(f"{step.name} {step.state.name}" for step in steps)
