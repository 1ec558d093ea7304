"""A job's folders and a step in them, to run built-in tasks for real."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from modelyard.local.runner import builtin, logging_commands
from modelyard.local.runner.builtin.artifacts import ArtifactStore
from modelyard.local.runner.builtin.coverage import Coverage
from modelyard.local.runner.builtin.step import Command, StepContext, StepFailed
from modelyard.local.runner.builtin.test_run import TestRun
from modelyard.local.runner.engine.programs import run_program
from modelyard.local.runner.predefined_variables import Build, Folders, predefined
from modelyard.local.runner.service_endpoints import Endpoint
from modelyard.local.runner.task_environment import resolve_inputs
from modelyard.local.runner.variables import Variable, Variables

TASKS = {(one.name, one.major): one for one in builtin.all_tasks()}


@dataclass
class Bench:
    """Runs tasks as the engine does, and keeps what they say."""

    folders: Folders
    artifacts: ArtifactStore
    lines: list[str] = field(default_factory=list)
    """What the log would show."""
    commands: list[logging_commands.Command] = field(default_factory=list)
    tests: list[TestRun] = field(default_factory=list)
    coverage: list[Coverage] = field(default_factory=list)
    started: list[Command] = field(default_factory=list)
    endpoints: tuple[Endpoint, ...] = ()
    variables: Variables = field(default_factory=Variables)
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def sources(self) -> Path:
        return self.folders.sources

    @property
    def log(self) -> str:
        return "\n".join(self.lines)

    @property
    def step(self) -> StepContext:
        return StepContext(
            variables=self.variables,
            environment=self.environment,
            folder=self.sources,
            temporary=self.folders.temporary,
            show=self.lines.append,
            obey=self._take,
            execute=self._execute,
            artifacts=self.artifacts,
            add_tests=self.tests.append,
            add_coverage=self.coverage.append,
            endpoints=self.endpoints,
        )

    def run(self, task: str, inputs: Mapping[str, str] | None = None) -> None:
        """Run ``Name@1`` with these inputs.

        :raises StepFailed: when the step fails.
        """
        name, _, major = task.partition("@")
        found = TASKS[name, major]
        values = resolve_inputs(found.definition, inputs or {}, self.variables, self.environment)
        if found.run is not None:
            found.run(values, self.step)
            return
        assert found.command is not None
        command = found.command(values, self.step)
        code = self._execute(command)
        if code != 0:
            raise StepFailed(command.failure.replace("{code}", str(code)))

    def set(self, name: str, value: str) -> None:
        self.variables.set(Variable(name, value))

    def variable(self, name: str) -> str:
        """What the last task.setvariable of this name said."""
        found = [
            one.data
            for one in self.commands
            if one.name == "task.setvariable" and one.properties["variable"] == name
        ]
        assert found, f"{name} was not set"
        return found[-1]

    def issues(self, kind: str) -> list[str]:
        return [
            one.data
            for one in self.commands
            if one.name == "task.logissue" and one.properties["type"] == kind
        ]

    def _take(self, line: str) -> None:
        command = logging_commands.parse(line)
        if command is None:
            self.lines.append(line)
        else:
            self.commands.append(command)

    def _execute(self, command: Command) -> int:
        self.started.append(command)
        return run_program(
            command,
            environment=self.environment,
            temporary=self.folders.temporary,
            take=lambda line: self._take(line.text),
            show=lambda line: self.lines.append(line.text),
            cancelled=threading.Event(),
        )


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    folders = Folders(tmp_path / "work", tmp_path / "tools")
    folders.create()
    return Bench(
        folders,
        ArtifactStore(tmp_path / "artifacts"),
        variables=Variables(predefined(folders, Build(stage="train", job="fit"))),
        environment={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
    )
