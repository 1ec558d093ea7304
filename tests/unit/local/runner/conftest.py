"""A job, and tasks made for a test."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest

from modelyard.local.runner.job import Job, start_job
from modelyard.local.runner.predefined_variables import Build, Folders
from task_folders import NewTask, write_task


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A job with nothing of this process's environment but PATH."""
    return start_job(
        Folders(tmp_path / "work", tmp_path / "tools"),
        Build(),
        inherited={"PATH": os.environ["PATH"]},
    )


@pytest.fixture
def new_task(tmp_path: Path) -> NewTask:
    """Writes a task's folder and reads it."""
    return partial(write_task, tmp_path / "task")
