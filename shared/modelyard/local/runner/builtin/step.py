"""What a built-in task finds when it runs, and what it hands back.

The engine makes a :class:`StepContext` for each step. A task only speaks to it: programs are
started, lines shown and logging commands obeyed by the engine, so that masking, cancelling and
timeouts hold as for any other task.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from modelyard.local.runner import logging_commands
from modelyard.local.runner.builtin.artifacts import ArtifactStore
from modelyard.local.runner.builtin.coverage import Coverage
from modelyard.local.runner.builtin.test_run import TestRun
from modelyard.local.runner.service_endpoints import SYSTEM, Endpoint
from modelyard.local.runner.variables import Variables

TASK_ONLY = ("INPUT_", "SECRET_", "ENDPOINT_AUTH", "SECUREFILE_TICKET_", "VSTS_TASKVARIABLE_")
"""What azure-pipelines-task-lib takes out of a task's environment before the task begins
(``_loadData``), so that no program of the task inherits it."""


class StepFailed(Exception):
    """The task can't do what it was asked; the message is the step's error."""


@dataclass(frozen=True)
class Command:
    """A program to run. No shell reads ``arguments``."""

    arguments: tuple[str, ...]
    """The program and its arguments."""
    folder: Path
    """Where it starts."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Set on top of :attr:`StepContext.environment`."""
    fail_on_stderr: bool = False
    """Whether a line on standard error fails the step, whatever the exit code."""
    failure: str = "The process ended with exit code {code}"
    """The error's text where the exit code isn't 0. Only ``{code}`` is filled in."""
    obey: bool = True
    """Whether logging commands in its output are obeyed, as those of scripts are."""
    seen: Callable[[str], None] | None = None
    """Gets each line of its output too, as it comes."""
    title: str = ""
    """What the log calls it; else the program and its arguments."""


@dataclass(frozen=True)
class StepContext:
    """One step of a job, as its task sees it."""

    variables: Variables
    """Those of the job, and the step's own."""
    environment: Mapping[str, str]
    """What a process of the step gets: variables, ``env`` and PATH with what was prepended, and
    nothing of :data:`TASK_ONLY`."""
    folder: Path
    """``System.DefaultWorkingDirectory``."""
    temporary: Path
    """``Agent.TempDirectory``: it is emptied when the job ends."""
    show: Callable[[str], None]
    """Writes a line to the log, masked; a logging command in it is only text."""
    obey: Callable[[str], None]
    """Takes a line as if the task had printed it."""
    execute: Callable[[Command], int]
    """Runs a program, its output shown and obeyed, and returns its exit code. It raises
    :class:`StepFailed` only where the program can't be started, or wrote to standard error and
    mustn't."""
    artifacts: ArtifactStore
    add_tests: Callable[[TestRun], None]
    add_coverage: Callable[[Coverage], None]
    endpoints: tuple[Endpoint, ...] = ()
    """The job's service connections."""
    cancelled: threading.Event = field(default_factory=threading.Event)

    def log(self, line: str) -> None:
        """Show text, one line after another."""
        for one in line.splitlines() or [""]:
            self.show(one)

    def command(
        self, name: str, properties: Mapping[str, str] | None = None, data: str = ""
    ) -> None:
        """Give a logging command.

        :param name: ``task.setvariable``.
        """
        self.obey(logging_commands.command(name, properties, data))

    def set_variable(self, name: str, value: str, *, secret: bool = False) -> None:
        """Set a variable for the steps that come after this one."""
        self.command("task.setvariable", {"variable": name, "issecret": str(secret).lower()}, value)

    def warn(self, text: str) -> None:
        """Log a warning that stands out."""
        self.command("task.logissue", {"type": "warning"}, text)

    def connection_environment(self, endpoint: Endpoint) -> dict[str, str]:
        """What a program is told that signs in as a service connection: that connection, and the
        job's own, whose token federated sign-in needs."""
        own = [one for one in self.endpoints if one.name.lower() == SYSTEM.lower()]
        return {name: value for one in [endpoint, *own] for name, value in one.environment()}

    def endpoint(self, name: str) -> Endpoint:
        """The service connection of this name or id.

        :raises StepFailed: when the job has none.
        """
        wanted = name.strip().lower()
        for one in self.endpoints:
            if wanted and wanted in (one.name.lower(), one.id.lower()):
                return one
        known = ", ".join(sorted(one.name for one in self.endpoints)) or "none"
        raise StepFailed(f"there is no service connection {name!r} (known: {known})")
