"""Tasks that a test writes itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Protocol

from modelyard.local.runner.task_definition import TaskDefinition, read


class NewTask(Protocol):
    """Writes a task's folder and reads it."""

    def __call__(self, script: str = "", post: str = "", **more: Any) -> TaskDefinition: ...


def write_task(folder: Path, script: str = "", post: str = "", **more: Any) -> TaskDefinition:
    """A task with these scripts.

    :param more: further fields of ``task.json``.
    """
    folder.mkdir(exist_ok=True)
    (folder / "main.js").write_text(script)
    data = {
        "id": "2a7765c3-034c-4cae-8dd4-af2119cf9279",
        "name": "Task",
        "version": {"Major": 1, "Minor": 2, "Patch": 3},
        "execution": {"Node20_1": {"target": "main.js"}, "Node24": {"target": "main.js"}},
        **more,
    }
    if post:
        (folder / "post.js").write_text(post)
        data["postjobexecution"] = {"Node24": {"target": "post.js"}}
    (folder / "task.json").write_text(json.dumps(data))
    return read(folder)
