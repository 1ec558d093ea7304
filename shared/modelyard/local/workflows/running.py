"""Running a workflow: copies are made, act runs them, what it says is told on.

What the user's repository holds is only read. Everything else is in a private folder that is gone
afterwards: copies, secrets, act's own files.
"""

from __future__ import annotations

import json
import os
import secrets as tokens
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelyard.clock import Clock
from modelyard.local.notebook import process_family
from modelyard.local.runner import task_process
from modelyard.local.runner.engine.cancellation import RunCancellation
from modelyard.local.runner.engine.events import Ended, Events, Listener, Started
from modelyard.local.runner.engine.masking import RunMasker
from modelyard.local.runner.engine.outcomes import together
from modelyard.local.runner.engine.questions import Approvals, Person
from modelyard.local.runner.engine.run import RunFolders
from modelyard.local.runner.engine.settings import Settings
from modelyard.local.runner.job import Result
from modelyard.local.runner.output_lines import Line
from modelyard.local.runner.results.history import History
from modelyard.local.workflows import stand_ins, starting_event
from modelyard.local.workflows.adaption import LABEL, REF
from modelyard.local.workflows.collected import Collected
from modelyard.local.workflows.gate import Gate
from modelyard.local.workflows.job_log import Telling
from modelyard.local.workflows.leaves import leaves
from modelyard.local.workflows.model import Plan
from modelyard.local.workflows.translation import Translator
from modelyard.local.workflows.workspace import Workspace, prepare

PATIENCE = task_process.Patience(interrupt=300.0, terminate=10.0)
"""A run that is cancelled has five minutes, as on GitHub."""
_LAST = 15.0
"""Seconds for what steps have started and left behind, until it is killed."""


@dataclass(frozen=True)
class Request:
    """What somebody wants to be run."""

    plan: Plan
    act: Path
    event: str
    inputs: Mapping[str, str]
    secrets: Mapping[str, str]
    variables: Mapping[str, str]
    job: str = ""
    number: int = 1


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
        translator = Translator(leaves(request.plan.workflow, request.job), tell)
        emit(Started((), request.plan.workflow.name, clock.time()))
        translator.plan()
        gate = Gate(
            scratch / "gate",
            Approvals(settings, person),
            settings.approvals,
            cancellation,
            translator.waiting,
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
    folder = Path(tempfile.mkdtemp(prefix="modelyard-workflow-")).resolve()
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
    family = f"workflow-{tokens.token_hex(8)}"
    environment = {
        **settings.inherited,
        "HOME": str(_folder(scratch / "home")),  # the user's .actrc would change what act does
        "XDG_CONFIG_HOME": str(scratch / "home"),
        "ACT_DISABLE_VERSION_CHECK": "1",  # it would ask its makers for news
        process_family.VARIABLE: family,
    }
    environment.pop("DOCKER_HOST", None)

    def take(line: Line) -> None:
        if line.left_out:
            translator.said.append(f"act said a line that is {line.left_out} bytes too long")
        else:
            translator.take(line.text)

    try:
        return task_process.run(
            _command(request, folders, settings, workspace, scratch),
            environment=environment,
            folder=scratch,
            take=take,
            cancelled=_Cancelled(cancellation),
            finished=lambda: cancellation.asked > 1,
            patience=PATIENCE,
        )
    finally:
        _end(family)


class _Cancelled(threading.Event):
    """Set when the run is."""

    def __init__(self, cancellation: RunCancellation) -> None:
        super().__init__()
        self._cancellation = cancellation

    def is_set(self) -> bool:
        return self._cancellation.is_set()


def _end(family: str) -> None:
    """What steps have left behind gets some time to end by itself: an operation cancels its run."""
    deadline = time.monotonic() + _LAST
    while process_family.living(family) and time.monotonic() < deadline:
        time.sleep(0.1)
    process_family.kill(family)


def _command(
    request: Request, folders: RunFolders, settings: Settings, workspace: Workspace, scratch: Path
) -> list[str]:
    cache = _folder(scratch / "act")
    settings.tool_folder.mkdir(parents=True, exist_ok=True)
    (cache / "tool_cache").symlink_to(settings.tool_folder.absolute(), target_is_directory=True)
    places = dict(workspace.repositories)
    for name, folder in stand_ins.write(
        scratch / "stand-ins", folders.artifacts, scratch / "gate"
    ).items():
        places[f"{name}@{REF}"] = folder
    payload = starting_event.payload(request.event, workspace, request.inputs)
    nothing = _file(scratch / "nothing", "")
    return [
        str(request.act), request.event,
        f"--directory={workspace.folder}",
        f"--workflows={workspace.workflow}",
        f"--eventpath={_json(scratch / 'event.json', payload)}",
        f"--secret-file={_json(scratch / 'secrets.yml', dict(request.secrets))}",
        f"--var-file={_json(scratch / 'variables.yml', dict(request.variables))}",
        f"--env-file={nothing}", f"--input-file={nothing}",
        f"--platform={LABEL}=-self-hosted",
        f"--concurrent-jobs={settings.parallel}",
        f"--action-cache-path={cache}",
        f"--actor={workspace.state.author or 'local'}",
        f"--defaultbranch={starting_event.MAIN}",
        "--no-cache-server", "--artifact-server-addr=127.0.0.1", "--action-offline-mode", "--json",
        *(f"--env={name}={value}" for name, value in _given(request, settings).items()),
        *(f"--local-repository={name}={folder}" for name, folder in places.items()),
        *([f"--job={request.job}"] if request.job else []),
    ]  # fmt: skip


def _given(request: Request, settings: Settings) -> dict[str, str]:
    """What steps see otherwise than act itself."""
    found = {
        name: settings.inherited[name]
        for name in ("HOME", "XDG_CONFIG_HOME", "DOCKER_HOST")
        if name in settings.inherited
    }
    number = str(request.number)
    return {**found, "GITHUB_RUN_NUMBER": number, "GITHUB_RUN_ID": number}


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def _json(path: Path, document: dict[str, Any]) -> Path:
    """JSON is YAML: act reads values of several lines from it too."""
    return _file(path, json.dumps(document))


def _file(path: Path, text: str) -> Path:
    """Readable for this user alone."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    return path
