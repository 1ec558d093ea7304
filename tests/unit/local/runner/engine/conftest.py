"""Tiny pipelines, run by the engine with real bash steps in a folder of the test."""

from __future__ import annotations

import os
import signal
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from modelyard.clock import Clock
from modelyard.local.runner.engine import run as engine
from modelyard.local.runner.engine.cancellation import RunCancellation
from modelyard.local.runner.engine.connections import Services
from modelyard.local.runner.engine.events import Event, Line, Listener
from modelyard.local.runner.engine.questions import Person
from modelyard.local.runner.engine.refusals import check
from modelyard.local.runner.engine.run_state import RunState
from modelyard.local.runner.engine.settings import Settings
from modelyard.local.runner.engine.tasks import available
from modelyard.local.runner.pipeline import plan
from modelyard.local.runner.results.document import document
from modelyard.local.runner.results.folder import ResultFolder
from modelyard.local.runner.results.history import History, Node
from modelyard.local.runner.results.run_facts import of_run
from modelyard.local.runner.task_process import Patience


@dataclass
class Ran:
    """A run that is over."""

    state: RunState
    history: History
    folder: Path
    events: list[Event] = field(default_factory=list)

    @property
    def result(self) -> str:
        return engine.result(self.state).text

    def node(self, *path: str) -> Node:
        found = self.history.root
        for name in path:
            found = found.children[name]
        return found

    def results(self) -> dict[str, str]:
        """By ``stage/job/step's title``."""
        found = {}
        for node in self.history.root.below():
            names = list(node.path)
            if len(names) == 3:
                names[2] = node.title
            assert node.result is not None, f"{names} never ended"
            found["/".join(names)] = node.result.text
        return found

    @property
    def lines(self) -> list[str]:
        """Of all logs."""
        return [one.text for one in self.events if isinstance(one, Line)]

    @property
    def printed(self) -> list[str]:
        """The lines that steps of a test print for it."""
        return [line for line in self.lines if line.startswith("> ")]


Runs = Callable[..., Ran]


@pytest.fixture(autouse=True)
def _takes_interrupts() -> Iterator[None]:
    """As under ``modelyard local run``: steps don't inherit an ignored SIGINT, which a shell gives
    what it starts with ``&``."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def run(tmp_path: Path) -> Runs:
    """``run(yaml, **settings)``: plan and run it, its results in ``tmp_path / "results"``."""

    def run_text(
        text: str,
        *,
        name: str = "demo",
        variables: Mapping[str, str] | None = None,
        parameters: Mapping[str, Any] | None = None,
        repositories: Mapping[str, Path] | None = None,
        tasks: Mapping[str, Path] | None = None,
        listeners: tuple[Listener, ...] = (),
        clock: Clock | None = None,
        person: Person | None = None,
        cancellation: RunCancellation | None = None,
        services: Services | None = None,
        **settings: Any,
    ) -> Ran:
        root = tmp_path / "repository"
        root.mkdir(exist_ok=True)
        file = root / "azure-pipelines.yml"
        file.write_text(textwrap.dedent(text))
        known = available(tasks)
        made = plan(
            file,
            variables=variables,
            parameters=parameters,
            repositories=repositories,
            tasks=known.known,
            root=root,
        )
        folder = ResultFolder(tmp_path / "results" / "one")
        history = History()
        events: list[Event] = []
        settings.setdefault("tools", tmp_path / "tools")
        settings.setdefault("patience", Patience(streams=0.2))
        settings.setdefault("inherited", {"PATH": os.environ["PATH"], "HOME": str(tmp_path)})
        wanted = Settings(**settings)
        check(made, wanted, known)
        state = engine.run(
            made,
            name,
            known,
            folder.folders,
            settings=wanted,
            listeners=[events.append, history, folder, *listeners],
            clock=clock,
            person=person,
            cancellation=cancellation,
            services=services,
        )
        folder.close()
        folder.write_document(document(of_run(state), history, folder))
        return Ran(state, history, folder.folder, events)

    return run_text
