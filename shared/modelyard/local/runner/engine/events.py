"""What happens in a run, told as it happens. A display and the result folder both listen.

A path names what an event is about: ``()`` the run, ``(stage,)``, ``(stage, job)``,
``(stage, job, step)``; a step's name is its number. Texts are masked already.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from modelyard.databricks.remote_text import clean
from modelyard.local.runner.job import Result
from modelyard.local.runner.step_report import Issue

RunPath = tuple[str, ...]


class Reason(Enum):
    """Why a step was ended."""

    TIMED_OUT = "it took longer than its timeoutInMinutes"
    CANCELED = "the run was cancelled"
    JOB_TIMED_OUT = "the job took longer than its timeoutInMinutes"
    FORCED = "the run was cancelled twice"
    OUT_OF_TIME = "the job was cancelled, and its cancelTimeoutInMinutes are over"

    @property
    def line(self) -> str:
        """What the step's log says of it."""
        return f"##[error]The step was cancelled: {self.value}."


@dataclass(frozen=True)
class Planned:
    """It is part of the run, and has not begun."""

    path: RunPath
    title: str


@dataclass(frozen=True)
class Started:
    """It runs from now on."""

    path: RunPath
    title: str
    at: float
    """Seconds since the epoch."""


@dataclass(frozen=True)
class Ended:
    """It is over; a stage, job or step that was skipped may never have started."""

    path: RunPath
    result: Result
    at: float
    note: str = ""
    """What came of it, in a few words; why, where it was skipped or failed before it began."""
    issues: tuple[Issue, ...] = ()
    title: str = ""
    """Of a step: as :class:`Started` has it, without what has become secret meanwhile."""


@dataclass(frozen=True)
class Line:
    """A line of a step's log."""

    path: RunPath
    text: str
    continues: bool = False
    """It belongs to the line before, as the cause and the fix of an error do."""


@dataclass(frozen=True)
class Progress:
    """A step says how far it is."""

    path: RunPath
    percent: int
    text: str = ""


@dataclass(frozen=True)
class Waiting:
    """It waits for a person."""

    path: RunPath
    text: str


@dataclass(frozen=True)
class Notice:
    """Something about the run that belongs to no step."""

    text: str
    level: str = "info"
    """``info``, ``warning`` or ``error``."""
    path: RunPath = ()


Event = Planned | Started | Ended | Line | Progress | Waiting | Notice
Listener = Callable[[Event], None]


class Events:
    """Hands events on to all listeners, one at a time, in the order they came.

    Names and notes lose their control characters: a display writes them to the terminal. A log
    keeps its colours.
    """

    def __init__(self, listeners: Sequence[Listener]) -> None:
        self._listeners = tuple(listeners)
        self._lock = threading.RLock()

    def __call__(self, event: Event) -> None:
        event = _cleaned(event)
        with self._lock:
            for listener in self._listeners:
                listener(event)


def _cleaned(event: Event) -> Event:
    match event:
        case Planned() | Started():
            return replace(event, title=_title(event.title))
        case Ended():
            issues = tuple(replace(one, text=clean(one.text)) for one in event.issues)
            return replace(event, note=clean(event.note), title=_title(event.title), issues=issues)
        case Progress() | Waiting() | Notice():
            return replace(event, text=clean(event.text))
        case Line():
            return event


def _title(text: str) -> str:
    return " ".join(clean(text).split())
