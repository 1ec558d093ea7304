"""Plans of workflows written for a test."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.local.workflows.model import Plan
from modelyard.local.workflows.planning import plan
from workflow_files import ACTION, CALLED, NewPlan, write


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A repository with a reusable workflow and an action."""
    folder = tmp_path / "library"
    write(folder, {".github/workflows/called.yml": CALLED, "actions/say/action.yml": ACTION})
    return folder


@pytest.fixture
def new_plan(tmp_path: Path, library: Path) -> NewPlan:
    """Plans ``.github/workflows/main.yml`` of a repository with these files."""

    def make(text: str, **files: str) -> Plan:
        folder = tmp_path / "repository"
        named = {path.replace("__", "/") + ".yml": content for path, content in files.items()}
        write(folder, {".github/workflows/main.yml": text, **named})
        (folder / ".git").mkdir(exist_ok=True)
        return plan(folder / ".github/workflows/main.yml", {"OWNER/library": library})

    return make
