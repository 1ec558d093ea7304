"""One job of a run, from what act says of it."""

from __future__ import annotations

from collections.abc import Sequence

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
from modelyard.local.workflows.act.event import ActEvent
from modelyard.local.workflows.leaves import Leaf
from modelyard.local.workflows.model import Step
from modelyard.local.workflows.step_log import StepLog
from modelyard.local.workflows.telling import Telling

MAIN, POST = "Main", "Post"


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

    def take(self, event: ActEvent) -> None:
        """Something that act says of it."""
        if event.steps[:1] == (stand_ins.FIRST_STEP,):
            self._approval(event)
        elif event.steps:
            self._start()
            self._of_step(event)
        elif event.job_result is not None:
            self._end(event.job_result)
        elif event.level == "error":
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

    def _approval(self, event: ActEvent) -> None:
        self.waits_for_approval = event.step_result is None
        if event.printed:
            told = stand_ins.told(self._masked(event))
            self._why = told.why
            self._tell.collected.environments[self._path] = told.environment
        if event.step_result is Result.SUCCEEDED:
            if self._why:
                self._tell(Notice(self._why, path=self._path[:1]))
            self._why = ""
            self._start()

    def _of_step(self, event: ActEvent) -> None:
        own, whole = event.steps[0], event.of_whole_step
        step = self._post(own) if event.part == POST else self._steps.get(self._keys.get(own, 0))
        if step is None:
            return
        if self._current is not step:
            self._finish_current()
        if event.part == MAIN and whole and not event.command:
            step.start(event.step_title)
        step.take(event)
        if whole and event.step_result is not None:
            if step.started or event.step_result is Result.FAILED:
                step.start()
                step.result = event.step_result
                self._current = step
        elif whole and event.is_error and step.fail(event.message.strip()):
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

    def _masked(self, event: ActEvent) -> str:
        return self._tell.masker.mask(event.message.strip())


def _keys(steps: Sequence[Step], before: int) -> dict[str, int]:
    """The number of each step by what act calls it: its id, else its place in the list.

    :param before: how many steps a copy has before them.
    """
    return {one.id or str(at + before): at + 1 for at, one in enumerate(steps)}
