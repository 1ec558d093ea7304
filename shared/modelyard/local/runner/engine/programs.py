"""The programs that a built-in task starts."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from modelyard.local.runner import task_process
from modelyard.local.runner.builtin.step import Command, StepFailed
from modelyard.local.runner.output_lines import Line
from modelyard.local.runner.task_process import Patience

_WATCH_ERRORS = 'exec 2> >(tee "$0" >&2); exec "$@"'
"""Standard error goes on as before, and into a file too."""


def run_program(
    command: Command,
    *,
    environment: Mapping[str, str],
    temporary: Path,
    take: Callable[[Line], None],
    show: Callable[[Line], None],
    cancelled: threading.Event,
    patience: Patience | None = None,
) -> int:
    """Run it to its end; returns its exit code.

    :param environment: of the step; the command's own is set on top.
    :param temporary: a folder for files of this call.
    :param take: gets the lines of its output where logging commands in them are obeyed.
    :param show: gets them where they aren't.
    :raises StepFailed: when it can't be started, or wrote to standard error and mustn't.
    """
    receive = take if command.obey else show

    def one(line: Line) -> None:
        receive(line)
        if command.seen is not None:
            command.seen(line.text)

    arguments, errors = list(command.arguments), None
    if command.fail_on_stderr:
        handle, name = tempfile.mkstemp(prefix="stderr-", dir=temporary)
        os.close(handle)
        errors = Path(name)
        arguments = ["bash", "-c", _WATCH_ERRORS, name, *arguments]
    try:
        code = task_process.run(
            arguments,
            environment={**environment, **command.environment},
            folder=command.folder,
            take=one,
            cancelled=cancelled.is_set,
            patience=patience,
        )
        wrote = errors is not None and errors.stat().st_size
    except task_process.NotStarted as error:
        raise StepFailed(str(error)) from error
    finally:
        if errors is not None:
            errors.unlink(missing_ok=True)
    if wrote and not code and not cancelled.is_set():
        raise StepFailed("the program wrote to standard error, and failOnStderr is true")
    return code
