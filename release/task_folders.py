"""The folders of the Azure Pipelines tasks as an extension needs them: each whole in itself.

An agent downloads one task and nothing beside it, so every folder has the launcher, the wheel and
the lock file of its own.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelyard.manifest import task, wrapper
from modelyard.operation import Operation
from release import repository
from release.refusal import Refused

LAUNCHER = "shared/launcher"


@dataclass(frozen=True)
class TaskFolder:
    """One folder that was written."""

    operation: Operation[Any, Any]
    path: str
    """From the extension's root: ``ModelyardClusterStart/ModelyardClusterStartV1``. The folder
    above is where Azure DevOps looks for every major version of the task."""
    files: int
    size: int
    """Bytes of all files, as an agent unpacks them."""


def write(root: Path, stage: Path, operation: Operation[Any, Any], wheel: Path) -> TaskFolder:
    """Write one task's folder under ``stage``."""
    path = f"{operation.task_name}/{task.folder(operation)}"
    folder = stage / path
    layout = wrapper.packaged(wheel.name)
    for name, content in wrapper.task_folder_files(operation, layout).items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
    for source in launcher(root):
        _copy(root / source, folder / "launcher" / Path(source).relative_to(LAUNCHER))
    lock = wrapper.lock_file(operation)
    if not (root / "requirements" / lock).is_file():
        raise Refused(
            f"{operation.name} needs requirements/{lock}, which is missing", fix="make lock"
        )
    _copy(root / "requirements" / lock, folder / layout.requirements / lock)
    _copy(wheel, folder / wheel.name)
    held = [one for one in folder.rglob("*") if one.is_file()]
    return TaskFolder(operation, path, len(held), sum(one.stat().st_size for one in held))


def launcher(root: Path) -> list[str]:
    """The launcher's files, as paths in the clone; notes for developers are left out."""
    found = [one for one in repository.sources(root, LAUNCHER) if not one.endswith(".md")]
    for name in ("main.js", "post.js"):
        if f"{LAUNCHER}/{name}" not in found:
            raise Refused(f"{LAUNCHER}/{name} is missing: no task could start")
    return found


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
