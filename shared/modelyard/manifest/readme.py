"""The table of operations in the README."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from modelyard.manifest.groups import GROUPS
from modelyard.manifest.wording import TASK_MAJOR, code, table
from modelyard.manifest.written import Part
from modelyard.operation import Operation

NAME = "table of operations"


def operations_table(operations: Sequence[Operation[Any, Any]]) -> Part:
    """The part of ``README.md`` between its two comments."""
    rows = [
        (
            f"[{code(one.name)}](docs/reference/{one.name}.md)",
            code(f"{one.task_name}@{TASK_MAJOR}"),
            f"{one.title}.",
        )
        for group in GROUPS
        for one in operations
        if one.group == group
    ]
    return Part(NAME, "\n" + table(("command and action", "task", ""), rows) + "\n")
