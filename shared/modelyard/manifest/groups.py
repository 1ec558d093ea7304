"""The groups of operations, in the order of every list of them, and how each is shown."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Group:
    """How the tasks and actions of a group are told from others."""

    feather: str
    """The action's Feather icon; GitHub knows it and its colour by name."""
    colour: str
    rgb: int
    """Ground of the task's icon."""
    category: str = "Utility"
    """Where Azure DevOps lists the task."""


GROUPS = {
    "Databricks": Group("layers", "orange", 0xC8431F),
    "Azure ML": Group("cpu", "blue", 0x1F6FC8),
    "models": Group("award", "yellow", 0xA37B00),
    "images": Group("package", "purple", 0x7A3FB0, "Build"),
    "deployment": Group("upload-cloud", "green", 0x2E8540, "Deploy"),
    "Azure": Group("lock", "blue", 0x0B6E8F),
    "checks": Group("check-circle", "gray-dark", 0x4A5560, "Test"),
    "reporting": Group("file-text", "gray-dark", 0x6B4A3A),
}
"""By the name that an operation gives as its group."""
