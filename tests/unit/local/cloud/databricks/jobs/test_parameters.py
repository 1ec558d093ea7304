from __future__ import annotations

from typing import Any

import pytest

from modelyard.local.cloud.databricks.exceptions import ApiError
from modelyard.local.cloud.databricks.jobs import parameters

TASK = {"notebook_task": {"notebook_path": "/x", "base_parameters": {"alpha": "0.1", "n": 5}}}


def run(**fields: Any) -> dict[str, Any]:
    return {"job_id": 7, "run_id": 70, "run_name": "train", **fields}


def test_run_now_goes_before_the_task_s_own() -> None:
    given = run(overriding_parameters={"notebook_params": {"alpha": "0.9", "beta": 1}})
    assert parameters.of_notebook(TASK, given, {}) == {"alpha": "0.9", "n": "5", "beta": "1"}


def test_job_parameters_go_before_both() -> None:
    given = run(job_parameters=[{"name": "alpha", "default": "1", "value": "2"}])
    assert parameters.of_notebook(TASK, given, {})["alpha"] == "2"


def test_arguments_of_a_script() -> None:
    task = {"spark_python_task": {"python_file": "x", "parameters": ["--run", "{{job.run_id}}"]}}
    values = {"job.run_id": "70"}
    assert parameters.of_script(task, run(), values) == ["--run", "70"]
    given = run(overriding_parameters={"python_params": ["a"]})
    assert parameters.of_script(task, given, values) == ["a"]


def test_references() -> None:
    values = parameters.references(
        run(job_parameters=[{"name": "env", "default": "", "value": "dev"}]),
        {"run_id": 71, "task_key": "score"},
        {"train": "SUCCESS"},
        {"train": {"auc": 0.9, "best": "b"}},
    )
    text = "{{job.id}} {{ job.run_id }} {{task.run_id}} {{task.name}} {{job.parameters.env}}"
    assert parameters.resolved(text, values) == "7 70 71 score dev"
    text = "{{tasks.train.result_state}} {{tasks.train.values.auc}} {{tasks.train.values.best}}"
    assert parameters.resolved(text, values) == "success 0.9 b"
    assert parameters.resolved("{{run_id}} {{parent_run_id}} {{job_id}}", values) == "71 70 7"
    assert parameters.resolved("{{unknown}} {x}", values) == "{{unknown}} {x}"


def test_job_parameters_must_be_declared() -> None:
    declared = [{"name": "a", "default": "1"}, {"name": "b"}]
    assert parameters.job_parameters(declared, {"b": 2}) == [
        {"name": "a", "default": "1", "value": "1"},
        {"name": "b", "default": "", "value": "2"},
    ]
    with pytest.raises(ApiError, match="Job parameters c are not defined"):
        parameters.job_parameters(declared, {"c": 1})


@pytest.mark.parametrize(
    ("arguments", "declared", "told"),
    [
        ({"notebook_params": ["a"]}, [], "notebook_params must be a JSON dict"),
        ({"python_params": {"a": 1}}, [], "python_params must be a JSON list"),
        ({"notebook_params": {"a": "x" * 10_000}}, [], "cannot exceed 10000 bytes"),
        ({"notebook_params": {"a": "x"}}, [{"name": "a"}], "Use job_parameters"),
    ],
)
def test_wrong_parameters(
    arguments: dict[str, Any], declared: list[dict[str, Any]], told: str
) -> None:
    with pytest.raises(ApiError, match=told):
        parameters.overriding(arguments, declared)
