"""Waiting for a job: its state, its steps', what they print as they print it, and its end.

A job is its step's own: when the step is cancelled or times out, the job is cancelled, and what
doesn't end within the seconds that an agent leaves is left to the release step.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field

from modelyard import summary, urgency
from modelyard.azureml import jobs
from modelyard.azureml.advice import advice
from modelyard.azureml.connection import Place
from modelyard.azureml.jobs import History, Job, Run
from modelyard.azureml.jobs.states import Meaning, state_of
from modelyard.context import Context
from modelyard.errors import (
    ModelyardError,
    NotFound,
    RunCanceled,
    RunFailed,
    ServiceError,
    WaitTimeout,
)
from modelyard.http import Session
from modelyard.names import plural
from modelyard.operations.pipelines.pipeline_inputs import PipelineOutputs
from modelyard.waiting import Observation, Pace, wait

PACE = Pace(first=1.0, factor=1.3, most=10.0)
_END = Pace(first=0.3, most=5.0)
RELEASE = 120.0
"""Seconds that the release step waits for the end of what it cancels."""
CANCEL = 4.5
"""Seconds that an agent leaves a step that is being cancelled."""


@dataclass
class _Printed:
    """How far a step's log was shown."""

    position: int = 0
    rest: bytes = b""


@dataclass
class Watch:
    """One job that is waited for."""

    session: Session
    """To what :meth:`find` and :meth:`cancel` speak to."""
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
        """The job as it is now; None when it isn't there."""
        return jobs.find(self.session, self.place, self.name)

    def cancel(self) -> None:
        """Ask for its end and don't wait for it. Harmless to one that is over."""
        jobs.cancel(self.session, self.place, self.name)

    def require(self) -> Job:
        """The job as it is now. Raises NotFound."""
        job = self.find()
        if job is None:
            raise NotFound(
                f"the job {self.name} is gone",
                fix="see in the studio who deleted it, and run the step again",
            )
        return job

    def _look(self) -> Observation[Job]:
        job = self.require()
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


def to_the_end(watch: Watch, key: str, timeout: float) -> PipelineOutputs:
    """The end of a job that this step has started; it ends with the step. ``timeout`` in seconds.

    :param key: of the state that the release step finds the job by.
    :raises RunFailed, RunCanceled, UnknownState, WaitTimeout:
    """
    context = watch.context
    try:
        job = watch.to_the_end(timeout)
    except WaitTimeout as late:
        state = _cancel(watch, key)
        if state and state_of(state).meaning is Meaning.SUCCEEDED:
            late.cause = "it was too late to cancel it: it has completed meanwhile"
        raise
    except BaseException:  # also a signal
        _cancel(watch, key)
        raise
    context.let_go(key)
    steps = [_as_json(step) for step in watch.steps]
    context.publish(status=job.state.name, steps=steps)
    rows = [(step.name, step.state.name, "reused" if step.reused else "") for step in watch.steps]
    context.ci.summary(
        f"Pipeline {summary.link(job.name, job.url)}: {job.state.name}\n\n"
        + summary.table(("step", "state", ""), [tuple(map(summary.escape, row)) for row in rows])
    )
    judge(job, watch.steps, watch.history.run(job.name).error)
    count = plural(len(steps), "step")
    context.log.info("pipeline %s: %s, %s", job.name, job.state.name, count)
    return PipelineOutputs(status=job.state.name, steps=steps)


def release(watch: Watch, key: str) -> None:
    """Stop what a step started and left running. Done twice it finds nothing left to do."""
    job = watch.find()
    if job is None or job.state.ended:
        watch.context.log.info("pipeline %s isn't active any more", watch.name)
    else:
        watch.cancel()
        ended = _ended(watch, RELEASE)
        watch.context.log.info("pipeline %s, left by this step: %s", watch.name, ended)
    watch.context.let_go(key)


def _cancel(watch: Watch, key: str) -> str:
    """The state that it ended in, within the seconds that an agent leaves; empty where it didn't
    end, which is left to the release step."""
    context = watch.context
    hurried = dataclasses.replace(watch, session=urgency.hurried(watch.session))
    try:
        hurried.cancel()
        state = _ended(hurried, CANCEL)
    except ModelyardError as error:
        context.log.warning("pipeline %s couldn't be cancelled: %s", watch.name, error.what)
        return ""
    context.log.info("pipeline %s: %s", watch.name, state)
    context.publish(status=state)
    context.let_go(key)
    return state


def _ended(watch: Watch, seconds: float) -> str:
    """Its state at the end. Raises WaitTimeout."""

    def look() -> Observation[str]:
        job = watch.require()
        return Observation(job.state.name, job.state.ended, job.state.name)

    clock = watch.context.clock
    return wait(f"pipeline {watch.name}", look, clock=clock, timeout=seconds, pace=_END)


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
        raise _failure(job, told, error, page)
    if canceled:
        raise RunCanceled(f"the pipeline {job.name}: {', '.join(told)}", fix=page)


def _failure(job: Job, steps: Sequence[str], error: str, page: str) -> RunFailed:
    """:param steps: what there is to say of each that failed."""
    what = "\n  ".join(steps) or error or "Azure gives no cause"
    cause, fix = advice([what])
    told = "a step failed; what it printed is in the log above" if steps else ""
    return RunFailed(
        f"the pipeline {job.name} ended {job.state.name}:\n  {what}",
        cause=cause or told,
        fix="; ".join(filter(None, (fix, page))),
    )


def _indented(error: str) -> str:
    lines = [line for line in error.splitlines() if line.strip()]
    return "".join(f"\n    {line}" for line in lines)


def _progress(steps: Sequence[Run]) -> str:
    return ", ".join(f"{step.name} {step.state.name}" for step in steps)


def _as_json(step: Run) -> dict[str, str]:
    found = {"name": step.name, "run-id": step.id, "status": step.state.name}
    return {**found, "reused": step.reused} if step.reused else found
