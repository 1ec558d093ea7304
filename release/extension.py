"""The extension's manifest, from the declarations of the operations.

Source: learn.microsoft.com, "Extension manifest reference" and "Build and release task
integration"; what tfx 0.23 makes of it.
"""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from modelyard.documentation import HOME
from modelyard.manifest.groups import GROUPS
from modelyard.manifest.wording import table
from release import archive, tfx
from release.refusal import Refused
from release.task_folders import TaskFolder

MANIFEST = "vss-extension.json"
TASK = "ms.vss-distributed-task.task"
PARTS = "release/extension"
PUBLISHER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
OPERATIONS = "<!-- operations -->"
"""In the overview: where the table of tasks goes."""
KNOWN = {".js", ".json", ".md", ".png"}
"""Kinds of files that tfx knows. For any other it asks the command ``file``, which not every
machine has: two machines would make two packages."""
TYPES = {".whl": "application/zip", ".txt": "text/plain", ".py": "text/x-python"}


def manifest(
    template: dict[str, Any],
    folders: Sequence[TaskFolder],
    *,
    version: str,
    publisher: str,
    files: Iterable[str],
) -> dict[str, Any]:
    """The whole manifest.

    :param template: what never changes, ``release/extension/vss-extension.json``.
    :param files: every file of the task folders, from the extension's root.
    """
    if not PUBLISHER.fullmatch(publisher):
        raise Refused(
            f"{publisher!r} isn't a publisher's id", fix="give it as the Marketplace shows it"
        )
    made = {
        **template,
        "version": version,
        "publisher": publisher,
        "links": {
            "home": {"uri": HOME},
            "support": {"uri": f"{HOME}/issues"},
            "repository": {"uri": HOME},
        },
        "repository": {"type": "git", "uri": HOME},
        "files": [_file(path) for path in sorted(files)],
        "contributions": [_contribution(folder) for folder in folders],
    }
    if version.startswith("0."):
        made["galleryFlags"] = ["Preview"]
    unique(made["contributions"], folders)
    return made


def unique(contributions: Sequence[dict[str, Any]], folders: Sequence[TaskFolder]) -> None:
    """Refuse two contributions with one id, or two tasks with one name or GUID."""
    for what, values in (
        ("contribution", [one["id"] for one in contributions]),
        ("task name", [one.operation.task_name for one in folders]),
        ("task GUID", [one.operation.task_id.lower() for one in folders]),
    ):
        twice = sorted(value for value, times in Counter(values).items() if times > 1)
        if twice:
            raise Refused(f"the {what} {', '.join(twice)} is there twice")


def overview(text: str, folders: Sequence[TaskFolder]) -> str:
    """The page that the Marketplace shows, with the table of tasks in its place."""
    if OPERATIONS not in text:
        raise Refused(f"{PARTS}/overview.md has no line {OPERATIONS}")
    rows = [
        (f"`{one.operation.task_name}@{one.path[-1]}`", f"{one.operation.title}.")
        for group in GROUPS
        for one in folders
        if one.operation.group == group
    ]
    return text.replace(OPERATIONS, table(("task", ""), rows).rstrip())


def build(
    root: Path,
    stage: Path,
    folders: Sequence[TaskFolder],
    output: Path,
    *,
    version: str,
    publisher: str,
    seconds: int,
    command: Path,
) -> None:
    """Complete the staged task folders to an extension and pack it.

    :param command: tfx.
    """
    packed = sorted(one.relative_to(stage).as_posix() for one in stage.rglob("*") if one.is_file())
    parts = root / PARTS
    template = json.loads((parts / MANIFEST).read_text(encoding="utf-8"))
    made = manifest(template, folders, version=version, publisher=publisher, files=packed)
    page = overview((parts / "overview.md").read_text(encoding="utf-8"), folders)
    (stage / "overview.md").write_bytes(page.encode())
    shutil.copyfile(parts / "icon.png", stage / "icon.png")
    shutil.copyfile(root / "LICENSE", stage / "LICENSE.txt")
    (stage / MANIFEST).write_bytes((json.dumps(made, indent=2) + "\n").encode())
    tfx.create(command, stage, MANIFEST, output)
    held = archive.normalise(output, seconds)
    for name in [*packed, "overview.md", "icon.png", "LICENSE.txt"]:
        if held.get(name) != (stage / name).read_bytes():
            raise Refused(f"tfx left {name} out of the extension, or changed it")


def _file(path: str) -> dict[str, str]:
    suffix = Path(path).suffix
    if suffix in KNOWN:
        return {"path": path}
    return {"path": path, "contentType": TYPES.get(suffix, "application/octet-stream")}


def _contribution(folder: TaskFolder) -> dict[str, Any]:
    """The id is the operation's name: it stays the same with a task's next major version."""
    return {
        "id": folder.operation.name,
        "type": TASK,
        "targets": ["ms.vss-distributed-task.tasks"],
        "description": f"{folder.operation.title}.",
        "properties": {"name": folder.operation.task_name},
    }
