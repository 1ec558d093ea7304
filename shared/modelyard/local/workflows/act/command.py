"""How act is started: its arguments, and the files that they name.

Values stand in files that this user alone can read, not in the arguments, which every user of the
machine sees. The files that act would read by itself (``.env``, ``.secrets``, ``.actrc``) don't
count.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from modelyard.local.runner.engine.run_folders import RunFolders
from modelyard.local.runner.engine.settings import Settings
from modelyard.local.workflows import stand_ins, starting_event
from modelyard.local.workflows.adaption import LABEL, REF
from modelyard.local.workflows.request import Request
from modelyard.local.workflows.workspace import Workspace


def command(
    request: Request, folders: RunFolders, settings: Settings, workspace: Workspace, scratch: Path
) -> list[str]:
    """The arguments that act is started with; the files that they name are made.

    :param scratch: a private folder, with the socket ``gate`` in it.
    """
    cache = folder_at(scratch / "act")
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


def folder_at(path: Path) -> Path:
    """A folder, made where it is new."""
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
