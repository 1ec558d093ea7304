"""What a run asks a person: approvals, stages started by hand, manual validations.

Source: learn.microsoft.com, ``process/approvals``, ``process/stages`` ("Add a manual trigger") and
``tasks/reference/manual-validation-v1``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from modelyard.local.runner.engine.events import RunPath
from modelyard.local.runner.engine.settings import Settings

_JOBS, _STEPS = 5, 8
"""Of what is approved, so many are told."""


@dataclass(frozen=True)
class Question:
    """One that is answered with yes or no."""

    path: RunPath
    names: tuple[str, ...]
    """What ``--approve`` may name to answer it, the first in messages."""
    text: str
    """``production waits for your approval``."""
    instructions: str = ""


def to_approve(title: str, environment: str, *, jobs: Mapping[str, Sequence[str]]) -> str:
    """What is approved: where it is, where it deploys to, and what will run.

    :param title: of the stage, or of the job of a workflow.
    :param jobs: the titles of steps, by the titles of their jobs.
    """
    lines = [f"{title}, to the environment {environment}:" if environment else f"{title}:"]
    for job, steps in list(jobs.items())[:_JOBS]:
        more = f" and {len(steps) - _STEPS} more" if len(steps) > _STEPS else ""
        lines.append(f"  {job}: {', '.join(steps[:_STEPS])}{more}")
    if len(jobs) > _JOBS:
        lines.append(f"  and {len(jobs) - _JOBS} more jobs")
    return "\n".join(lines)


class Person(Protocol):
    """Somebody who can be asked."""

    def ask(self, question: Question, is_over: Callable[[], bool]) -> bool | None:
        """True or False; None where ``is_over`` came first.

        :param is_over: whether nobody waits for the answer any longer.
        """
        ...


@dataclass(frozen=True)
class Answer:
    """What came of a question."""

    approved: bool
    why: str
    unanswered: bool = False
    """Nobody said yes or no."""


class Approvals:
    """Answers from what was approved beforehand, else asks; one question at a time."""

    def __init__(self, settings: Settings, person: Person | None) -> None:
        """
        :param person: None: nobody can be asked.
        """
        self._settings = settings
        self._person = person
        self._lock = threading.Lock()

    def known(self, question: Question) -> Answer | None:
        """The answer, where none needs to be asked."""
        if self._settings.approve_all:
            return Answer(True, "approved: --yes")
        for name in question.names:
            if name.lower() in self._settings.approved:
                return Answer(True, f"approved: --approve {name}")
        if self._person is None:
            return Answer(
                False,
                f"{question.text}, and without a terminal nobody can be asked: "
                f"run it with --approve {question.names[0]}, or --yes",
                unanswered=True,
            )
        return None

    def ask(self, question: Question, is_over: Callable[[], bool]) -> Answer:
        """The answer."""
        known = self.known(question)
        if known is not None:
            return known
        assert self._person is not None
        with self._lock:
            answer = self._person.ask(question, is_over)
        if answer is None:
            return Answer(False, "nobody answered", unanswered=True)
        return Answer(answer, "approved" if answer else "rejected")
