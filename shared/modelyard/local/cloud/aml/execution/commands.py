"""Running a program in its environment."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

from modelyard.local.cloud.aml.execution.artifacts import Log
from modelyard.local.cloud.aml.execution.graph import Command, resolved
from modelyard.local.cloud.aml.execution.halting import Halt, NodeFailed
from modelyard.local.cloud.aml.execution.staging import Staged
from modelyard.local.cloud.aml.packages import Environments, Packages
from modelyard.local.cloud.arm.exceptions import ArmError
from modelyard.local.cloud.processes import Children

LOOK_SECONDS = 0.2
"""How often it is looked what a program has printed, and whether it shall end."""
TAIL_LINES = 20


class Commands:
    """Runs the commands of one cloud."""

    def __init__(
        self, environments: Environments, children: Children, network: Mapping[str, str]
    ) -> None:
        """``network`` is what a program needs to reach the cloud, without anybody's credentials."""
        self._environments = environments
        self._children = children
        self._network = network

    def run(
        self,
        command: Command,
        staged: Staged,
        variables: Mapping[str, str],
        log: Log,
        halt: Halt,
        timeout_seconds: float | None,
    ) -> None:
        """Comes back when the program has succeeded. Raises NodeFailed or Halted.

        When it comes back, in whatever way, nothing that it started runs any more.
        """
        python = self._interpreter(command.packages, halt)
        words = resolved(command.words, staged.paths)
        own = resolved({**variables, **command.variables}, staged.paths)
        try:
            child = self._children.start(
                words,
                environment={
                    "PATH": f"{python.parent}:/usr/local/bin:/usr/bin:/bin",
                    "HOME": str(staged.folder),
                    "PYTHONUNBUFFERED": "1",
                    **self._network,
                    **own,
                },
                log=staged.printed,
                cwd=staged.code,
            )
        except OSError as error:
            raise NodeFailed("UserError", f"{words[0]} can't be started: {error}") from error
        try:
            code = _follow(child, staged, log, halt, timeout_seconds)
        finally:
            self._children.stop(child)
            log.follow(staged.printed)
        if code != 0:
            raise NodeFailed("UserError", _failure(code, staged))

    def _interpreter(self, packages: Packages, halt: Halt) -> Path:
        """The installation goes on when this run shall end: others may want the same."""
        executor = ThreadPoolExecutor(1, "aml-environment")
        found = executor.submit(self._environments.interpreter, packages)
        executor.shutdown(wait=False)
        while not found.done():
            wait((found,), LOOK_SECONDS)
            halt.check()
        try:
            return found.result()
        except ArmError as error:
            raise NodeFailed("UserError", str(error)) from error


def _follow(
    child: subprocess.Popen[bytes],
    staged: Staged,
    log: Log,
    halt: Halt,
    timeout_seconds: float | None,
) -> int:
    """Until it has ended: its exit code."""
    started = time.monotonic()
    while True:
        try:
            return child.wait(LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            log.follow(staged.printed)
        halt.check()
        if timeout_seconds is not None and time.monotonic() - started > timeout_seconds:
            raise NodeFailed("UserError", f"It did not end within {timeout_seconds:.0f} seconds.")


def _failure(code: int, staged: Staged) -> str:
    ended = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
    lines = staged.printed.read_text(errors="replace").rstrip().splitlines()[-TAIL_LINES:]
    return "\n".join([f"The program {ended}.", *lines])
