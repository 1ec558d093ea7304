"""A run's history as rows, one for each stage, job and step."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from modelyard.local.runner.job import Result
from modelyard.local.runner.pipeline.plan import DEFAULT_JOB, DEFAULT_STAGE
from modelyard.local.runner.results.history import History, Node

_SENTENCES = re.compile(r"(?<=[\w'\")]{2}[.!?])\s+(?=[A-Z])")
"""Between two of them; ``e.g.`` and ``J. Smith`` are inside of one."""


@dataclass(frozen=True)
class Row:
    """One line."""

    depth: int
    node: Node

    @property
    def note(self) -> str:
        """What came of it, else what was wrong: the first sentence, the log has all of it."""
        if self.node.note and self.node.result is not Result.FAILED:
            return self.node.note
        errors = [one.text for one in self.node.issues if one.kind == "error"]
        return _first_sentence(errors[0] if errors else self.node.note)


def _first_sentence(text: str) -> str:
    first, *_ = text.strip().splitlines() or [""]
    return " ".join(_SENTENCES.split(first, maxsplit=1)[0].split())


def rows(history: History) -> Iterator[Row]:
    """All of a run. Stages and jobs that the file doesn't name have no row of their own."""
    for stage in history.root.children.values():
        yield from of_stage(stage)


def of_stage(stage: Node) -> Iterator[Row]:
    """One stage, its jobs and their steps; a skipped stage alone."""
    depth = 0
    if stage.path[-1] != DEFAULT_STAGE:
        yield Row(0, stage)
        depth = 1
    if stage.started is None:
        return
    alone = len(stage.children) == 1
    for job in stage.children.values():
        below = depth
        if not (alone and (job.path[-1] == DEFAULT_JOB or depth)):
            yield Row(depth, job)
            below += 1
        for step in job.children.values():
            yield Row(below, step)
