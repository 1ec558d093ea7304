"""Running a workflow: copies are made, act runs them, what it says is told on.

What the user's repository holds is only read. Everything else is in a private folder that is gone
afterwards: copies, secrets, act's own files.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from modelyard.clock import Clock
from modelyard.local import process_family
from modelyard.local.runner import task_process
from modelyard.local.runner.engine.cancellation import RunCancellation
from modelyard.local.runner.engine.events import Ended, Events, Listener, Started
from modelyard.local.runner.engine.masking import RunMasker
from modelyard.local.runner.engine.outcomes import together
from modelyard.local.runner.engine.questions import Approvals, Person
from modelyard.local.runner.engine.run_folders import RunFolders
from modelyard.local.runner.engine.settings import Settings
from modelyard.local.runner.job import Result
from modelyard.local.runner.output_lines import Line
from modelyard.local.runner.results.history import History
from modelyard.local.watcher import beginning
from modelyard.local.workflows.act.command import command, folder_at
from modelyard.local.workflows.act.program import surroundings
from modelyard.local.workflows.collected import Collected
from modelyard.local.workflows.gate import Gate
from modelyard.local.workflows.identities import TOKEN, URL, identities
from modelyard.local.workflows.request import Request
from modelyard.local.workflows.telling import Telling
from modelyard.local.workflows.translation import Translator
from modelyard.local.workflows.workspace import Workspace, prepare

PATIENCE = task_process.Patience(interrupt=300.0, terminate=10.0)
"""A run that is cancelled has five minutes, as on GitHub."""
_LAST = 15.0
"""Seconds for what steps have started and left behind, until it is killed."""


@dataclass(frozen=True)
class Done:
    """A run that has ended."""

    result: Result
    workspace: Workspace
    collected: Collected
    masker: RunMasker


def run(
    request: Request,
    folders: RunFolders,
    *,
    settings: Settings,
    history: History,
    listeners: Sequence[Listener],
    cancellation: RunCancellation,
    person: Person | None,
    clock: Clock,
) -> Done:
    """Run it to its end.

    :param history: one of the listeners.
    :raises PipelineError: when the repository can't be copied.
    """
    emit, masker = Events(listeners), RunMasker()
    for value in (*settings.masked, *request.secrets.values()):
        masker.add_job_secret(value)
        for line in value.splitlines():  # as GitHub's runner does
            masker.add_job_secret(line)
    folders.artifacts.mkdir(parents=True, exist_ok=True)
    with _private() as scratch:
        workspace = prepare(request.plan, scratch)
        tell = Telling(emit, masker, cancellation, clock, Collected())
        translator = Translator(request.leaves, tell)
        emit(Started((), request.plan.workflow.name, clock.time()))
        translator.plan()
        gate = Gate(
            scratch / "gate",
            Approvals(settings, person),
            settings.approvals,
            cancellation,
            translator.waiting,
            identities(request, workspace, masker),
            request.leaves,
        )
        try:
            code = _act(request, folders, settings, workspace, scratch, translator, cancellation)
        finally:
            gate.close()
        translator.close()
        if code and not tell.collected.failed and not cancellation.is_set():
            translator.fail(code, workspace.workflow)
            tell.collected.failed = True
    result = _result(history, tell)
    emit(Ended((), result, clock.time()))
    return Done(result, workspace, tell.collected, masker)


def _result(history: History, tell: Telling) -> Result:
    if tell.cancellation.is_set():
        return Result.CANCELED
    if tell.collected.failed:
        return Result.FAILED
    return together(one.result for one in history.root.children.values() if one.result is not None)


@contextmanager
def _private() -> Iterator[Path]:
    """A folder of this user alone."""
    folder = Path(tempfile.mkdtemp(prefix=beginning("workflow"))).resolve()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _act(
    request: Request,
    folders: RunFolders,
    settings: Settings,
    workspace: Workspace,
    scratch: Path,
    translator: Translator,
    cancellation: RunCancellation,
) -> int:
    environment = {
        **settings.inherited,
        **surroundings(folder_at(scratch / "home")),
    }
    for name in ("DOCKER_HOST", URL, TOKEN):  # of a job that this program itself may be in
        environment.pop(name, None)

    def take(line: Line) -> None:
        if line.left_out:
            translator.said.append(f"act said a line that is {line.left_out} bytes too long")
        else:
            translator.take(line.text)

    try:
        return task_process.run(
            command(request, folders, settings, workspace, scratch),
            environment=environment,
            folder=scratch,
            take=take,
            cancelled=cancellation.is_set,
            finished=lambda: cancellation.asked > 1,
            patience=PATIENCE,
        )
    finally:
        _end(environment[process_family.VARIABLE], hurry=lambda: cancellation.asked > 1)


def _end(family: str, hurry: Callable[[], bool]) -> None:
    """What steps have left behind gets some time to end by itself: an operation cancels its run.

    :param hurry: whether somebody has asked for the end twice.
    """
    deadline = time.monotonic() + _LAST
    while process_family.living(family) and time.monotonic() < deadline and not hurry():
        time.sleep(0.1)
    process_family.kill(family)
