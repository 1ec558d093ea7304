"""The history of a run as a tree: stages, their jobs, their steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from modelyard.local.runner.engine.events import (
    Ended,
    Event,
    Line,
    Notice,
    Planned,
    Progress,
    RunPath,
    Started,
    Waiting,
)
from modelyard.local.runner.job import Result
from modelyard.local.runner.secret_masker import SecretMasker
from modelyard.local.runner.step_report import Issue


@dataclass
class Node:
    """The run, a stage, a job or a step."""

    path: RunPath
    title: str
    started: float | None = None
    """Seconds since the epoch."""
    ended: float | None = None
    result: Result | None = None
    note: str = ""
    issues: tuple[Issue, ...] = ()
    waiting: str = ""
    """For whom or what, while it does."""
    percent: int = 0
    last_line: str = ""
    children: dict[str, Node] = field(default_factory=dict)

    @property
    def is_running(self) -> bool:
        return self.started is not None and self.result is None

    def seconds(self, now: float) -> float | None:
        """How long it took, or has taken; None where it never began."""
        if self.started is None:
            return None
        return max(0.0, (self.ended if self.ended is not None else now) - self.started)

    def below(self) -> Iterator[Node]:
        """Everything in it, in order."""
        for child in self.children.values():
            yield child
            yield from child.below()


def original(name: str) -> str:
    """The planned name of a copy: that has more behind a blank, which no planned name has."""
    return name.partition(" ")[0]


class History:
    """Grows with the events of a run."""

    def __init__(self) -> None:
        self.root = Node((), "")
        self.notices: list[Notice] = []

    def __call__(self, event: Event) -> None:
        if isinstance(event, Notice):
            self.notices.append(event)
            self.node(event.path).waiting = ""
            return
        node = self.node(event.path)
        match event:
            case Planned(_, title):
                node.title = title
            case Started(_, title, at):
                node.title, node.started, node.waiting = title, at, ""
            case Ended(_, result, at, note, issues, title):
                node.ended, node.result, node.title = at, result, title or node.title
                node.note, node.issues, node.waiting = note, issues, ""
            case Progress(_, percent, text):
                node.percent, node.note = percent, text or node.note
            case Waiting(_, text):
                node.waiting = text
            case Line(_, text):
                node.last_line, node.waiting = text, ""

    def node(self, path: RunPath) -> Node:
        """The node of a path, made where it is new."""
        found = self.root
        for length, name in enumerate(path, 1):
            if name not in found.children:
                self._add(found, name, path[:length])
            found = found.children[name]
        return found

    def mask(self, masker: SecretMasker) -> None:
        """Take out what has become secret after it was told."""
        for node in self.root.below():
            node.title, node.note = masker.mask(node.title), masker.mask(node.note)
            node.issues = tuple(one.masked(masker) for one in node.issues)

    def _add(self, parent: Node, name: str, path: RunPath) -> None:
        """A copy of a job takes the place of the job that was planned, or follows the last one."""
        node = Node(path, name)
        job = original(name)
        copies = [key for key in parent.children if len(path) < 3 and original(key) == job]
        if not copies:
            parent.children[name] = node
            return
        entries = list(parent.children.items())
        index = [key for key, _ in entries].index(copies[-1])
        last = parent.children[copies[-1]]
        replaced = copies[-1] == job and last.started is None and last.result is None
        entries[index : index + 1] = [(name, node)] if replaced else [entries[index], (name, node)]
        parent.children = dict(entries)
