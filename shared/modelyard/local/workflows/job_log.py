"""One job of a run, from what act says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelyard.local.runner.engine import skipping
from modelyard.local.runner.engine.events import (
    Ended,
    Notice,
    Planned,
    RunPath,
    Started,
    Waiting,
)
from modelyard.local.runner.job import Result
from modelyard.local.runner.pipeline.plan import DEFAULT_JOB
from modelyard.local.workflows import stand_ins
from modelyard.local.workflows.leaves import Leaf
from modelyard.local.workflows.model import Step
from modelyard.local.workflows.step_log import StepLog
from modelyard.local.workflows.telling import Telling

MAIN, POST = "Main", "Post"
_RESULTS = {
    "success": Result.SUCCEEDED,
    "failure": Result.FAILED,
    "skipped": Result.SKIPPED,
    "cancelled": Result.CANCELED,
}
_FORGIVEN = "Failed but continue next step"


class JobLog:
    """Takes the events of one job, or of one copy of it."""

    def __init__(self, leaf: Leaf, name: str, title: str, tell: Telling) -> None:
        """
        :param name: the stage of the history.
        """
        self.leaf, self.name, self._tell = leaf, name, tell
        self._title = title or leaf.job.id
        self._path: RunPath = (name, DEFAULT_JOB)
        self._steps = {
            number: StepLog((*self._path, str(number)), one.title, tell, named=one.named)
            for number, one in enumerate(leaf.job.steps, 1)
        }
        self._keys = _keys(leaf.job.steps, 1 if leaf.job.begins_here else 0)
        self._posts: dict[str, StepLog] = {}
        self._current: StepLog | None = None
        """The step whose end is known and not told yet: act says more of it afterwards."""
        self.is_over = False
        self.result: Result | None = None
        self._started = self._has_error = False
        self._why = ""
        self.waits_for_approval = False

    def begin(self) -> None:
        """It has begun, or waits until it may."""
        for path in (self._path[:1], self._path):
            self._tell(Planned(path, self._title))
        for step in self._steps.values():
            self._tell(Planned(step.path, step.title))
        if not self.leaf.job.begins_here:
            self._start()

    def _start(self) -> None:
        """From now on its time counts."""
        if not self._started:
            self._started = True
            now = self._tell.clock.time()
            for path in (self._path[:1], self._path):
                self._tell(Started(path, self._title, now))

    def wait(self, text: str) -> None:
        """A person is asked whether it may begin."""
        self._tell(Waiting(self._path[:1], text))

    def take(self, event: Mapping[str, Any]) -> None:
        """Something that act says of it."""
        ids = event.get("stepID") or []
        if ids and ids[0] == stand_ins.FIRST_STEP:
            self._approval(event)
        elif ids:
            self._start()
            self._of_step(ids, event)
        elif "jobResult" in event:
            self._end(_RESULTS.get(str(event["jobResult"]), Result.FAILED))
        elif event.get("level") == "error":
            self._has_error = True
            self._tell(Notice(self._masked(event), "error", self._path))

    def skip(self, why: str) -> None:
        """It never began.

        :param why: in a few words; empty: its condition is false.
        """
        cancelled = self._tell.cancellation.is_set()
        result = Result.CANCELED if cancelled else Result.SKIPPED
        why = skipping.CANCELLED if cancelled else why or skipping.CONDITION
        for path in (self._path, self._path[:1]):
            self._tell(Ended(path, result, self._tell.clock.time(), why))

    def close(self) -> None:
        """act has ended. If it said nothing of the job's end, it was ended itself."""
        if not self.is_over:
            self._end(Result.CANCELED)

    def _approval(self, event: Mapping[str, Any]) -> None:
        self.waits_for_approval = "stepResult" not in event
        if event.get("raw_output"):
            told = stand_ins.told(self._masked(event))
            self._why = told.why
            self._tell.collected.environments[self._path] = told.environment
        if event.get("stepResult") == "success":
            if self._why:
                self._tell(Notice(self._why, path=self._path[:1]))
            self._why = ""
            self._start()

    def _of_step(self, ids: Sequence[str], event: Mapping[str, Any]) -> None:
        post = event.get("stage") == POST
        step = self._post(ids[0]) if post else self._steps.get(self._keys.get(ids[0], 0))
        if step is None:
            return
        if self._current is not step:
            self._finish_current()
        whole = len(ids) == 1
        message = str(event.get("msg", "")).strip()
        if event.get("stage") == MAIN and whole and "command" not in event:
            step.start(str(event.get("step", "")))
        step.take(event, whole=whole)
        if message == _FORGIVEN and whole:
            step.forgiven = True
        if whole and "stepResult" in event:
            result = _RESULTS.get(str(event["stepResult"]), Result.FAILED)
            if step.started or result is Result.FAILED:
                step.start()
                step.result = result
                self._current = step
        elif _is_error(event) and whole and step.fail(message):
            self._current = step

    def _post(self, id: str) -> StepLog:
        """The release part of an action."""
        if id not in self._posts:
            main = self._steps.get(self._keys.get(id, 0))
            number = len(self._steps) + len(self._posts) + 1
            title = f"Post {main.title.removeprefix('Run ')}" if main else "Post"
            self._posts[id] = StepLog((*self._path, str(number)), title, self._tell)
        return self._posts[id]

    def _finish_current(self) -> None:
        if self._current is not None:
            self._current.finish()
            self._current = None

    def _end(self, result: Result) -> None:
        self._finish_current()
        steps = (*self._steps.values(), *self._posts.values())
        failed, begun = False, any(one.started for one in steps)
        unprepared = any(one.not_fetched for one in steps) or (
            result is Result.FAILED and not begun
        )
        for step in steps:
            if step.started and step.result is None:
                step.finish()
            elif not step.started and step.path[-1] in map(str, self._steps):
                now = self._tell.clock.time()
                why = self._why_skipped(failed, unprepared=unprepared)
                self._tell(Ended(step.path, Result.SKIPPED, now, why))
            failed |= step.result is Result.FAILED
        if result is Result.FAILED and self._may_be_of_another_leg(steps):
            result = Result.SUCCEEDED
        results = [one.result for one in steps]
        stopped = result is Result.FAILED or not any(one.started for one in steps)
        unfailed = self._tell.cancellation.is_set() and Result.FAILED not in results
        if Result.CANCELED in results or (unfailed and stopped):
            result = Result.CANCELED
        self.is_over, self.result = True, result
        self._tell.collected.failed |= result is Result.FAILED
        now = self._tell.clock.time()
        self._tell(Ended(self._path, result, now, self._why))
        self._tell(Ended(self._path[:1], result, now, self._why))

    def _may_be_of_another_leg(self, steps: Sequence[StepLog]) -> bool:
        """Whether nothing of this leg of a matrix failed: once one has, act says so of all."""
        begun = any(one.started for one in steps)
        broken = any(one.not_fetched or one.result is Result.FAILED for one in steps)
        return self.leaf.job.matrix and begun and not (broken or self._has_error)

    def _why_skipped(self, failed: bool, *, unprepared: bool) -> str:
        """
        :param failed: whether a step before it has.
        :param unprepared: whether the job ended before its first step.
        """
        if self._tell.cancellation.is_set():
            return skipping.CANCELLED
        if self.leaf.job.begins_here and not self._started:
            return "the job may not begin"
        if unprepared:
            return "the job's set-up failed"
        return skipping.EARLIER if failed else skipping.CONDITION

    def _masked(self, event: Mapping[str, Any]) -> str:
        return self._tell.masker.mask(str(event.get("msg", "")).strip())


def _keys(steps: Sequence[Step], before: int) -> dict[str, int]:
    """The number of each step by what act calls it: its id, else its place in the list.

    :param before: how many steps a copy has before them.
    """
    return {one.id or str(at + before): at + 1 for at, one in enumerate(steps)}


def _is_error(event: Mapping[str, Any]) -> bool:
    return event.get("level") == "error" and "command" not in event
