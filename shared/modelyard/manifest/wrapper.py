"""The folder of a task or an action: what the launcher has to know, and the stubs that start it.

Node resolves links in the path of the script that it runs, and GitHub tells a JavaScript action
nothing about its own folder: one shared script couldn't know which action started it. So each
folder has stubs of one line that call the launcher with their own folder.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from modelyard import __version__
from modelyard.manifest import action, icon, task
from modelyard.manifest.written import MARK
from modelyard.operation import Operation

CORE = "core"


@dataclass(frozen=True)
class Layout:
    """Where a folder finds what it needs: paths as the folder sees them, with ``/``."""

    launcher: str
    """Folder of the launcher."""
    requirements: str
    """Folder of the lock files."""
    library: str
    """Folder that holds the package, or a wheel of it."""


IN_PLACE = Layout("../../shared/launcher", "../../requirements", "../../shared")
"""In a checkout of this repository."""


def packaged(wheel: str) -> Layout:
    """A folder that is whole in itself, as an extension needs it.

    :param wheel: name of the wheel of this package, in the folder.
    """
    return Layout("./launcher", "requirements", wheel)


def task_folder_files(
    operation: Operation[Any, Any], layout: Layout = IN_PLACE
) -> dict[str, bytes | str]:
    """What an Azure Pipelines task's folder holds, by name."""
    return {
        "task.json": task.text(operation),
        "icon.png": icon.png(operation.group),
        **_started(operation, layout),
    }


def action_folder_files(
    operation: Operation[Any, Any], layout: Layout = IN_PLACE
) -> dict[str, bytes | str]:
    """What a GitHub action's folder holds, by name."""
    return {"action.yml": action.text(operation), **_started(operation, layout)}


def lock_file(operation: Operation[Any, Any]) -> str:
    """Name of the lock file of what the operation imports, in the folder of the lock files."""
    return f"{operation.extra or CORE}.txt"


def _started(operation: Operation[Any, Any], layout: Layout) -> dict[str, bytes | str]:
    launch = {
        "comment": MARK,
        "operation": operation.name,
        "version": __version__,
        "python": list(operation.python),
        "dependencies": f"{layout.requirements}/{lock_file(operation)}",
        "library": layout.library,
    }
    scripts = ("main.js", "post.js") if operation.release else ("main.js",)
    return {
        "launch.json": json.dumps(launch, indent=2) + "\n",
        **{name: _stub(f"{layout.launcher}/{name}") for name in scripts},
    }


def _stub(script: str) -> str:
    return f"// {MARK}\nrequire({json.dumps(script)})(__dirname);\n"
