"""What act says, one JSON object a line, as events of the runner.

Each job with steps is a stage of the history, named by its key (:class:`.leaves.Leaf`), with one
job in it: GitHub has no stages, and the reports' graph is one of stages. A copy that a matrix
makes has its number behind the key. The release part of an action is a step of its own, at the
end, if it did anything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from modelyard.local.runner.engine.events import Notice, Planned
from modelyard.local.runner.engine.questions import Question
from modelyard.local.runner.job import Result
from modelyard.local.runner.pipeline.plan import DEFAULT_JOB
from modelyard.local.workflows import job_names, unreached
from modelyard.local.workflows.act.event import read
from modelyard.local.workflows.act.words import explained
from modelyard.local.workflows.job_log import JobLog
from modelyard.local.workflows.leaves import Leaf
from modelyard.local.workflows.telling import Telling

_NOISE = ("Couldn't get a valid docker connection", "Error: Job '")
"""What act says of a machine without docker, which isn't used, and what jobs have told already."""


class Translator:
    """Takes act's output line by line."""

    def __init__(self, leaves: Sequence[Leaf], tell: Telling) -> None:
        self._leaves = {one.ids: one for one in leaves}
        self._tell = tell
        self._jobs: dict[tuple[str, ...], JobLog] = {}
        self._copies: dict[str, int] = {}
        self.said: list[str] = []
        """What act said that belongs to no job."""

    def plan(self) -> None:
        """Tell of all jobs, before they begin."""
        for leaf in self._leaves.values():
            title = leaf.job.title if "${{" not in leaf.job.title else leaf.job.id
            self._planned(leaf.key, self._tell.masker.mask(title))

    def take(self, text: str) -> None:
        """One line of act's output."""
        event = read(text)
        if event is None:
            self._say(text)
            return
        if event.command == "add-mask":
            for value in (event.argument, *event.argument.splitlines()):
                self._tell.masker.add(value)
        frames = job_names.read(event.job)
        leaf = self._leaves.get(tuple(one.id for one in frames)) if frames else None
        if leaf is not None:
            self._job(leaf, frames, event.matrix).take(event)
        elif event.level in ("error", "fatal", "warning"):
            self._say(event.message)

    def waiting(self, ids: tuple[str, ...], question: Question) -> None:
        """A person is asked before a job begins. Called in a thread of its own."""
        jobs = list(self._jobs.values())
        found = [one for one in jobs if one.leaf.ids == ids and not one.is_over]
        for one in sorted(found, key=lambda each: not each.waits_for_approval)[:1]:
            one.wait(question.text)

    def close(self) -> None:
        """act has ended: what never began was skipped."""
        for job in self._jobs.values():
            job.close()
        begun = {one.leaf.ids for one in self._jobs.values()}
        causes = [one.leaf for one in self._jobs.values() if one.result is Result.FAILED]
        failed = {one.key: one.key for one in causes}
        for leaf in self._leaves.values():
            if leaf.ids in begun:
                continue
            blamed = next((failed[key] for key in leaf.after if key in failed), "")
            why = f"{blamed} failed" if blamed else ""
            end = unreached.ended_by(leaf, causes, self._leaves.values())
            if end is not None and (not blamed or unreached.may_run_after_failure(leaf)):
                why = f"act ended after {end.key} had failed"
            elif blamed:
                failed[leaf.key] = blamed
            JobLog(leaf, leaf.key, "", self._tell).skip(why)

    def _say(self, text: str) -> None:
        text = self._tell.masker.mask(text.strip())
        if text and not text.startswith(_NOISE):
            self.said.append(text)

    def _job(
        self, leaf: Leaf, frames: Sequence[job_names.Frame], matrix: Mapping[str, Any]
    ) -> JobLog:
        own = json.dumps(matrix, sort_keys=True)
        which = (*leaf.ids, *(f"{one.title}\n{one.matrix}" for one in frames[:-1]), own)
        if which not in self._jobs:
            name = leaf.key
            if leaf.copies:
                number = self._copies[leaf.key] = self._copies.get(leaf.key, 0) + 1
                name = f"{leaf.key} {number}"
            title = self._tell.masker.mask(_title(leaf, frames, matrix))
            self._jobs[which] = JobLog(leaf, name, title, self._tell)
            self._jobs[which].begin()
        return self._jobs[which]

    def _planned(self, name: str, title: str) -> None:
        self._tell(Planned((name,), title))
        self._tell(Planned((name, DEFAULT_JOB), title))

    def fail(self, code: int, workflow: Path) -> None:
        """act ended with an error that no job told of.

        :param workflow: the copy that it was given.
        """
        copy = workflow.read_text(encoding="utf-8")
        said = explained(self.said, workflow.name, copy) or f"it ended with the exit code {code}"
        self._tell(Notice(f"act can't run this workflow: {said}", "error"))


def _title(leaf: Leaf, frames: Sequence[job_names.Frame], matrix: Mapping[str, Any]) -> str:
    """As GitHub shows a job; of a copy always with what it is a copy for."""
    title = frames[-1].title or leaf.job.id
    if matrix and title.rpartition("-")[2].isdigit():
        title = title.rpartition("-")[0]
    if not leaf.copies or "${{" in leaf.job.title:
        return title
    legs = [_words(matrix)] if matrix else []
    legs += [
        one.title if one.matrix and one.title != one.id else _words(job_names.values(one.matrix))
        for one in reversed(frames[:-1])
        if one.matrix
    ]
    return f"{title} ({', '.join(filter(None, legs))})"


def _words(matrix: Mapping[str, Any]) -> str:
    found = [one for value in matrix.values() for one in _leaves_of(value)]
    return ", ".join(map(str, found))


def _leaves_of(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [one for inner in value.values() for one in _leaves_of(inner)][:1]
    return [value] if not isinstance(value, list) else value[:1]
