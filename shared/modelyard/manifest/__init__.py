"""What is made from the declarations of the operations: ``modelyard generate``.

Each kind of file is one module beside this with a function that gives its text, and one entry in
:func:`files`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from modelyard import operations
from modelyard.errors import InputError
from modelyard.manifest import (
    readme,
    reference,
    schema,
    task,
    templates,
    troubleshooting,
    wrapper,
    written,
)
from modelyard.operation import Operation
from modelyard.project.github import starters

ROOT = Path(__file__).resolve().parents[3]
"""The repository, when this runs from a clone of it."""


def files(declared: Iterable[Operation[Any, Any]], root: Path = ROOT) -> dict[str, written.Content]:
    """Every generated file: its path from the repository's root, and its content.

    :param root: where the templates are that have pages.
    """
    declared = tuple(declared)
    made: dict[str, written.Content] = {
        "README.md": readme.operations_table(declared),
        "docs/reference/README.md": reference.index(declared),
        "docs/troubleshooting.md": troubleshooting.page(),
        **templates.pages(root),
        starters.INPUTS: templates.workflow_inputs(root),
        **{f"templates/github/{name}.yml": starters.text(name) for name in starters.names()},
    }
    for operation in declared:
        made[f"docs/reference/{operation.name}.md"] = reference.page(operation)
        made[f"docs/reference/schemas/{operation.name}.json"] = schema.text(operation)
        for name, content in wrapper.task_folder_files(operation).items():
            made[f"tasks/{task.folder(operation)}/{name}"] = content
        for name, content in wrapper.action_folder_files(operation).items():
            made[f"actions/{operation.name}/{name}"] = content
    return made


def main(arguments: Sequence[str]) -> int:
    """``modelyard generate [--check] [--root DIR]``.

    :returns: 1 when ``--check`` finds a file that isn't as it would be written, else 0.
    """
    parser = argparse.ArgumentParser(
        prog="modelyard generate",
        description="Write what is made from the declarations of the operations.",
    )
    parser.add_argument(
        "--check", action="store_true", help="Write nothing; exit with 1 if a file would change."
    )
    parser.add_argument(
        "--root", type=Path, default=ROOT, help="Folder of the repository. Default: this one."
    )
    options = parser.parse_args(list(arguments))
    root: Path = options.root
    if not (root / "docs").is_dir() and not (root / "setup.cfg").is_file():
        raise InputError(
            f"{root} isn't the repository: it has neither docs/ nor setup.cfg",
            fix="run it in a clone of the repository, or name that with --root",
        )
    changes = written.changes(root, files(operations.every(), root))
    if options.check:
        for change in changes:
            print(f"{change.path}: {change.why}")  # noqa: T201
        if changes:
            print("run: modelyard generate", file=sys.stderr)  # noqa: T201
        return 1 if changes else 0
    for change in changes:
        change.make(root)
        print(f"{change.path}: {change.done}")  # noqa: T201
    return 0
