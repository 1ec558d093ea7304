"""dbutils.jobs.taskValues"""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.local.notebook.dbutils.jobs import TaskValues


def task(folder: Path, name: str, job_run: str = "77") -> TaskValues:
    return TaskValues(folder, {"job_run_id": job_run, "task_key": name})


def test_values_go_from_task_to_task_of_one_job_run(tmp_path: Path) -> None:
    task(tmp_path, "train").set(key="best", value={"rmse": 0.71, "runs": [1, 2]})
    task(tmp_path, "train").set("count", 0)
    task(tmp_path, "other").set("best", "other's")
    later = task(tmp_path, "deploy")
    assert later.get("train", "best") == {"rmse": 0.71, "runs": [1, 2]}
    assert later.get(taskKey="train", key="count", default=9) == 0
    assert later.get("train", "none", default="d") == "d"
    with pytest.raises(ValueError, match="No task value of key 'none'"):
        later.get("train", "none")
    with pytest.raises(ValueError, match="No task value"):
        task(tmp_path, "deploy", "78").get("train", "best")


def test_values_that_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="can't be written as JSON"):
        task(tmp_path, "train").set("x", object())
    with pytest.raises(ValueError, match="49152 are allowed"):
        task(tmp_path, "train").set("x", "x" * 50_000)


def test_outside_of_a_job(tmp_path: Path) -> None:
    values = TaskValues(tmp_path, {})
    values.set("x", 1)
    assert list(tmp_path.iterdir()) == []
    assert values.get("train", "x", debugValue=5) == 5
    with pytest.raises(TypeError, match="Must pass debugValue"):
        values.get("train", "x", default=1)
