from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.local.runner.task_definition import Restrictions, TaskInput, read
from modelyard.runner_errors import TaskError
from task_folders import NewTask


def test_what_matters_of_a_task(new_task: NewTask) -> None:
    task = new_task(
        post="x",
        inputs=[
            {"name": " a ", "type": "string", "defaultValue": "x", "aliases": ["b"]},
            {"name": "c", "type": "boolean", "defaultValue": True, "required": True},
        ],
        outputVariables=[{"name": "Out"}],
        restrictions={
            "commands": {"mode": "restricted"},
            "settableVariables": {"allowed": ["Out", "x*"]},
        },
    )
    assert task.version == "1.2.3"
    assert task.execution.name == "Node24"
    assert task.post_job is not None
    assert task.inputs == (
        TaskInput("a", "string", "x", aliases=("b",)),
        TaskInput("c", "boolean", "true", required=True),
    )
    assert task.output_variables == {"out"}
    assert task.restrictions == Restrictions(True, ("Out", "x*"))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "can't be read"),
        ('{"execution": {"PowerShell3": {"target": "a.ps1"}}}', "none of the handlers"),
        ('{"execution": {"Node24": {"target": "gone.js"}}}', "no target"),
        ('{"execution": {"Node24": {"target": "task.json"}}}', "isn't a task: KeyError"),
        ("[]", "isn't a task"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "task.json").write_text(text)
    with pytest.raises(TaskError, match=why):
        read(tmp_path)


def test_a_folder_without_a_task(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match="can't be read"):
        read(tmp_path)
